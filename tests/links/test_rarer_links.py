"""Links with losses and states: what golden values do not say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from catenary import functions as F
from catenary import links as L
from catenary.config import using_config
from catenary.utils.type_check import InvalidType
from catenary.utils.walker_alias import WalkerAlias
from catenary.variable import Variable


def f(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype("f")


class TestWalkerAlias:
    def test_numbers_come_as_often_as_they_should(self):
        np.random.seed(0)
        weights = np.array([1, 0, 5, 3, 1])
        drawn = WalkerAlias(weights).sample((200, 500))
        assert drawn.shape == (200, 500)
        assert drawn.dtype == np.int32
        share = np.bincount(drawn.ravel(), minlength=5) / drawn.size
        np.testing.assert_allclose(share, weights / 10, atol=0.01)

    def test_boxes_hold_exactly_the_weights(self):
        weights = np.random.RandomState(3).rand(9)
        sampler = WalkerAlias(weights)
        held = np.zeros(9)
        for box, threshold in enumerate(sampler.threshold):
            held[sampler.values[2 * box]] += min(threshold, 1)
            held[sampler.values[2 * box + 1]] += 1 - min(threshold, 1)
        np.testing.assert_allclose(held / 9, weights / weights.sum(), atol=1e-6)

    def test_a_single_number(self):
        assert WalkerAlias([2.0]).sample(3).tolist() == [0, 0, 0]


class TestHierarchicalSoftmax:
    def test_huffman_tree(self):
        make = L.BinaryHierarchicalSoftmax.create_huffman_tree
        assert make({0: 8, 1: 5, 2: 6, 3: 4}) == ((3, 1), (2, 0))
        assert make({7: 1}) == 7
        assert make({0: 1, 1: 1, 2: 1}) == (2, (0, 1))
        with pytest.raises(ValueError, match="empty"):
            make({})

    def test_probabilities_sum_to_one(self):
        link = L.BinaryHierarchicalSoftmax(3, ((0, (1, 2)), (3, 4)))
        x = np.tile(f(1, 3), (5, 1))
        losses = [link(x[:1], np.array([t], "i")).item() for t in range(5)]
        np.testing.assert_allclose(np.exp(-np.array(losses)).sum(), 1, rtol=1e-6)
        together = link(x, np.arange(5, dtype="i")).item()
        np.testing.assert_allclose(together, sum(losses), rtol=1e-6)

    def test_misuse(self):
        with pytest.raises(ValueError, match="pair, got 3"):
            L.BinaryHierarchicalSoftmax(3, (0, (1, 2, 3)))
        link = L.BinaryHierarchicalSoftmax(3, (0, 1))
        with pytest.raises(IndexError):
            link(f(1, 3), np.array([2], "i"))
        with pytest.raises(InvalidType):
            link(f(1, 3), np.array([0], "int64"))


class TestCRF1d:
    def test_probabilities_of_all_labellings_sum_to_one(self):
        link = L.CRF1d(3, initial_cost=f(3, 3))
        xs = [f(1, 3, seed=i) for i in range(3)]
        losses, scores = [], []
        for labels in itertools.product(range(3), repeat=3):
            ys = [np.array([y], "i") for y in labels]
            losses.append(link(xs, ys).item())
            path = sum(x[0, y] for x, y in zip(xs, labels, strict=True))
            scores.append(path + sum(link.cost.array[a, b] for a, b in itertools.pairwise(labels)))
        np.testing.assert_allclose(np.exp(-np.array(losses)).sum(), 1, rtol=1e-5)
        score, path = link.argmax(xs)
        best = list(itertools.product(range(3), repeat=3))[int(np.argmax(scores))]
        assert tuple(int(p[0]) for p in path) == best
        np.testing.assert_allclose(score.array, [max(scores)], rtol=1e-5)

    def test_sequences_of_any_length(self):
        link = L.CRF1d(3, initial_cost=f(3, 3))
        xs = [f(2, 3), f(4, 3, seed=1), f(1, 3, seed=2)]
        ys = [np.arange(len(x), dtype="i") % 3 for x in xs]
        losses = link(xs, ys, reduce="no", transpose=True)
        alone = [
            link([row[None] for row in x], [y[:1] * 0 + v for v in y]).item()
            for x, y in zip(xs, ys, strict=True)
        ]
        np.testing.assert_allclose(losses.array, [alone[i] for i in (1, 0, 2)], rtol=1e-5)
        score, labels = link.argmax(xs, transpose=True)
        assert [one.shape for one in labels] == [(2,), (4,), (1,)]
        for x, one in zip(xs, labels, strict=True):
            path = link.argmax([row[None] for row in x])[1]
            assert [int(p[0]) for p in path] == one.tolist()
        assert score.array[0] == pytest.approx(link.argmax([r[None] for r in xs[1]])[0].item())

    def test_misuse(self):
        with pytest.raises(InvalidType, match="not growing"):
            F.crf1d(f(2, 2), [f(1, 2), f(2, 2)], [np.zeros(n, "i") for n in (1, 2)])
        with pytest.raises(InvalidType, match="ys"):
            F.crf1d(f(2, 2), [f(2, 2)], [np.zeros(1, "i")])


def test_losses_take_given_choices():
    link = L.BlackOut(3, [1, 2, 3], 2)
    link.W.array[...] = f(3, 3)
    x, t, samples = f(2, 3), np.array([0, 1], "i"), np.array([[1, 2], [0, 2]], "i")
    link.sample_data = samples
    expected = F.black_out(x, t, link.W, samples)
    assert link(x, t).item() == expected.item()
    loss, drawn = L.NegativeSampling(3, [1, 2, 3], 4)(x, t, return_samples=True)
    assert drawn[:, 0].tolist() == [0, 1]
    assert drawn.shape == (2, 5)
    assert loss.shape == ()


@pytest.mark.parametrize(
    "make", [lambda: L.StatefulPeepholeLSTM(4, 3), lambda: L.StatefulZoneoutLSTM(4, 3)]
)
def test_states_can_be_set_and_forgotten(make):
    link = make()
    with using_config("train", False):
        first = link(f(2, 4)).array
        c, h = link.c, link.h
        second = link(f(2, 4)).array
        link.set_state(c, h)
        np.testing.assert_array_equal(link(f(2, 4)).array, second)
        link.reset_state()
        assert link.c is link.h is None
        np.testing.assert_array_equal(link(f(2, 4)).array, first)
    for wrong in ((c,), (c, h.array), (c, h, h)):
        with pytest.raises(TypeError, match="Variables c, h"):
            link.set_state(*wrong)


def test_the_state_of_one_gate():
    link = L.StatefulMGU(4, 3)
    h = link(f(2, 4))
    link.set_state(Variable(f(2, 3)))
    assert (link(f(2, 4)).array != h.array).all()
    link.reset_state()
    np.testing.assert_array_equal(link(f(2, 4)).array, h.array)
    np.testing.assert_array_equal(
        link._next(Variable(np.zeros((2, 3), "f")), f(2, 4)).array, h.array
    )


def test_trees_need_something():
    for link in (L.ChildSumTreeLSTM(4, 3), L.NaryTreeLSTM(4, 3, 1)):
        with pytest.raises(ValueError, match="all None"):
            link(None, None, None)
        with pytest.raises(TypeError, match="as many outputs"):
            link(f(2, 3), f(2, 4))
    with pytest.raises(ValueError, match="n_ary"):
        L.NaryTreeLSTM(4, 3, 0)


def test_children_may_come_in_any_order():
    link = L.ChildSumTreeLSTM(4, 3)
    c, h = [f(2, 3, seed=i) for i in range(2)], [f(2, 3, seed=i) for i in (2, 3)]
    one, other = link(*c, *h, f(2, 4)), link(*c[::-1], *h[::-1], f(2, 4))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.array, b.array, rtol=1e-6, atol=1e-7)


def test_a_given_mask_is_kept():
    link = L.SimplifiedDropconnect(3, 2)
    mask = np.ones((4, 2, 3), bool)
    expected = F.linear(f(4, 3), link.W) * 2
    np.testing.assert_allclose(link(f(4, 3), mask=mask).array, expected.array, rtol=1e-6)
    assert link.mask is mask
    assert "mask" in link._persistent


def test_local_filters_with_steps():
    link = L.LocalConvolution2D(2, 3, 7, 3, stride=2)
    assert link.W.shape == (3, 3, 3, 2, 3, 3)
    assert link(f(1, 2, 7, 7)).shape == (1, 3, 3, 3)


def test_renormalization_takes_its_own_averages():
    link = L.BatchRenormalization(3, initial_avg_mean=0.5, initial_avg_var=2)
    assert link.avg_mean.tolist() == [0.5] * 3
    assert link.avg_var.tolist() == [2] * 3
    with using_config("train", False):
        y = link(np.full((2, 3), 0.5, "f"))
    np.testing.assert_array_equal(y.array, np.zeros((2, 3)))


def test_whitened_channels_do_not_correlate():
    link = L.DecorrelatedBatchNormalization(4, groups=1, eps=1e-7)
    x = f(50, 4) @ f(4, 4, seed=1)
    y = link(x).array
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(4), atol=1e-3)
    assert link.N == 0
    link(x, finetune=True)
    with using_config("train", False):
        # Chainer scales the matrix, which enters twice, by m / (m − 1).
        expected = np.eye(4) * (50 / 49) ** 3
        np.testing.assert_allclose(np.cov(link(x).array.T), expected, atol=1e-3)
    link.start_finetuning()
    assert link.N == 0


def test_shapes_that_do_not_fit():
    t, samples = np.zeros(2, "i"), np.zeros((2, 2), "i")
    for call in (
        lambda: F.black_out(f(2, 3), t, f(4, 2), samples),
        lambda: F.black_out(f(2, 3), t[:1], f(4, 3), samples),
        lambda: F.black_out(f(2, 3), t, f(4, 3), samples[:1]),
        lambda: F.local_convolution_2d(f(1, 2, 3, 3), f(1, 2, 2, 2, 2)),
        lambda: F.local_convolution_2d(f(2, 3, 3), f(1, 2, 2, 3, 2, 2)),
    ):
        with pytest.raises(InvalidType):
            call()


def test_a_tree_that_is_a_leaf():
    link = L.BinaryHierarchicalSoftmax(3, 0)
    assert link.W.shape == (0, 3)
    assert link(f(2, 3), np.zeros(2, "i")).item() == 0
