"""`backends.cuda` and `backends.intel64` where there is no GPU and no iDeep."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
import torch

from catenary.backends import cuda, intel64
from catenary.config import using_config

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without a GPU")


@pytest.mark.parametrize("args", [(), (None,), (np.zeros(3),), (cuda.DummyDevice, None)])
def test_no_argument_names_a_gpu(args):
    assert cuda.get_device(*args) is cuda.DummyDevice


@pytest.mark.parametrize(
    "use",
    [
        lambda: cuda.get_device(0),
        lambda: cuda.to_gpu(np.zeros(3)),
        lambda: cuda.elementwise("T x", "T y", "y = x", "same"),
        lambda: cuda.reduce("T x", "T y", "x", "a + b", "y = a", "0", "sum"),
        lambda: cuda.raw("code", "name"),
        cuda.Stream,
        cuda.Event,
    ],
)
def test_what_needs_a_gpu_says_so(use):
    with pytest.raises(RuntimeError, match="no GPU can be used here"):
        use()


def test_results_are_remembered_until_forgotten():
    calls = []

    @cuda.memoize(for_each_device=True)
    def double(x, *, more=0):
        calls.append(x)
        return 2 * x + more

    assert [double(2), double(2), double(2, more=1), double(3)] == [4, 4, 5, 6]
    assert calls == [2, 2, 3]
    assert double.__name__ == "double"
    cuda.clear_memo()
    assert double(2) == 4
    assert calls == [2, 2, 3, 2]


def test_fuse_leaves_functions_alone():
    def same(x):
        return x

    assert cuda.fuse(same) is same
    assert cuda.fuse()(same) is same
    assert cuda.fuse(kernel_name="same")(same) is same


def test_workspace():
    before = cuda.get_max_workspace_size()
    cuda.set_max_workspace_size(5)
    assert cuda.get_max_workspace_size() == 5
    cuda.set_max_workspace_size(before)


def test_cudnn(monkeypatch):
    assert not cuda.should_use_cudnn(">=auto")
    from catenary.backends import _cuda_options

    monkeypatch.setattr(_cuda_options, "cudnn_enabled", True)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 90100)
    assert cuda.should_use_cudnn(">=auto")
    assert not cuda.should_use_cudnn("==always")
    assert not cuda.should_use_cudnn(">=auto", 100000)
    assert cuda.should_use_cudnn_tensor_core("float16")
    assert not cuda.should_use_cudnn_tensor_core("float32")
    with using_config("use_cudnn", "never"):
        assert not cuda.should_use_cudnn(">=auto")
    with pytest.raises(ValueError, match="'sometimes'"):
        cuda.should_use_cudnn("sometimes")


def test_ideep_is_never_there():
    assert not intel64.is_ideep_available()
    assert not intel64.should_use_ideep(">=auto")
    assert not intel64.inputs_all_ready([np.zeros((2, 2))])
    assert not isinstance(np.zeros(2), intel64.mdarray)
    with pytest.raises(RuntimeError, match="torch computes with oneDNN"):
        intel64.check_ideep_available()


@pytest.mark.skipif(cuda.cupy is not None, reason="CuPy is here")
@pytest.mark.parametrize("name", ["cudnn", "cupyx"])
def test_modules_of_cupy_are_lacking_as_in_chainer(name):
    assert not hasattr(cuda, name)
    with pytest.raises(AttributeError, match=rf"cuda\.{name} is CuPy's.*ask cuda.available"):
        getattr(cuda, name)


def test_a_module_of_cupy_is_imported_when_asked_for(monkeypatch):
    module = types.ModuleType("cupyx")
    monkeypatch.setitem(sys.modules, "cupyx", module)
    assert cuda.cupyx is module


def test_other_names_are_unknown():
    with pytest.raises(AttributeError, match="no attribute 'cublas'"):
        cuda.cublas
