"""Every piece of Python in README and docs runs, page by page, as a reader would type it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def program(page: Path) -> str:
    """A page's Python, on the lines where it stands, so that a traceback points there."""
    text = page.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


WITH_CODE = [page for page in PAGES if program(page).strip()]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_a_page_runs(page, python):
    # A process of its own: a page may import the stand-in, and sees no other page's names.
    python(f"exec(compile({program(page)!r}, {str(page)!r}, 'exec'))")


def test_the_pages_have_code():
    assert {"README.md", "rules.md", "hooks.md"} <= {page.name for page in WITH_CODE}


def test_readme_opens_with_the_two_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("#")[0].strip() for line in lines[2:6]] == [
        "```console",
        "$ make demo",
        "$ make test",
        "```",
    ]


def test_a_rule_of_ones_own_learns(python):
    """The README's Lion, beyond being defined."""
    rule = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))[2]
    code = """
import numpy
from catenary import Link, Parameter
model = Link()
with model.init_scope():
    model.w = Parameter(numpy.zeros(2, "float32"))
optimizer = Lion(lr=0.25, beta1=0.5).setup(model)
for gradient in ([1, -1], [1, 3]):
    model.w.grad = numpy.array(gradient, "float32")
    optimizer.update()
print(model.w.array.tolist())
"""
    assert python(rule + code).stdout.strip() == "[-0.5, 0.0]"
