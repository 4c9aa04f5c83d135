"""Links and their snapshots, where a plain array would not do."""

import io

import numpy as np
import pytest
import torch

from catenary import links as L
from catenary.errors import SnapshotError
from catenary.link import Chain, ChainList, Link
from catenary.serializers import NpzDeserializer, load_npz, save_npz
from catenary.serializers.npz import serialize
from catenary.variable import Parameter


def round_trip(source, target, **kwargs):
    stream = io.BytesIO()
    save_npz(stream, source)
    load_npz(stream, target, **kwargs)


def test_arrays_are_loaded_in_place():
    source, target = L.Linear(2, 3), L.Linear(2, 3)
    array = target.W.array
    round_trip(source, target)
    np.testing.assert_array_equal(array, source.W.array)
    assert target.W.array is array


def test_a_parameter_without_a_shape_gets_the_one_of_the_file():
    source, target = L.Linear(2, 3), L.Linear(None, 3)
    target.W.cleargrad()
    round_trip(source, target)
    np.testing.assert_array_equal(target.W.array, source.W.array)
    lazy = L.BatchNormalization(axis=0)
    round_trip(L.BatchNormalization(4), lazy)
    assert (lazy.gamma.shape, lazy.avg_mean.shape) == ((4,), (4,))


def test_loading_draws_as_the_original_does():
    """The original fills such a parameter by its initializer before it loads it."""
    np.random.seed(0)
    expected = [np.random.normal(size=6), np.random.rand()][1]
    source = L.Linear(2, 3)
    np.random.seed(0)
    round_trip(source, L.Linear(None, 3))
    assert np.random.rand() == expected


def test_a_dtype_that_a_parameter_without_a_shape_cannot_take():
    lazy = Chain(l=L.Linear(None, 2, nobias=True))
    with pytest.raises(SnapshotError, match="l/W has dtype complex64 in the file"):
        NpzDeserializer({"l/W": np.ones((2, 2), np.complex64)}).load(lazy)
    assert not lazy.l.W.is_initialized


def test_other_precisions_convert():
    source, target = Link(W=((2,), np.float64)), Link(W=((2,), np.float16))
    source.W.array[...] = [1.5, 2.5]
    round_trip(source, target)
    assert (target.W.array.tolist(), target.W.dtype) == ([1.5, 2.5], np.float16)


def test_what_numpy_has_no_dtype_for_is_saved_as_float32():
    def make(values):
        link = Link()
        with link.init_scope():
            link.W = Parameter(torch.tensor(values, dtype=torch.bfloat16))
        return link

    source, target = make([1.5, -3.0]), make([0.0, 0.0])
    assert serialize(source)["W"].dtype == np.float32
    round_trip(source, target)
    assert target.W.tensor.tolist() == [1.5, -3.0]
    assert target.W.tensor.dtype == torch.bfloat16
    with pytest.raises(SnapshotError, match="shape"):
        round_trip(make([1.0]), target)


def test_a_persistent_tensor_passes_as_an_array():
    source, target = Link(), Link()
    for link, value in ((source, 2.0), (target, 0.0)):
        link.add_persistent("p", torch.full((2,), value))
    tensor = target.p
    round_trip(source, target)
    assert target.p is tensor
    assert tensor.tolist() == [2, 2]
    tensor.zero_()
    target.copyparams(source)
    assert target.p is tensor
    assert tensor.tolist() == [2, 2]
    assert type(target.to_cpu().p) is np.ndarray
    target.p = tensor
    NpzDeserializer({"p": np.asarray(None)}).load(target)
    assert target.p is None


def test_saving_writes_nothing():
    link = Link(W=2)
    link.W.array[...] = 1
    link.W.array.flags.writeable = False
    link.add_persistent("p", np.broadcast_to(1.0, (2,)))
    assert sorted(serialize(link)) == ["W", "p"]


def test_persistent_values_of_all_kinds():
    def make(*values):
        link = Link()
        for name, value in zip("abcde", values, strict=True):
            link.add_persistent(name, value)
        return link

    array = np.zeros(2)
    source = make(np.ones(2), 3, "text", None, [1, 2])
    target = make(array, 0, "", 5, [0])
    round_trip(source, target)
    assert target.a is array
    assert array.tolist() == [1, 1]
    assert [target.b, target.c, target.d, target.e] == [3, "text", None, [1, 2]]


def test_a_part_of_a_hierarchy():
    source, target = Chain(a=L.Linear(1, 1), b=L.Linear(1, 1)), ChainList(L.Linear(1, 1))
    stream = io.BytesIO()
    save_npz(stream, source)
    load_npz(stream, target[0], path="b/")
    np.testing.assert_array_equal(target[0].W.array, source.b.W.array)
    before = target[0].W.array.copy()
    load_npz(stream, target, strict=False)
    np.testing.assert_array_equal(target[0].W.array, before)


def test_a_link_with_a_serialize_of_its_own_is_asked():
    class Own(Link):
        def serialize(self, serializer):
            self.x = serializer("x", getattr(self, "x", 1))

    source = Chain(own=Own())
    source.own.x = 4
    target = Chain(own=Own())
    round_trip(source, target)
    assert target.own.x == 4
