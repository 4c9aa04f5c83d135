"""CUDAProfileHook: functions marked in NVIDIA's profiles."""

from __future__ import annotations

from typing import Any

import torch

from catenary.backends import cuda
from catenary.function_hook import FunctionHook

__all__ = ["CUDAProfileHook"]


class CUDAProfileHook(FunctionHook):
    """Mark each function as an NVTX range, named after its label, forward and backward.

    Raises:
        RuntimeError: There is no CUDA device.
    """

    name = "CUDAProfileHook"

    def __init__(self) -> None:
        cuda.check_cuda_available()

    def forward_preprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Begin a range."""
        torch.cuda.nvtx.range_push(f"{function.label}.forward")  # type: ignore[no-untyped-call]

    def forward_postprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """End it."""
        torch.cuda.nvtx.range_pop()  # type: ignore[no-untyped-call]

    def backward_preprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """Begin a range."""
        torch.cuda.nvtx.range_push(f"{function.label}.backward")  # type: ignore[no-untyped-call]

    def backward_postprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """End it."""
        torch.cuda.nvtx.range_pop()  # type: ignore[no-untyped-call]
