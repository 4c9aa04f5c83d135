"""From lists of examples to arrays."""

import pickle
from typing import NamedTuple

import numpy as np
import pytest
import torch

from catenary import backend
from catenary.dataset import (
    ConcatWithAsyncTransfer,
    Converter,
    concat_examples,
    converter,
    to_device,
)
from catenary.dataset.convert import (
    _call_converter,
    _concat_arrays,
    _concat_arrays_with_padding,
)


def same(actual, expected):
    assert type(actual) is np.ndarray
    assert (actual.dtype, actual.tolist()) == (expected.dtype, expected.tolist())


def test_arrays_are_stacked():
    same(concat_examples([np.array([1, 2]), np.array([3, 4])]), np.array([[1, 2], [3, 4]]))
    same(concat_examples([np.array(1.5), np.array(2.5)]), np.array([1.5, 2.5]))


def test_tuples_of_numbers_lists_and_arrays():
    x, t = concat_examples([([1, 2], 1), ([3, 4], 2)])
    same(x, np.array([[1, 2], [3, 4]]))
    same(t, np.array([1, 2]))


def test_a_batch_that_is_an_array_is_not_shared():
    for batch in (np.arange(3), np.arange(6).reshape(3, 2)):
        result = concat_examples(batch)
        same(result, batch)
        assert not np.shares_memory(result, batch)


def test_labels_keep_their_dtype():
    batch = [(np.float32([1]), np.int32(3)), (np.float32([2]), np.int32(4))]
    x, t = concat_examples(batch)
    assert (x.dtype, t.dtype) == (np.float32, np.int32)


def test_dictionaries():
    batch = [{"x": np.array([1, 2]), "t": 0}, {"x": np.array([3, 4]), "t": 1}]
    result = concat_examples(batch)
    same(result["x"], np.array([[1, 2], [3, 4]]))
    same(result["t"], np.array([0, 1]))


def test_one_padding_for_all():
    batch = [(np.array([1, 2]), 0), (np.array([3]), 1), (np.array([], int), 2)]
    x, t = concat_examples(batch, padding=100)
    same(x, np.array([[1, 2], [3, 100], [100, 100]]))
    same(t, np.array([0, 1, 2]))


def test_a_padding_for_each_entry():
    batch = [(np.array([1, 2]), np.array([0])), (np.array([3]), np.array([], int))]
    x, y = concat_examples(batch, padding=(100, 200))
    same(x, np.array([[1, 2], [3, 100]]))
    same(y, np.array([[0], [200]]))
    batch = [{"x": np.ones((2, 1)), "y": 1}, {"x": np.ones((1, 2)), "y": 2}]
    result = concat_examples(batch, padding={"x": -1, "y": None})
    same(result["x"], np.array([[[1.0, -1], [1, -1]], [[1, 1], [-1, -1]]]))
    same(result["y"], np.array([1, 2]))


class Pair(NamedTuple):
    x: object
    y: object


def test_named_tuples():
    batch = [Pair(np.array([1]), 2), Pair(np.array([3, 4]), 5)]
    x, y = concat_examples(batch, padding=(0, None))
    same(x, np.array([[1, 0], [3, 4]]))
    same(y, np.array([2, 5]))


def test_shapes_that_differ_without_padding():
    with pytest.raises(ValueError, match="same shape"):
        concat_examples([np.ones(2), np.ones(3)])


def test_an_empty_batch():
    with pytest.raises(ValueError, match="the batch is empty"):
        concat_examples([])


@pytest.mark.parametrize("device", [None, -1, "@numpy", backend.CpuDevice()])
def test_the_cpu_by_every_name(device):
    array = np.ones(2)
    assert to_device(device, array) is array
    same(concat_examples([1, 2], device), np.array([1, 2]))
    same(concat_examples([1, 2], device=device), np.array([1, 2]))


def test_a_converter_of_ones_own():
    @converter()
    def negate(batch, device):
        """Negate."""
        assert device is None or isinstance(device, backend.Device)
        return device, -concat_examples(batch, device)

    assert isinstance(negate, Converter)
    assert negate.__doc__ == "Negate."
    device, array = negate([1, 2], -1)
    assert device == backend.CpuDevice()
    assert array.tolist() == [-1, -2]
    assert negate([1])[0] is None


def test_concat_examples_is_a_converter_that_can_be_pickled():
    assert isinstance(concat_examples, Converter)
    again = pickle.loads(pickle.dumps(concat_examples))
    same(again([1, 2]), np.array([1, 2]))
    assert "Stack examples" in concat_examples.__doc__


def test_wrong_converters():
    with pytest.raises(TypeError, match="not a int"):
        converter()(3)
    with pytest.raises(NotImplementedError, match="Converter does not define"):
        Converter()([1], None)


def test_tensors_are_stacked_as_tensors():
    batch = [(torch.ones(2), 1), (torch.zeros(2), 2)]
    x, t = concat_examples(batch)
    assert (type(x), x.tolist()) == (torch.Tensor, [[1, 1], [0, 0]])
    same(t, np.array([1, 2]))
    padded = concat_examples([torch.ones(1), torch.zeros(2)], padding=5)
    assert padded.tolist() == [[1, 5], [0, 0]]


def test_numbers_of_axes_that_differ():
    with pytest.raises(ValueError, match="cannot be padded"):
        concat_examples([np.ones(2), np.ones((2, 1))], padding=0)


def test_converters_get_the_device_that_they_know():
    seen = []

    def old(batch, device):
        seen.append(device)

    for device in (None, backend.CpuDevice()):
        _call_converter(old, [1], device)
        _call_converter(converter()(old), [1], device)
        _call_converter(lambda batch, device: seen.append(type(device)), [1], device)
    assert seen == [None, None, type(None), -1, backend.CpuDevice(), int]


def test_names_that_converters_import():
    same(_concat_arrays([np.array([1]), np.array([2])], None), np.array([[1], [2]]))
    same(_concat_arrays_with_padding([np.ones(1), np.ones(2)], 0), np.array([[1.0, 0], [1, 1]]))


def test_transfer_on_the_cpu_is_concat_examples():
    convert = ConcatWithAsyncTransfer()
    x, t = convert([(np.ones(2), 1), (np.zeros(2), 2)], -1)
    same(x, np.array([[1.0, 1], [0, 0]]))
    same(t, np.array([1, 2]))
    same(convert([np.ones(1), np.ones(2)], "@numpy", padding=3), np.array([[1.0, 3], [1, 1]]))
    with pytest.raises(ValueError, match="empty"):
        convert([], -1)
    with pytest.raises(ValueError, match="make one for each device"):
        convert([1], None)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_transfer_to_a_gpu():
    convert = ConcatWithAsyncTransfer()
    for i in range(20):
        x, t = convert([(np.full(10**5, i, "f"), i), (np.ones(10**5, "f"), 2)], 0)
        moved = backend.CpuDevice().send((x * 2, t))
        assert (moved[0][0] == 2 * i).all()
        assert moved[1].tolist() == [i, 2]
