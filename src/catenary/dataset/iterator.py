"""Iterator: what a training loop asks of whoever hands out batches."""

from __future__ import annotations

from typing import Any

__all__ = ["Iterator"]


class Iterator:
    """Base of iterators over a dataset: each step yields a list of examples.

    Attributes that an implementation provides:
        batch_size: Examples per batch; the last batch may have fewer.
        epoch: Completed sweeps over the dataset.
        epoch_detail: The same with the fraction of the sweep under way.
        previous_epoch_detail: `epoch_detail` before the last batch, None before the first.
        is_new_epoch: Whether the last batch completed a sweep.
    """

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __next__")

    def next(self) -> Any:
        """Return the next batch, as ``next(iterator)`` does."""
        return self.__next__()

    def finalize(self) -> None:
        """Release what the iterator holds (processes, files); may be called more than once."""

    def __del__(self) -> None:
        self.finalize()

    def __enter__(self) -> Iterator:
        return self

    def __exit__(self, *exception: object) -> None:
        self.finalize()

    def serialize(self, serializer: Any) -> None:
        """Save or load the position, and whatever else changes while iterating."""
