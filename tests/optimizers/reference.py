"""A whole golden case in NumPy: hooks, loss scale, missing gradients, formula. No catenary in
it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.optimizers import golden
from tests.optimizers.formulas import compute_dtype, initial_state, stepped

Arrays = dict[str, np.ndarray]
Hook = Callable[[Arrays, Arrays, int, str], Arrays]


def squares(array: np.ndarray) -> float:
    return float(np.sum(np.square(array.astype(np.float64))))


def norm(array: np.ndarray) -> float:
    return math.sqrt(squares(array))


def _decay(rate: float = 0.05) -> Hook:
    return lambda p, g, t, kind: {n: g[n] + rate * p[n] for n in p}


def _lasso(p: Arrays, g: Arrays, t: int, kind: str) -> Arrays:
    return {n: g[n] + 0.02 * np.sign(p[n]) for n in p}


def _clip(threshold: float) -> Hook:
    def hook(p: Arrays, g: Arrays, t: int, kind: str) -> Arrays:
        whole = math.sqrt(sum(squares(g[n]) for n in g))
        rate = min(1.0, threshold / whole) if whole else 1.0
        return {n: g[n] * g[n].dtype.type(rate) for n in g}

    return hook


def _hard(p: Arrays, g: Arrays, t: int, kind: str) -> Arrays:
    number = {n: g[n].dtype.type for n in g}
    return {n: np.clip(g[n], number[n](-0.25), number[n](0.4)) for n in g}


def _lars(threshold: float = 1e-2, decay: float = 0.0, eps: float = 1e-9) -> Hook:
    def hook(p: Arrays, g: Arrays, t: int, kind: str) -> Arrays:
        made = {}
        for n in p:
            size = norm(p[n])
            rate = size / (eps + norm(g[n]) + decay * size) if size > threshold else 1.0
            made[n] = (g[n] + decay * p[n]) * g[n].dtype.type(rate)
        return made

    return hook


def _noise(p: Arrays, g: Arrays, t: int, kind: str) -> Arrays:
    """A plain callable: it adds in the dtype of the stored gradient."""
    deviation = math.sqrt(0.3 / (1 + t) ** 0.55)
    noise = {n: np.random.normal(0, deviation, g[n].shape) for n in g}
    kinds = {n: golden.dtype_of(kind, i) for i, n in enumerate(sorted(g))}
    return {n: g[n].astype(kinds[n]) + np.asarray(noise[n]).astype(kinds[n]) for n in g}


HOOKS: dict[str, list[Hook]] = {
    "WeightDecay": [_decay()],
    "Lasso": [_lasso],
    "GradientClipping": [_clip(1.0)],
    "GradientClipping_noop": [_clip(1e6)],
    "GradientHardClipping": [_hard],
    "GradientNoise": [_noise],
    "GradientLARS": [_lars()],
    "GradientLARS_args": [_lars(0.5, 0.01, 1e-6)],
    "WeightDecay_then_Clipping": [_decay(), _clip(1.0)],
    "Clipping_then_WeightDecay": [_clip(1.0), _decay()],
    "all": [_decay(), _lasso, _hard, _noise, _lars(), _clip(1.0)],
    "WeightDecay_post": [],
}
STORED_BETWEEN_HOOKS = ("GradientNoise", "all")
"""Where one hook is a plain callable, hooks run in place: every one rounds the stored gradient."""


def gradients(entry: dict[str, Any], step: int, p: Arrays) -> Arrays:
    """Return what `backward` left, unscaled, in the compute dtype."""
    values = golden.split(golden.arrays()["grads"][step])
    made = {}
    for n in p:
        scale = 128 if entry["grads"] == "scaled128" else 1
        stored = np.array(values[n] * scale, dtype=p[n].dtype)
        made[n] = stored.astype(compute_dtype(p[n].dtype)) / stored.dtype.type(scale)
    return made


def params(case: str, dtype: str | None = None) -> Iterator[Arrays]:
    """Yield the parameters after each step of a case, in its own dtype or another."""
    cases = golden.index()["cases"]
    entry = cases[case] if dtype is None else {**cases[case], "dtype": dtype}
    np.random.seed(entry["numpy_seed"])
    name = entry["opt"]
    initial = golden.split(golden.arrays()["initial"])
    p = {
        n: np.array(v, dtype=golden.dtype_of(entry["dtype"], i))
        for i, (n, v) in enumerate(sorted(initial.items()))
    }
    # The original refuses two float16 cases; their float32 twins have the same hyperparameters.
    twin = entry if "hyperparam" in entry else cases[case.replace("/float16", "/float32")]
    hyper = dict(twin["hyperparam"])
    hyper["initial_alpha"] = hyper.get("alpha")
    state = {n: initial_state(name, p[n], hyper) for n in p}
    hook_name = entry.get("hook", "WeightDecay" if "_wd." in case else "WeightDecay_post")
    for step in range(entry["steps"]):
        g = gradients(entry, step, p)
        wide = {n: p[n].astype(g[n].dtype) for n in p}
        for hook in HOOKS[hook_name]:
            with np.errstate(all="ignore"):
                g = {
                    n: np.asarray(v, wide[n].dtype)
                    for n, v in hook(wide, g, step, entry["dtype"]).items()
                }
            if hook_name in STORED_BETWEEN_HOOKS:
                g = {n: g[n].astype(p[n].dtype).astype(g[n].dtype) for n in g}
        for n, before in p.items():
            p[n], state[n] = stepped(name, before, g[n], state[n], hyper, step + 1)
        yield {n: v.copy() for n, v in p.items()}
