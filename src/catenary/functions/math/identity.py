"""Identity."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many
from catenary.variable import Variable

__all__ = ["identity"]


def _same(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return tensors


def identity(*inputs: Any) -> Variable | tuple[Variable, ...]:
    """Return the arguments as new Variables over the same memory; one alone is not wrapped."""
    outputs = apply_many("Identity", _same, *inputs)
    return outputs[0] if len(outputs) == 1 else outputs
