"""Devices, array modules and the memory that NumPy and torch share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catenary import backend
from catenary.backends import cuda
from catenary.backends.memory import array_of, numpy_dtype, share, tensor_of, torch_dtype
from catenary.variable import Variable

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
CPU = backend.CpuDevice()


@pytest.mark.parametrize(
    "name",
    [
        "@numpy",
        "native",
        "native:0",
        "cpu",
        "-1",
        -1,
        np.int64(-1),
        CPU,
        cuda.DummyDevice,
        torch.device("cpu"),
    ],
)
def test_names_of_the_cpu(name):
    assert backend.get_device(name) == CPU


@pytest.mark.parametrize("name", ["@cupy:0", "cuda", "cuda:1", "0", 0, torch.device("cuda:0")])
@without_gpu
def test_names_of_gpus(name):
    with pytest.raises(RuntimeError, match="no GPU"):
        backend.get_device(name)


@pytest.mark.parametrize("name", ["tpu", "@numpy:x", "cuda:x", ""])
def test_names_of_nothing(name):
    with pytest.raises(ValueError, match="names no device"):
        backend.get_device(name)


@pytest.mark.parametrize("thing", [None, 1.5, True, [], np, (np, 0)])
def test_things_that_cannot_name_a_device(thing):
    with pytest.raises(TypeError, match="names no device"):
        backend.get_device(thing)


def test_the_cpu():
    assert (str(CPU), repr(CPU)) == ("@numpy", "<CpuDevice (numpy)>")
    assert CPU.xp is np
    assert CPU.torch_device == torch.device("cpu")
    assert hash(CPU) == hash(backend.CpuDevice())
    assert CPU != "@numpy"
    assert CPU.is_array_supported(np.ones(1))
    assert not CPU.is_array_supported([1])
    CPU.use()
    with backend.using_device("@numpy") as device:
        assert device == CPU


def test_send():
    array = np.ones(2)
    assert CPU.send(array) is array
    assert CPU.send(None) is None
    sent = CPU.send({"a": [array, (array, 3.0)]})
    assert sent["a"][0] is array
    assert sent["a"][1][0] is array
    assert sent["a"][1][1].shape == ()
    tensor = torch.ones(2, requires_grad=True)
    assert CPU.send(tensor).ctypes.data == tensor.data_ptr()
    with pytest.raises(TypeError, match="asarray"):
        CPU.send(object())


def test_an_abstract_device_names_nothing():
    device = backend.Device()
    for ask in ("xp", "name", "torch_device", "supported_array_types"):
        with pytest.raises(NotImplementedError):
            getattr(device, ask)
    with pytest.raises(NotImplementedError):
        device.send(np.ones(1))


def test_array_modules():
    x = Variable(np.ones(1))
    assert backend.get_array_module() is np
    assert backend.get_array_module(x, np.ones(1), 3) is np
    assert cuda.get_array_module(x) is np
    assert backend.get_device_from_array(np.ones(1), torch.ones(1)) == CPU
    assert np.ndarray in backend.get_array_types()


def test_copyto():
    target = np.zeros((2, 2), "f")
    backend.copyto(target, np.ones(2))
    assert target.sum() == 4
    backend.copyto(target, torch.zeros(2, 2))
    assert not target.any()
    tensor = torch.zeros(2)
    backend.copyto(tensor, np.ones(2))
    backend.copyto(tensor[:1], torch.full((1,), 5))
    assert tensor.tolist() == [5, 1]


@without_gpu
def test_what_needs_a_gpu_says_so():
    assert not cuda.available
    for act in (
        cuda.check_cuda_available,
        lambda: cuda.to_gpu(np.ones(1)),
        lambda: cuda.elementwise("T x", "T y", "y = x", "same"),
        lambda: cuda.reduce("T x", "T y", "x", "a + b", "y = a", "0", "sum"),
        lambda: cuda.raw("", ""),
        lambda: cuda.copy(np.ones(1)),
        lambda: cuda.get_device_from_id(0),
        backend.GpuDevice,
    ):
        with pytest.raises(RuntimeError, match="no GPU"):
            act()
    with pytest.raises(ValueError, match="numbered"):
        backend.GpuDevice.from_device_id(-1)


def test_the_dummy_device():
    dummy = cuda.DummyDevice
    with dummy as entered:
        assert entered is dummy
    dummy.use()
    dummy.synchronize()
    assert (dummy.id, int(dummy)) == (-1, -1)
    assert dummy == cuda.DummyDeviceType()
    assert hash(dummy) == hash(cuda.DummyDeviceType())
    assert cuda.get_device_from_id(None) is dummy
    assert cuda.get_device_from_id(-1) is dummy
    assert cuda.get_device_from_array(np.ones(1), torch.ones(1)) is dummy


def test_to_cpu():
    array = np.ones(2)
    assert cuda.to_cpu(array) is array
    assert cuda.to_cpu([array, None])[1] is None


@pytest.mark.skipif(cuda.cupy is not None, reason="CuPy is here")
def test_nothing_is_an_instance_of_a_missing_array_type():
    assert not isinstance(np.ones(1), cuda.ndarray)


class TestMemory:
    def test_shared_memory(self):
        array = np.ones((2, 3), "f")
        for shown in (array, array.T, array[:, ::2]):
            tensor = tensor_of(shown)
            assert tensor.data_ptr() == shown.ctypes.data
            back = array_of(tensor)
            assert np.shares_memory(back, array)
            assert back.strides == shown.strides
            assert back.flags.writeable

    @pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i8", "u1", "u2", "u8", "?", "c8"])
    def test_dtypes(self, dtype):
        array = np.zeros(3, dtype)
        tensor = tensor_of(array)
        assert numpy_dtype(tensor.dtype) == array.dtype
        assert torch_dtype(array.dtype) == torch_dtype(tensor.dtype) == tensor.dtype
        assert array_of(tensor).dtype == array.dtype

    def test_foreign_arrays_are_copied(self):
        array = np.arange(3, dtype=">i4")[::-1]
        assert share(array) is None
        assert tensor_of(array).tolist() == [2, 1, 0]

    @pytest.mark.parametrize("dtype", ["O", "U3", "longdouble"])
    def test_dtypes_that_torch_lacks(self, dtype):
        with pytest.raises(TypeError, match="torch has no dtype"):
            tensor_of(np.zeros(2, dtype))

    def test_tensors_that_numpy_lacks(self):
        tensor = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
        assert array_of(tensor).dtype is torch.bfloat16
        assert not array_of(tensor).requires_grad
        assert numpy_dtype(torch.bfloat16) is torch.bfloat16


def test_arrays_of_the_cpu():
    assert backend.get_cpu_array_types() == (np.ndarray,)


@pytest.mark.parametrize(
    ("arrays", "answer"),
    [
        ([], True),
        ([None, None], True),
        ([np.ones(1), None, np.ones(2, "d")], True),
        ([np.ones(1), 1.0], False),
        ([1, 2], False),
    ],
)
def test_arrays_are_compatible_where_all_are_of_one_place(arrays, answer):
    assert backend.is_arrays_compatible(iter(arrays)) is answer


def test_arrays_of_a_gpu_are_compatible_with_their_like(monkeypatch):
    monkeypatch.setattr(cuda, "ndarray", bytes)
    assert backend.is_arrays_compatible([b"", b""])
    assert not backend.is_arrays_compatible([b"", np.ones(1)])
    assert not backend.is_arrays_compatible([np.ones(1), b""])
