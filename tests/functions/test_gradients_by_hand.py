"""Gradients that a function's `backward` computes by hand: of the call's noise, moving nothing."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import catenary.functions as F
from catenary import Parameter, Variable, grad

ROWS = Variable(np.random.RandomState(0).randn(3, 4))


def of(name):
    place, _, cls = name.rpartition(".")
    return getattr(importlib.import_module(f"catenary.functions.{place}"), cls)


DRAWING = {
    "Dropout": (of("noise.dropout.Dropout"), (0.5,), 1),
    "Gaussian": (of("noise.gaussian.Gaussian"), (), 2),
    "RReLU": (of("activation.rrelu.RReLU"), (0.1, 0.4), 1),
    "SimplifiedDropconnect": (of("noise.simplified_dropconnect.SimplifiedDropconnect"), (), 2),
    "Zoneout": (of("noise.zoneout.Zoneout"), (0.5,), 2),
}


@pytest.mark.parametrize("made", ["by the function", "by the class", "by a subclass"])
@pytest.mark.parametrize("name", DRAWING)
def test_noise_is_drawn_once(name, made):
    """A gradient by hand, or of a subclass, is that of the noise which the values have."""
    np.random.seed(0)
    cls, options, count = DRAWING[name]
    xs = [Parameter(np.random.randn(5, 5)) for _ in range(count)]
    if made == "by the function":
        (y,) = (cls._function(*xs, *options),)
        node = y.creator
    else:
        mine = type("Mine", (cls,), {"forward": cls.forward_cpu})
        node = (mine if made == "by a subclass" else cls)(*options)
        (y,) = node.apply(xs)
    grads = grad([y], xs, [Variable(np.ones((5, 5)))])
    by_hand = node.backward(tuple(range(count)), (Variable(np.ones((5, 5))),))
    for one, other in zip(grads, by_hand, strict=True):
        np.testing.assert_array_equal(one.array, other.array)
    if name == "Dropout":
        np.testing.assert_allclose(grads[0].array * xs[0].array, y.array)


def test_the_noise_of_a_call_can_be_read():
    y, mask = F.dropout(ROWS, return_mask=True)
    assert y.creator.mask is mask
    y, eps = F.gaussian(ROWS, ROWS, return_eps=True)
    assert y.creator.eps is eps


NORMALIZING = {
    "batch": (of("normalization.batch_normalization.BatchNormalization"), (3,), 2),
    "decorrelated": (
        of("normalization.decorrelated_batch_normalization.DecorrelatedBatchNormalization"),
        (1, 3),
        0,
    ),
}


@pytest.mark.parametrize("made", ["by the function", "by the class", "by a subclass"])
@pytest.mark.parametrize("name", NORMALIZING)
def test_running_statistics_move_once(name, made):
    cls, shape, weights = NORMALIZING[name]
    x, seed = Parameter(np.random.RandomState(0).randn(6, 3)), Variable(np.ones((6, 3)))
    xs = (x, *[Parameter(np.ones(3)) for _ in range(weights)])
    mean = np.zeros(shape)
    words = {"eps": 1e-3, "mean": mean, "decay": 0.5}
    words |= {} if weights else {"groups": 1}
    if made == "by the function":
        y = cls._function(*xs, **words)
        node = y.creator
    else:
        mine = type("Mine", (cls,), {"forward": cls.forward_cpu})
        node = (mine if made == "by a subclass" else cls)(**words)
        (y,) = node.apply(xs)
    assert getattr(node, "running_mean", mean) is mean
    moved = mean.copy()
    np.testing.assert_allclose(moved.ravel(), x.array.mean(0) / 2)
    grads = grad([y], [x], [seed])
    np.testing.assert_allclose(node.backward((0,), (seed,))[0].array, grads[0].array, atol=1e-12)
    np.testing.assert_array_equal(mean, moved)


def test_the_gradient_by_hand_of_batch_renormalization_is_that_of_its_call():
    x = Parameter(np.random.RandomState(0).randn(6, 3))
    mean, var, gamma, beta = np.zeros(3), np.ones(3), Parameter(np.ones(3)), Parameter(np.ones(3))
    y = F.batch_renormalization(
        x, gamma, beta, rmax=1.1, dmax=0.1, running_mean=mean, running_var=var
    )
    moved = mean.copy()
    seed = Variable(np.random.RandomState(1).randn(6, 3))
    (by_hand,) = y.creator.backward((0,), (seed,))
    np.testing.assert_array_equal(by_hand.array, grad([y], [x], [seed])[0].array)
    np.testing.assert_array_equal(mean, moved)
