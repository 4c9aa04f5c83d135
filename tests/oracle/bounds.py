"""How far a result may be from the original's: which errors pass, and why."""

from __future__ import annotations

from typing import Any

import numpy as np

LIMITS = {"float32": 1e-5, "float64": 1e-10}

Arrays = dict[str, Any]


def error_of(own: Any, expected: Any) -> float:
    """Return the largest difference over the largest value expected; infinite for other forms."""
    if own.dtype != expected.dtype or own.shape != expected.shape:
        return float("inf")
    if expected.dtype.kind != "f":
        return 0.0 if np.array_equal(own, expected) else float("inf")
    if not expected.size or np.array_equal(own, expected, equal_nan=True):
        return 0.0
    here, there = np.isfinite(own), np.isfinite(expected)
    if not np.array_equal(own[~here], expected[~there], equal_nan=True) or (here != there).any():
        return float("inf")
    difference = np.abs(own[here].astype("d") - expected[here].astype("d"))
    return float(difference.max()) / scale_of(expected[here])


def scale_of(array: Any) -> float:
    """Return an array's largest value, or what counts as such where all are tiny."""
    return max(float(np.abs(array.astype("d")).max(initial=0)), 1e-3)


def cancelled(name: str, single: Arrays, double: Arrays) -> float:
    """Return how far the original's own float32 result is from its float64 one."""
    known = name in single and name in double and single[name].dtype.kind == "f"
    if not known or single[name].shape != double[name].shape:
        return 0.0
    return error_of(single[name].astype("d"), double[name].astype("d"))


# ---- links
HALF = 1e-2  # an error in float16
EXACT = ("names", "keys", "drawn", "i", "error")  # equal bit by bit
# Whose taps lie between pixels: the original places them in float32, or in float16.
IN_FLOAT32 = {"DeformableConvolution2D"}
# Dtypes that the original refuses and we do not.
TAKEN = {
    "BatchNormalization": {"float64"},  # with parameters in float32; it cannot differentiate
    "BatchRenormalization": {"mixed16"},
    "Bilinear": {"float64", "float16", "mixed16"},
}
# Where the original broadcasts what does not fit, if the length should be 1, and we refuse.
BROADCAST = {"NegativeSampling"}
# Whose weights the original leaves NaN for the program to fill; ours are 0.
UNFILLED = {"BlackOut"}
# With maxima and rectifiers inside: rounding to half precision can take another branch.
KINKED = {"Highway", "Inception", "InceptionBN", "MLPConvolution2D", "Maxout"}
KINKED |= {"NStepBiRNNReLU", "NStepRNNReLU"}
# What the original raises where it stumbles over arguments instead of looking at them.
STUMBLES = {"AssertionError", "AttributeError", "AxisError", "IndexError", "RuntimeError"}


def kind_of(name: str) -> str:
    """Return what an array is: the letters before the number or the path."""
    return name.partition("/")[0].rstrip("0123456789.")


def same_refusal(own: Any, expected: Any) -> bool:
    """Return whether both raised what means the same; an InvalidType says more than a stumble."""
    kind = expected[1]
    return kind in own or "InvalidType" in own or (kind in STUMBLES and own[1] != "Exception")


def differences(link: str, dtype: str, own: Arrays, expected: Arrays) -> dict[str, float]:
    """Return the error of every array that either has; a missing array is an infinite one."""
    if "error" in expected:
        if dtype in TAKEN.get(link, ()):
            return {}
        agreed = "error" in own and same_refusal(own["error"], expected["error"])
        return {"error": 0.0 if agreed else float("inf")}
    if "error" in own and link in BROADCAST:
        return {}
    found = {}
    for name in {**own, **expected}:
        if kind_of(name) == "i" and link in UNFILLED:
            continue
        if name in own and name in expected:
            found[name] = error_of(own[name], expected[name])
        else:
            # No gradient and a gradient of zeros say the same.
            rest = {**own, **expected}[name]
            zero = name[0] == "g" and not rest.any()
            found[name] = 0.0 if zero else float("inf")
    return found


def allowed(link: str, dtype: str, name: str, expected: dict[str, Arrays]) -> float:
    """Return the largest error that passes.

    A gradient is a sum, of which backward computes all parts with the precision of the largest. In
    half precision this goes for every value, since inputs are of the order of 1.
    """
    if kind_of(name) in EXACT:
        return 0.0
    limit = LIMITS["float32" if link in IN_FLOAT32 else dtype] if dtype in LIMITS else HALF
    if dtype == "float64":
        return limit
    own = expected[dtype]
    if name in own and own[name].dtype.kind == "f" and own[name].size:
        largest = [scale_of(own[name]), 0.0 if dtype == "float32" else 1.0]
        if kind_of(name) in ("gx", "gp"):
            gradients = [scale_of(own[each]) for each in own if kind_of(each) in ("gx", "gp")]
            largest += [0.1, *gradients]
        limit *= max(largest) / scale_of(own[name])
    return max(limit, 10 * cancelled(name, own, expected["float64"]))


def compared(
    link: str, dtype: str, own: Arrays, expected: dict[str, Arrays]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the errors of a case in one dtype, and those among them that do not pass.

    Args:
        link: The link's name.
        dtype: ``"float32"``, ``"float64"``, ``"float16"`` or ``"mixed16"``.
        own: What we computed.
        expected: What the original did, by dtype; float64 among them.
    """
    errors = differences(link, dtype, own, expected[dtype])
    if dtype not in LIMITS:
        if link in IN_FLOAT32:
            return {}, {}
        if link in KINKED:
            errors = {name: error for name, error in errors.items() if name[0] != "g"}
    limits = {name: allowed(link, dtype, name, expected) for name in errors}
    return errors, {name: error for name, error in errors.items() if error > limits[name]}
