"""Computing again instead of remembering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import torch
from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop

from catenary.config import using_config
from catenary.functions._apply import apply_many
from catenary.variable import Variable, force_backprop_mode

__all__ = ["forget"]


def forget(func: Callable[..., Any], *xs: Any) -> Any:
    """Call a function and keep nothing that it computes; the backward pass calls it again.

    It costs the time of a second call and saves the memory of what lies between. While the function
    is called again, ``config.in_recomputing`` is true and NumPy's global generator is as it was at
    the first call.

    Args:
        func: Takes Variables, returns a Variable or a tuple of them.
        xs: Variables or arrays.

    Raises:
        TypeError: `func` cannot be called, or returns something else.

    Differs: functions that draw random numbers, such as dropout, draw the same ones again; the
    result can be differentiated twice.
    """
    if not callable(func):
        raise TypeError(f"forget takes a function, got {type(func).__name__}")
    single: list[bool] = []
    state = numpy.random.get_state()

    def results(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        made = func(*(Variable.from_tensor(t) for t in tensors))
        outs = made if isinstance(made, tuple) else (made,)
        if not all(isinstance(out, Variable) for out in outs):
            raise TypeError(f"forget needs a function that returns Variables, got {made!r}")
        single.append(not isinstance(made, tuple))
        return tuple(out.tensor for out in outs)

    def call(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if not single:
            return results(*tensors)
        now = numpy.random.get_state()
        numpy.random.set_state(state)
        try:
            with using_config("in_recomputing", True), force_backprop_mode():
                return results(*tensors)
        finally:
            numpy.random.set_state(now)

    def forgotten(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        # Stopping early means an exception inside `func`, at which hooks of links would not be told
        # that the link is done.
        with set_checkpoint_early_stop(False):
            made: tuple[torch.Tensor, ...] = checkpoint(call, *tensors, use_reentrant=False)
        return made

    variables = [x if isinstance(x, Variable) else Variable(x) for x in xs]
    outs = apply_many("Forget", forgotten, *variables)
    return outs[0] if single[0] else outs
