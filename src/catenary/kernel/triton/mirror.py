"""Arrays of the host that kernels read on a device."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = ["Mirror"]


class Mirror:
    """A tensor that follows an array of the host, copied only when the array has changed.

    The copy is queued on the current stream, from pinned memory: nobody waits for it. While a CUDA
    graph is captured the pinned memory is kept, since every replay reads it again.

    Args:
        array: The array, as it is now.
        device: Where the tensor lies.

    Attributes:
        tensor: The tensor; stays where it is.
    """

    def __init__(self, array: np.ndarray[Any, Any], device: torch.device) -> None:
        self._last = np.array(array)
        self.tensor = torch.from_numpy(self._last).to(device, copy=True)
        self._captured: list[torch.Tensor] = []

    def follow(self, array: np.ndarray[Any, Any]) -> None:
        """Take over the array's present values."""
        if np.array_equal(array, self._last):
            return
        self._last[...] = array
        source = torch.from_numpy(self._last)
        if self.tensor.is_cuda:
            source = source.pin_memory()
            if torch.cuda.is_current_stream_capturing():
                self._captured.append(source)
        self.tensor.copy_(source, non_blocking=True)
