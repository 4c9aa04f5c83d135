"""Networks over sequences: whole sequences at once are the same as time steps one by one."""

from __future__ import annotations

import numpy as np
import pytest

import catenary.functions as F
import catenary.links as L
from catenary import Variable, grad, using_config


def by_steps(function, **options):
    """An `rnn` as programs define it, over time steps."""

    def rnn(self, *args):
        return function(*args, **options)

    return rnn


class LSTM(L.NStepLSTM):
    rnn = by_steps(F.n_step_lstm)


class BiLSTM(L.NStepBiLSTM):
    rnn = by_steps(F.n_step_bilstm)


class BiGRU(L.NStepBiGRU):
    rnn = by_steps(F.n_step_bigru)


class RNNReLU(L.NStepRNNReLU):
    rnn = by_steps(F.n_step_rnn, activation="relu")


KINDS = [(L.NStepLSTM, LSTM), (L.NStepBiLSTM, BiLSTM), (L.NStepBiGRU, BiGRU)]
KINDS += [(L.NStepRNNReLU, RNNReLU)]


def outcome(kind, lengths, layers, state):
    """Values and gradients of a network with dropout, and the next number that NumPy draws."""
    np.random.seed(3)
    link = kind(layers, 3, 2, 0.4)
    xs = [Variable(np.random.rand(n, 3)) for n in lengths]
    count = 2 if "LSTM" in kind.__name__ else 1
    shape = (layers * link.direction, len(lengths), 2)
    given = [Variable(np.random.rand(*shape)) if state else None for _ in range(count)]
    for param in link.params():
        param.array = param.array.astype("d")
    *last, ys = link(*given, xs)
    sum(F.sum(y * y * (i + 1)) for i, y in enumerate((*last, *ys))).backward()
    read = [*xs, *(g for g in given if g is not None), *link.params()]
    arrays = [y.array for y in (*last, *ys)] + [v.grad for v in read]
    return [y.shape for y in ys], arrays, np.random.rand()


@pytest.mark.parametrize(("kind", "own"), KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("lengths", [(4, 4, 4), (1, 5, 2, 3), (5, 3, 2), (4,)], ids=str)
@pytest.mark.parametrize(("layers", "state"), [(1, False), (2, True)])
def test_whole_sequences_are_time_steps_one_by_one(kind, own, lengths, layers, state):
    shapes, ours, drawn = outcome(kind, lengths, layers, state)
    _, theirs, drawn_there = outcome(own, lengths, layers, state)
    assert shapes == [(n, 2 * (2 if "Bi" in kind.__name__ else 1)) for n in lengths]
    assert drawn == drawn_there
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_a_state_of_another_batch_is_refused():
    link = L.NStepLSTM(1, 3, 2, 0.0)
    xs = [np.ones((2, 3), "f"), np.ones((4, 3), "f")]
    with pytest.raises(TypeError, match=r"states \(layers, 2, size\)"):
        link(np.zeros((1, 3, 2), "f"), None, xs)


def test_a_network_is_one_call_in_the_graph():
    link = L.NStepGRU(1, 3, 2, 0.0)
    with using_config("train", False):
        hy, ys = link(None, [np.ones((2, 3), "f"), np.ones((4, 3), "f")])
    assert {y.creator for y in ys} == {hy.creator}
    assert [y.shape for y in ys] == [(2, 2), (4, 2)]


LINKS = [L.NStepLSTM, L.NStepBiLSTM, L.NStepGRU, L.NStepBiGRU, L.NStepRNNTanh, L.NStepBiRNNReLU]


@pytest.mark.parametrize("kind", LINKS)
def test_a_shorter_sequence_beside_them_changes_nothing_for_equal_ones(kind):
    np.random.seed(5)
    link = kind(2, 3, 4, 0.0)
    data = [np.random.rand(n, 3).astype("f") for n in (5, 5, 2)]
    alone, beside = (differentiated_twice(link, data[:n]) for n in (2, 3))
    for a, b in zip(alone, beside, strict=True):
        assert np.abs(a).max() > 0
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def differentiated_twice(link, data):
    """Outputs of the first two sequences, their gradients, and what those leave when sent back."""
    link.cleargrads()
    xs = [Variable(array) for array in data]
    *_, ys = link(*[None] * link.n_cells, xs)
    loss = sum(F.sum(y * y * y) for y in ys[:2])
    gradients = grad([loss], xs[:2], enable_double_backprop=True)
    sum(F.sum(g * g) for g in gradients).backward()
    first = dict(link.namedparams())["/0/w0"]
    return [v.array for v in (*ys[:2], *gradients)] + [xs[0].grad, xs[1].grad, first.grad]


def test_gradients_of_gates_are_changed_one_by_one():
    link = L.NStepLSTM(1, 3, 4, 0.0)
    link.cleargrads()
    hy, _, _ = link(None, None, [Variable(np.random.rand(5, 3).astype("f")) for _ in range(2)])
    F.sum(hy * hy).backward()
    params = list(link.params())
    before = [p.grad.copy() for p in params]
    for factor, p in enumerate(params):
        p.grad *= factor
    for factor, (p, was) in enumerate(zip(params, before, strict=True)):
        np.testing.assert_array_equal(p.grad, was * np.float32(factor))


@pytest.mark.parametrize("kind", [L.NStepLSTM, LSTM], ids=["whole", "by steps"])
def test_sequences_of_one_length_keep_their_order(kind):
    """What dropout draws for a sequence hangs on no machine's way of sorting equal lengths."""
    xs = [np.random.RandomState(i).rand(1 + i % 3, 3).astype("f") for i in range(60)]
    order = sorted(range(len(xs)), key=lambda i: -len(xs[i]))
    link = kind(2, 3, 2, 0.4)

    def outputs(xs):
        np.random.seed(3)
        return [y.array for y in link(None, None, xs)[-1]]

    mixed, longest_first = outputs(xs), outputs([xs[i] for i in order])
    for place, found in zip(order, longest_first, strict=True):
        np.testing.assert_allclose(found, mixed[place], rtol=1e-5, atol=1e-7)
