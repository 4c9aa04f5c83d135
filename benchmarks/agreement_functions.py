"""Functions: the cases, our results, and which errors pass."""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from agreement_measure import ROOT, asked, shown

from catenary import Variable, grad
from catenary import functions as F

sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "golden")]
bounds: Any = importlib.import_module("tests.oracle.bounds")
generated: Any = importlib.import_module("tests.oracle.generated")

LIMITS = bounds.LIMITS
Arrays = dict[str, Any]

# Where the original computes with less precision than the inputs have.
IN_FLOAT32 = {
    "deformable_convolution_2d_sampler",
    "roi_average_align_2d",
    "roi_average_pooling_2d",
    "roi_max_align_2d",
    "roi_max_pooling_2d",
}
IN_FLOAT32_ONLY = {"bilinear", "resize_images"}  # the original refuses float64, we do not


def differences(own: Arrays, expected: Arrays) -> dict[str, float]:
    """Return the error of every array that both have; a missing array is an infinite one.

    Where the original cannot differentiate twice, or would need SciPy, we may.
    """
    if "error" in expected:
        if expected["error"].item() == "ImportError":
            return {}
        return {"error": 0.0 if "error" in own else float("inf")}
    if "gg error" in expected or not any(name.startswith("gg") for name in expected):
        own = {name: array for name, array in own.items() if not name.startswith("gg")}
        expected = {name: array for name, array in expected.items() if name != "gg error"}
    found = {}
    for name in {**own, **expected}:
        if name in own and name in expected:
            found[name] = bounds.error_of(own[name], expected[name])
        else:
            # No gradient and a gradient of zeros say the same.
            rest = {**own, **expected}[name]
            zero = rest.dtype.kind == "f" and not rest.any()
            found[name] = 0.0 if zero else float("inf")
    return found


def allowed(one: dict[str, Any], dtype: str, kind: str) -> float:
    """Return the largest error that passes."""
    single = one["function"] in IN_FLOAT32
    single |= any(spec.get("dtype") == "float32" for spec in one["inputs"])
    limit = LIMITS["float32" if single else dtype]
    return 10 * limit if kind == "gg" else limit


def evaluated(one: dict[str, Any], dtype: str) -> Arrays:
    """Return what we compute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(generated.evaluate(F, Variable, grad, one, dtype))


def written_cases() -> list[dict[str, Any]]:
    """Return the cases that are written by hand, of all files."""
    golden = ROOT / "tests" / "golden"
    for path in sorted(golden.glob("function_cases*.py")):
        importlib.import_module(path.stem)
    return list(importlib.import_module("function_cases").CASES)


def search(
    python: Path, seed: int, rounds: int, only: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the largest errors by function, and the cases that disagree."""
    cases = generated.cases(seed, rounds, written_cases())
    cases = [one for one in cases if only in (None, one["function"])]
    evaluate = "evaluate(chainer.functions, chainer.Variable, chainer.grad, one, dtype)"
    imports = "from tests.oracle.generated import evaluate"
    expected = asked(python, cases, imports, evaluate, tuple(LIMITS))
    rows: dict[str, dict[str, Any]] = {}
    disagreeing: list[dict[str, Any]] = []
    for number, one in enumerate(cases):
        row = rows.setdefault(one["function"], {"cases": 0, "float32": {}, "float64": {}})
        for dtype in LIMITS:
            if dtype == "float64" and one["function"] in IN_FLOAT32_ONLY:
                continue
            errors = differences(evaluated(one, dtype), expected[number, dtype])
            row["cases"] += bool(errors)
            off = {}
            for name, error in errors.items():
                kind = name.rstrip("0123456789")
                row[dtype][kind] = max(row[dtype].get(kind, 0.0), error)
                limit = allowed(one, dtype, kind)
                if dtype == "float32" and error > limit:
                    both = expected[number, "float32"], expected[number, "float64"]
                    limit = max(limit, 10 * bounds.cancelled(name, *both))
                if error > limit:
                    off[name] = error
            if off:
                disagreeing.append(one)
                print(one["function"], dtype, off, json.dumps(one)[:400])
    return rows, disagreeing


def text_of(rows: dict[str, dict[str, Any]]) -> str:
    """Return the table as Markdown."""
    total = sum(row["cases"] for row in rows.values())
    single = ", ".join(sorted(IN_FLOAT32))
    about = (
        f"{total} generated calls of {len(rows)} functions, evaluated by catenary and by Chainer "
        "7.8.1 on the same inputs: values, gradients, and gradients of gradients (*twice*). The "
        "error of an array is its largest difference over the largest value expected in it; shown "
        "is the largest error of all calls. A dash: there is no such thing, or the original cannot "
        "do it. Every error is below 1e-5 in float32 and 1e-10 in float64 (ten times that *twice*),"
        " except where float32 cancels: there within ten times what the original is from its "
        f"float64 result; and in {single}, whose float64 the original computes with float32 "
        "positions."
    )
    head = ["function", "cases"]
    head += [f"{dtype} {kind}" for dtype in LIMITS for kind in ("value", "gradient", "twice")]
    lines = ["## Functions", "", about, ""]
    lines += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name, row in sorted(rows.items()):
        cells = [shown(row[dtype].get(kind)) for dtype in LIMITS for kind in ("y", "g", "gg")]
        lines.append(f"| {name} | {row['cases']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
