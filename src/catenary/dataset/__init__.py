"""Datasets and iterators in the abstract, how examples become a batch of arrays, and downloads.

May import `backend` (to send arrays to a device). Called by `datasets`, `iterators`, `training` and
by users who write a dataset or a converter of their own.
"""

from __future__ import annotations

from catenary.dataset.convert import (
    ConcatWithAsyncTransfer,
    Converter,
    concat_examples,
    converter,
    to_device,
)
from catenary.dataset.dataset_mixin import DatasetMixin
from catenary.dataset.download import (
    cache_or_load_file,
    cached_download,
    get_dataset_directory,
    get_dataset_root,
    set_dataset_root,
)
from catenary.dataset.iterator import Iterator
from catenary.dataset.tabular.tabular_dataset import TabularDataset

__all__ = [
    "ConcatWithAsyncTransfer",
    "Converter",
    "DatasetMixin",
    "Iterator",
    "TabularDataset",
    "cache_or_load_file",
    "cached_download",
    "concat_examples",
    "converter",
    "get_dataset_directory",
    "get_dataset_root",
    "set_dataset_root",
    "to_device",
]
