"""DatasetMixin: indexing, made from the one method that returns an example."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["DatasetMixin"]


class DatasetMixin:
    """Base of datasets that define ``__len__`` and ``get_example``."""

    def __getitem__(self, index: Any) -> Any:
        """Return one example, or a list of them.

        Args:
            index: Integer, slice, or list or 1-dimensional array of integers.
        """
        if isinstance(index, slice):
            return [self.get_example(i) for i in range(*index.indices(len(self)))]
        if isinstance(index, (list, np.ndarray)):
            return [self.get_example(i) for i in index]
        return self.get_example(index)

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__")

    def get_example(self, i: int) -> Any:
        """Return the `i`-th example.

        Raises:
            IndexError: If there is no such example.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define get_example")
