"""Nodes of the graph tell shape and dtype to whoever asks; scales are known after loading."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import catenary.functions as F
from catenary import links as L
from catenary.changes import scales
from catenary.variable import Parameter, Variable


def test_an_array_has_a_node_and_no_variable():
    array = np.ones((2, 3), "f")
    y = F.exp(array)
    (node,) = y.creator.inputs
    assert (node.shape, node.dtype, node.label) == ((2, 3), np.float32, "(2, 3), float32")
    assert (node.rank, node.creator, node.requires_grad) == (0, None, False)
    assert (node.name, node.data, node.grad) == (None, None, None)
    with pytest.raises(RuntimeError, match="is gone"):
        node.get_variable()


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("needed", [True, False])
def test_a_node_tells_its_form_when_its_variable_is_gone(dtype, needed):
    x = Variable(np.ones((2, 6), dtype), requires_grad=needed)
    z = F.sum(F.split_axis(x, [1, 3], 1)[1])
    (node,) = z.creator.inputs
    assert node.get_variable_or_none() is None
    assert (node.shape, node.dtype) == ((2, 2), np.dtype(dtype))


def test_a_node_tells_its_form_after_a_cut():
    x = Variable(np.ones((2, 6), "d"))
    y = x * 2
    z = F.sum(y)
    (before,) = z.creator.inputs
    y.unchain()
    for node in (before, y.node):
        assert (node.shape, node.dtype, node.rank, node.creator) == ((2, 6), np.float64, 1, None)


def test_a_parameter_without_a_shape_has_a_node():
    node = Parameter().node
    assert node.rank == 0
    assert node.creator is None


def test_an_array_that_torch_cannot_hold_is_an_input_all_the_same():
    array = np.ones((2, 3), "f")
    array.setflags(write=False)
    y = F.sum(array)
    assert y.creator.inputs[0].shape == (2, 3)


@pytest.fixture
def no_scales(monkeypatch):
    """As in a process where no loss was ever scaled."""
    monkeypatch.setattr(scales, "in_use", False)


@pytest.mark.usefixtures("no_scales")
def test_backward_asks_leaves_once_a_loss_was_scaled():
    w = Parameter(np.ones(3, "f"))
    F.sum(w * 2).backward()
    assert not scales.in_use
    w.cleargrad()
    F.sum(w * 2).backward(loss_scale=4)
    assert scales.in_use
    w._scale_spent = True  # as an optimizer says whose step used the gradient
    F.sum(w * 2).backward()
    assert w._loss_scale is None
    assert w.grad.tolist() == [4, 4, 4]


@pytest.mark.usefixtures("no_scales")
def test_a_scaled_gradient_that_was_loaded_is_known():
    w = Parameter(np.ones(3, "f"))
    F.sum(w * 2).backward(loss_scale=4)
    w._scale_spent = True
    saved = pickle.dumps(w)
    scales.in_use = False
    loaded = pickle.loads(saved)
    F.sum(loaded * 2).backward()
    assert loaded.grad.tolist() == [4, 4, 4]


def test_walks_over_parameters_yield_those_with_a_shape():
    link = L.Linear(None, 3)
    assert [p.name for p in link.params()] == ["W", "b"]
    assert [p.name for p in link.params(include_uninit=False)] == ["b"]
