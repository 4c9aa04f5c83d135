"""Datasets: ways to combine and split them, and one that needs no download.

May import `dataset`, `config` and numpy. Called by users, by the demo and by tests.
"""

from __future__ import annotations

from catenary.datasets.dict_dataset import DictDataset
from catenary.datasets.digits import get_digits
from catenary.datasets.sub_dataset import SubDataset, split_dataset, split_dataset_random
from catenary.datasets.transform_dataset import TransformDataset
from catenary.datasets.tuple_dataset import TupleDataset

__all__ = [
    "DictDataset",
    "SubDataset",
    "TransformDataset",
    "TupleDataset",
    "get_digits",
    "split_dataset",
    "split_dataset_random",
]
