"""Spell a formula as mathematics. The docs' formulas come from the code that runs."""

from __future__ import annotations

from catenary.expr.node import Node
from catenary.expr.program import Formula

__all__ = ["show", "show_node"]

_GREEK = {
    "alpha": "α", "beta": "β", "beta1": "β₁", "beta2": "β₂", "gamma": "γ", "eps": "ε", "eta": "η",
    "rho": "ρ", "momentum": "μ", "alpha_t": "αₜ",
}  # fmt: skip
_INFIX = {
    "add": (" + ", 1), "sub": (" − ", 1), "mul": (" ", 3), "div": (" / ", 2), "pow": ("^", 4),
    "lt": (" < ", 0), "le": (" ≤ ", 0), "eq": (" = ", 0), "ne": (" ≠ ", 0),
    "and": (" ∧ ", -1), "or": (" ∨ ", -1),
}  # fmt: skip
_CALLS = {"minimum": "min", "maximum": "max", "where": "where", "sign": "sign", "exp": "exp",
          "log": "log", "tanh": "tanh"}  # fmt: skip
_TIGHTEST = 5


def show(formula: Formula) -> str:
    """Return one line an assignment: ``v ← μ v − lr g``; what a later line reuses goes by its
    name.
    """
    named: dict[Node, str] = {}
    lines = []
    written = sorted(formula.outputs, key=lambda output: output[0] == "p")
    for name, value in written:
        lines.append(f"{name} ← {_spell(value, named)[0]}")
        if value.args:
            named[value] = name
    return "\n".join(lines)


def show_node(root: Node) -> str:
    """Return one expression as mathematics."""
    return _spell(root, {})[0]


def _spell(at: Node, named: dict[Node, str]) -> tuple[str, int]:
    """Return the text of a node and how tightly it binds."""
    if at in named:
        return named[at], _TIGHTEST
    if at.op == "const":
        return f"{at.value:.12g}", _TIGHTEST
    if not at.args:
        return _name(str(at.value)), _TIGHTEST
    if at.op in _INFIX:
        sign, binds = _INFIX[at.op]
        left = _inside(at.args[0], named, binds)
        # − and / do not associate, so an equal partner on the right needs brackets.
        right = _inside(at.args[1], named, binds + (at.op not in ("add", "mul")))
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


def _inside(at: Node, named: dict[Node, str], binds: int) -> str:
    text, own = _spell(at, named)
    return text if own >= binds else f"({text})"


def _name(name: str) -> str:
    prefix, dot, last = name.rpartition(".")
    return f"{prefix}{dot}{_GREEK.get(last, last)}"
