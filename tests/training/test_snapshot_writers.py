"""Writers of snapshots: what those behind the loop's back write, and what they say of errors.

How many snapshots may wait, and what ends a wait, is in test_snapshot_room.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from catenary import serializers
from catenary.errors import SnapshotWriteError
from catenary.training.extensions import _snapshot_workers, snapshot_writers

ASYNCHRONOUS = [
    snapshot_writers.ThreadWriter,
    snapshot_writers.ProcessWriter,
    snapshot_writers.ThreadQueueWriter,
    snapshot_writers.ProcessQueueWriter,
]


@pytest.fixture
def gate():
    """An event that threads and forked processes can wait for."""
    return multiprocessing.Event()


def held_up(gate):
    """A way to save that waits at a gate."""

    def save(path, values):
        assert gate.wait(20)
        serializers.save_npz(path, values)

    return save


def names(folder):
    return sorted(os.listdir(folder))  # noqa: PTH208


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_the_loop_is_not_held_up_and_the_state_is_that_of_its_moment(kind, gate, tmp_path):
    writer = kind(held_up(gate))
    values = {"w": np.zeros(3)}
    for step in range(2):
        values["w"][:] = step
        writer(f"s{step}", tmp_path, values)
    values["w"][:] = 100
    assert not [name for name in names(tmp_path) if not name.startswith(".")]
    gate.set()
    writer.finalize()
    assert names(tmp_path) == ["s0", "s1"]
    for step in range(2):
        with np.load(tmp_path / f"s{step}") as file:
            assert file["w"].tolist() == [step] * 3
    written = [(tmp_path / name).stat().st_mtime_ns for name in names(tmp_path)]
    assert written == sorted(written)


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_a_writer_can_be_used_again_and_finalized_twice(kind, tmp_path):
    writer = kind()
    writer.finalize()
    for name in ("a", "b"):
        writer(name, tmp_path, {"x": np.ones(1)})
        writer.finalize()
        writer.finalize()
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_an_error_is_raised_later_and_the_others_are_written(kind, gate, tmp_path):
    def fail_at_a(path, values):
        assert gate.wait(20)
        if Path(path).name == "a":
            raise ValueError("not this one")
        serializers.save_npz(path, values)

    writer = kind(fail_at_a)
    for name in "ab":
        writer(name, tmp_path, {"x": np.ones(1)})
    gate.set()
    with pytest.raises(ValueError, match="not this one") as caught:
        writer.finalize()
    assert f"while {tmp_path / 'a'} was written" in "".join(caught.value.__notes__)
    assert names(tmp_path) == ["b"]
    writer.finalize()


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_several_errors_come_together(kind, gate, tmp_path):
    def fail(path, values):
        assert gate.wait(20)
        raise ValueError(Path(path).name)

    writer = kind(fail)
    for name in "ab":
        writer(name, tmp_path, {"x": np.ones(1)})
    gate.set()
    with pytest.raises(ValueError, match="a") as caught:
        writer.finalize()
    assert "and then: b" in caught.value.__notes__


class Shy(Exception):
    """An exception that cannot be pickled."""

    def __init__(self, one, two):
        super().__init__(one)


def be_shy(path, values):
    raise Shy("hello", lambda: 0)


@pytest.mark.parametrize(
    "kind", [snapshot_writers.ProcessWriter, snapshot_writers.ProcessQueueWriter]
)
def test_an_exception_that_cannot_travel_sends_its_text(kind, tmp_path):
    writer = kind(be_shy)
    writer("a", tmp_path, {"x": np.ones(1)})
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*Shy: hello"):
        writer.finalize()


def die(path, values):
    if Path(path).name == "a":
        os.kill(os.getpid(), signal.SIGKILL)
    serializers.save_npz(path, values)


@pytest.mark.parametrize(
    "kind", [snapshot_writers.ProcessWriter, snapshot_writers.ProcessQueueWriter]
)
def test_a_process_that_is_killed_is_reported_and_replaced(kind, tmp_path):
    writer = kind(die)
    writer("a", tmp_path, {"x": np.ones(1), "catenary/iteration": np.asarray(7)})
    with pytest.raises(SnapshotWriteError, match=r"a \(iteration 7\) could not .* code -9"):
        writer.finalize()
    writer("b", tmp_path, {"x": np.ones(1)})
    writer.finalize()
    assert "b" in names(tmp_path)


def test_a_consumer_that_is_killed_does_not_stop_the_next_snapshot(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter(die)
    writer("a", tmp_path, {"x": np.ones(1)})
    writer._consumer.join(20)
    with pytest.raises(SnapshotWriteError, match="a could not be written"):
        writer("b", tmp_path, {"x": np.ones(1)})
    writer.finalize()
    assert "b" in names(tmp_path)


EXIT = """
import os, sys, time
import numpy as np
from catenary.serializers import save_npz
from catenary.training.extensions import snapshot_writers

def save_slowly(path, values):
    time.sleep(0.1)
    save_npz(path, values)

for kind in sys.argv[2:]:
    if os.fork():
        os.wait()
    else:
        writer = getattr(snapshot_writers, kind)(save_slowly)
        for name in "ab":
            writer(kind + name, sys.argv[1], {"x": np.ones(1)})
        break
"""


def test_a_program_that_ends_without_finalize_writes_everything(tmp_path, python):
    kinds = [kind.__name__ for kind in ASYNCHRONOUS]
    python(EXIT, str(tmp_path), *kinds)
    assert names(tmp_path) == sorted(kind + name for kind in kinds for name in "ab")


def test_a_queue_takes_tasks_of_ones_own(tmp_path):
    done = []
    writer = snapshot_writers.ThreadQueueWriter(task=lambda *args: done.append(args))
    writer("a", "out", {"x": 1})
    writer.finalize()
    assert done == [("a", "out", {"x": 1})]


def test_bases_say_what_they_lack():
    with pytest.raises(NotImplementedError, match="Writer does not define __call__"):
        snapshot_writers.Writer()("a", "b", {})
    with pytest.raises(NotImplementedError, match="create_worker"):
        snapshot_writers.StandardWriter()("a", "b", {})
    with pytest.raises(NotImplementedError, match="create_queue"):
        snapshot_writers.QueueWriter()


# ---- Chainer's points of extension
def test_workers_are_threads_and_processes():
    thread = snapshot_writers.ThreadWriter().create_worker("a", "b", {})
    process = snapshot_writers.ProcessWriter().create_worker("a", "b", {})
    assert isinstance(thread, threading.Thread)
    assert isinstance(process, multiprocessing.Process)


def test_a_worker_of_ones_own_is_started_and_joined():
    calls = []

    class Worker:
        def start(self):
            calls.append("start")

        def join(self):
            calls.append("join")

    class Mine(snapshot_writers.StandardWriter):
        def create_worker(self, filename, outdir, target, **kwds):
            calls.append((filename, outdir, target, kwds))
            return Worker()

    writer = Mine(level=3)
    writer("a", "out", {"x": 1})
    writer.finalize()
    assert calls == [("a", "out", {"x": 1}, {"level": 3}), "start", "join"]


def test_a_queue_is_consumed_until_none():
    class Jobs(list):
        get = list.pop
        done = 0

        def task_done(self):
            self.done += 1

    calls = []
    writer = snapshot_writers.ThreadQueueWriter()
    jobs = Jobs([None, [lambda *args: calls.append(args), "a", "b", {}]])
    writer.consume(jobs)
    assert calls == [("a", "b", {})]
    assert jobs.done == 2


ORPHAN = """
import os, signal, sys
import numpy as np
from catenary.training.extensions import snapshot_writers

for state in ("idle", "half", "locked"):
    if os.fork():
        os.wait()
        continue
    writer = snapshot_writers.ProcessQueueWriter()
    writer(state, sys.argv[1], {"x": np.ones(1)})
    while writer._outcomes.empty():
        pass
    if state == "half":
        writer._queue._writer._send(b"\\0\\0\\1\\0half")
    if state == "locked":
        writer._queue._cond.acquire()
        writer._queue.put(None)
    print(writer._consumer.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_consumer_ends_when_its_parent_was_killed(tmp_path, python):
    """Also where half a job lies in the pipe, or a lock will never be released."""
    consumers = [int(line) for line in python(ORPHAN, str(tmp_path)).stdout.split()]
    assert len(consumers) == 3
    end = time.monotonic() + 10
    while time.monotonic() < end and any(map(is_alive, consumers)):
        time.sleep(0.05)
    assert [is_alive(consumer) for consumer in consumers] == [False, False, False]
    assert names(tmp_path) == ["half", "idle", "locked"]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_a_portable_exception_is_itself():
    error = ValueError("plain")
    assert _snapshot_workers.portable(error) is error


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_queue_keeps_no_copy_of_what_is_written(tmp_path):
    written = []
    writer = snapshot_writers.ThreadQueueWriter(
        task=lambda filename, outdir, target: written.append(weakref.ref(target["w"]))
    )
    writer("s", tmp_path, {"w": np.zeros(3)})
    until(lambda: written and written[0]() is None)
    writer.finalize()


def test_a_line_keeps_no_worker_that_has_ended(tmp_path):
    workers = []

    class Worker:
        def start(self):
            workers.append(weakref.ref(self))

        def join(self):
            pass

    class Writer(snapshot_writers.StandardWriter):
        def create_worker(self, filename, outdir, target, **kwds):
            return Worker()

    writer = Writer()
    writer("s", tmp_path, {"w": np.zeros(3)})
    until(lambda: workers and workers[0]() is None)
    writer.finalize()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_snapshots_that_wait_for_a_process_open_no_files(gate, tmp_path):
    writer = snapshot_writers.ProcessWriter(held_up(gate))
    writer("s0", tmp_path, {"w": np.zeros(3)})
    until(lambda: len(multiprocessing.active_children()) == 1)
    time.sleep(0.05)  # it has been started
    gc.collect()  # what tests before left open
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    writer("s1", tmp_path, {"w": np.zeros(3)})
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    gate.set()
    writer.finalize()
    assert names(tmp_path) == ["s0", "s1"]
