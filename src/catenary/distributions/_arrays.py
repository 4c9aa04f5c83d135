"""Between users, NumPy's generator and the parameters: dtypes and devices."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.functions.array.cast import cast
from catenary.variable import Variable, as_variable

__all__ = ["at", "drawn", "host"]


def at(x: Any, param: Variable) -> Any:
    """Return points as a Variable: numbers and arrays, and integers, in the dtype of `param`.

    A Variable of floats stays as it is.
    """
    if not isinstance(x, Variable):
        tensor = tensor_of(x if hasattr(x, "__dlpack__") else numpy.asarray(x))
        return as_variable(tensor.to(param.tensor.device, param.tensor.dtype))
    return x if x.tensor.is_floating_point() else cast(x, param.dtype)


def host(param: Variable) -> Any:
    """Return a parameter's values as NumPy's generator takes them."""
    tensor = param.tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def drawn(values: Any, param: Variable) -> torch.Tensor:
    """Return what NumPy's generator drew, in the dtype and on the device of `param`."""
    dtype = param.dtype
    array = numpy.asarray(values, None if isinstance(dtype, torch.dtype) else dtype)
    return tensor_of(array).to(param.tensor.device, param.tensor.dtype)
