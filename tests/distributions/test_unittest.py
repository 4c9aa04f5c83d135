"""`testing.distribution_unittest`: right distributions pass, wrong ones fail."""

from __future__ import annotations

import math
import unittest

import numpy as np
import pytest

from catenary import distributions as D
from catenary import testing


def elementwise(function):
    return np.vectorize(function, otypes=[float])


class ScipyNormal:
    """scipy.stats.norm, as far as the tests ask it."""

    @staticmethod
    def _z(x, loc, scale):
        return (x - loc) / scale

    def mean(self, loc, scale):
        return loc + 0 * scale

    def std(self, loc, scale):
        return scale + 0 * loc

    def var(self, loc, scale):
        return scale**2

    def entropy(self, loc, scale):
        return np.log(scale) + 0.5 * math.log(2 * math.pi * math.e)

    def logpdf(self, x, loc, scale):
        return -0.5 * self._z(x, loc, scale) ** 2 - np.log(scale * math.sqrt(2 * math.pi))

    def pdf(self, x, loc, scale):
        return np.exp(self.logpdf(x, loc, scale))

    def cdf(self, x, loc, scale):
        return 0.5 * elementwise(math.erfc)(-self._z(x, loc, scale) / math.sqrt(2))

    def sf(self, x, loc, scale):
        return self.cdf(-x, -loc, scale)

    def logcdf(self, x, loc, scale):
        return np.log(self.cdf(x, loc, scale))

    def logsf(self, x, loc, scale):
        return np.log(self.sf(x, loc, scale))

    def rvs(self, size, loc, scale):
        return np.random.normal(loc, scale, size)


NORMAL = {
    *("batch_shape", "cdf", "entropy", "event_shape", "log_cdf", "log_prob", "log_survival"),
    *("mean", "prob", "sample", "stddev", "support", "survival", "variance"),
}


class NormalTest:
    is_variable = True

    def setUp_configure(self):
        self.dist = D.Normal
        self.scipy_dist = ScipyNormal()
        self.test_targets = NORMAL
        self.shape, self.sample_shape = (2, 3), (4,)
        loc = np.linspace(-1, 1, 6).reshape(2, 3).astype("f")
        self.params = {"loc": loc, "scale": np.exp(loc)}
        self.scipy_params = {"loc": loc.astype("d"), "scale": np.exp(loc).astype("d")}

    def sample_for_test(self):
        return np.random.normal(size=(4, 2, 3)).astype("f")


class ScipyMultivariate:
    """scipy.stats.multivariate_normal for one distribution."""

    def mean(self, mean, cov):
        return mean

    def entropy(self, mean, cov):
        return 0.5 * np.log(np.linalg.det(2 * math.pi * math.e * cov))

    def logpdf(self, x, mean, cov):
        apart = x - mean
        power = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(cov), apart)
        return -0.5 * (power + np.log(np.linalg.det(2 * math.pi * cov)))

    def rvs(self, size, mean, cov):
        return np.random.multivariate_normal(mean, cov, size)


class MultivariateTest:
    scipy_onebyone = True
    is_variable = False

    def setUp_configure(self):
        self.dist = D.MultivariateNormal
        self.scipy_dist = ScipyMultivariate()
        self.test_targets = {"mean", "entropy", "log_prob", "sample", "event_shape"}
        self.shape, self.event_shape, self.sample_shape = (3,), (2,), (4,)
        loc = np.arange(6.0).reshape(3, 2)
        tril = np.array([[1, 0], [0.5, 0.8]]) * np.arange(1.0, 4)[:, None, None] / 3
        cov = tril @ tril.swapaxes(-1, -2)
        self.params = {"loc": loc.astype("f"), "scale_tril": tril.astype("f")}
        self.scipy_params = {"mean": loc, "cov": cov}

    def sample_for_test(self):
        return np.random.normal(size=(4, 3, 2)).astype("f")


class ScipyBernoulli:
    def pmf(self, x, p):
        return x * p + (1 - x) * (1 - p)

    def logpmf(self, x, p):
        return np.log(self.pmf(x, p))


class BernoulliTest:
    is_variable = False

    def setUp_configure(self):
        self.dist = D.Bernoulli
        self.scipy_dist = ScipyBernoulli()
        self.test_targets = {"prob", "log_prob", "support"}
        self.support, self.continuous = "{0, 1}", False
        self.shape, self.sample_shape = (2,), (5,)
        self.params = {"p": np.array([0.25, 0.7], "f")}
        self.scipy_params = self.params
        self.options = {"binary_check": True}

    def sample_for_test(self):
        return np.random.randint(2, size=(5, 2)).astype("f")


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    monkeypatch.setattr("catenary.testing.attr.gpu", lambda test: None)
    np.random.seed(0)


def whole(case, **members):
    return type("Whole", (case, testing.distribution_unittest), members)


def outcome(case, dist=None):
    result = unittest.TestResult()
    made = whole(case) if dist is None else whole(case, dist=property(lambda self: dist, _ignore))
    unittest.defaultTestLoader.loadTestsFromTestCase(made).run(result)
    assert not result.errors
    return result


def _ignore(self, dist):
    """A dist that is not to be set."""


def failed(result):
    return {test.id().rpartition(".test_")[2] for test, _ in result.failures}


@pytest.mark.parametrize("case", [NormalTest, MultivariateTest, BernoulliTest])
def test_right_distributions_pass(case):
    result = outcome(case)
    assert result.wasSuccessful()
    assert result.testsRun == 15


def test_wrong_distributions_fail():
    class Wide(D.Normal):
        def __init__(self, loc, scale):
            super().__init__(loc, scale=scale * 1.5)

    class Elsewhere(D.Normal):
        support = "positive"
        event_shape = (1,)

    right = {"batch_shape", "event_shape", "support", "mean"}
    expected = {f"{target}_cpu" for target in NORMAL - right}
    assert failed(outcome(NormalTest, Wide)) == expected
    assert failed(outcome(NormalTest, Elsewhere)) >= {"support_cpu", "event_shape_cpu"}


def test_wrong_vectors_fail():
    class Turned(D.MultivariateNormal):
        def __init__(self, loc, scale_tril):
            super().__init__(loc[::-1], scale_tril=scale_tril[::-1])

    expected = {"mean_cpu", "entropy_cpu", "log_prob_cpu", "sample_cpu"}
    assert failed(outcome(MultivariateTest, Turned)) == expected


def test_what_is_no_target_is_skipped():
    assert len(outcome(BernoulliTest).skipped) == 12


def test_misuse():
    class Unknown(BernoulliTest):
        def setUp_configure(self):
            super().setUp_configure()
            self.test_targets = {"probability"}

    with pytest.raises(ValueError, match=r"probability.*known are"):
        whole(Unknown)("test_prob_cpu").setUp()
    bare = type("Bare", (testing.distribution_unittest,), {})("test_prob_cpu")
    with pytest.raises(NotImplementedError, match="Bare does not define setUp_configure"):
        bare.setUp()
    with pytest.raises(NotImplementedError, match="sample_for_test"):
        bare.sample_for_test()
