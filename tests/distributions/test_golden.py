"""Every distribution gives Chainer's values, gradients, samples and divergences."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from catenary import distributions as D
from catenary.distribution import kl_divergence
from catenary.variable import Variable

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "distributions" / "golden.npz")
TABLE = json.loads(GOLDEN["table"].tobytes())
FLAT = {dtype: GOLDEN[dtype] for dtype in GOLDEN.files if dtype != "table"}
CASES = TABLE["cases"]
PROPERTIES = ("mean", "mode", "variance", "stddev", "covariance", "entropy")
AT_POINTS = (
    *("prob", "log_prob", "cdf", "log_cdf"),
    *("survival_function", "log_survival_function", "perplexity"),
)
SAMPLES = {
    "sample": lambda dist: dist.sample((2, 3)),
    "sample_n": lambda dist: dist.sample_n(2),
    "sample_one": lambda dist: dist.sample(),
}
EACH = pytest.mark.parametrize(
    ("number", "dtype"),
    [(n, dtype) for n, one in enumerate(CASES) for dtype in one["dtypes"]],
    ids=[f"{one['make']}-{dtype}" for one in CASES for dtype in one["dtypes"]],
)


def build(one, values, dtype):
    p = [Variable(np.array(v, dtype)) for v in values]
    return p, eval("D." + one["make"], {"D": D, "p": p})


def points(one, dtype):
    array = np.array(one["x"], one["x_dtype"] or dtype)
    return array if one["x_dtype"] else Variable(array)


def golden(key):
    dtype, start, shape = TABLE["places"][key]
    return FLAT[dtype][start : start + math.prod(shape)].reshape(shape)


def compare(actual, key):
    expected = golden(key)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    limit = 2e-5 if expected.dtype == "float32" else 1e-10
    np.testing.assert_allclose(actual, expected, rtol=limit, atol=limit, err_msg=key)


def compare_with_gradients(y, key, inputs, seed):
    compare(y.array, key)
    if y.dtype.kind != "f" or y.creator is None:
        assert f"{key}/g0" not in TABLE["places"]
        return
    y.grad = np.asarray(np.random.RandomState(seed).normal(size=y.shape)).astype(y.dtype)
    y.backward()
    for k, v in enumerate(inputs):
        if f"{key}/g{k}" in TABLE["places"]:
            compare(v.grad, f"{key}/g{k}")
        elif isinstance(v, Variable) and v.grad is not None:
            # What does not depend on it: Chainer has no gradient, we may have zeros.
            assert not v.grad.any(), f"{key}/g{k}"


@pytest.mark.filterwarnings("ignore:a Cauchy distribution has no:RuntimeWarning")
@EACH
def test_values_and_gradients(number, dtype):
    one = CASES[number]
    calls = {name: lambda dist, x, name=name: getattr(dist, name) for name in PROPERTIES}
    calls |= {name: lambda dist, x, name=name: getattr(dist, name)(x) for name in AT_POINTS}
    for name, compute in calls.items():
        p, dist = build(one, one["params"], dtype)
        x = points(one, dtype)
        key = f"{number}/{dtype}/{name}"
        if f"{number}/{name}" in TABLE["absent"]:
            with pytest.raises(NotImplementedError, match=f"does not define {name}"):
                compute(dist, x)
        elif key in TABLE["places"]:
            compare_with_gradients(compute(dist, x), key, [*p, x], number)


@EACH
def test_inverse_distribution_function(number, dtype):
    one, key = CASES[number], f"{number}/{dtype}/icdf"
    p, dist = build(one, one["params"], dtype)
    u = np.random.RandomState(number).uniform(0.02, 0.98, (4, *dist.batch_shape)).astype(dtype)
    if key in TABLE["places"]:
        compare_with_gradients(dist.icdf(u), key, p, number)
    else:
        with pytest.raises((NotImplementedError, RuntimeError)):
            dist.icdf(u)


@EACH
def test_the_same_seed_draws_the_same_samples(number, dtype):
    one = CASES[number]
    np.random.seed(number)
    for name, draw in SAMPLES.items():
        p, dist = build(one, one["params"], dtype)
        y, key = draw(dist), f"{number}/{dtype}/{name}"
        if key in TABLE["places"]:
            compare_with_gradients(y, key, p, number)


@EACH
def test_divergence(number, dtype):
    one = CASES[number]
    if not one["other"]:
        return
    p, dist1 = build(one, one["params"], dtype)
    q, dist2 = build(one, one["other"], dtype)
    kl = kl_divergence(dist1, dist2)
    compare_with_gradients(kl, f"{number}/{dtype}/kl", [*p, *q], number)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[one["make"] for one in CASES])
def test_shapes_support_and_parameters(number):
    one, facts = CASES[number], TABLE["facts"][number]
    _, dist = build(one, one["params"], "float32")
    assert [list(dist.batch_shape), list(dist.event_shape)] == facts["shapes"]
    assert sorted(dist.params) == facts["params"]
    assert dist.xp is np
    if facts["support"] is None:
        with pytest.raises(NotImplementedError):
            dist.support
    else:
        assert dist.support == facts["support"]


def test_every_distribution_is_compared():
    assert sorted(D.__all__) == TABLE["names"]
    assert {one["make"].split("(")[0] for one in CASES} == set(D.__all__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in D.__all__:
            assert getattr(D, name).__module__.startswith("catenary.distributions.")
