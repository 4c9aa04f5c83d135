"""The only list of operations: name, arity and meaning in float64.

The meanings follow IEEE 754 where Python's own operators raise (`1 / 0`, `sqrt(-1)`, overflow), so
a scalar computed on the host is what NumPy would have computed.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["CONDITIONS", "LEAVES", "OPS", "Op"]


@dataclass(frozen=True)
class Op:
    """One operation: how many arguments it takes and what it computes on Python floats."""

    arity: int
    meaning: Callable[..., Any]


def _divide(a: float, b: float) -> float:
    if b:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and math.fmod(b, 2) else math.inf
    except ValueError:
        if a != 0:
            return math.nan
        return math.copysign(math.inf, a) if abs(math.fmod(b, 2)) == 1 else math.inf


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0 else math.nan


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _log(a: float) -> float:
    if a > 0:
        return math.log(a)
    return -math.inf if a == 0 else math.nan


def _sign(a: float) -> float:
    return a if math.isnan(a) else float((a > 0) - (a < 0))


def _minimum(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else min(a, b)


def _maximum(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else max(a, b)


def _as_float32(a: float) -> float:
    return _packed("f", a)


def _float16(a: float) -> float:
    return _packed("e", _as_float32(a))


def _packed(kind: str, a: float) -> float:
    """Round to a format that `struct` knows; what is too large for it is infinite."""
    try:
        return float(struct.unpack(kind, struct.pack(kind, a))[0])
    except OverflowError:
        return math.copysign(math.inf, a)


def _bfloat16(a: float) -> float:
    bits = _bits(a)
    return _upper_half(a, bits + 0x7FFF + (bits >> 16 & 1))


def _dither(a: float, chance: float) -> float:
    return _upper_half(a, _bits(a) + int(chance))


def _bits(a: float) -> int:
    return int(struct.unpack("I", struct.pack("f", _as_float32(a)))[0])


def _upper_half(a: float, bits: int) -> float:
    """Return the float32 of the upper 16 of these bits; what is not finite stays as it is."""
    if not math.isfinite(a):
        return a
    return float(struct.unpack("f", struct.pack("I", bits & 0xFFFF0000))[0])


OPS: dict[str, Op] = {
    "add": Op(2, operator.add),
    "sub": Op(2, operator.sub),
    "mul": Op(2, operator.mul),
    "div": Op(2, _divide),
    "pow": Op(2, _power),
    "neg": Op(1, operator.neg),
    "abs": Op(1, abs),
    "sign": Op(1, _sign),
    "sqrt": Op(1, _sqrt),
    "exp": Op(1, _exp),
    "log": Op(1, _log),
    "tanh": Op(1, math.tanh),
    "minimum": Op(2, _minimum),
    "maximum": Op(2, _maximum),
    "lt": Op(2, lambda a, b: a < b),
    "le": Op(2, lambda a, b: a <= b),
    "eq": Op(2, lambda a, b: a == b),
    "ne": Op(2, lambda a, b: a != b),
    "and": Op(2, lambda a, b: a and b),
    "or": Op(2, lambda a, b: a or b),
    "not": Op(1, lambda a: not a),
    "where": Op(3, lambda c, a, b: a if c else b),
    # To the nearest number of a 16-bit format, to even where two are as near.
    "bfloat16": Op(1, _bfloat16),
    "float16": Op(1, _float16),
    # To bfloat16, away from 0 where the 16 bits that go and `chance`, a whole number from 0 to
    # 65535, come to 65536 or more.
    "dither": Op(2, _dither),
}

CONDITIONS = frozenset({"lt", "le", "eq", "ne", "and", "or", "not"})
"""Operations whose result is true or false."""

LEAVES = frozenset({"tensor", "hyper", "const", "scalar"})
"""Nodes without arguments: an element of a tensor, a hyperparameter, a number, a hoisted scalar."""
