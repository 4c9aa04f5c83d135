"""Datasets that combine, cut and transform others; and the digits."""

import hashlib
import importlib.resources
import io

import numpy as np
import pytest

from catenary.config import using_config
from catenary.dataset import DatasetMixin
from catenary.datasets import (
    ConcatenatedDataset,
    DictDataset,
    SubDataset,
    TransformDataset,
    TupleDataset,
    get_cross_validation_datasets,
    get_cross_validation_datasets_random,
    get_digits,
    split_dataset,
    split_dataset_random,
)


class Squares(DatasetMixin):
    def __len__(self):
        return 6

    def get_example(self, i):
        if not -6 <= i < 6:
            raise IndexError(i)
        return i * i


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (2, 4),
        (-1, 1),
        (slice(1, 5, 2), [1, 9]),
        (slice(-2, None), [16, 25]),
        (slice(None, None, -2), [25, 9, 1]),
        ([3, 0], [9, 0]),
        (np.array([5, 5]), [25, 25]),
    ],
)
def test_one_method_gives_all_kinds_of_index(index, expected):
    assert Squares()[index] == expected


def test_a_mixin_without_methods_says_so():
    for use in (len, lambda dataset: dataset[0]):
        with pytest.raises(NotImplementedError, match="DatasetMixin does not define"):
            use(DatasetMixin())


def test_tuples_of_examples():
    dataset = TupleDataset([1, 2, 3], np.array([4, 5, 6]))
    assert len(dataset) == 3
    assert dataset[1] == (2, 5)
    assert dataset[1:] == [(2, 5), (3, 6)]
    assert list(dataset)[-1] == (3, 6)


def test_dictionaries_of_examples():
    dataset = DictDataset(x=[1, 2, 3], t=np.array([4, 5, 6]))
    assert len(dataset) == 3
    assert dataset[1] == {"x": 2, "t": 5}
    assert dataset[:2] == [{"x": 1, "t": 4}, {"x": 2, "t": 5}]


@pytest.mark.parametrize("make", [TupleDataset, DictDataset])
def test_no_datasets(make):
    with pytest.raises(ValueError, match="no datasets are given"):
        make()


def test_lengths_that_differ():
    with pytest.raises(ValueError, match=r"different lengths: \[1, 2\]"):
        TupleDataset([1], [1, 2])
    with pytest.raises(ValueError, match=r"different lengths: \{'a': 1"):
        DictDataset(a=[1], b=[1, 2])


def test_examples_are_transformed_when_they_are_read():
    dataset = TransformDataset([1, 2, 3], lambda x: -x)
    assert len(dataset) == 3
    assert dataset[0] == -1
    assert dataset[1:] == [-2, -3]


def test_a_part_of_a_dataset():
    part = SubDataset(list("abcde"), 1, 4)
    assert len(part) == 3
    assert [part[0], part[-1], part[1:]] == ["b", "d", ["c", "d"]]
    for index in (3, -4):
        with pytest.raises(IndexError):
            part[index]


def test_a_part_in_another_order():
    part = SubDataset(list("abcde"), 3, 5, order=[4, 3, 2, 1, 0])
    assert part[:] == ["b", "a"]
    assert part[-2] == "b"


@pytest.mark.parametrize("bounds", [(-1, 3), (0, 6)])
def test_parts_beyond_the_dataset(bounds):
    with pytest.raises(ValueError, match="beyond the dataset of 5"):
        SubDataset(list("abcde"), *bounds)


def test_an_order_of_another_length():
    with pytest.raises(ValueError, match="order has 2 indices for a dataset of 5"):
        SubDataset(list("abcde"), 0, 1, order=[0, 1])


@pytest.mark.parametrize("cut", [0, 2, np.int64(5)])
def test_a_dataset_is_cut_in_two(cut):
    first, second = split_dataset(list("abcde"), cut)
    assert first[:] + second[:] == list("abcde")
    assert len(first) == cut


def test_wrong_cuts():
    for cut in (-1, 6):
        with pytest.raises(ValueError, match="split_at is"):
            split_dataset(list("abcde"), cut)
    with pytest.raises(TypeError, match="not float"):
        split_dataset(list("abcde"), 2.0)


def test_a_random_cut_follows_its_seed_and_leaves_the_global_generator_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first, second = split_dataset_random(range(10), 6, seed=3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    order = np.random.RandomState(3).permutation(10).tolist()
    assert first[:] + second[:] == order
    assert len(first) == 6


def test_datasets_one_after_the_other():
    both = ConcatenatedDataset([1, 2], np.arange(3))
    assert len(both) == 5
    assert both[:] == [1, 2, 0, 1, 2]
    for index in (5, -1):
        with pytest.raises(IndexError, match=f"no example {index} in a dataset of 5"):
            both[index]
    assert len(ConcatenatedDataset()) == 0


@pytest.mark.parametrize("folds", [1, 3, 4])
def test_each_example_is_tested_once(folds):
    pairs = get_cross_validation_datasets(range(10), folds)
    assert sorted(i for _, test in pairs for i in test[:]) == list(range(10))
    assert all(sorted(train[:] + test[:]) == list(range(10)) for train, test in pairs)
    sizes = [len(test) for _, test in pairs]
    assert max(sizes) - min(sizes) <= 1


def test_the_old_name_of_n_folds():
    for split in (get_cross_validation_datasets, get_cross_validation_datasets_random):
        with pytest.warns(DeprecationWarning, match="write n_folds"):
            assert len(split(range(4), n_fold=2)) == 2
        with pytest.raises(TypeError, match="n_folds is missing"):
            split(range(4))
        with pytest.raises(TypeError, match=r"unexpected keyword arguments \['folds'\]"):
            split(range(4), folds=2)


# ---- digits
def test_the_shipped_digits_are_the_original_ones():
    packed = importlib.resources.files("catenary.datasets") / "data" / "digits.npz"
    with np.load(io.BytesIO(packed.read_bytes())) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    assert (images.shape, images.dtype, labels.dtype) == ((1797, 64), np.uint8, np.uint8)
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert digest == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def test_the_attribution_stands_beside_them():
    text = importlib.resources.files("catenary.datasets") / "data" / "ATTRIBUTION.md"
    for words in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0"):
        assert words in text.read_text()


def test_digits_by_default():
    train, test = get_digits()
    assert (len(train), len(test)) == (1437, 360)
    image, label = train[0]
    assert (image.shape, image.dtype) == ((64,), np.float32)
    assert (label, label.dtype) == (0, np.int32)
    assert image[2:7].tolist() == [5 / 16, 13 / 16, 9 / 16, 1 / 16, 0]
    everything = np.array([image for part in (train, test) for image, _ in part])
    assert (everything.min(), everything.max()) == (0, 1)


def test_no_digit_is_rare_in_either_part():
    for part in get_digits():
        counts = np.bincount([label for _, label in part], minlength=10)
        assert counts.min() > 0.09 * len(part)


@pytest.mark.parametrize(("ndim", "shape"), [(1, (64,)), (2, (8, 8)), (3, (1, 8, 8))])
def test_digits_have_the_axes_asked_for(ndim, shape):
    train, test = get_digits(withlabel=False, ndim=ndim, scale=16.0, dtype=np.float64)
    assert (train.shape, test.shape) == ((1437, *shape), (360, *shape))
    assert train.dtype == np.float64
    assert train[0].ravel()[2:5].tolist() == [5, 13, 9]


def test_digits_in_other_dtypes():
    with using_config("dtype", np.dtype(np.float16)):
        train, _ = get_digits(label_dtype=np.int64)
    assert (train[0][0].dtype, train[0][1].dtype) == (np.float16, np.int64)


@pytest.mark.parametrize("ndim", [0, 4, None])
def test_digits_with_other_axes(ndim):
    with pytest.raises(ValueError, match="1, 2 or 3 axes"):
        get_digits(ndim=ndim)
