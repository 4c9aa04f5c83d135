"""LogReport, PrintReport, ProgressBar: in a file, a pipe, a terminal and a notebook."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import types

import numpy as np
import pytest

from catenary import Variable, serializers, training, using_config
from catenary.training import extensions
from catenary.training.extensions import util
from tests.training.loops import Box, trainer_of


class Terminal(io.StringIO):
    """Text that takes itself for a terminal."""

    def isatty(self):
        return True


def reporting(tmp_path, iterations=10, **kwargs):
    """A trainer that observes `loss`, 1 / iteration, with a LogReport."""
    trainer = trainer_of(tmp_path, iterations)

    @training.make_extension(priority=training.PRIORITY_WRITER)
    def write(trainer):
        loss = np.array(1 / trainer.updater.iteration, "f")
        trainer.observation.update(loss=Variable(loss), text="x", array=np.zeros(2))

    trainer.extend(write)
    trainer.extend(extensions.LogReport(**kwargs))
    return trainer


# ---- LogReport
def test_a_log_has_means_and_where_training_stood(tmp_path):
    trainer = reporting(tmp_path)
    trainer.run()
    log = trainer.get_extension("LogReport").log
    assert [set(entry) for entry in log] == [{"loss", "epoch", "iteration", "elapsed_time"}] * 2
    assert [(entry["epoch"], entry["iteration"]) for entry in log] == [(1, 5), (2, 10)]
    means = [np.mean([1 / i for i in span]) for span in (range(1, 6), range(6, 11))]
    assert [entry["loss"] for entry in log] == pytest.approx(means, rel=1e-6)
    assert json.loads((tmp_path / "log").read_text(encoding="utf-8")) == log
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_keys_postprocess_and_file_names(tmp_path):
    def add(entry):
        entry["twice"] = 2 * entry["iteration"]

    trainer = reporting(
        tmp_path,
        keys=["loss", "missing"],
        trigger=(4, "iteration"),
        postprocess=add,
        filename="log_{iteration}_{twice}.json",
    )
    trainer.run()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log_4_8.json", "log_8_16.json"]
    log = json.loads((tmp_path / "log_8_16.json").read_text(encoding="utf-8"))
    assert [entry["twice"] for entry in log] == [8, 16]
    assert "loss" in log[0]


@pytest.mark.parametrize(
    ("kwargs", "files"),
    [({"log_name": "old"}, ["old"]), ({"log_name": None}, []), ({"filename": "new"}, ["new"])],
)
def test_the_file_may_have_another_name_or_none(tmp_path, kwargs, files):
    trainer = reporting(tmp_path, **kwargs)
    trainer.run()
    assert [path.name for path in tmp_path.iterdir()] == files
    with pytest.raises(TypeError, match="'colour'"):
        extensions.LogReport(colour=1)


def test_a_log_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    reporting(tmp_path).run()
    before = (tmp_path / "log").read_bytes()
    monkeypatch.setattr("os.fsync", lambda descriptor: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reporting(tmp_path).run(show_loop_exception_msg=False)
    assert (tmp_path / "log").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.parametrize("stop", [2, 5, 7])
def test_a_log_goes_on_after_a_resume(tmp_path, stop):
    whole, first, second = (reporting(tmp_path) for _ in range(3))
    whole.run()
    first.stop_trigger = training.get_trigger((stop, "iteration"))
    first.run()
    serializers.NpzDeserializer(serializers.npz.serialize(first)).load(second)
    second.stop_trigger = training.get_trigger((10, "iteration"))
    second.run()
    logs = [trainer.get_extension("LogReport").log for trainer in (whole, second)]
    for log in logs:
        for entry in log:
            del entry["elapsed_time"]
    assert logs[0] == logs[1]


# ---- PrintReport
TABLE = (
    "epoch       iteration   loss        absent\n"
    "1           5           0.456667\n"
    "2           10          0.129127\n"
)
ENTRIES = ["epoch", "iteration", "loss", "absent"]


def test_a_table_in_a_file_is_plain(tmp_path):
    out = io.StringIO()
    trainer = reporting(tmp_path)
    trainer.extend(extensions.PrintReport(ENTRIES, out=out))
    trainer.extend(extensions.ProgressBar(update_interval=1, out=out))
    trainer.run()
    assert out.getvalue() == TABLE


def test_the_standard_output_is_that_of_the_moment(tmp_path, capsys):
    trainer = reporting(tmp_path)
    trainer.extend(extensions.PrintReport(ENTRIES))
    trainer.extend(extensions.ProgressBar(update_interval=1))
    trainer.run()
    assert capsys.readouterr().out == TABLE


def test_a_log_report_may_be_called_from_the_table(tmp_path):
    out = io.StringIO()
    trainer = trainer_of(tmp_path, 4, per_epoch=2)
    table = extensions.PrintReport(["epoch"], extensions.LogReport(filename=None), out)
    trainer.extend(table)
    trainer.run()
    assert out.getvalue().split() == ["epoch", "1", "2"]
    again = extensions.PrintReport(["epoch"], extensions.LogReport(), out)
    serializers.NpzDeserializer(serializers.npz.serialize(table)).load(again)
    assert [entry["epoch"] for entry in again._log_report.log] == [1, 2]
    bad = trainer_of(tmp_path, 1, extensions=[extensions.PrintReport(["epoch"], 5, out)])
    with pytest.raises(TypeError, match="log_report is a int"):
        bad.run(show_loop_exception_msg=False)
    bad = trainer_of(tmp_path, 1, extensions=[extensions.PrintReport(["epoch"], out=out)])
    with pytest.raises(ValueError, match="extension LogReport not found"):
        bad.run(show_loop_exception_msg=False)


def test_after_a_resume_the_table_is_printed_from_the_beginning(tmp_path):
    first = reporting(tmp_path, 5)
    first.extend(extensions.PrintReport(ENTRIES, out=io.StringIO()))
    first.run()
    second, out = reporting(tmp_path, 10), io.StringIO()
    second.extend(extensions.PrintReport(ENTRIES, out=out))
    serializers.NpzDeserializer(serializers.npz.serialize(first)).load(second)
    second.stop_trigger = training.get_trigger((10, "iteration"))
    second.run()
    assert out.getvalue() == TABLE


# ---- ProgressBar
def lines_on_a_screen(text):
    """What a terminal shows in the end: cursor up and erase below are obeyed."""
    screen, row = [""], 0
    for piece in re.findall(r"\x1b\[J|\x1b\[\d+A|\r?\n|[^\x1b\r\n]+", text):
        if piece == "\x1b[J":
            screen[row:] = [""]
        elif piece.startswith("\x1b"):
            row -= int(piece[2:-1])
            assert row >= 0
        elif piece.endswith("\n"):
            row += 1
            screen[row:] = screen[row:] or [""]
        else:
            screen[row] = piece + screen[row][len(piece) :]
    return screen


def test_a_bar_on_a_terminal_is_drawn_in_place_below_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    out, shown = Terminal(), []
    trainer = reporting(tmp_path)
    trainer.extend(extensions.PrintReport(ENTRIES, out=out))
    trainer.extend(extensions.ProgressBar(update_interval=1, bar_length=20, out=out))
    trainer.extend(lambda t: shown.append(lines_on_a_screen(out.getvalue())), "look", priority=0)
    trainer.run()
    table = TABLE.splitlines()
    assert shown[6][:5] == [
        *table[:2],
        "     total [##############......] 70.00%",
        "this epoch [########............] 40.00%",
        "         7 iter, 1 epoch / 10 iterations",
    ]
    assert re.fullmatch(r" *[\d.e+]+ iters/sec\. Estimated time to finish: \S+\.", shown[6][5])
    assert shown[6][6:] == [""]
    assert lines_on_a_screen(out.getvalue()) == [*table, ""]


def test_a_shorter_drawing_leaves_nothing_of_a_longer_one(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")

    class Mine(util.ProgressBar):
        lines = ("long and longer\n", "two\n")

        def get_lines(self):
            return list(self.lines)

    out = Terminal()
    bar = Mine(out=out)
    bar.update()
    assert lines_on_a_screen(out.getvalue()) == ["long and longer", "two", ""]
    bar.lines = ("short\n",)
    bar.update()
    assert lines_on_a_screen(out.getvalue()) == ["short", ""]


def test_a_bar_fits_a_narrow_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "30")
    out = Terminal()
    trainer = trainer_of(tmp_path, 3)
    trainer.extend(extensions.ProgressBar(update_interval=1, out=out))
    trainer.run()
    drawn = [line for line in re.split(r"\x1b\[\w*|\n", out.getvalue()) if line]
    assert drawn
    assert max(map(len, drawn)) <= 29


def test_a_dumb_terminal_gets_no_control_characters(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    trainer = reporting(tmp_path)
    trainer.extend(extensions.PrintReport(ENTRIES, out=out))
    trainer.extend(extensions.ProgressBar(update_interval=1, out=out))
    trainer.run()
    assert out.getvalue() == TABLE


def test_a_file_gets_a_line_a_minute(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    out = io.StringIO()
    trainer = trainer_of(tmp_path, 10, per_epoch=4)
    trainer.extend(training.make_extension(priority=200)(lambda t: wait(now)), "wait")
    trainer.extend(extensions.ProgressBar(update_interval=1, out=out))
    trainer.run()
    rest = [
        (3, 0, "30.0%", "inf", "0:00:00"),
        (6, 1, "60.0%", "0.04", "0:01:40"),
        (9, 2, "90.0%", "0.04", "0:00:25"),
    ]
    assert out.getvalue().splitlines() == [
        f"{iteration} iter, {epoch} epoch / 10 iterations ({share}), "
        f"{speed} iters/sec. Estimated time to finish: {left}."
        for iteration, epoch, share, speed, left in rest
    ]


def wait(now):
    now[0] += 25


@pytest.mark.parametrize(
    ("stop", "given", "status"),
    [
        ((4, "epoch"), None, ["25.00%", "5 iter, 1 epoch / 4 epochs"]),
        ((9, "epoch"), (20, "iteration"), ["25.00%", "5 iter, 1 epoch / 20 iterations"]),
        (lambda t: t.updater.iteration == 5, None, ["0.00%", "5 iter, 1 epoch\n"]),
        (None, (2, "iteration"), ["100.00%", "5 iter, 1 epoch / 2 iterations"]),
    ],
)
def test_the_length_is_what_is_given_or_what_stops(tmp_path, monkeypatch, stop, given, status):
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    trainer = trainer_of(tmp_path)
    trainer.stop_trigger = training.get_trigger(stop)
    trainer.updater.iteration = 5
    bar = extensions.ProgressBar(given, update_interval=5, out=out)
    bar(trainer)
    for words in status:
        assert words in out.getvalue()
    trainer.updater.iteration = 6
    before = out.getvalue()
    bar(trainer)
    assert out.getvalue() == before
    bar.finalize()
    assert out.getvalue() == before + "\x1b[J"


def test_a_bar_of_ones_own():
    class Mine(util.ProgressBar):
        def get_lines(self):
            return ["one\n", "  two \n"]

    out = io.StringIO()
    bar = Mine(out=out)
    bar._last_line -= 100
    bar.update()
    bar.update()
    bar.close()
    assert out.getvalue() == "one  two\n"
    with pytest.raises(NotImplementedError, match="does not define get_lines"):
        util.ProgressBar().get_lines()
    assert util.remaining(1, 0) == "unknown"


PROGRAM = """
from catenary.training import extensions
from tests.training.loops import trainer_of
import sys
trainer = trainer_of(sys.argv[1], 10)
trainer.extend(extensions.LogReport())
trainer.extend(extensions.PrintReport(["epoch", "iteration"]))
trainer.extend(extensions.ProgressBar(update_interval=1))
trainer.run()
"""
PLAIN = "epoch       iteration\n1           5\n2           10\n"


def command(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    return {"args": arguments, "cwd": root, "env": {**os.environ, "TERM": "xterm"}}


def test_a_program_in_a_pipe_writes_no_control_characters(tmp_path):
    done = subprocess.run(
        **command(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout == PLAIN


def test_a_program_on_a_terminal_draws_in_place(tmp_path):
    leader, follower = pty.openpty()
    process = subprocess.Popen(**command(tmp_path), stdout=follower, stderr=follower)
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(leader)
    assert process.wait(60) == 0
    text = said.decode()
    assert "total [" in text
    assert "\x1b[4A" in text
    assert lines_on_a_screen(text) == [*PLAIN.splitlines(), ""]


# ---- notebooks
class Cell:
    """Stands for IPython in a notebook: keeps what each output of a cell shows."""

    def __init__(self, monkeypatch, kernel=True):
        self.outputs = []
        shell = types.SimpleNamespace(**({"kernel": 1} if kernel else {}))
        html = types.SimpleNamespace
        display = types.SimpleNamespace(display=self.display, HTML=lambda text: html(data=text))
        module = types.SimpleNamespace(get_ipython=lambda: shell, display=display)
        monkeypatch.setitem(sys.modules, "IPython", module)

    def display(self, shown, *, display_id):
        assert display_id is True
        self.outputs.append(shown.data)
        index = len(self.outputs) - 1
        return types.SimpleNamespace(update=lambda new: self.outputs.__setitem__(index, new.data))


def test_in_a_notebook_bar_and_table_have_outputs_of_their_own(tmp_path, monkeypatch, capsys):
    cell, during = Cell(monkeypatch), []
    trainer = reporting(tmp_path)
    trainer.extend(extensions.PrintReportNotebook(["epoch", "<loss>", "loss"]))
    trainer.extend(extensions.ProgressBar(update_interval=1, bar_length=10))
    trainer.extend(lambda t: during.append(list(cell.outputs)), "look", priority=0)
    trainer.run()
    assert capsys.readouterr().out == ""
    table, bar = during[6]
    head = "<tr><th>epoch</th><th>&lt;loss&gt;</th><th>loss</th></tr>"
    rows = [
        f"<tr><td>{epoch}</td><td></td><td>{loss}</td></tr>"
        for epoch, loss in ((1, "0.456667"), (2, "0.129127"))
    ]
    assert table == f"<table>{head}{rows[0]}</table>"
    assert bar.startswith("<pre>     total [#######...] 70.00%\nthis epoch [####......] 40.00%\n")
    assert cell.outputs == [f"<table>{head}{''.join(rows)}</table>", ""]


@pytest.mark.parametrize("kernel", [None, False])
def test_outside_a_notebook_its_table_is_printed(tmp_path, monkeypatch, capsys, kernel):
    if kernel is not None:
        Cell(monkeypatch, kernel)
    trainer = reporting(tmp_path)
    trainer.extend(extensions.PrintReportNotebook(ENTRIES))
    trainer.run()
    assert capsys.readouterr().out == TABLE


# ---- the small ones
def test_values_and_learning_rates_are_observed(tmp_path):
    main, other = Box(), Box()
    other.lr = 0.5
    trainer = trainer_of(tmp_path, 5, optimizers={"main": main, "other": other})
    trainer.extend(extensions.observe_lr())
    trainer.extend(extensions.observe_lr("other", "other_lr"))
    trainer.extend(extensions.observe_value("i", lambda t: t.updater.iteration))
    trainer.run()
    assert trainer.observation == {"lr": 1.0, "other_lr": 0.5, "i": 5}


def test_a_micro_average_is_a_ratio_of_sums(tmp_path):
    seen = []
    trainer = trainer_of(tmp_path, 6, per_epoch=3)

    @training.make_extension(priority=300)
    def write(trainer):
        i = trainer.updater.iteration
        if i != 2:
            trainer.observation.update(right=Variable(np.array(i, "f")), all=np.int64(2 * i + 1))

    trainer.extend(write)
    trainer.extend(extensions.MicroAverage("right", "all", "share"))
    trainer.extend(lambda t: seen.append(t.observation.get("share")), "note")
    trainer.run()
    assert seen == [None, None, 4 / 10, None, None, 15 / 33]


@pytest.mark.parametrize("keep", [True, False])
def test_graphs_of_observed_variables_are_let_go(tmp_path, keep):
    trainer, seen = trainer_of(tmp_path, 2), []

    @training.make_extension(priority=300)
    def write(trainer):
        trainer.observation["y"] = Variable(np.ones(1, "f")) * 2
        trainer.observation["n"] = 1

    trainer.extend(write)
    trainer.extend(extensions.unchain_variables())
    trainer.extend(lambda t: seen.append(t.observation["y"].creator is None), "note", priority=-1)
    with using_config("keep_graph_on_report", keep):
        trainer.run()
    assert seen == [keep, keep]
