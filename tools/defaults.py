"""The page of defaults that differ between torch, Chainer and the papers, made from the code.

``python tools/defaults.py`` writes docs/optim-defaults.md; a test compares the page with the code.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from catenary import optim, optimizers

NOTHING = re.compile(r"nothing from torch\.optim\.\w+\.")
PAGE = Path(__file__).parents[1] / "docs" / "optim-defaults.md"

ADAM = {
    "lr": "alpha",
    "betas": ("beta1", "beta2"),
    "eps": "eps",
    "weight_decay": "weight_decay_rate",
}

CHAINER: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "SGD": [("SGD", {"lr": "lr"}), ("MomentumSGD", {"lr": "lr", "momentum": "momentum"})],
    "Adam": [("Adam", ADAM)],
    "AdamW": [("AdamW", ADAM)],
    "Adagrad": [("AdaGrad", {"lr": "lr", "eps": "eps"})],
    "Adadelta": [("AdaDelta", {"rho": "rho", "eps": "eps"})],
    "RMSprop": [
        ("RMSprop", {"lr": "lr", "alpha": "alpha", "eps": "eps"}),
        ("RMSpropGraves", {"lr": "lr", "alpha": "alpha", "eps": "eps", "momentum": "momentum"}),
    ],
}
"""Chainer's classes for torch's, and Chainer's words for torch's."""

PAPERS: dict[str, dict[str, str]] = {
    "Adam": {"lr": "0.001", "betas": "(0.9, 0.999)", "eps": "1e-08"},
    "Adamax": {"lr": "0.002", "betas": "(0.9, 0.999)", "eps": "none"},
    "Adadelta": {"lr": "none", "rho": "0.95", "eps": "1e-06"},
    "RMSprop": {"alpha": "0.9"},
    "Rprop": {"lr": "0.1", "etas": "(0.5, 1.2)", "step_sizes": "(1e-06, 50)"},
    "Adafactor": {"eps": "(1e-30, 0.001)", "d": "1", "beta2_decay": "-0.8"},
    "Muon": {"lr": "0.02", "momentum": "0.95", "weight_decay": "0"},
    "Lion": {"betas": "(0.9, 0.99)"},
    "LAMB": {"betas": "(0.9, 0.999)", "eps": "1e-06", "weight_decay": "0.01"},
    "LARS": {"momentum": "0.9", "trust_coefficient": "0.001", "weight_decay": "0.0005"},
    "AdEMAMix": {
        "betas": "(0.9, 0.999, 0.9999)",
        "alpha": "4 to 10",
        "beta3_warmup": "all steps",
        "alpha_warmup": "all steps",
    },
    "AdamWScheduleFree": {"betas": "(0.9, 0.999)", "weight_lr_power": "2"},
}
"""What the papers that the rules' docstrings name recommend; words that they leave open are not
here.
"""

HEAD = """\
# Defaults that differ

`catenary.optim` has torch's words and torch's defaults, `catenary.optimizers` has Chainer's; the
papers (for Muon its author's code) often recommend a third value. A dash: there is no such word, or
no recommendation. A value that all of them share is not listed.

| `catenary.optim` | word | default | Chainer | paper |
| --- | --- | --- | --- | --- |
"""

TAIL = """
## Formulas that differ

Where the same word stands for another formula, and where a formula was mended, as the rules'
docstrings have it.

"""


def classes() -> list[Any]:
    """Every optimizer of `catenary.optim`."""
    found = [getattr(optim, name) for name in sorted(optim.__all__, key=str.lower)]
    return [kind for kind in found if isinstance(kind, type) and kind is not optim.Optimizer]


def spelled(value: Any) -> str:
    """Spell a default; whole numbers without a point."""
    if isinstance(value, tuple):
        return f"({', '.join(map(spelled, value))})"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def of_chainer(name: str, word: str) -> list[str]:
    """Chainer's defaults for a word of torch's, each with its class."""
    found = []
    for kind, words in CHAINER.get(name, []):
        if word in words:
            arguments = inspect.signature(getattr(optimizers, kind)).parameters
            names = words[word]
            value = (
                tuple(arguments[one].default for one in names)
                if isinstance(names, tuple)
                else arguments[names].default
            )
            said = f"{names[0]}, {names[1]}" if isinstance(names, tuple) else names
            found.append(f"{spelled(value)} (`{kind}`, `{said}`)")
    return found


def rows() -> list[tuple[str, str, str, str, str]]:
    """Every default that is not the same everywhere."""
    found = []
    for kind in classes():
        for word, spec in kind.specs.items():
            own = spelled(spec.default)
            chainer = of_chainer(kind.__name__, word)
            paper = PAPERS.get(kind.__name__, {}).get(word)
            others = [text.partition(" (`")[0] for text in chainer]
            others += [] if paper is None else [paper]
            if any(other != own for other in others):
                cells = (f"`{kind.__name__}`", f"`{word}`", own, "; ".join(chainer), paper or "")
                found.append(tuple(cell or "–" for cell in cells))
    return found  # type: ignore[return-value]


def differences(kind: Any) -> str:
    """What the docstring of a rule, or of its optimizer, says after ``Differs:``; or nothing."""
    for described in (kind.rule, kind):
        text = inspect.getdoc(described) or ""
        found = re.search(r"^Differs: (.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
        if found and "Differs:" in (vars(described)["__doc__"] or ""):
            return " ".join(found[1].split()).replace("``", "`")
    return ""


def page() -> str:
    """The page's text."""
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows())
    notes = [(kind.__name__, differences(kind)) for kind in classes()]
    told = [(name, note) for name, note in notes if note and not NOTHING.fullmatch(note)]
    listed = "".join(f"- `{name}`: {note}\n" for name, note in told)
    return HEAD + table + TAIL + listed


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
