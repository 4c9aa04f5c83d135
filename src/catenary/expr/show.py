"""Spell a formula as mathematics. The docs' formulas come from the code that runs."""

from __future__ import annotations

from collections.abc import Mapping

from catenary.expr.node import Node
from catenary.expr.program import Formula

__all__ = ["show", "show_node"]

_GREEK = {
    "alpha": "α", "beta": "β", "beta1": "β₁", "beta2": "β₂", "gamma": "γ", "eps": "ε", "eta": "η",
    "rho": "ρ", "momentum": "μ",
}  # fmt: skip
# sign, how tightly it binds, and how tightly its arguments must. A product is written side by side,
# so a quotient inside one gets brackets, and so does a product under a quotient.
_INFIX = {
    "or": (" ∨ ", -2, (-2, -2)), "and": (" ∧ ", -1, (-1, -1)),
    "lt": (" < ", 0, (1, 1)), "le": (" ≤ ", 0, (1, 1)), "eq": (" = ", 0, (1, 1)),
    "ne": (" ≠ ", 0, (1, 1)), "add": (" + ", 1, (1, 1)), "sub": (" − ", 1, (1, 2)),
    "div": (" / ", 2, (2, 4)), "mul": (" ", 3, (3, 3)), "pow": ("^", 4, (5, 5)),
}  # fmt: skip
_CALLS = {"minimum": "min", "maximum": "max", "where": "where", "sign": "sign", "exp": "exp",
          "log": "log", "tanh": "tanh", "bfloat16": "bfloat16", "float16": "float16",
          "dither": "dither"}  # fmt: skip
_TIGHTEST = 5

Names = Mapping[Node, str]


def show(formula: Formula) -> str:
    """Return one line an assignment, such as ``v ← μ v − lr g``.

    A line may use what lines above it assigned; results that need each other's old values stand in
    one line: ``p, v ← v, p``.
    """
    lines = [f"{_name(name)} ← {_spell(value, {})[0]}" for name, value in formula.host]
    named = {value: _name(name) for name, value in formula.host if value.args}
    left = sorted(formula.outputs, key=lambda output: output[0] == "p")
    while left:
        ready = next((output for output in left if _may_follow(output, left, named)), None)
        now = left if ready is None else [ready]
        names = ", ".join(_name(name) for name, _ in now)
        values = ", ".join(_spell(value, named)[0] for _, value in now)
        lines.append(f"{names} ← {values}")
        named.update({value: _name(name) for name, value in now if value.args})
        left = [output for output in left if output not in now]
    return "\n".join(lines)


def show_node(root: Node) -> str:
    """Return one expression as mathematics."""
    return _spell(root, {})[0]


def _may_follow(output: tuple[str, Node], left: list[tuple[str, Node]], named: Names) -> bool:
    """Whether no other result needs the tensor's old value once this line has overwritten it."""
    name, value = output
    known = {*named, value} if value.args else {*named}
    return not any(_needs(other, name, known) for label, other in left if label != name)


def _needs(root: Node, name: str, known: set[Node]) -> bool:
    if root in known:
        return False
    if root.op == "tensor":
        return root.value == name
    return any(_needs(arg, name, known) for arg in root.args)


def _spell(at: Node, named: Names) -> tuple[str, int]:
    """Return the text of a node and how tightly it binds."""
    if at in named:
        return named[at], _TIGHTEST
    if at.op == "const":
        text = f"{at.value:.12g}"
        return (f"−{text[1:]}", 1) if text.startswith("-") else (text, _TIGHTEST)
    if not at.args:
        return _name(str(at.value)), _TIGHTEST
    if at.op in _INFIX:
        sign, binds, wanted = _INFIX[at.op]
        left, right = (_inside(a, named, b) for a, b in zip(at.args, wanted, strict=True))
        return f"{left}{sign}{right}", binds
    if at.op == "neg":
        return f"−{_inside(at.args[0], named, 3)}", 1
    if at.op == "not":
        return f"¬{_inside(at.args[0], named, _TIGHTEST)}", _TIGHTEST
    if at.op == "sqrt":
        return f"√{_inside(at.args[0], named, _TIGHTEST)}", _TIGHTEST
    if at.op == "abs":
        return f"|{_spell(at.args[0], named)[0]}|", _TIGHTEST
    if at.op == "norm":
        reach = " over the model" if at.value == "model" else ""
        return f"‖{_spell(at.args[0], named)[0]}‖{reach}", _TIGHTEST
    arguments = ", ".join(_spell(arg, named)[0] for arg in at.args)
    return f"{_CALLS[at.op]}({arguments})", _TIGHTEST


def _inside(at: Node, named: Names, binds: int) -> str:
    text, own = _spell(at, named)
    return text if own >= binds else f"({text})"


def _name(name: str) -> str:
    prefix, dot, last = name.rpartition(".")
    word, bracket, place = last.partition("[")
    if bracket:
        one = _GREEK.get(word.removesuffix("s"), word)
        return f"{prefix}{dot}{one}{chr(ord('₁') + int(place[:-1]))}"
    return f"{prefix}{dot}{_GREEK.get(last, last)}"
