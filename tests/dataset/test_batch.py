"""Batches that remember their place: lists in every respect, and stacked by one indexing."""

import copy
import pickle
import random

import numpy as np
import pytest

from catenary.dataset import DatasetMixin, concat_examples
from catenary.dataset.batch import Batch, locate, read
from catenary.datasets import DictDataset, SubDataset, TransformDataset, TupleDataset

IMAGES = np.arange(24.0, dtype=np.float32).reshape(8, 3)
LABELS = np.arange(8, dtype=np.int32)
INDICES = np.array([5, 0, 5, 7])


def datasets():
    pairs = TupleDataset(IMAGES, LABELS)
    return {
        "array": IMAGES,
        "numbers": LABELS,
        "tuples": pairs,
        "dictionaries": DictDataset(x=IMAGES, t=LABELS),
        "part": SubDataset(pairs, 0, 8, np.arange(8)[::-1]),
        "part of a part": SubDataset(SubDataset(pairs, 0, 8, np.arange(7, -1, -1)), 0, 8),
    }


def equal(one, other):
    if isinstance(one, dict):
        return list(one) == list(other) and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and one.dtype == other.dtype and np.array_equal(one, other)


@pytest.mark.parametrize("name", datasets())
def test_a_batch_is_what_reading_one_by_one_gives(name):
    dataset = datasets()[name]
    batch = read(dataset, INDICES)
    one_by_one = [dataset[i] for i in INDICES]
    assert type(batch) is Batch
    assert equal(list(batch), one_by_one)
    stacked = concat_examples(batch)
    assert type(stacked) is type(concat_examples(one_by_one))
    assert equal(stacked, concat_examples(one_by_one))
    for array in stacked.values() if isinstance(stacked, dict) else stacked:
        assert not np.shares_memory(array, IMAGES)
        assert not np.shares_memory(array, LABELS)


def test_examples_are_the_datasets_own_memory():
    images = IMAGES.copy()
    batch = read(TupleDataset(images, LABELS), INDICES)
    batch[0][0][:] = -1
    assert (images[5] == -1).all()
    assert (concat_examples(batch)[0][[0, 2]] == -1).all()


CHANGES = {
    "assign": lambda b: b.__setitem__(1, b[0]),
    "slice": lambda b: b.__setitem__(slice(0, 2), [b[3]]),
    "delete": lambda b: b.__delitem__(0),
    "append": lambda b: b.append(b[0]),
    "extend": lambda b: b.extend(b[:2]),
    "pop": lambda b: b.pop(),
    "reverse": lambda b: b.reverse(),
    "shuffle": lambda b: random.Random(1).shuffle(b),
    "repeat": lambda b: b.__imul__(2),
    "add": lambda b: b.__iadd__([b[0]]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", datasets())
def test_whatever_is_done_to_the_list_is_done_to_the_batch(name, change):
    batch, plain = (f(datasets()[name], INDICES) for f in (read, lambda d, i: [d[j] for j in i]))
    for each in (batch, plain):
        CHANGES[change](each)
    assert equal(concat_examples(batch), concat_examples(plain))


def test_a_changed_dictionary_is_seen():
    data = DictDataset(x=IMAGES, t=LABELS)
    batch = read(data, INDICES)
    batch[1]["t"] = np.int32(9)
    assert concat_examples(batch)["t"].tolist() == [5, 9, 5, 7]
    batch = read(data, INDICES)
    for example in batch:
        del example["x"]
    assert list(concat_examples(batch)) == ["t"]
    batch = read(data, INDICES)
    for example in batch:
        example["z"] = example.pop("t")
    assert list(concat_examples(batch)) == ["x", "z"]
    batch = read(data, INDICES)
    batch[0] = (1, 2)
    with pytest.raises((TypeError, IndexError, KeyError)):
        concat_examples(batch)


def test_copies_are_plain_lists():
    batch = read(TupleDataset(IMAGES, LABELS), INDICES)
    copies = [copy.copy(batch), copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))]
    sums = [batch.__add__([]), [].__add__(batch)]
    for each in [*copies, *sums, batch[:], batch.copy(), sorted(batch, key=id)]:
        assert type(each) is list
        assert len(each) == 4
    assert isinstance(batch, list)


def test_padding_changes_nothing_where_shapes_agree():
    batch = read(TupleDataset(IMAGES, LABELS), INDICES)
    assert equal(concat_examples(batch, padding=7), concat_examples(list(batch), padding=7))


class Own(TupleDataset):
    def __getitem__(self, index):
        return super().__getitem__(index)[::-1]


class OwnPart(SubDataset):
    def get_example(self, i):
        return -super().get_example(i)


class OwnDictionary(DictDataset):
    def __getitem__(self, index):
        return 3


class Around:
    """Passes on what it lacks, as wrappers of datasets often do."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __getattr__(self, name):
        return getattr(self.dataset, name)

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset[index][::-1]


class Squares(DatasetMixin):
    def __len__(self):
        return 8

    def get_example(self, i):
        return i * i


@pytest.mark.parametrize(
    "dataset",
    [
        Own(IMAGES, LABELS),
        OwnPart(LABELS, 0, 8),
        OwnDictionary(x=LABELS),
        Squares(),
        Around(TupleDataset(IMAGES, LABELS)),
        TransformDataset(LABELS, lambda x: -x),
        TupleDataset(IMAGES, list(LABELS)),
        TupleDataset(IMAGES, Squares()),
        list(range(8)),
        np.array([[1], [2, 3]] * 4, object),
        np.array(["a", "bc"] * 4),
        IMAGES.astype(">f4"),
        np.ma.masked_array(IMAGES),
        SubDataset(Squares(), 0, 8),
        SubDataset(LABELS, 0, 8, list(range(8))),
    ],
    ids=lambda dataset: type(dataset).__name__,
)
def test_other_datasets_are_read_one_by_one(dataset):
    batch = read(dataset, INDICES)
    assert type(batch) is list
    assert len(batch) == 4
    assert locate(dataset, INDICES) is None


@pytest.mark.parametrize("name", datasets())
def test_indices_that_count_from_the_end_or_are_wrong(name):
    dataset = datasets()[name]
    backwards = np.array([-1, 2, -8])
    assert equal(read(dataset, backwards)[0], dataset[-1])
    one_by_one = concat_examples([dataset[i] for i in backwards])
    assert equal(concat_examples(read(dataset, backwards)), one_by_one)
    for wrong in ([8], [0, -9]):
        with pytest.raises(IndexError):
            read(dataset, np.array(wrong))
    assert read(dataset, np.array([], int)) == []


def test_tuple_datasets_are_found_wherever_their_arrays_are():
    place = locate(SubDataset(TupleDataset(IMAGES, LABELS), 2, 6), np.array([0, 3]))
    assert place.columns[0] is IMAGES
    assert place.rows.tolist() == [2, 5]
