"""What the README says of speed is what benchmarks/results has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
README = (ROOT / "README.md").read_text(encoding="utf-8")
LARGE = {"ResNet-50, 25.6M", "GPT-2 small, 124M"}


def rows(name):
    """The cells of every table in a file of results, by the heading of their column."""
    found, head = [], []
    for line in (RESULTS / name).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = []
        elif not head:
            head = cells
        elif set(line) - set("|-: "):
            found.append(dict(zip(head, cells, strict=True)))
    return found


def numbers(cells):
    return [float(cell.split()[0]) for cell in cells if cell != "–"]


def steps(work, *, large=None):
    found = json.loads((RESULTS / "optimizer_step.json").read_text(encoding="utf-8"))
    return [
        row["ratio"]
        for row in found
        if row["work"] == work and large in (None, row["workload"] in LARGE)
    ]


def not_fused():
    cells = [cell for row in rows("torch_face.md") for cell in row.values()]
    return numbers(cell for cell in cells if cell.endswith("(foreach)"))


def masters():
    kept = [row for row in rows("low_precision.md") if row["storage"].endswith(", master")]
    return numbers(cell for row in kept for head, cell in row.items() if ", " in head)


def iterations(*columns):
    return numbers(row[column] for row in rows("training_iteration.md") for column in columns)


MEASURED = {
    ("step with loss scale", "`torch.optim` fused"): lambda: steps("realistic"),
    ("plain step, many small", "`torch.optim` fused"): lambda: steps("plain", large=False),
    ("plain step, ResNet-50", "`torch.optim` fused"): lambda: steps("plain", large=True),
    ("step of the rules", "`torch.optim` foreach"): not_fused,
    ("bfloat16", "torch fused, masters by hand"): masters,
    ("plain step of every rule", "optax"): lambda: numbers(
        row["ours / optax"] for row in rows("every_rule.md")
    ),
    ("plain step of every rule", "Chainer"): lambda: numbers(
        row["ours / Chainer"] for row in rows("every_rule.md")
    ),
    ("training iteration", "Chainer"): lambda: [
        1 / ratio for ratio in iterations("Chainer 7.8.1 / Link")
    ],
    ("training iteration", "raw torch loop"): lambda: iterations(
        "torch module / torch", "Link / torch"
    ),
}
SAID = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([\d.]+ to [\d.]+) \| \[", README, re.MULTILINE)


@pytest.mark.parametrize(("what", "against", "said"), SAID)
def test_a_row_says_what_was_measured(what, against, said):
    (measured,) = [
        find for (first, second), find in MEASURED.items()
        if what.startswith(first) and against.startswith(second)
    ]  # fmt: skip
    ratios = measured()
    assert said == f"{min(ratios):.2f} to {max(ratios):.2f}"


def test_no_figure_is_missing():
    assert len(SAID) == len(MEASURED)


def test_the_busy_neighbour():
    large = [row for row in rows("busy_core.md") if row["workload"] in LARGE]
    ours, theirs = (row["median"] for row in large)
    text = " ".join(README.split())
    assert f"a step takes {ours} of its time alone, torch's [{theirs}]" in text


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_a_link_leads_somewhere(target):
    assert (ROOT / target).exists()
