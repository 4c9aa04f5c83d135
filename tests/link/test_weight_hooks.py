"""Hooks with which a link computes with a function of its weight."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from catenary import functions as F
from catenary import link_hooks, optimizers, serializers
from catenary import links as L
from catenary.config import using_config
from catenary.link import Chain
from catenary.link_hooks import SpectralNormalization, WeightStandardization
from catenary.variable import Parameter, Variable

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = runpy.run_path(str(GOLDEN / "link_hook_cases.py"))
with np.load(GOLDEN / "link_hooks.npz") as file:
    ARRAYS = {key: file[key] for key in file.files}
X = np.linspace(-1, 1, 20, dtype="f").reshape(5, 4)


@pytest.mark.parametrize("dtype", CASES["DTYPES"])
@pytest.mark.parametrize("name", CASES["CASES"])
def test_equals_chainer(name, dtype):
    modules = (L, link_hooks, using_config, Variable)
    found = CASES["run"](modules, *CASES["CASES"][name], dtype)
    expected = {k.rpartition("/")[2]: v for k, v in ARRAYS.items() if k.startswith(f"{name}/")}
    assert set(found) == set(expected)
    tolerance = {"float32": 1e-5, "float64": 1e-10}[dtype]
    for key, array in found.items():
        golden = ARRAYS[f"{name}/{dtype}/{key}"]
        assert array.dtype == golden.dtype, key
        if key == "names":
            assert list(array) == list(golden)
        else:
            np.testing.assert_allclose(array, golden, tolerance, tolerance, err_msg=key)


def test_the_largest_singular_value_becomes_one_times_the_factor():
    link = L.Linear(4, 3).add_hook(SpectralNormalization(50, factor=0.5))
    y = link(np.eye(4, dtype="f"))
    np.testing.assert_allclose(np.linalg.svd(y.array)[1][0], 0.5, rtol=1e-4)


def test_standardized_weights_have_mean_0_and_variance_1():
    link = L.Linear(40, 3).add_hook(WeightStandardization())
    weight = link(np.eye(40, dtype="f")).array
    np.testing.assert_allclose(weight.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(weight.var(axis=0), 1, rtol=2e-3)


@pytest.mark.parametrize("hook", [SpectralNormalization, WeightStandardization])
def test_the_parameter_is_back_after_a_call_and_learns(hook):
    link = L.Linear(4, 3)
    link.add_hook(hook())
    weight, before = link.W, link.W.array.copy()
    optimizer = optimizers.SGD(0.1).setup(link)
    optimizer.update(lambda: F.sum(link(X) ** 2))
    assert link.W is weight
    assert isinstance(link.W, Parameter)
    assert not np.array_equal(weight.array, before)


@pytest.mark.parametrize("hook", [SpectralNormalization, WeightStandardization])
def test_the_call_after_a_failed_one_finds_the_parameter(hook):
    link = L.Linear(4, 3).add_hook(hook())
    weight = link.W
    with pytest.raises(TypeError):
        link(X[:, :2])
    link(X)
    assert link.W is weight


def test_recomputing_uses_the_vectors_of_the_first_pass():
    def gradient(forget):
        np.random.seed(0)
        link = L.Linear(4, 3).add_hook(SpectralNormalization())
        link.cleargrads()
        y = F.forget(link, Variable(X)) if forget else link(X)
        F.sum(y**2).backward()
        assert isinstance(link.W, Parameter)
        return link.W.grad, link.W_u

    for plain, recomputed in zip(gradient(False), gradient(True), strict=True):
        assert np.isfinite(plain).all()
        np.testing.assert_allclose(plain, recomputed, rtol=1e-6)


def test_what_the_hook_keeps_is_saved_and_goes_with_it(tmp_path):
    def make():
        return L.Linear(4, 3).add_hook(SpectralNormalization(use_gamma=True))

    link, other = make(), make()
    link(X)
    serializers.save_npz(tmp_path / "link.npz", link)
    serializers.load_npz(tmp_path / "link.npz", other)
    np.testing.assert_array_equal(other.W_u, link.W_u)
    np.testing.assert_array_equal(other(X).array, link(X).array)
    link.delete_hook("SpectralNormalization")
    assert sorted(name for name, _ in link.namedparams()) == ["/W", "/b"]
    assert not hasattr(link, "W_u")


def test_a_hook_can_go_before_the_weight_has_a_shape():
    link = L.Linear(3).add_hook(SpectralNormalization(use_gamma=True))
    link.delete_hook("SpectralNormalization")
    assert link(X).shape == (5, 3)


def test_copies_of_a_link_without_shapes_keep_a_vector_each():
    class Twice(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.a = L.Linear(3).add_hook(SpectralNormalization())
                self.b = self.a.copy(mode="init")

        def forward(self, x):
            return self.b(self.a(x))

    net = Twice()
    net(X)
    assert (net.a.W_u.shape, net.b.W_u.shape) == ((3,), (3,))
    assert net.b.W.shape == (3, 3)


@pytest.mark.parametrize("hook", [SpectralNormalization, WeightStandardization])
def test_a_link_without_the_weight_is_refused_and_stays_as_it_was(hook):
    link = L.Linear(4, 3)
    with pytest.raises(ValueError, match=r"no weight 'V'.*\['W', 'b'\]"):
        link.add_hook(hook(weight_name="V", name="mine"))
    assert link.local_link_hooks == {}


def test_a_weight_without_outputs_is_refused():
    link = L.Linear(4, 3)
    link.W = Parameter(np.zeros((0, 4), "f"))
    with pytest.raises(ValueError, match=r"\(0, 4\) has no outputs"):
        link.add_hook(SpectralNormalization())
    assert link.local_link_hooks == {}


@pytest.mark.parametrize("hook", [SpectralNormalization, WeightStandardization])
def test_there_is_no_with_block(hook):
    with pytest.raises(NotImplementedError, match=r"link\.add_hook"), hook():
        pass


def test_at_least_one_iteration():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        SpectralNormalization(0)
