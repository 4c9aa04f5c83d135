"""All 240 trajectories of the original Chainer 7.8.1, through our Chainer API."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from catenary import optimizers
from catenary.errors import HyperparameterError
from catenary.optimizer import GradientMethod
from tests.optimizers import golden, reference

CASES = sorted(golden.index()["cases"])
TINY_EPS = [case for case in CASES if "tiny_eps" in case]
RUNS = [case for case in CASES if case not in TINY_EPS]
NARROW = [
    case
    for case in RUNS
    if golden.index()["cases"][case]["dtype"] in ("float16", "mixed") and "fp32update" not in case
]
WIDE = [case for case in RUNS if case not in NARROW]


@functools.cache
def ran(case: str) -> golden.Run:
    return golden.run(case)


def wanted(case: str, what: str = "param") -> dict[str, np.ndarray]:
    rows = golden.arrays()[f"{case}|{what}"]
    return {
        p["name"]: rows[:, p["start"] : p["stop"]].reshape(len(rows), *p["shape"])
        for p in golden.index()["params"]
    }


def close(found: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    """Whether two trajectories agree relative to the largest value, NaN at the same places."""
    size = np.max(np.abs(want[np.isfinite(want)]), initial=0.0)
    return bool(np.allclose(found, want, rtol=tolerance, atol=tolerance * size, equal_nan=True))


def tolerance_of(case: str, name: str, dtype: Any) -> float:
    """How far states and gradients may be off: norms are float64 here, float32 in the original."""
    if name == "s":
        return 2e-5
    if dtype == np.float64:
        return 1e-14
    with_norm = any(
        word in case for word in (".GradientClipping", "_Clipping", "Clipping_", "LARS", ".all.")
    )
    return 1e-6 if with_norm else 0.0


def test_the_index_is_whole() -> None:
    assert len(CASES) == 240
    assert {golden.index()["cases"][case]["opt"] for case in CASES} == set(optimizers.__all__)


@pytest.mark.parametrize("case", WIDE)
def test_parameters(case: str) -> None:
    """float32 and fp32 update bit-equal (LARS 1e-6), float64 1e-14, 0-d parameters 2e-5 or one
    ulp.
    """
    entry = golden.index()["cases"][case]
    for name, want in wanted(case).items():
        found = np.stack(ran(case).params[name])
        assert found.dtype == entry["param_dtypes"][0]
        if found.dtype == np.float64:
            assert close(found, want, 1e-14), name
        elif name == "s" and found.dtype == np.float16:
            ulp = np.spacing(np.abs(want).astype(np.float16)).astype(np.float64)
            assert np.all(np.abs(found.astype(np.float64) - want) <= ulp)
        elif name == "s":
            assert close(found, want, 2e-5)
        elif "LARS" in case or ".all." in case:
            assert close(found, want, 1e-6), name
        else:
            np.testing.assert_array_equal(found, want.astype(found.dtype), err_msg=name)


@pytest.mark.parametrize("case", NARROW)
def test_narrow_parameters_equal_the_formula(case: str) -> None:
    """float16 and mixed: the formula in the compute dtype, each stored array rounded once a
    step.
    """
    found = ran(case).params
    for name, want in stacked(reference.params(case)).items():
        if want.dtype == np.float64:  # the order in which a norm is summed shows in its last bit
            assert close(np.stack(found[name]), want, 1e-15), name
        else:
            np.testing.assert_array_equal(np.stack(found[name]), want, err_msg=name)


@pytest.mark.parametrize("case", [case for case in NARROW if case.endswith("/float16")])
def test_float16_follows_float64(case: str) -> None:
    wide = case.replace("/float16", "/float64")
    want = wanted(wide) if wide in CASES else stacked(reference.params(case, "float64"))
    found = {name: np.stack(values).astype(np.float64) for name, values in ran(case).params.items()}
    apart = np.concatenate([(found[name] - want[name]).ravel() for name in found])
    assert np.sqrt(np.nanmean(apart**2)) < 5e-3


def stacked(steps: Iterable[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    rows = list(steps)
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("case", WIDE)
def test_states(case: str) -> None:
    for key in golden.index()["cases"][case]["arrays"]:
        if not key.startswith("state."):
            continue
        state = key.removeprefix("state.")
        for name, want in wanted(case, key).items():
            found = ran(case).states[state].get(name)
            if found is None:
                assert np.isnan(want).all(), f"{state} of {name}"
                continue
            tolerance = tolerance_of(case, name, found[0].dtype)
            assert close(np.stack(found), want[-len(found) :], tolerance), f"{state} of {name}"


@pytest.mark.parametrize("case", [c for c in RUNS if "raises" not in golden.index()["cases"][c]])
def test_counts_and_hyperparameters(case: str) -> None:
    entry = golden.index()["cases"][case]
    assert ran(case).rule_t[-1] == entry["rule_t_final"]
    assert ran(case).opt_t[-1] == entry["opt_t_final"]
    assert ran(case).hyperparam == entry["hyperparam"]


def _chainers_way(case: str) -> Any:
    """The case's optimizer, made to run hook after hook and rule after rule."""
    base: type[GradientMethod] = getattr(optimizers, golden.index()["cases"][case]["opt"])

    class OneByOne(base):  # type: ignore[misc, valid-type]
        def call_hooks(self, timing: str = "pre") -> None:
            super().call_hooks(timing)

    return OneByOne


@pytest.mark.parametrize("case", WIDE)
def test_chainers_way_gives_the_same_bits(case: str) -> None:
    found = golden.run(case, _chainers_way(case))
    for name, values in ran(case).params.items():
        np.testing.assert_array_equal(np.stack(found.params[name]), np.stack(values), err_msg=name)


@pytest.mark.parametrize(
    "case", [c for c in WIDE if "grad_after" in golden.index()["cases"][c]["arrays"]]
)
def test_gradients_after_chainers_way(case: str) -> None:
    found = golden.run(case, _chainers_way(case))
    for name, want in wanted(case, "grad_after").items():
        values = np.stack(found.grads[name])
        assert close(values, want, tolerance_of(case, name, values.dtype)), name


@pytest.mark.parametrize("opt", ["SGD", "MomentumSGD", "Adam"])
def test_the_dynamic_scale_is_mended(opt: str) -> None:
    """Powers of two: doubled before the first overflow, after 3 good steps later, halved on
    overflow.
    """
    case = f"misc.dynamic_scale.{opt}/float32"
    want, scale, good, ever = [], 1.0, 0, False
    for step in range(20):
        if step in (4, 11):
            scale, good, ever = scale / 2, 0, True
        else:
            good += 1
            if not ever or good == 3:
                scale, good = scale * 2, 0
        want.append(scale)
    assert ran(case).scales == want
    assert want != golden.index()["cases"][case]["loss_scale"]


@pytest.mark.parametrize("case", TINY_EPS)
def test_a_vanishing_eps_is_refused(case: str) -> None:
    with pytest.raises(HyperparameterError, match=r"eps of \w+ is too small for float32 \(1e-50\)"):
        golden.run(case)
