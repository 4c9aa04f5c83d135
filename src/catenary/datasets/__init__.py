"""Datasets: ways to combine and split them, files as datasets, and some that everyone knows.

May import `dataset`, `config` and numpy, and whatever a file format needs when it is read. Called
by users, by the demo and by tests.
"""

from __future__ import annotations

from catenary.datasets.cifar import get_cifar10, get_cifar100
from catenary.datasets.concatenated_dataset import ConcatenatedDataset
from catenary.datasets.dict_dataset import DictDataset
from catenary.datasets.digits import get_digits
from catenary.datasets.fashion_mnist import get_fashion_mnist, get_fashion_mnist_labels
from catenary.datasets.image_dataset import (
    ImageDataset,
    LabeledImageDataset,
    LabeledZippedImageDataset,
    MultiZippedImageDataset,
    ZippedImageDataset,
)
from catenary.datasets.kuzushiji_mnist import get_kuzushiji_mnist, get_kuzushiji_mnist_labels
from catenary.datasets.mnist import get_mnist
from catenary.datasets.pickle_dataset import (
    PickleDataset,
    PickleDatasetWriter,
    open_pickle_dataset,
    open_pickle_dataset_writer,
)
from catenary.datasets.ptb import get_ptb_words, get_ptb_words_vocabulary
from catenary.datasets.sub_dataset import (
    SubDataset,
    get_cross_validation_datasets,
    get_cross_validation_datasets_random,
    split_dataset,
    split_dataset_n,
    split_dataset_n_random,
    split_dataset_random,
)
from catenary.datasets.svhn import get_svhn
from catenary.datasets.text_dataset import TextDataset
from catenary.datasets.transform_dataset import TransformDataset
from catenary.datasets.tuple_dataset import TupleDataset

__all__ = [
    "ConcatenatedDataset",
    "DictDataset",
    "ImageDataset",
    "LabeledImageDataset",
    "LabeledZippedImageDataset",
    "MultiZippedImageDataset",
    "PickleDataset",
    "PickleDatasetWriter",
    "SubDataset",
    "TextDataset",
    "TransformDataset",
    "TupleDataset",
    "ZippedImageDataset",
    "get_cifar10",
    "get_cifar100",
    "get_cross_validation_datasets",
    "get_cross_validation_datasets_random",
    "get_digits",
    "get_fashion_mnist",
    "get_fashion_mnist_labels",
    "get_kuzushiji_mnist",
    "get_kuzushiji_mnist_labels",
    "get_mnist",
    "get_ptb_words",
    "get_ptb_words_vocabulary",
    "get_svhn",
    "open_pickle_dataset",
    "open_pickle_dataset_writer",
    "split_dataset",
    "split_dataset_n",
    "split_dataset_n_random",
    "split_dataset_random",
]
