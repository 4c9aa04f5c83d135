"""What the pages show of the command line is what it prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy
import pytest

from catenary.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def shown(page, command):
    """A command line of a page, and the lines below it, up to the next one."""
    text = (DOCS / page).read_text(encoding="utf-8")
    pattern = rf"^\$ (catenary {command} .*)\n((?:(?!\$ |```).*\n)*)"
    return re.search(pattern, text, re.MULTILINE).groups()


@pytest.fixture
def printed(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    def run(line):
        main(shlex.split(line)[1:])
        return capsys.readouterr().out

    return run


def test_a_check(printed):
    line, said = shown("coming-from-chainer.md", "check")
    Path("models").mkdir()
    Path("train.py").write_text("import numpy\n" + "\n" * 10 + "numpy.int(1)\n")
    Path("models/net.py").write_text(
        "import chainer\n" + "\n" * 28 + "chainer.links.TheanoFunction\n"
    )
    for name in "abc":
        Path(f"models/{name}.py").touch()
    assert printed(line) == said


def test_a_conversion(printed):
    line, said = shown("from-chainer-to-pytorch.md", "convert")
    names = {"W": numpy.zeros((8, 4), "f"), "b": numpy.zeros(8, "f")}
    snapshot = {f"updater/model:main/predictor/l1/{name}": w for name, w in names.items()}
    Path("result").mkdir()
    with Path("result/snapshot_iter_24000").open("wb") as stream:
        numpy.savez(stream, **snapshot)
    assert printed(line) == said


def test_the_commands_that_are_named_exist(capsys):
    text = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    named = set(re.findall(r"(?:`|\$ )catenary ([a-z]+)\b", text))
    assert named >= {"run", "check", "convert", "info"}
    for command in named:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
