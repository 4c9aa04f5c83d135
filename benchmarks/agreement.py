"""How closely our functions agree with the original's: generated calls, evaluated by both.

    python benchmarks/agreement.py --chainer .oracle/bin/python [--seed 1] [--rounds 8]

Values, gradients and gradients of gradients, in float32 and float64. The error of an array is its
largest difference over the largest value that is expected in it. With --keep, cases that disagree
are added to tests/golden/found.json; tests/golden/make_generated.py makes golden data of them. The
table goes to docs/agreement.json and docs/agreement.md.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from catenary import Variable, grad
from catenary import functions as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "golden"))

generated: Any = importlib.import_module("tests.oracle.generated")

LIMITS = {"float32": 1e-5, "float64": 1e-10}
# Where the original computes with less precision than the inputs have.
IN_FLOAT32 = {
    "deformable_convolution_2d_sampler",
    "roi_average_align_2d",
    "roi_average_pooling_2d",
    "roi_max_align_2d",
    "roi_max_pooling_2d",
}
IN_FLOAT32_ONLY = {"bilinear", "resize_images"}  # the original refuses float64, we do not
CODE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import chainer
import generated
arrays = {}
for number, one in enumerate(json.load(open(sys.argv[2]))):
    for dtype in ("float32", "float64"):
        found = generated.evaluate(chainer.functions, chainer.Variable, chainer.grad, one, dtype)
        arrays.update({f"{number}|{dtype}|{k}": v for k, v in found.items()})
np.savez(sys.argv[3], **arrays)
"""


def asked(python: Path, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the original computes, by "number|dtype|name"."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "cases.json"), Path(folder, "found.npz")
        given.write_text(json.dumps(cases))
        here = str(ROOT / "tests" / "oracle")
        command = [str(python), "-W", "ignore", "-c", CODE, here, str(given), str(taken)]
        # The stand-in, where it is on the path, would answer in the original's place.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run(command, check=True, cwd=folder, env=env)
        with np.load(taken) as file:
            return dict(file)


def by_case(arrays: dict[str, Any]) -> dict[tuple[int, str], dict[str, Any]]:
    """Return arrays by case and dtype, then by name."""
    found: dict[tuple[int, str], dict[str, Any]] = defaultdict(dict)
    for key, array in arrays.items():
        number, dtype, name = key.split("|")
        found[int(number), dtype][name] = array
    return found


def error_of(own: Any, expected: Any) -> float:
    """Return the largest difference over the largest value expected; infinite for other forms."""
    if own.dtype != expected.dtype or own.shape != expected.shape:
        return float("inf")
    if expected.dtype.kind != "f":
        return 0.0 if np.array_equal(own, expected) else float("inf")
    if not expected.size or np.array_equal(own, expected, equal_nan=True):
        return 0.0
    scale = max(float(np.abs(expected).max()), 1e-3)
    return float(np.abs(own.astype("d") - expected.astype("d")).max()) / scale


def differences(own: dict[str, Any], expected: dict[str, Any]) -> dict[str, float]:
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
            found[name] = error_of(own[name], expected[name])
        else:
            # No gradient and a gradient of zeros say the same.
            rest = {**own, **expected}[name]
            zero = rest.dtype.kind == "f" and not rest.any()
            found[name] = 0.0 if zero else float("inf")
    return found


def cancelled(name: str, single: dict[str, Any], double: dict[str, Any]) -> float:
    """Return how far the original's own float32 result is from its float64 one."""
    if name not in single or name not in double or single[name].shape != double[name].shape:
        return 0.0
    return error_of(single[name].astype("d"), double[name].astype("d"))


def allowed(one: dict[str, Any], dtype: str, kind: str) -> float:
    """Return the largest error that passes."""
    single = one["function"] in IN_FLOAT32
    single |= any(spec.get("dtype") == "float32" for spec in one["inputs"])
    limit = LIMITS["float32" if single else dtype]
    return 10 * limit if kind == "gg" else limit


def evaluated(one: dict[str, Any], dtype: str) -> dict[str, Any]:
    """Return what we compute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(generated.evaluate(F, Variable, grad, one, dtype))


def keep(cases: list[dict[str, Any]]) -> None:
    """Add cases to those that make_generated.py turns into golden data."""
    path = ROOT / "tests" / "golden" / "found.json"
    kept = json.loads(path.read_text())
    kept += [one for one in cases if one not in kept]
    path.write_text("[\n" + ",\n".join(map(json.dumps, kept)) + "\n]\n")


def text_of(rows: dict[str, dict[str, Any]], options: argparse.Namespace) -> str:
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
    command = (
        "python benchmarks/agreement.py --chainer .oracle/bin/python "
        f"--seed {options.seed} --rounds {options.rounds}"
    )
    head = ["function", "cases"]
    head += [f"{dtype} {kind}" for dtype in LIMITS for kind in ("value", "gradient", "twice")]
    lines = ["# Agreement with the original", "", about, "", f"    {command}", ""]
    lines += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name, row in sorted(rows.items()):
        cells = [
            "–" if row[dtype].get(kind) is None else f"{row[dtype][kind]:.0e}"
            for dtype in LIMITS
            for kind in ("y", "g", "gg")
        ]
        lines.append(f"| {name} | {row['cases']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Generate, evaluate, compare, write."""
    parser = argparse.ArgumentParser(description="Compare our functions with the original's.")
    parser.add_argument("--chainer", type=Path, required=True, help="the original's Python")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", help="name of one function")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--keep", action="store_true", help="store the cases that disagree")
    options = parser.parse_args()
    cases = generated.cases(options.seed, options.rounds, written_cases())
    if options.only:
        cases = [one for one in cases if one["function"] == options.only]
    expected = by_case(asked(options.chainer, cases))
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
                    limit = max(limit, 10 * cancelled(name, *both))
                if error > limit:
                    off[name] = error
            if off:
                disagreeing.append(one)
                print(one["function"], dtype, off, json.dumps(one)[:400])
    print(f"{sum(row['cases'] for row in rows.values())} cases, {len(disagreeing)} disagree")
    if options.keep:
        keep(disagreeing)
    if not options.only:
        (options.out / "agreement.json").write_text(json.dumps(rows, indent=1) + "\n")
        (options.out / "agreement.md").write_text(text_of(rows, options))


def written_cases() -> list[dict[str, Any]]:
    """Return the cases that are written by hand, of all files."""
    golden = ROOT / "tests" / "golden"
    for path in sorted(golden.glob("function_cases*.py")):
        importlib.import_module(path.stem)
    return list(importlib.import_module("function_cases").CASES)


if __name__ == "__main__":
    main()
