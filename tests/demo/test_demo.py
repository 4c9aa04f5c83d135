"""The demo learns, shows what it does, and says what is wrong with wrong options."""

from __future__ import annotations

import io
import re
import sys

import numpy
import pytest

from catenary import datasets, serializers
from catenary.demo import pictures
from catenary.demo.command import main
from catenary.demo.screen import Row, open_screen
from catenary.demo.training import Network, make_trainer, nudge, resume

PNG = b"\x89PNG\r\n\x1a\n"
TABLE_LINE = re.compile(r"^ *(\d+) +([\d.]+) +([\d.]+) +([\d.]+)% +[\d.]+$", re.MULTILINE)


def demo(capsys, *options):
    """Run the demo; return its table, as numbers without the seconds, and everything it said."""
    assert main(options) == 0
    said = capsys.readouterr().out
    return [tuple(map(float, line.groups())) for line in TABLE_LINE.finditer(said)], said


@pytest.mark.slow
def test_it_learns_to_read(tmp_path, capsys):
    table, said = demo(capsys, "--out", str(tmp_path / "new" / "folder"))
    assert [int(line[0]) for line in table] == list(range(1, 31))
    assert table[-1][3] >= 97
    assert table[-1][2] < table[0][2] / 4
    for name in ("curves.png", "mistakes.png"):
        assert (tmp_path / "new" / "folder" / name).read_bytes().startswith(PNG)
    for name in ("curves.png", "mistakes.png", "snapshot.npz", "log.json", "--resume"):
        assert str(tmp_path) in said
        assert name in said


def test_a_seed_gives_one_run_and_another_seed_another(tmp_path, capsys):
    def table(seed):
        return demo(capsys, "--epochs", "1", "--seed", seed, "--out", str(tmp_path))[0]

    first = table("0")
    assert table("0") == first
    assert table("1") != first


def test_resuming_goes_on_where_the_snapshot_was_taken(tmp_path, capsys):
    demo(capsys, "--epochs", "2", "--out", str(tmp_path))
    saved = tmp_path / "snapshot.npz"
    trainer = make_trainer(*datasets.get_digits(ndim=3), 0.02, 0.9, 50, 1, tmp_path)
    resume(trainer, saved, 5)
    optimizer = trainer.updater.get_optimizer("main")
    assert (optimizer.epoch, optimizer.t, trainer.updater.iteration) == (2, 58, 58)
    assert optimizer.lr == 0.02, "the learning rate that was asked for, not the saved one"
    assert numpy.abs(optimizer.target.predictor.output.W.update_rule.state["v"]).max() > 0
    assert trainer.stop_trigger.get_training_length() == (7, "epoch")

    options = ("--resume", str(saved), "--epochs", "2", "--out", str(tmp_path / "b"))
    table, _ = demo(capsys, *options)
    assert [line[0] for line in table] == [3, 4]
    assert table[0][1] < 1.7, "the loss of a network that has learned for two epochs"


def test_the_learning_rate_falls_in_the_last_third(tmp_path):
    train, test = datasets.get_digits(ndim=3)
    trainer = make_trainer(train[:100], test[:20], 0.5, 0.9, 50, 6, tmp_path)
    rates = []
    trainer.extend(
        lambda t: rates.append(t.updater.get_optimizer("main").lr), "note", trigger=(1, "epoch")
    )
    trainer.run()
    assert rates == pytest.approx([0.5, 0.5, 0.5, 0.05, 0.05, 0.05])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--epochs", "0"], "argument --epochs: '0' is no whole number from 1 up"),
        (["--epochs", "many"], "argument --epochs: 'many' is no whole number from 1 up"),
        (["--batch", "-5"], "argument --batch: '-5' is no whole number from 1 up"),
        (["--lr", "-0.1"], "argument --lr: '-0.1' is no number from 0 to 1000"),
        (["--lr", "nan"], "argument --lr: 'nan' is no number from 0 to 1000"),
        (["--lr", "fast"], "argument --lr: 'fast' is no number from 0 to 1000"),
        (["--momentum", "1.5"], "argument --momentum: '1.5' is no number from 0 to 1"),
        (["--seed", "4294967296"], "argument --seed: '4294967296' is no whole number"),
        (["--resume", "nowhere.npz"], "argument --resume: "),
        (["--out", __file__], "argument --out: "),
        (["--speed", "3"], "unrecognized arguments: --speed 3"),
    ],
)
def test_a_wrong_option_is_explained_before_anything_is_done(options, complaint, capsys):
    with pytest.raises(SystemExit) as ended:
        main(options)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert complaint in said.err
    assert options[-1] in said.err
    assert said.out == ""


def test_a_loss_that_is_no_number_is_told_of(tmp_path, capsys):
    _, said = demo(capsys, "--epochs", "1", "--lr", "500", "--out", str(tmp_path))
    assert "no number any more" in said
    assert "--lr 50'" in said
    assert "--resume" not in said, "from such a snapshot nothing can go on"
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("text", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_broken_snapshot_is_explained(tmp_path, capsys, text):
    (tmp_path / "broken.npz").write_bytes(text)
    with pytest.raises(SystemExit):
        main(["--resume", str(tmp_path / "broken.npz")])
    assert "argument --resume: " in (said := capsys.readouterr().err)
    assert "broken.npz" in said


def test_a_snapshot_of_something_else_is_explained(tmp_path, capsys):
    serializers.save_npz(tmp_path / "other.npz", Network())
    with pytest.raises(SystemExit):
        main(["--resume", str(tmp_path / "other.npz")])
    assert "argument --resume: " in (said := capsys.readouterr().err)
    assert "updater/" in said


def test_without_matplotlib_it_says_so_and_goes_on(tmp_path, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "catenary.demo.pictures")
    monkeypatch.delattr("catenary.demo.pictures")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    _, said = demo(capsys, "--epochs", "1", "--out", str(tmp_path))
    assert "pip install 'catenary[plot]'" in said
    assert {path.name for path in tmp_path.iterdir()} == {"log.json", "snapshot.npz"}


class Terminal(io.StringIO):
    """Text that takes itself for a terminal."""

    def isatty(self):
        return True


def show_on(out, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    with open_screen(4, out) as screen:
        screen.heading()
        for _ in range(4):
            screen.advance()
        screen.row(Row(1, 0.5, 0.25, 0.975, 1.5))
    return out.getvalue()


def test_a_terminal_gets_a_bar(monkeypatch):
    shown = show_on(Terminal(), monkeypatch)
    assert "learning" in shown
    assert "100%" in shown
    assert re.search(r"1 +0\.5000 +0\.2500 +97\.50% +1\.50", shown)


@pytest.mark.parametrize("out", [io.StringIO, Terminal])
def test_a_file_or_a_terminal_without_rich_gets_plain_lines(out, monkeypatch):
    if out is Terminal:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    assert show_on(out(), monkeypatch).splitlines() == [
        "epoch   train loss   test loss   test accuracy   seconds",
        "    1       0.5000      0.2500          97.50%      1.50",
    ]


@pytest.mark.parametrize("wrong", [0, 1, 7, 30])
def test_the_picture_counts_the_mistakes(tmp_path, wrong):
    labels = numpy.arange(40) % 10
    probabilities = numpy.eye(10)[(labels + (numpy.arange(40) < wrong)) % 10]
    path = tmp_path / "mistakes.png"
    images = numpy.zeros((40, 1, 8, 8), "float32")
    assert pictures.draw_mistakes(images, labels, probabilities, path) == wrong
    assert path.read_bytes().startswith(PNG)


def test_a_nudge_moves_an_image_and_keeps_its_ink():
    numpy.random.seed(0)
    image = numpy.zeros((1, 8, 8), "float32")
    image[0, 3, 4] = 1
    places = set()
    for _ in range(200):
        moved, digit = nudge((image, 7))
        assert (digit, moved.shape, moved.dtype, moved.sum()) == (7, (1, 8, 8), "float32", 1)
        places.add(tuple(int(i) for i in numpy.argwhere(moved)[0][1:]))
    assert places == {(row, column) for row in (2, 3, 4) for column in (3, 4, 5)}


def test_learning_leaves_the_data_as_it_was(tmp_path):
    train, _ = datasets.get_digits(ndim=3)
    before = numpy.stack([image for image, _ in train[:100]])
    make_trainer(train[:100], train[:20], 0.05, 0.9, 50, 1, tmp_path).run()
    assert numpy.array_equal(before, numpy.stack([image for image, _ in train[:100]]))
