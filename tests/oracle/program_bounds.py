"""How programs and trainings that ran in both libraries are compared, and what may differ."""

from __future__ import annotations

from typing import Any

import numpy as np

State = dict[str, Any]
Difference = tuple[int, str, Any, Any]

# How far arrays may be apart, relative to a value and at least, by how parameters are kept. The
# original computes norms in float32, and float16 in float16; here these are float64 and float32.
LIMITS = {
    "float64": (1e-8, 1e-10),
    "float32": (2e-4, 1e-6),
    "mixed": (2e-4, 1e-6),
    "master": (1e-2, 2e-3),
    "float16": (2e-2, 4e-3),
    "MSVAG": (5e-3, 1e-4),  # divides by a difference that may be next to nothing
}
# Operations and what the original raised, after which a program is not compared.
ENDS = {("reload", "KeyError"), ("step", "RuntimeError"), ("loss", "RuntimeError")}


def optimizer_difference(
    program: list[Any], own: list[State], expected: list[State]
) -> Difference | None:
    """Return the first difference that is none by design: operation, name, ours, the original's.

    By design (docs/decisions.md, docs/coming-from-chainer.md):

    - A step without a shape is no update: the rule's t, and what follows from it, wait.
    - Loading finds missing states of rules that were never updated no error, and a load that fails
      changes nothing; the original raises KeyError, and has loaded a part. The program ends there.
    - A hook may remove itself; the original raises RuntimeError if another one follows. The program
      ends there.
    - Exceptions are subclasses of the original's.
    - States of a scalar have its dtype; NumPy's arithmetic made them float64.
    - A rule without states has None or {} as its state.
    """
    dtype, kind = program[0][1]["dtype"], program[1][1]
    limits = LIMITS.get(kind, LIMITS[dtype])
    for place, (mine, theirs) in enumerate(zip(own, expected, strict=True)):
        if (program[place][0], *(theirs["error"] or [])[:1]) in ENDS:
            return None
        known = {**mine, **theirs}
        if "array/z" not in theirs:
            known = {name: value for name, value in known.items() if not name.endswith("/z")}
        for name in known:
            one, other = mine.get(name), theirs.get(name)
            if not _agree(name.partition("/")[0], one, other, limits):
                return place, name, one, other
    return None


def _agree(kind: str, own: Any, expected: Any, limits: tuple[float, float]) -> bool:
    if kind == "error":
        return same_error(own, expected)
    if kind == "states":
        return own == expected or not (own or expected)
    if kind == "hyper":
        named = own is not None and expected is not None and own.keys() == expected.keys()
        return named and all(close(own[name], expected[name], limits) for name in expected)
    if kind == "seen":
        names = [name for name, _ in own] == [name for name, _ in expected]
        pairs = zip(own, expected, strict=False)
        return names and all(_near(sizes, known) for (_, sizes), (_, known) in pairs)
    if isinstance(expected, np.ndarray) and isinstance(own, np.ndarray):
        form = own.shape == expected.shape and (not own.ndim or own.dtype == expected.dtype)
        return form and close(own, expected, limits)
    return bool(type(own) is type(expected) and own == expected)


def _near(own: list[Any], expected: list[Any]) -> bool:
    """Return whether sizes of gradients agree; None stands for a missing one."""
    if [each is None for each in own] != [each is None for each in expected]:
        return False
    known = [(one, other) for one, other in zip(own, expected, strict=True) if other is not None]
    return all(close(one, other, (5e-3, 1e-4)) for one, other in known)


def same_error(own: list[str] | None, expected: list[str] | None) -> bool:
    """Return whether neither raised, or ours is what the original raised."""
    if own is None or expected is None:
        return own is expected
    return expected[0] in own


def close(own: Any, expected: Any, limits: tuple[float, float]) -> bool:
    """Return whether numbers agree."""
    own, expected = np.asarray(own, "d"), np.asarray(expected, "d")
    if own.shape != expected.shape:
        return False
    return bool(np.allclose(own, expected, rtol=limits[0], atol=limits[1], equal_nan=True))


# ---- trainings
def training_difference(own: list[State], expected: list[State]) -> Difference | None:
    """Return the first difference that is none by design: part of the run, name, both values.

    By design (docs/decisions.md, docs/coming-from-chainer.md):

    - Lines of a PrintReport end without blanks.
    - Where an extension raises before training, the others are told of it, and finalized; only the
      exceptions are compared then.
    - Exceptions are subclasses of the original's.
    """
    if len(own) != len(expected):
        return len(expected), "parts", len(own), len(expected)
    for part, (mine, theirs) in enumerate(zip(own, expected, strict=True)):
        early = theirs["error"] and not theirs.get("place", [0])[0]
        for name in ["error"] if early else {**mine, **theirs}:
            one, other = mine.get(name), theirs.get(name)
            if name == "calls":
                for call, known in zip(one or [], other or [], strict=False):
                    if not _alike(call, known):
                        return part, name, call, known
            if name == "text":
                one, other = _words(one or ""), _words(other or "")
            if not (same_error if name == "error" else _alike)(one, other):
                return part, name, one, other
    return None


def _words(text: str) -> list[list[Any]]:
    """Return the words of each line of a table; numbers as such."""
    return [[_number(word) for word in line.split()] for line in text.splitlines()]


def _number(word: str) -> Any:
    try:
        return float(word)
    except ValueError:
        return word


def _alike(own: Any, expected: Any) -> bool:
    if isinstance(expected, list) and expected[:1] == ["misuse"]:
        return bool(own[:1] == ["misuse"]) and same_error(own[1], expected[1])
    if isinstance(expected, dict):
        named = isinstance(own, dict) and own.keys() == expected.keys()
        return named and all(_alike(own[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        long = isinstance(own, list) and len(own) == len(expected)
        return long and all(map(_alike, own, expected))
    if isinstance(expected, (float, np.ndarray)):
        form = getattr(own, "dtype", float) == getattr(expected, "dtype", float)
        return form and own is not None and close(own, expected, LIMITS["float32"])
    return bool(type(own) is type(expected) and own == expected)
