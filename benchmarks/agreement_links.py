"""Links: the cases, our results, and which errors pass."""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from agreement_measure import ROOT, asked, shown

import catenary
from catenary import links

sys.path.insert(0, str(ROOT))
bounds: Any = importlib.import_module("tests.oracle.bounds")
generated: Any = importlib.import_module("tests.oracle.generated_links")
link_cases: Any = importlib.import_module("tests.oracle.generated_link_cases")
link_steps: Any = importlib.import_module("tests.oracle.generated_link_steps")

PRECISIONS = ("float32", "float64", "float16", "mixed16")
KINDS = {"y": "value", "gx": "gradient", "gp": "gradient", "p": "kept", "s": "kept"}
# Whole models, for which tests/links/test_vision.py has its own comparison.
ELSEWHERE = {"GoogLeNet", "ResNet50Layers", "ResNet101Layers", "ResNet152Layers"}
ELSEWHERE |= {"VGG16Layers", "VGG19Layers"}


def evaluated(one: dict[str, Any], dtype: str) -> dict[str, Any]:
    """Return what we compute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(generated.evaluate(catenary, one, dtype))


def all_cases(seed: int, rounds: int) -> list[dict[str, Any]]:
    """Return generated cases; every link of ours has some."""
    made = generated.cases((*link_cases.GROUPS, *link_steps.GROUPS), seed, rounds)
    assert {one["link"] for one in made} == set(links.__all__) - ELSEWHERE
    return list(made)


def search(
    python: Path, seed: int, rounds: int, only: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the largest errors by link, and the cases that disagree."""
    cases = [one for one in all_cases(seed, rounds) if only in (None, one["link"])]
    imports = "from tests.oracle.generated_links import evaluate"
    expected = asked(python, cases, imports, "evaluate(chainer, one, dtype)", PRECISIONS)
    rows: dict[str, dict[str, Any]] = {}
    disagreeing: list[dict[str, Any]] = []
    for number, one in enumerate(cases):
        link, by_dtype = one["link"], {dtype: expected[number, dtype] for dtype in PRECISIONS}
        for dtype in PRECISIONS:
            errors, off = bounds.compared(link, dtype, evaluated(one, dtype), by_dtype)
            _note(rows, link, dtype, errors)
            if off:
                disagreeing.append(one)
                print(link, dtype, off, json.dumps(one))
    return rows, disagreeing


def _note(rows: dict[str, Any], link: str, dtype: str, errors: dict[str, float]) -> None:
    shared = "float16" if dtype == "mixed16" else dtype
    row = rows.setdefault(link, {"cases": 0, "refused": 0})
    row["refused" if "error" in errors else "cases"] += bool(errors)
    for name, error in errors.items():
        kind = KINDS.get(bounds.kind_of(name))
        if kind:
            cells = row.setdefault(shared, {})
            cells[kind] = max(cells.get(kind, 0.0), error)


def text_of(rows: dict[str, dict[str, Any]]) -> str:
    """Return the table as Markdown."""
    total, refused = (sum(row[kind] for row in rows.values()) for kind in ("cases", "refused"))
    about = (
        f"{total} generated links of {len(rows)} kinds, each made and called by both libraries: "
        "with and without `train`, copied or not, before and after shapes are known, recurrent "
        "ones several times. Compared are values, gradients to inputs and to all parameters, and "
        "what a link keeps (persistent values, recurrent state). Names of parameters, keys of a "
        "saved file, first values after the same `numpy.random.seed`, and the next number that "
        f"NumPy draws are equal bit by bit. {refused} wrong calls are refused by both, with "
        "exceptions of one kind; where Chainer stumbles over an argument (IndexError, "
        "AttributeError, AssertionError), we raise InvalidType, TypeError or ValueError. Bounds "
        "are those of functions, and 1e-2 for float16 and mixed16 together. A gradient in single "
        "or half precision is measured by the largest of its case, at least 0.1, and every value "
        "in half precision by 1 at least. Not compared in half precision are gradients of "
        f"{', '.join(sorted(bounds.KINKED))}, whose rectifiers and maxima may turn, and "
        "DeformableConvolution2D, whose taps lie between pixels; the original places them in "
        "float32 at best, so float64 is bound by 1e-5 there. The table has the errors of arrays by "
        "themselves. The models of `links.model.vision` are compared in "
        "`tests/links/test_vision.py`."
    )
    dtypes, kinds = ("float32", "float64", "float16"), ("value", "gradient", "kept")
    head = ["link", "cases", "refused", *(f"{dtype} {kind}" for dtype in dtypes for kind in kinds)]
    lines = ["## Links", "", about, ""]
    lines += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name, row in sorted(rows.items()):
        cells = [shown(row.get(dtype, {}).get(kind)) for dtype in dtypes for kind in kinds]
        lines.append(f"| {name} | {row['cases']} | {row['refused']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
