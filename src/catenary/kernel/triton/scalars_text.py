"""Spell what a device computes between passes: rows' scalars, sums, and the count of updates."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from catenary.expr import Scalar
from catenary.expr.node import walk
from catenary.kernel.storage import COUNT, ROW
from catenary.kernel.triton.body import HELPERS, Body

__all__ = ["TOTALS", "scalars_text"]

TOTALS = '''
@triton.jit
def add_rows(parts, bounds, found, width, BLOCK: tl.constexpr):
    """Add up what was measured on the pieces of each row, in their order."""
    row = tl.program_id(0)
    column = tl.program_id(1)
    first = tl.load(bounds + row)
    last = tl.load(bounds + row + 1)
    total = tl.zeros((BLOCK,), tl.float64)
    for at in range(first, last, BLOCK):
        piece = at + tl.arange(0, BLOCK)
        total += tl.load(parts + piece * width + column, mask=piece < last, other=0.0)
    tl.store(found + row * width + column, tl.sum(total))


@triton.jit
def add_all(found, goals, places, bounds, BLOCK: tl.constexpr):
    """Add up what was measured on all rows."""
    k = tl.program_id(0)
    first = tl.load(bounds + k)
    last = tl.load(bounds + k + 1)
    total = tl.zeros((BLOCK,), tl.float64)
    for at in range(first, last, BLOCK):
        i = at + tl.arange(0, BLOCK)
        place = tl.load(places + i, mask=i < last, other=0)
        total += tl.load(found + place, mask=i < last, other=0.0)
    tl.store(found + tl.load(goals + k), tl.sum(total))


@triton.jit
def finish(found, good):
    """Count the step if it updated."""
    tl.store(good, tl.load(good) + tl.where(tl.load(found) == 0.0, 1, 0))
'''


@functools.lru_cache(maxsize=1024)
def scalars_text(
    new: tuple[Scalar, ...],
    places: tuple[int, ...],
    width: int,
    names: tuple[str, ...],
    norms: tuple[str, ...],
    compute: str,
) -> str:
    """Return the kernel that computes the scalars of one stage for every row, in float64.

    ``fill(values, group_of, good, keys, found, at, scalars, size)``: the groups' hyperparameters,
    each row's group, the number of steps that updated, rows' keys, what passes have measured and
    where in it each norm's square lies (first place, distance of rows), where the scalars go.

    Args:
        new: The scalars.
        places: Their places in a row's scalars.
        width: Number of a row's scalars.
        names: What the groups' values stand for; ``"rule.t"`` counts on by itself.
        norms: Names of the norms.
        compute: The dtype of the scalars.
    """
    body = Body("float64", "(BLOCK,)")
    for at in walk([scalar.value for scalar in new]):
        if at.op == "hyper":
            body.give(at, _known(str(at.value), names, norms))
        else:
            body.compute_node(at)
    for scalar, place in zip(new, places, strict=True):
        value = f"{body.names[scalar.value]}.to(tl.{compute})"
        body.lines.append(f"tl.store(scalars + r * {width} + {place}, {value}, mask=inside)")
    arguments = "values, group_of, good, keys, found, at, scalars, size"
    lines = [
        "@triton.jit", f"def fill({arguments}, BLOCK: tl.constexpr):",
        "    r = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)",
        "    inside = r < size",
        "    group = tl.load(group_of + r, mask=inside, other=0)",
        *(f"    {line}" for line in (*body.before, *body.lines)),
    ]  # fmt: skip
    return HELPERS + "\n\n" + "\n".join(lines) + "\n"


def _known(name: str, names: Sequence[str], norms: Sequence[str]) -> str:
    if name in norms:
        k = 2 * norms.index(name)
        at = f"found + tl.load(at + {k}) + r * tl.load(at + {k + 1})"
        return f"tl.sqrt(tl.load({at}, mask=inside, other=0.0))"
    if name == ROW:
        return "tl.load(keys + r, mask=inside, other=0.0)"
    at = f"values + group * {len(names)} + {names.index(name)}"
    counted = " + tl.load(good).to(tl.float64)" if name == COUNT else ""
    return f"(tl.load({at}, mask=inside, other=1.0){counted})"
