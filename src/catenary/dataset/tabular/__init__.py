"""Tables as datasets: rows are examples, columns have names, and views of them cost nothing.

May import `dataset` and `backend`. Called through the methods of `TabularDataset`, and by users who
make a table of their own arrays and functions.
"""

from __future__ import annotations

from catenary.dataset.tabular.delegate_dataset import DelegateDataset
from catenary.dataset.tabular.from_data import from_data
from catenary.dataset.tabular.tabular_dataset import TabularDataset

__all__ = ["DelegateDataset", "TabularDataset", "from_data"]
