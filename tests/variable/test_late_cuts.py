"""Cuts behind Variables that live on: what torch walks, and keeps, does not grow."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch

import catenary.functions as F
import catenary.links as L
from catenary import computational_graph, grad
from catenary._variable_cut import late
from catenary.function_node import FunctionNode
from catenary.variable import Parameter, Variable

STEPS = 6


class Witness:
    """Something that a weak reference can look for."""


def torch_nodes(*variables):
    """Every operation of torch's graph that leads to these Variables."""
    waiting = [variable.tensor.grad_fn for variable in variables]
    found = set()
    while waiting:
        fn = waiting.pop()
        if fn is not None and fn not in found:
            found.add(fn)
            waiting += [following for following, _ in fn.next_functions]
    return found


def windows(step, count=5, steps=STEPS):
    """Truncated backpropagation: the number of torch's operations behind each window's loss.

    The witness of a window is kept by torch's graph, and goes when that does.
    """
    sizes, witnesses = [], []
    for _ in range(count):
        loss = sum([step() for _ in range(steps)])
        found = torch_nodes(loss)
        sizes.append(len(found))
        witness = Witness()
        witnesses.append(weakref.ref(witness))
        for fn in found:
            # What has a `variable` is where a leaf receives its gradient, and lives with that.
            if not hasattr(fn, "variable"):
                fn.metadata.setdefault("witness", witness)
        loss.backward()
        loss.unchain_backward()
        del found, fn, loss, witness
    return sizes, witnesses


def alive(witnesses):
    gc.collect()
    return [reference() is not None for reference in witnesses]


LINKS = {
    "LSTM": lambda: L.LSTM(3, 4),
    "StatefulGRU": lambda: L.StatefulGRU(3, 4),
    "StatefulMGU": lambda: L.StatefulMGU(3, 4),
    "StatefulPeepholeLSTM": lambda: L.StatefulPeepholeLSTM(3, 4),
    "StatefulZoneoutLSTM": lambda: L.StatefulZoneoutLSTM(3, 4),
}


def test_all_stateful_links_are_here():
    stateful = {name for name in L.__all__ if name.startswith("Stateful")}
    assert stateful | {"LSTM"} == set(LINKS)


@pytest.mark.parametrize("name", LINKS)
def test_windows_over_a_stateful_link_do_not_grow(name):
    link, x = LINKS[name](), np.ones((2, 3), "f")
    sizes, witnesses = windows(lambda: F.sum(link(x)))
    # From the second window on there is a state to begin with.
    assert sizes[1:] == [sizes[1]] * 4
    assert sizes[1] < sizes[0] * 1.5
    # What the link holds leads to the window that made it, and no further.
    assert alive(witnesses)[:-1] == [False] * 4


def test_windows_over_two_links_one_upon_the_other():
    lower, upper, x = L.StatefulZoneoutLSTM(3, 4), L.StatefulZoneoutLSTM(4, 4), np.ones((2, 3), "f")
    sizes, witnesses = windows(lambda: F.sum(upper(F.dropout(lower(x)))))
    assert sizes[1:] == [sizes[1]] * 4
    assert alive(witnesses)[:-1] == [False] * 4


def test_a_total_of_losses_that_are_cut_after_it_has_read_them():
    w, total, sizes = Parameter(np.ones(3, "f")), 0, []
    for _ in range(5):
        loss = F.sum(F.tanh(w * w))
        total += loss
        sizes.append(len(torch_nodes(total)))
        loss.backward()
        loss.unchain_backward()
    # One addition and the leaf it begins with; Chainer's graph keeps the additions too.
    assert sizes[2:] == [sizes[1]] * 3
    np.testing.assert_allclose(total.array, 5 * 3 * np.tanh(1), rtol=1e-6)


def survivor(*others):
    """A Variable computed from one that was cut off and is gone; the parameter before the cut."""
    w = Parameter(np.full(3, 2, "f"))
    h = w * w
    c = h * 3
    for other in others:
        c = c * other
    F.sum(h).unchain_backward()
    return w, c


def test_values_creator_and_rank_stay():
    w, c = survivor()
    array, creator = c.array, c.creator
    y = c + 1
    assert c.array is array
    assert (c.creator, c.rank, y.rank) == (creator, 2, 3)
    assert c.requires_grad
    assert len(computational_graph.build_computational_graph([y]).nodes) == 5
    # An addition, the view and the leaf.
    assert len(torch_nodes(y)) == 3
    F.sum(y).backward(retain_grad=True)
    assert c.grad.tolist() == [1, 1, 1]
    assert w.grad is None


def test_an_intermediate_result_keeps_no_gradient():
    _, c = survivor()
    F.sum(c * 2).backward()
    assert c.grad is None


def test_a_gradient_with_respect_to_the_survivor():
    _, c = survivor()
    y = F.sum(c * c)
    (gradient,) = grad([y], [c], enable_double_backprop=True)
    assert gradient.array.tolist() == [24, 24, 24]
    (second,) = grad([F.sum(gradient)], [c])
    assert second.array.tolist() == [2, 2, 2]


def test_what_lives_between_the_survivor_and_the_cut_gets_its_gradient():
    other = Parameter(np.full(3, 5, "f"))
    w, c = survivor(other)
    F.sum(c * 2).backward()
    # d(2 · 3 h other)/d other with h = 4
    assert other.grad.tolist() == [24, 24, 24]
    assert w.grad is None


def test_a_cut_variable_that_lives_gets_the_gradient_from_before():
    w = Parameter(np.full(3, 2, "f"))
    h = w * w
    c = h * 3
    F.sum(h).unchain_backward()
    F.sum(c * 2).backward()
    assert h.grad.tolist() == [6, 6, 6]
    assert w.grad is None


def test_what_was_not_cut_gets_its_gradient():
    w = Parameter(np.full(3, 2, "f"))
    h = w * w
    k = w * 7
    c = h * 3 + k
    del k
    F.sum(h).unchain_backward()
    del h
    F.sum(c * 2).backward()
    assert w.grad.tolist() == [14, 14, 14]


@pytest.mark.parametrize("wrap", [Variable, Variable.from_tensor])
def test_a_tensor_of_torch_gets_its_gradient(wrap):
    given = torch.ones(3, requires_grad=True)
    _, c = survivor(wrap(given))
    F.sum(c * 2).backward()
    assert given.grad.tolist() == [24, 24, 24]


def test_the_history_of_a_survivor_is_freed_when_it_is_used():
    _, c = survivor(np.ones(3, "f"), Variable(np.ones(3, "f")))
    witness = Witness()
    for fn in torch_nodes(c):
        fn.metadata["witness"] = witness
    freed = weakref.ref(witness)
    del fn, witness
    assert freed() is not None
    y = c + 1
    assert freed() is None
    assert y.rank == 5


def test_what_was_computed_after_the_cut_is_left_alone():
    _, c = survivor()
    before = c + 1
    tensor = before.tensor
    after = before * 2
    assert before.tensor is tensor
    assert len(torch_nodes(after)) == 4


class Twice(FunctionNode):
    def forward(self, inputs):
        return (inputs[0] * 2,)

    def backward(self, indexes, gradients):
        return (gradients[0] * 2,)


def test_a_users_function_reads_a_survivor():
    _, c = survivor()
    (y,) = Twice().apply((c,))
    # The function, the view and the leaf.
    assert len(torch_nodes(y)) == 3
    F.sum(y).backward(retain_grad=True)
    assert c.grad.tolist() == [2, 2, 2]


def test_calls_ask_for_survivors_only_as_long_as_there_are_some():
    gc.collect()
    assert not late
    _, c = survivor()
    assert len(late) == 1
    d = c + 1
    assert len(late) == 1
    del c
    assert len(late) == 1
    del d
    assert not late


def test_a_cut_that_nothing_outlives_leaves_calls_alone():
    gc.collect()
    x = Variable(np.ones(3, "f"))
    h = F.tanh(x * 2)
    loss = F.sum(h * h)
    loss.backward()
    loss.unchain_backward()
    assert not late
    assert h.creator is None
