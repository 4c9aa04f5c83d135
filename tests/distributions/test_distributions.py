"""Distributions: what they are asked beside golden values, and how they refuse."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from catenary import distributions as D
from catenary import functions as F
from catenary.config import using_config
from catenary.distribution import Distribution, cross_entropy, kl_divergence, register_kl
from catenary.errors import UnknownDivergenceError
from catenary.variable import Variable, no_backprop_mode


def f(*values):
    return np.array(values, "f")


MATRIX = np.array([[2.0, 0.0], [1.0, 0.5]])


class TestArguments:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: D.Normal(f(0)),
            lambda: D.Normal(f(0), f(1), log_scale=f(0)),
            D.Bernoulli,
            lambda: D.Bernoulli(f(0.5), logit=f(0)),
            D.Categorical,
            lambda: D.Categorical(f(1), logit=f(0)),
            lambda: D.Uniform(low=f(0)),
            lambda: D.Uniform(low=f(0), high=f(1), loc=f(0), scale=f(1)),
            lambda: D.MultivariateNormal(f(0)),
            lambda: D.Independent(D.Normal(f(0), f(1)), 2),
            lambda: D.Independent(D.Normal(f(0), f(1)), -1),
        ],
    )
    def test_that_contradict(self, make):
        with pytest.raises(ValueError, match=r"takes either|needs scale_tril|has 1 axes"):
            make()

    def test_that_are_no_arrays(self):
        with pytest.raises(TypeError, match=r"numpy\.asarray"):
            D.Normal([0.0], f(1))

    def test_parameters_are_the_given_variables(self):
        loc, scale = Variable(f(0)), Variable(f(1))
        dist = D.Normal(loc, scale)
        assert dist.loc is loc
        assert dist.mean is loc
        assert dist.stddev is scale
        assert not D.Normal(f(0), f(1)).loc.requires_grad


class TestPoints:
    def test_numbers_and_arrays_take_the_parameters_dtype(self):
        dist = D.Normal(f(0.5), f(2))
        expected = dist.log_prob(Variable(f(1.5))).array
        for x in (1.5, np.float64(1.5), np.array([1.5]), torch.tensor([1.5])):
            y = dist.log_prob(x)
            assert y.dtype == np.float32
            np.testing.assert_array_equal(y.array, expected)

    @pytest.mark.parametrize(
        "dist",
        [D.Bernoulli(f(0.25)), D.Geometric(f(0.25)), D.Poisson(f(2)), D.Categorical(f(1, 0))],
    )
    def test_whole_numbers_of_any_dtype(self, dist):
        expected = dist.log_prob(np.zeros(3 if dist.batch_shape else (), "f")).array
        for dtype in ("int32", "int64", "uint8"):
            x = np.zeros(expected.shape, dtype)
            np.testing.assert_array_equal(dist.log_prob(x).array, expected)
            np.testing.assert_array_equal(dist.log_prob(Variable(x)).array, expected)

    def test_bernoulli_of_integers(self):
        dist = D.Bernoulli(f(0.25))
        np.testing.assert_array_equal(dist.prob(Variable(np.array([1, 0]))).array, f(0.25, 0.75))

    def test_a_label_that_is_none(self):
        with pytest.raises(IndexError):
            D.Categorical(f(0.5, 0.5)).log_prob(np.array([2]))


class TestBernoulli:
    def test_certain_outcomes(self):
        logit = Variable(f(np.inf, np.inf, -np.inf, -np.inf, 0))
        y = D.Bernoulli(logit=logit).log_prob(f(1, 0, 1, 0, 1))
        np.testing.assert_array_equal(y.array, [0, -np.inf, -np.inf, 0, f(-np.log(2))[0]])
        F.sum(y).backward()
        np.testing.assert_array_equal(logit.grad, [np.nan] * 4 + [0.5])
        assert D.Bernoulli(logit=f(np.inf)).sample((3,)).array.tolist() == [[1]] * 3

    def test_large_logits_do_not_overflow(self):
        y = D.Bernoulli(logit=f(-500, 500)).log_prob(f(0, 0))
        np.testing.assert_array_equal(y.array, [0, -500])

    def test_points_that_are_neither_zero_nor_one(self):
        logit = Variable(f(0.5, 0.5))
        dist = D.Bernoulli(logit=logit, binary_check=True)
        y = dist.log_prob(f(0.5, 1))
        assert y.array[0] == -np.inf
        F.sum(y).backward()
        assert np.isnan(logit.grad).tolist() == [True, False]
        assert dist.prob(f(0.5, 1)).array[0] == 0

    def test_no_gradient_goes_to_the_points(self):
        x = Variable(f(1))
        F.sum(D.Bernoulli(Variable(f(0.5))).log_prob(x)).backward()
        assert x.grad is None or not x.grad.any()

    def test_entropy_of_certainty(self):
        p = Variable(f(0, 1, 0.5))
        entropy = D.Bernoulli(p).entropy
        np.testing.assert_allclose(entropy.array, [0, 0, np.log(2)], rtol=1e-6)
        F.sum(entropy).backward()
        assert np.isfinite(p.grad).all()


class TestSamples:
    def test_shapes(self):
        dist = D.Normal(np.zeros((2, 3), "f"), np.ones((2, 3), "f"))
        assert dist.sample().shape == (2, 3)
        assert dist.sample(4).shape == (4, 2, 3)
        assert dist.sample((4, 5)).shape == (4, 5, 2, 3)
        assert dist.sample((0,)).shape == (0, 2, 3)
        assert dist.sample_n(6).shape == (6, 2, 3)

    @pytest.mark.parametrize(
        "make",
        [
            lambda a: D.Laplace(a, a),
            D.Dirichlet,
            lambda a: D.MultivariateNormal(a, scale_tril=MATRIX.astype(a.dtype)),
            lambda a: D.Gumbel(a, a),
            lambda a: D.Beta(a, a),
            lambda a: D.Pareto(a, a),
        ],
    )
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_dtype_is_the_parameters(self, make, dtype):
        dist = make(np.ones(2, dtype))
        np.random.seed(0)
        sample = dist.sample(3)
        assert sample.dtype == dtype
        np.random.seed(0)
        exact = make(np.ones(2)).sample(3)
        np.testing.assert_allclose(
            sample.array, exact.array, rtol=2e-2 if dtype[-2:] == "16" else 1e-6
        )
        if dtype != "float16":
            assert np.isfinite(dist.log_prob(sample).array).all()

    def test_bfloat16(self):
        ones = Variable(torch.ones(2, dtype=torch.bfloat16))
        for dist in (D.Normal(ones, ones), D.Beta(ones, ones)):
            sample = dist.sample(3)
            assert sample.tensor.dtype == torch.bfloat16
            assert dist.log_prob(sample).tensor.dtype == torch.bfloat16

    def test_none(self):
        assert D.Categorical(np.ones((0, 2), "f")).sample(3).shape == (3, 0)
        assert D.Dirichlet(np.ones((0, 2), "f")).sample(3).shape == (3, 0, 2)

    def test_can_be_differentiated_as_leaves(self):
        x = D.Beta(f(2), f(3)).sample_n(2)
        F.sum(x * x).backward()
        np.testing.assert_array_equal(x.grad, 2 * x.array)


class TestGraph:
    def test_what_is_computed_without_a_graph_is_not_kept_for_later(self):
        log_scale = Variable(f(0.5))
        dist = D.Normal(f(0), log_scale=log_scale)
        with no_backprop_mode():
            assert dist.scale.creator is None
        assert dist.scale is dist.scale
        F.sum(dist.scale).backward()
        np.testing.assert_allclose(log_scale.grad, np.exp(f(0.5)), rtol=1e-6)

    def test_a_subclass_keeps_what_it_computes_apart(self):
        class Twice(D.Normal):
            @property
            def variance(self):
                return super().variance * 2

        dist = Twice(f(0), f(3))
        assert [dist.variance.item(), dist.variance.item()] == [18, 18]

    @pytest.mark.parametrize("how", [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
    def test_copies_have_gradients_of_their_own(self, how):
        dist = D.Normal(f(0), log_scale=Variable(f(0.5)))
        assert dist.variance.shape == (1,)
        twin = how(dist)
        F.sum(twin.variance).backward()
        assert twin.log_scale.grad is not None
        assert dist.log_scale.grad is None

    def test_debug_mode(self):
        with using_config("debug", True):
            assert D.Normal(f(0), f(1)).log_prob(f(0)).shape == (1,)


CONTINUOUS = {
    "Normal": D.Normal,
    "Laplace": D.Laplace,
    "Cauchy": D.Cauchy,
    "Exponential": lambda a, b: D.Exponential(b),
    "Uniform": lambda a, b: D.Uniform(loc=a, scale=b),
}


@pytest.mark.parametrize("name", CONTINUOUS)
@given(loc=st.floats(-3, 3), scale=st.floats(0.1, 3), u=st.floats(0.02, 0.98))
def test_distribution_functions_agree(name, loc, scale, u):
    """`icdf` inverts `cdf`, whose derivative is the density."""
    dist = CONTINUOUS[name](np.array([loc]), np.array([scale]))
    x = Variable(dist.icdf(np.array([u])).array)
    cdf = dist.cdf(x)
    np.testing.assert_allclose(cdf.array, [u], rtol=1e-9)
    F.sum(cdf).backward()
    np.testing.assert_allclose(np.log(x.grad), dist.log_prob(x).array, rtol=1e-7, atol=1e-7)


def test_laplace_is_smooth_where_its_halves_meet():
    loc, x = np.zeros(1), Variable(np.zeros(1))
    F.sum(D.Laplace(loc, np.ones(1)).cdf(x)).backward()
    assert x.grad == 0.5
    u = Variable(np.full(1, 0.5))
    F.sum(D.Laplace(loc, np.ones(1)).icdf(u)).backward()
    assert u.grad == 2


class TestIndependent:
    def test_covariance_is_block_diagonal(self):
        tril = np.stack([MATRIX, 2 * MATRIX, 3 * MATRIX])[None].astype("f")
        base = D.MultivariateNormal(np.zeros((1, 3, 2), "f"), scale_tril=tril)
        whole = D.Independent(base, 1).covariance
        assert whole.shape == (1, 6, 6)
        expected = np.zeros((6, 6))
        for i in range(3):
            expected[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = tril[0, i] @ tril[0, i].T
        np.testing.assert_allclose(whole.array[0], expected)
        np.testing.assert_allclose(D.Independent(base, 0).covariance.array, base.covariance.array)

    def test_the_inverse_distribution_function_is_refused(self):
        with pytest.raises(RuntimeError, match=r"distribution\.icdf"):
            D.Independent(D.Normal(f(0), f(1))).icdf(f(0.5))

    def test_events_that_differ(self):
        one, two = D.Normal(f(0, 0), f(1, 1)), D.Normal(f(0, 0, 0), f(1, 1, 1))
        with pytest.raises(ValueError, match="one shape"):
            kl_divergence(D.Independent(one, 1), D.Independent(two, 1))
        vector = D.MultivariateNormal(f(0, 0), scale_tril=MATRIX.astype("f"))
        with pytest.raises(NotImplementedError, match="inside"):
            kl_divergence(D.Independent(one, 1), D.Independent(vector, 0))


class Coin(Distribution):
    batch_shape = ()
    event_shape = ()


class TestDivergence:
    def test_unknown(self):
        normal, coin = D.Normal(f(0), f(1)), Coin()
        with pytest.raises(UnknownDivergenceError, match=r"of Normal from Coin.*@register_kl"):
            kl_divergence(normal, coin)
        with pytest.raises(KeyError):
            cross_entropy(D.Cauchy(f(0), f(1)), D.Cauchy(f(0), f(1)))

    def test_registered(self):
        class Mine(Coin):
            pass

        @register_kl(Mine, Coin)
        def divergence(p, q):
            return p, q

        mine, coin = Mine(), Coin()
        assert kl_divergence(mine, coin) == (mine, coin)
        assert divergence(1, 2) == (1, 2)
        with pytest.raises(UnknownDivergenceError):
            kl_divergence(coin, mine)

    def test_cross_entropy(self):
        p, q = D.Normal(f(0), f(1)), D.Normal(f(1), f(2))
        expected = np.log(2) + 0.5 * np.log(2 * np.pi) + (1 + 1) / 8
        np.testing.assert_allclose(cross_entropy(p, q).array, [expected], rtol=1e-6)
        np.testing.assert_allclose(cross_entropy(p, p).array, p.entropy.array, rtol=1e-6)

    def test_outside_of_the_other_support(self):
        inside, wide = (D.Uniform(low=f(low), high=f(2)) for low in (1, 0))
        np.testing.assert_allclose(kl_divergence(inside, wide).array, np.log(f(2)), rtol=1e-6)
        assert kl_divergence(wide, inside).array == np.inf


def test_a_distribution_of_ones_own():
    class Dice(Distribution):
        batch_shape = (2,)
        event_shape = ()
        params = {"p": Variable(f(1, 2))}  # noqa: RUF012

        def sample_n(self, n):
            return Variable(np.random.randint(6, size=(n, 2)))

    dice = Dice()
    assert dice.sample((3, 4)).shape == (3, 4, 2)
    assert dice.xp is np
    for name in ("mean", "support", "mode", "covariance"):
        with pytest.raises(NotImplementedError, match=f"Dice does not define {name}"):
            getattr(dice, name)
    for name in ("batch_shape", "event_shape", "params"):
        with pytest.raises(NotImplementedError, match=name):
            getattr(Distribution(), name)
    for name in ("prob", "icdf", "perplexity", "log_survival_function"):
        with pytest.raises(NotImplementedError, match=name):
            getattr(dice, name)(0.5)
    with pytest.raises(NotImplementedError, match="sample_n"):
        Coin().sample()


def test_undefined_moments_warn():
    dist = D.Cauchy(f(0, 1), f(1, 1))
    for name in ("mean", "variance"):
        with pytest.warns(RuntimeWarning, match=f"no {name}") as caught:
            value = getattr(dist, name)
        assert caught[0].filename == __file__
        assert np.isnan(value.array).all()
        assert value.shape == (2,)
