"""Views of a table that show its rows, or convert its columns, in another way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.dataset.tabular.delegate_dataset import DelegateDataset
from catenary.dataset.tabular.tabular_dataset import TabularDataset

__all__ = ["AsMode", "WithConverter"]


class AsMode(DelegateDataset):
    """View with rows of another kind.

    Args:
        dataset: The table.
        mode: `tuple` or `dict`.
    """

    def __init__(self, dataset: TabularDataset, mode: type) -> None:
        super().__init__(dataset)
        self._mode = mode

    @property
    def mode(self) -> type | None:
        """What a row is."""
        return self._mode

    def convert(self, data: Any) -> Any:
        """Convert as the table does."""
        return self.dataset.convert(data)


class WithConverter(DelegateDataset):
    """View with a converter of its own.

    Args:
        dataset: The table.
        converter: Function of columns: by position, or by name if rows are dictionaries.
    """

    def __init__(self, dataset: TabularDataset, converter: Callable[..., Any]) -> None:
        super().__init__(dataset)
        self._converter = converter

    def convert(self, data: Any) -> Any:
        """Give the columns to the converter."""
        if isinstance(data, tuple):
            return self._converter(*data)
        return self._converter(**data) if isinstance(data, dict) else self._converter(data)
