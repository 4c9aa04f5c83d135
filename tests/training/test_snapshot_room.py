"""Where writing is slower than training, the loop waits: one snapshot is written, one waits."""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from catenary import serializers
from catenary.errors import SnapshotWriteError
from catenary.training.extensions import snapshot_writers
from tests.training.snapshots import names
from tests.training.test_snapshot_writers import ASYNCHRONOUS, gate, held_up, is_alive, until

__all__ = ["gate"]

QUEUES = [snapshot_writers.ThreadQueueWriter, snapshot_writers.ProcessQueueWriter]
A_WHILE = 0.1


class Taking(threading.Thread):
    """Takes snapshots s0, s1, ... one after the other; `error` is what was raised."""

    def __init__(self, writer, folder, count, values):
        super().__init__(daemon=True)
        self.writer, self.folder, self.count, self.values = writer, folder, count, values
        self.taken, self.error = 0, None
        self.start()

    def run(self):
        try:
            for step in range(self.count):
                self.values["w"][:] = step
                self.writer(f"s{step}", self.folder, self.values)
                self.taken += 1
        except SnapshotWriteError as error:
            self.error = error


@pytest.fixture
def copies(monkeypatch):
    """What was copied so far, oldest first."""
    made = []

    def remember(values):
        made.append(values["w"].tolist())
        return {"w": values["w"].copy()}

    monkeypatch.setattr(copy, "deepcopy", remember)
    return made


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_the_third_waits_uncopied_and_nothing_is_lost(kind, gate, copies, tmp_path):
    writer = kind(held_up(gate))
    loop = Taking(writer, tmp_path, 5, {"w": np.zeros(1)})
    until(lambda: loop.taken == 2)
    time.sleep(A_WHILE)
    assert loop.taken == 2
    assert copies == [[0], [1]]
    gate.set()
    loop.join(20)
    writer.finalize()
    assert names(tmp_path) == [f"s{step}" for step in range(5)]
    for step in range(5):
        with np.load(tmp_path / f"s{step}") as file:
            assert file["w"].tolist() == [step]


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_one_name_may_be_written_again_and_again(kind, tmp_path):
    writer = kind()
    for step in range(4):
        writer("same", tmp_path, {"w": np.full(1, step)})
    writer.finalize()
    with np.load(tmp_path / "same") as file:
        assert file["w"].tolist() == [3]


def stop_at_s0(path, values):
    if Path(path).name == "s0":
        signal.pause()
    serializers.save_npz(path, values)


def test_a_loop_that_waits_hears_of_the_writers_death(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter(stop_at_s0)
    loop = Taking(writer, tmp_path, 3, {"w": np.zeros(1)})
    until(lambda: loop.taken == 2)
    time.sleep(A_WHILE)
    os.kill(writer._consumer.pid, signal.SIGKILL)
    loop.join(20)
    assert "s0 could not be written" in str(loop.error)
    writer.finalize()
    assert_waiting_ones_were_written(tmp_path, ["s1", "s2"])


def assert_waiting_ones_were_written(folder, wanted):
    assert [name for name in names(folder) if "." not in name] == wanted
    for name in wanted:
        with np.load(folder / name) as file:
            assert file["w"].tolist() == [int(name[1:])]


def test_finalize_does_not_wait_for_the_dead(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter(stop_at_s0)
    for step in range(2):
        writer(f"s{step}", tmp_path, {"w": np.full(1, step)})
    ending = threading.Timer(A_WHILE, os.kill, (writer._consumer.pid, signal.SIGKILL))
    ending.start()
    with pytest.raises(SnapshotWriteError, match=r"s0 could not be written: .* code -9"):
        writer.finalize()
    ending.join()
    assert_waiting_ones_were_written(tmp_path, ["s1"])
    writer.finalize()


def stop_at_both(path, values):
    signal.pause()


def test_a_writer_that_took_over_and_is_killed_too_is_not_replaced_for_ever(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter(stop_at_both)
    for step in range(2):
        writer(f"s{step}", tmp_path, {"w": np.full(1, step)})
    first = writer._consumer
    os.kill(first.pid, signal.SIGKILL)
    first.join(20)
    writer._look_after_consumer()
    assert writer._consumer is not first
    os.kill(writer._consumer.pid, signal.SIGKILL)
    with pytest.raises(SnapshotWriteError, match="s0 could not be written") as raised:
        writer.finalize()
    assert "s1 could not be written" in raised.value.__notes__[0]


def test_where_no_other_writer_can_be_started_the_error_names_what_waited(tmp_path, monkeypatch):
    """As at the end of a program, from Python 3.12 on."""
    writer = snapshot_writers.ProcessQueueWriter(stop_at_s0)
    for step in range(2):
        writer(f"s{step}", tmp_path, {"w": np.full(1, step)})
    os.kill(writer._consumer.pid, signal.SIGKILL)
    writer._consumer.join(20)

    def refuse(self):
        raise RuntimeError("can't fork at interpreter shutdown")

    monkeypatch.setattr(snapshot_writers.WriterProcess, "start", refuse)
    with pytest.raises(SnapshotWriteError, match="s0 could not be written") as raised:
        writer.finalize()
    assert "s1 could not be written: its writer was killed" in raised.value.__notes__[0]
    monkeypatch.undo()
    writer("s2", tmp_path, {"w": np.full(1, 2)})
    writer.finalize()
    assert_waiting_ones_were_written(tmp_path, ["s2"])


def test_a_writer_that_died_idle_is_replaced_silently(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter()
    writer("a", tmp_path, {"w": np.zeros(1)})
    until(lambda: not writer._outcomes.empty())
    os.kill(writer._consumer.pid, signal.SIGKILL)
    writer._consumer.join(20)
    writer("b", tmp_path, {"w": np.zeros(1)})
    writer.finalize()
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_a_way_to_save_that_leaves_is_heard_of(kind, gate, tmp_path):
    def leave_at_a(path, values):
        assert gate.wait(20)
        if Path(path).name == "a":
            sys.exit("no more of this")
        serializers.save_npz(path, values)

    writer = kind(leave_at_a)
    for name in "ab":
        writer(name, tmp_path, {"w": np.zeros(1)})
    gate.set()
    with pytest.raises(SystemExit, match="no more of this"):
        writer.finalize()
    assert names(tmp_path) == ["b"]


def vanish(path, values):
    os._exit(0)


def test_a_process_that_vanishes_without_a_word_is_told_of(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter(vanish)
    writer("a", tmp_path, {"w": np.zeros(1)})
    writer._consumer.join(20)
    with pytest.raises(SnapshotWriteError, match=r"a could not be written: its writer has ended"):
        writer.finalize()


@pytest.mark.parametrize("kind", QUEUES)
def test_what_went_wrong_is_told_even_where_a_copy_fails(kind, tmp_path):
    class Uncopied:
        def __deepcopy__(self, memo):
            raise MemoryError("no room for a copy")

    writer = kind(fail)
    writer("a", tmp_path, {"w": np.zeros(1)})
    until(lambda: not writer._outcomes.empty())
    with pytest.raises(MemoryError):
        writer("b", tmp_path, {"w": Uncopied()})
    with pytest.raises(ValueError, match="not this one"):
        writer.finalize()


def fail(path, values):
    raise ValueError("not this one")


EXIT = """
import os, signal, sys, time
import numpy as np
from catenary.serializers import save_npz
from catenary.training.extensions import snapshot_writers

def wait(path, values):
    if path.endswith("a"):
        time.sleep(60)
    save_npz(path, values)

writer = snapshot_writers.ProcessQueueWriter(wait)
big = np.zeros(1 << 20)  # more than a pipe holds
for name in "ab":
    writer(name, sys.argv[1], {"w": big})
os.kill(writer._consumer.pid, signal.SIGKILL)
print(writer._consumer.pid, flush=True)
"""


def test_a_program_ends_where_its_writer_was_killed(tmp_path, python):
    start = time.monotonic()
    done = python(EXIT, str(tmp_path))
    assert time.monotonic() - start < 30
    assert "a could not be written" in done.stderr
    # From 3.12 on, no process begins while a program ends.
    assert ("b could not be written" in done.stderr) != ("b" in names(tmp_path))
    assert not is_alive(int(done.stdout))


def test_a_writer_of_ones_own_need_not_tell_what_became_of_a_snapshot(tmp_path):
    """Chainer's `consume` may be overridden; it tells nothing."""
    seen = []

    class Mine(snapshot_writers.ThreadQueueWriter):
        def consume(self, q):
            while (job := q.get()) is not None:
                seen.append(job[1])
                q.task_done()
            q.task_done()

    writer = Mine()
    for name in "abcd":
        writer(name, tmp_path, {"w": np.zeros(1)})
    writer.finalize()
    assert seen == list("abcd")


def test_a_queue_of_ones_own_has_the_room_that_it_has(gate, tmp_path):
    class Roomy(snapshot_writers.ProcessQueueWriter):
        def create_queue(self):
            return multiprocessing.JoinableQueue()

    writer = Roomy(held_up(gate))
    for step in range(4):
        writer(f"s{step}", tmp_path, {"w": np.zeros(1)})
    gate.set()
    writer.finalize()
    assert len(names(tmp_path)) == 4
