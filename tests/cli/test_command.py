"""The command line as a whole: help is light, usage errors end with status 2."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy
import pytest

from catenary import __version__
from catenary.cli import main

COMMANDS = ("run", "check", "convert", "info")


def test_help_loads_no_torch(python):
    code = f"""
import sys
from catenary.cli import main
for words in [["--help"], *([name, "--help"] for name in {COMMANDS!r})]:
    try:
        main(words)
    except SystemExit as end:
        assert end.code == 0
print(sorted({{"torch", "llvmlite", "h5py"}} & set(sys.modules)))
"""
    out = python(code).stdout
    assert out.count("usage: catenary") == 5
    assert out.endswith("[]\n")


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(f"\n    {name} " in out for name in COMMANDS)


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"catenary {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["check"],
        ["check", "no/such/file.py"],
        ["convert", "a.npz"],
        ["convert", "a.npz", "b.txt"],
        ["run"],
        ["run", "-m"],
        ["run", "--fast", "x.py"],
        ["run", "no_such_script.py"],
    ],
)
def test_wrong_usage_ends_with_2(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: catenary")


def test_what_fails_is_a_sentence_and_1(capsys, tmp_path):
    assert main(["info", str(tmp_path / "none.npz")]) == 1
    assert capsys.readouterr().err == (
        f"catenary info: {tmp_path / 'none.npz'}: No such file or directory\n"
    )


def test_python_runs_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "catenary", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"catenary {__version__}\n"


def test_a_notebook_is_not_run_as_the_data_that_it_is(tmp_path, capsys):
    """Python reads its JSON as an expression, does nothing, and ends with status 0."""
    path = tmp_path / "a.ipynb"
    path.write_text('{"cells": []}')
    with pytest.raises(SystemExit) as end:
        main(["run", str(path)])
    assert end.value.code == 2
    assert "jupyter nbconvert --to script" in capsys.readouterr().err


def test_without_a_command_the_help_says_which_there_are(capsys):
    with pytest.raises(SystemExit):
        main([])
    said = capsys.readouterr()
    assert all(f"\n    {name} " in said.err for name in COMMANDS)
    assert said.out == ""


def without_reader(*words):
    """Run a command whose reader goes away before it begins; return its status and complaints."""
    receiver, sender = os.pipe()
    os.close(receiver)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "catenary", *map(str, words)],
            stdout=sender, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
        )  # fmt: skip
    finally:
        os.close(sender)
    return done.returncode, done.stderr


def test_a_command_whose_reader_went_away_ends_quietly(tmp_path):
    numpy.savez(tmp_path / "a.npz", **{f"array{i:04}": numpy.ones(1) for i in range(400)})
    (tmp_path / "old.py").write_text("import chainer.no_such_module\n" * 300)
    for words in (
        ["--help"],
        ["info"],
        ["info", tmp_path / "a.npz"],
        ["check", tmp_path / "old.py"],
        ["convert", tmp_path / "a.npz", tmp_path / "b.npz"],
    ):
        assert without_reader(*words) == (141, ""), words
    with numpy.load(tmp_path / "b.npz") as written:
        assert len(written.files) == 400
