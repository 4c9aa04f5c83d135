"""Each optimizer's formula in NumPy, written from the papers and independent of catenary.

Arrays come in the compute dtype; scalars are computed in Python's float64 and rounded once, by
NumPy's own rule for a Python float beside an array.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

State = dict[str, np.ndarray]
Step = Callable[[np.ndarray, np.ndarray, State, dict[str, Any], int], tuple[np.ndarray, State]]


def _sgd(p, g, s, h, t):
    return p - h["lr"] * g, {}


def _momentum(p, g, s, h, t):
    v = h["momentum"] * s["v"] - h["lr"] * g
    return p + v, {"v": v}


def _corrected(p, g, s, h, t):
    v = h["momentum"] * s["v"] - g
    return p + h["lr"] * v, {"v": v}


def _nesterov(p, g, s, h, t):
    mu, lr = h["momentum"], h["lr"]
    v = mu * s["v"] - lr * g
    return p + (mu * mu) * v - ((1 + mu) * lr) * g, {"v": v}


def _adagrad(p, g, s, h, t):
    total = s["h"] + g * g
    return p - h["lr"] * g / (np.sqrt(total) + h["eps"]), {"h": total}


def _adadelta(p, g, s, h, t):
    rho, eps = h["rho"], h["eps"]
    msg = rho * s["msg"] + (1 - rho) * g * g
    dx = np.sqrt((s["msdx"] + eps) / (msg + eps)) * g
    msdx = rho * s["msdx"] + (1 - rho) * dx * dx
    return p - dx, {"msg": msg, "msdx": msdx}


def _rmsprop(p, g, s, h, t):
    ms = h["alpha"] * s["ms"] + (1 - h["alpha"]) * g * g
    inside = h["eps_inside_sqrt"]
    root = np.sqrt(ms + h["eps"]) if inside else np.sqrt(ms) + h["eps"]
    return p - h["lr"] * g / root, {"ms": ms}


def _graves(p, g, s, h, t):
    a = h["alpha"]
    n = a * s["n"] + (1 - a) * g * g
    mean = a * s["g"] + (1 - a) * g
    delta = h["momentum"] * s["delta"] - h["lr"] * g / np.sqrt(n - mean * mean + h["eps"])
    return p + delta, {"n": n, "g": mean, "delta": delta}


def _smorms3(p, g, s, h, t):
    one = p.dtype.type(1)
    r = one / (s["mem"] + one)
    mean = (one - r) * s["g"] + r * g
    square = (one - r) * s["g2"] + r * g * g
    x = mean * mean / (square + h["eps"])
    new = p - g * np.minimum(x, h["lr"]) / (np.sqrt(square) + h["eps"])
    return new, {"mem": one + s["mem"] * (one - x), "g": mean, "g2": square}


def _msvag(p, g, s, h, t):
    b, power = h["beta"], h["beta"] ** t
    rho = ((1 - b) ** 2) * (1 - power**2) / (((1 - power) ** 2) * (1 - b**2))
    rho = min(rho, 0.9999)
    m = s["m"] + (1 - b) * (g - s["m"])
    v = s["v"] + (1 - b) * (g * g - s["v"])
    mean, square = m / (1 - power), v / (1 - power)
    variance = (square - mean * mean) / (1 - rho)
    factor = np.clip(mean * mean / (mean * mean + rho * variance), 0, 1)
    factor = np.where(np.isnan(factor), p.dtype.type(0), factor)
    decay = h["weight_decay_rate"]
    return p - h["eta"] * (h["lr"] * mean * factor + decay * p), {"m": m, "v": v}


def _adam(p, g, s, h, t):
    m = s["m"] + (1 - h["beta1"]) * (g - s["m"])
    v = s["v"] + (1 - h["beta2"]) * (g * g - s["v"])
    new = {"m": m, "v": v}
    under = v
    if h["amsgrad"]:
        under = new["vhat"] = np.maximum(s["vhat"], v)
    rate = h["alpha"] * math.sqrt(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t)
    step = rate / (np.sqrt(under) + h["eps"])
    if h["adabound"]:
        last = h["final_lr"] * h["alpha"] / h["initial_alpha"]
        low = last * (1 - 1 / (h["gamma"] * t + 1))
        high = last * (1 + 1 / (h["gamma"] * t))
        step = np.clip(step, p.dtype.type(low), p.dtype.type(high))
    keep = 1 - h["eta"] * h["weight_decay_rate"]
    return keep * p - h["eta"] * (step * m), new


FORMULAS: dict[str, Step] = {
    "SGD": _sgd,
    "MomentumSGD": _momentum,
    "CorrectedMomentumSGD": _corrected,
    "NesterovAG": _nesterov,
    "AdaGrad": _adagrad,
    "AdaDelta": _adadelta,
    "RMSprop": _rmsprop,
    "RMSpropGraves": _graves,
    "SMORMS3": _smorms3,
    "MSVAG": _msvag,
    **dict.fromkeys(("Adam", "AdamW", "AMSGrad", "AdaBound", "AMSBound"), _adam),
}


def compute_dtype(stored: Any) -> Any:
    return np.float64 if np.dtype(stored) == np.float64 else np.float32


def stepped(
    name: str, p: np.ndarray, g: np.ndarray, state: State, hyper: dict[str, Any], t: int
) -> tuple[np.ndarray, State]:
    """Take one step: compute in float32 or float64, round every stored array once to `p`'s
    dtype.
    """
    wide = compute_dtype(p.dtype)
    arrays = {key: value.astype(wide) for key, value in state.items()}
    with np.errstate(all="ignore"):
        new_p, new_state = FORMULAS[name](p.astype(wide), g.astype(wide), arrays, hyper, t)
        stored = {key: np.asarray(value, p.dtype) for key, value in new_state.items()}
        return np.asarray(new_p, p.dtype), stored


def initial_state(name: str, p: np.ndarray, hyper: dict[str, Any]) -> State:
    names = {
        "SGD": (), "MomentumSGD": ("v",), "CorrectedMomentumSGD": ("v",), "NesterovAG": ("v",),
        "AdaGrad": ("h",), "AdaDelta": ("msg", "msdx"), "RMSprop": ("ms",),
        "RMSpropGraves": ("n", "g", "delta"), "SMORMS3": ("mem", "g", "g2"), "MSVAG": ("m", "v"),
    }.get(name, ("m", "v", "vhat") if hyper.get("amsgrad") else ("m", "v"))  # fmt: skip
    made = {key: np.zeros_like(p) for key in names}
    if "mem" in made:
        made["mem"] = np.ones_like(p)
    return made
