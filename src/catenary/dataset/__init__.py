"""Datasets and iterators in the abstract, and how a list of examples becomes a batch of arrays.

May import `backend` (to send arrays to a device). Called by `datasets`, `iterators`, `training` and
by users who write a dataset or a converter of their own.
"""

from __future__ import annotations

from catenary.dataset.convert import Converter, concat_examples, converter, to_device
from catenary.dataset.dataset_mixin import DatasetMixin
from catenary.dataset.iterator import Iterator

__all__ = [
    "Converter",
    "DatasetMixin",
    "Iterator",
    "concat_examples",
    "converter",
    "to_device",
]
