"""FailOnNonNumber: stop as soon as a parameter is no number."""

from __future__ import annotations

from typing import Any

import torch

from catenary.training.extension import Extension
from catenary.training.targets import is_module

__all__ = ["FailOnNonNumber"]


class FailOnNonNumber(Extension):
    """Extension that raises as soon as a parameter holds NaN or an infinity."""

    def __call__(self, trainer: Any) -> None:
        """Look at every parameter of every optimizer.

        Raises:
            RuntimeError: If one is not finite; it names the parameter.
        """
        for name, optimizer in trainer.updater.get_all_optimizers().items():
            for path, tensor in _tensors(optimizer.target):
                if not torch.isfinite(tensor).all():
                    raise RuntimeError(
                        f"parameter {path} of optimizer {name!r} is no longer finite after "
                        f"{trainer.updater.iteration} iterations. A smaller learning rate or "
                        "gradient clipping may help."
                    )


def _tensors(target: Any) -> Any:
    if is_module(target):
        return target.named_parameters()
    return ((path, param.tensor) for path, param in target.namedparams(include_uninit=False))
