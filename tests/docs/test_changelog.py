"""Changelog fragments are well formed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "changelog.d"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed|removed)\.md")


def complaints(path: Path) -> list[str]:
    """What is wrong with a fragment."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = []
    if not NAME.fullmatch(path.name):
        found.append("is not named <topic>.<added|changed|fixed|removed>.md")
    if not text.strip():
        return [*found, "is empty"]
    if not 1 <= len(lines) <= 10:
        found.append("has more than ten lines")
    if max(map(len, lines)) > 100:
        found.append("has a line of more than 100 columns")
    if any(line.startswith("#") for line in lines):
        found.append("has a heading")
    if not text.endswith(".\n"):
        found.append("does not end with a full stop and a newline")
    return found


def test_every_fragment_is_well_formed():
    fragments = [path for path in FOLDER.iterdir() if path.name != "README.md"]
    assert {path.name: complaints(path) for path in fragments if complaints(path)} == {}


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("Topic.added.md", "Fine.\n", "is not named"),
        ("topic.md", "Fine.\n", "is not named"),
        ("topic.news.md", "Fine.\n", "is not named"),
        ("topic.added.txt", "Fine.\n", "is not named"),
        ("topic.added.md", " \n", "is empty"),
        ("topic.added.md", "line\n" * 10 + "end.\n", "ten lines"),
        ("topic.added.md", "x" * 100 + ".\n", "100 columns"),
        ("topic.added.md", "# Topic\nFine.\n", "heading"),
        ("topic.added.md", "Fine", "full stop"),
    ],
)
def test_a_malformed_fragment_is_found(tmp_path, name, text, complaint):
    (tmp_path / name).write_text(text, encoding="utf-8")
    (found,) = complaints(tmp_path / name)
    assert complaint in found


def test_a_good_fragment_passes(tmp_path):
    (tmp_path / "two-words.fixed.md").write_text("Something works again.\n", encoding="utf-8")
    assert complaints(tmp_path / "two-words.fixed.md") == []
