"""`forget`: what is computed again equals what was computed."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import catenary.functions as F
import catenary.links as L
from catenary.config import config
from catenary.variable import Parameter, Variable, no_backprop_mode


def f(*shape):
    return np.random.RandomState(0).normal(size=shape).astype("f")


def test_values_and_gradients_are_those_without():
    x, w = Variable(f(3, 4)), Parameter(f(2, 4))
    expected = F.linear(F.tanh(x), w)
    F.sum(expected * expected).backward()
    grads = [x.grad.copy(), w.grad.copy()]
    x.cleargrad()
    w.cleargrad()
    y = F.forget(lambda x: F.linear(F.tanh(x), w), x)
    np.testing.assert_array_equal(y.array, expected.array)
    F.sum(y * y).backward()
    np.testing.assert_allclose(x.grad, grads[0], rtol=1e-6)
    np.testing.assert_allclose(w.grad, grads[1], rtol=1e-6)  # a parameter that func knows itself


def test_what_lies_between_is_not_kept():
    seen = []

    def square_of_tanh(x):
        h = F.tanh(x)
        seen.append(weakref.ref(h.tensor.untyped_storage()))
        return h * h

    x = Variable(f(3))
    y = F.forget(square_of_tanh, x)
    gc.collect()
    assert seen[0]() is None
    F.sum(y).backward()
    assert len(seen) == 2


def test_tuples_and_arrays():
    x = f(3)
    y, z = F.forget(lambda a, b: (a + b, a * b), x, Variable(x))
    np.testing.assert_array_equal(y.array, 2 * x)
    np.testing.assert_array_equal(z.array, x * x)
    (only,) = F.forget(lambda a: (a + 1,), x)
    np.testing.assert_array_equal(only.array, x + 1)


def test_random_numbers_are_the_same_again():
    masks = []

    def dropped(x):
        y, mask = F.dropout(x, return_mask=True)
        masks.append(mask)
        return F.exp(y)

    x = Variable(f(50))
    np.random.seed(0)
    y = F.forget(dropped, x)
    after = np.random.rand()
    np.random.seed(1)
    F.sum(y).backward()
    np.testing.assert_array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(x.grad, masks[0] * y.array)
    assert np.random.rand() == np.random.RandomState(1).rand()
    np.random.seed(0)
    np.random.rand(50)
    assert np.random.rand() == after


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.BatchNormalization(4),
        lambda: L.BatchRenormalization(4, 3, 1),
        lambda: L.DecorrelatedBatchNormalization(4, 2),
    ],
)
@pytest.mark.parametrize("finetune", [False, True])
def test_statistics_are_updated_once(make, finetune):
    plain, forgotten = make(), make()
    grads = []
    for link, call in ((plain, lambda g, x: g(x)), (forgotten, F.forget)):
        for _ in range(2):
            x = Variable(f(6, 4))
            y = call(lambda x, link=link: link(x, finetune=finetune), x)
            F.sum(y * f(6, 4) * y).backward()
        grads.append(x.grad)
    np.testing.assert_allclose(grads[0], grads[1], rtol=1e-5, atol=1e-6)
    assert plain.N == forgotten.N == (2 if finetune else 0)
    for name in plain._persistent:
        np.testing.assert_array_equal(getattr(plain, name), getattr(forgotten, name))


def test_the_second_call_says_so():
    flags = []

    def watched(x):
        flags.append(config.in_recomputing)
        return x * x

    F.sum(F.forget(watched, Variable(f(2)))).backward()
    assert flags == [False, True]
    with no_backprop_mode():
        assert F.forget(watched, Variable(f(2))).creator is None


def test_gradients_can_be_differentiated():
    x = Variable(f(3))
    y = F.sum(F.forget(lambda x: x**3, x))
    y.backward(enable_double_backprop=True)
    first = x.grad_var
    x.cleargrad()
    F.sum(first).backward()
    np.testing.assert_allclose(x.grad, 6 * x.array, rtol=1e-5)


def test_misuse():
    with pytest.raises(TypeError, match="takes a function, got float"):
        F.forget(1.0, f(2))
    with pytest.raises(TypeError, match="returns Variables"):
        F.forget(lambda x: x.array, f(2))
