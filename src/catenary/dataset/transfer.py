"""Sending a batch to a GPU while the GPU still works on the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from catenary import backend
from catenary.dataset.stacking import stack_parts

__all__ = ["ConcatWithAsyncTransfer"]


class ConcatWithAsyncTransfer:
    """Converter like `concat_examples` whose copies to a GPU run beside the GPU's computation.

    Stacked arrays are copied to page-locked memory, and from there on a stream of their own; the
    stream that computes waits for them on the GPU, so that the CPU waits for nothing. On the CPU,
    or without a device, it is `concat_examples`.

    Args:
        stream: `torch.cuda.Stream` for the copies; one is made at the first call by default.
        compute_stream: Stream that uses the arrays; the current one by default.

    Differs: streams are torch's, since torch computes; Chainer's buffers and its wait for the whole
    device are gone, because torch's allocators keep memory alive until its copies are done.
    """

    def __init__(self, stream: Any = None, compute_stream: Any = None) -> None:
        self._stream = stream
        self.compute_stream = compute_stream
        self._device: Any = None

    def __call__(self, batch: Sequence[Any], device: Any = None, padding: Any = None) -> Any:
        """Return the batch stacked, on a device.

        Args:
            batch: Examples, as `concat_examples` takes them.
            device: Where to send the arrays; the same at each call. None leaves them.
            padding: As for `concat_examples`.

        Raises:
            ValueError: If the device is another than at the first call, or the batch cannot be
                stacked.
        """
        target = None if device is None else backend.get_device(device)
        if self._device not in (None, target):
            raise ValueError(
                f"this converter has sent to {self._device} and is now asked for {target}; "
                "make one for each device"
            )
        if not isinstance(target, backend.GpuDevice):
            result = stack_parts(batch, padding, lambda a: a if target is None else target.send(a))
        else:
            if self._stream is None:
                self._stream = torch.cuda.Stream(target.torch_device)  # type: ignore[no-untyped-call]
            result = stack_parts(batch, padding, lambda array: self._sent(array, target))
        self._device = target
        return result

    def _sent(self, array: Any, target: Any) -> Any:
        """Start the copy of one array; what lives on the GPU already stays as it is."""
        if target.is_array_supported(array):
            return array
        place = target.torch_device
        compute = self.compute_stream or torch.cuda.current_stream(place)
        pinned = torch.as_tensor(array).pin_memory()
        with torch.cuda.stream(self._stream):
            copied = pinned.to(place, non_blocking=True)
        compute.wait_stream(self._stream)
        copied.record_stream(compute)
        return target.send(copied)
