"""Spell a pass as a Triton kernel: one program a piece of one row."""

from __future__ import annotations

import functools

from catenary.kernel.schedule import Pass
from catenary.kernel.signature import Signature
from catenary.kernel.triton.body import HELPERS, Body

__all__ = ["sweep_text"]

MEMORY = {
    "float16": "float16", "bfloat16": "uint16", "float32": "float32", "float64": "float64",
}  # fmt: skip
"""What lies in memory, by storage dtype; bfloat16 is rounded by our own arithmetic on bits."""


@functools.lru_cache(maxsize=1024)
def sweep_text(sweep: Pass, signature: Signature) -> str:
    """Return the kernel of a pass: a program runs it over one piece of one row.

    ``sweep(rows, starts, counts, active, pointers, scalars, skip, out)``: the row, first element
    and number of elements of each piece; which rows take part; the addresses of each row's
    tensors; its scalars; a flag that, where it is not 0, forbids every write but cleared
    gradients; (pieces, results) float64 for what is measured.
    """
    body = Body(signature.compute, "(BLOCK,)")
    _load(body, sweep, signature)
    for at in sweep.order:
        if at.op not in ("tensor", "scalar"):
            body.compute_node(at)
    results, after = _measure(body, sweep, signature)
    _store(body, sweep, signature)
    names = "rows, starts, counts, active, pointers, scalars, skip, out"
    once = (*body.before, *results)
    lines = [
        "@triton.jit", f"def sweep({names}, BLOCK: tl.constexpr, ALIGNED: tl.constexpr):",
        "    piece = tl.program_id(0)",
        "    row = tl.load(rows + piece)",
        "    start = tl.multiple_of(tl.load(starts + piece), 16)",
        "    count = tl.load(counts + piece) * tl.load(active + row)",
        "    free = tl.where(tl.load(skip) == 0, 1, 0)",
        *(f"    {line}" for line in once),
        # Whole blocks first: without a mask that ends somewhere, loads can be wide.
        "    whole = count // BLOCK * BLOCK",
        "    for at in range(0, whole, BLOCK):",
        "        i = start + at + tl.arange(0, BLOCK)",
        "        inside = tl.full((BLOCK,), True, tl.int1)",
        "        writes = (tl.zeros((BLOCK,), tl.int32) + free) != 0",
        *(f"        {line}" for line in body.lines),
        "    for at in range(whole, count, BLOCK):",
        "        i = at + tl.arange(0, BLOCK)",
        "        inside = i < count",
        "        writes = i < count * free",
        "        i += start",
        *(f"        {line}" for line in body.lines),
        *(f"    {line}" for line in after), "    return",
    ]  # fmt: skip
    return HELPERS + "\n\n" + "\n".join(lines) + "\n"


def _load(body: Body, sweep: Pass, signature: Signature) -> None:
    """Fetch addresses and scalars before the loop, elements in it."""
    places = {name: k for k, (name, _) in enumerate(signature.columns)}
    used = {*sweep.inputs, *(name for name, _ in sweep.outputs)}
    used |= {"g"} if signature.check_finite else set()
    for name in sorted(used, key=places.__getitem__):
        k = places[name]
        address = f"tl.load(pointers + row * {len(signature.columns)} + {k})"
        dtype = MEMORY[signature.columns[k][1]]
        body.before.append(f"a{k} = {address}.to(tl.pointer_type(tl.{dtype}))")
        body.before.append(f"a{k} = tl.multiple_of(a{k}, 16) if ALIGNED else a{k}")
    for at in sweep.order:
        if at.op == "scalar":
            k = signature.scalars.index(str(at.value))
            body.names[at] = f"s{k}"
            loaded = f"tl.load(scalars + row * {len(signature.scalars)} + {k})"
            body.before.append(f"s{k} = tl.broadcast_to({loaded}, (BLOCK,))")
        elif at.op == "tensor":
            body.give(at, _element(places[str(at.value)], signature))


def _element(k: int, signature: Signature) -> str:
    loaded = f"tl.load(a{k} + i, mask=inside, other=0)"
    if signature.columns[k][1] == "bfloat16":
        return f"_widened({loaded})"
    return f"{loaded}.to(tl.{signature.compute})"


def _measure(body: Body, sweep: Pass, signature: Signature) -> tuple[list[str], list[str]]:
    """Return the lines before and after the loop; accumulate in float64, lane by lane."""
    width = len(sweep.reductions) + signature.check_finite
    before, after = [], []
    for k, reduction in enumerate(sweep.reductions):
        before.append(f"sum{k} = tl.zeros((BLOCK,), tl.float64)")
        body.lines.append(f"wide = ({body.names[reduction.arg]}).to(tl.float64)")
        body.lines.append(f"sum{k} += tl.where(inside, wide * wide, 0.0)")
        after.append(f"tl.store(out + piece * {width} + {k}, tl.sum(sum{k}))")
    if signature.check_finite:
        place = [name for name, _ in signature.columns].index("g")
        before.append("bad = tl.zeros((BLOCK,), tl.int32)")
        body.lines.append(f"seen = {_element(place, signature)}")
        body.lines.append("bad |= (inside & ((seen - seen) != 0.0)).to(tl.int32)")
        after.append(f"tl.store(out + piece * {width} + {width - 1}, tl.max(bad).to(tl.float64))")
    return before, after


def _store(body: Body, sweep: Pass, signature: Signature) -> None:
    places = {name: k for k, (name, _) in enumerate(signature.columns)}
    for name, value in sweep.outputs:
        k = places[name]
        # A skipped step clears gradients too.
        mask = "inside" if name == "g" and value.op == "const" else "writes"
        new = body.names[value]
        dtype = signature.columns[k][1]
        stored = f"_narrowed({new})" if dtype == "bfloat16" else f"{new}.to(tl.{dtype})"
        body.lines.append(f"tl.store(a{k} + i, {stored}, mask={mask})")
