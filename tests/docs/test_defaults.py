"""The page of differing defaults is what the code says."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
import torch

from catenary import optim

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
defaults = importlib.import_module("defaults")
sys.path.pop(0)


def test_the_page_is_up_to_date():
    found = defaults.PAGE.read_text(encoding="utf-8")
    assert found == defaults.page(), "run: python tools/defaults.py"


def test_every_optimizer_is_asked():
    assert {kind.__name__ for kind in defaults.classes()} == {
        name for name in optim.__all__ if hasattr(getattr(optim, name), "rule")
    }


@pytest.mark.parametrize("table", [defaults.CHAINER, defaults.PAPERS], ids=["Chainer", "papers"])
def test_tables_name_what_exists(table):
    for name in table:
        assert hasattr(optim, name)
    for name, words in defaults.PAPERS.items():
        assert words.keys() <= getattr(optim, name).specs.keys()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (50.0, "50"), (1e-8, "1e-08"), (False, "False"), ((0.9, 0.999), "(0.9, 0.999)"),
     (3.44451234, "3.44451234"), (None, "None")],
)  # fmt: skip
def test_values_are_spelled_shortly(value, text):
    assert defaults.spelled(value) == text


def test_our_defaults_are_torchs():
    """The page says so; test_against_torch compares every argument."""
    for kind in defaults.classes():
        theirs = getattr(torch.optim, kind.__name__, None)
        if theirs is not None and kind.__name__ != "Muon":
            made = theirs([torch.nn.Parameter(torch.ones(1, 1))]).defaults
            for word, spec in kind.specs.items():
                if word in made:
                    assert made[word] == spec.default, (kind, word)


def test_a_difference_shows(monkeypatch):
    monkeypatch.setitem(defaults.PAPERS, "Lion", {"lr": "12"})
    (row,) = [row for row in defaults.rows() if row[0] == "`Lion`"]
    assert row == ("`Lion`", "`lr`", "0.0001", "–", "12")
