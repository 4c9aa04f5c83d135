"""What generated programs leave behind: how it is summed up, packed into files, and compared.

For variable_programs.py and link_programs.py. A record is one dict a step, of words or numbers by
key. This file imports neither library; the original runs it too.
"""

import json
import math

import numpy as np

# What the original raises where it stumbles over what we look at, and refuse with a class of ours.
STUMBLES = {"AssertionError", "AttributeError", "AxisError", "IndexError", "RuntimeError"}
STUMBLES |= {"TypeError", "ValueError", "ZeroDivisionError"}
TOLERANCE = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-10}


def summary(array):
    """Return dtype, shape and count of what is not finite, with the size and two means of the rest.

    Neither mean is off by more than the worst number is.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        return [f"{array.dtype.name} {array.shape} {array.tolist()}"]
    values = array.astype("float64").ravel()
    finite = np.isfinite(values)
    form = f"{array.dtype.name} {array.shape}"
    if not finite.all():
        kinds = np.isnan(values).sum(), np.isposinf(values).sum(), np.isneginf(values).sum()
        form += " nan {} inf {} -inf {}".format(*kinds)
    kept = np.where(finite, values, 0)
    rng = np.random.RandomState(values.size)
    means = [math.fsum(kept * rng.uniform(-1, 1, kept.size)) / max(1, kept.size) for _ in range(2)]
    return [form, float(np.abs(kept).max(initial=0)), *means]


def words_of(error):
    """Return the names of an exception's classes, its own first."""
    return [each.__name__ for each in type(error).__mro__ if each is not object]


def pack(records):
    """Return records as JSON: of each step only what the step before had not."""
    packed = []
    for record in records:
        before, steps = {}, []
        for step in record:
            fresh = {k: v for k, v in step.items() if k not in before or before[k] != v}
            gone = [k for k in before if k not in step]
            steps.append([_short(fresh), gone])
            before = step
        packed.append(steps)
    return json.dumps(packed, separators=(",", ":"))


def unpack(text):
    """Return the records of :func:`pack`."""
    records = []
    for steps in json.loads(text):
        state, record = {}, []
        for fresh, gone in steps:
            state = {**{k: v for k, v in state.items() if k not in gone}, **fresh}
            record.append(state)
        records.append(record)
    return records


def _short(value):
    if isinstance(value, dict):
        return {k: _short(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(v) for v in value]
    return float(f"{value:.13g}") if isinstance(value, float) else value


def first_difference(own, theirs):
    """Return where two records part: step, key, ours, theirs; None if they agree.

    No number is looked at more closely than the least precise dtype of the program allows.
    """
    loosest = least_precise(theirs)
    for number, (mine, other) in enumerate(zip(own, theirs, strict=False)):
        # In what was refused in the end, a hook may have heard of the call before.
        failed = isinstance(other["outcome"], dict)
        for key in {**other, **mine}:
            if key == "trace" and failed:
                continue
            a, b = mine.get(key), other.get(key)
            if not agree(a, b, loosest):
                return [number, key, a, b]
    return None if len(own) == len(theirs) else [len(own), "steps", len(own), len(theirs)]


def least_precise(record):
    """Return the least precise dtype among the numbers of a record."""
    entries = [entry for step in record for entry in step.values()]
    found = {e[0].split()[0] for e in entries if isinstance(e, list) and _numeric(e)}
    return next((dtype for dtype in ("float16", "float32") if dtype in found), "float64")


def agree(a, b, loosest):
    """Whether two entries are the same: words equal, numbers near, our errors theirs or below."""
    if isinstance(b, dict) and "error" in b:
        mine = a.get("error", ()) if isinstance(a, dict) else ()
        return b["error"][0] in mine or ("CatenaryError" in mine and b["error"][0] in STUMBLES)
    if isinstance(a, list) and isinstance(b, list) and _numeric(a) and _numeric(b):
        dtype = b[0].split()[0]
        bound = max(TOLERANCE.get(dtype, 0), TOLERANCE.get(loosest, 0)) * max(abs(b[1]), 1)
        return a[0] == b[0] and all(abs(x - y) <= bound for x, y in zip(a[1:], b[1:], strict=True))
    return a == b


def _numeric(entry):
    return len(entry) == 4 and isinstance(entry[0], str) and isinstance(entry[1], float)
