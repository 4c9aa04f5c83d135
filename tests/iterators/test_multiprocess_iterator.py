"""Worker processes: what they send, how they die, and that nothing of them stays behind."""

import gc
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from catenary.errors import WorkerError
from catenary.iterators import MultiprocessIterator, SerialIterator
from catenary.iterators.workers import Workers
from catenary.serializers import load_npz, save_npz

pytestmark = pytest.mark.filterwarnings("ignore:This process.* is multi-threaded")


def processes_of(parent):
    """Every process that has this parent, zombies too."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(words[1]) == parent:
                found.append(int(entry.name))
    return found


def what_is_there():
    files = len(list(Path("/proc/self/fd").iterdir()))
    return processes_of(os.getpid()), set(Path("/dev/shm").iterdir()), files


@pytest.fixture(autouse=True)
def nothing_stays_behind():
    gc.collect()  # what tests before left to be collected is not this test's
    processes, shared, files = what_is_there()
    yield
    gc.collect()  # an exception's traceback may hold an iterator
    here, _, open_files = what_is_there()
    assert (here, open_files) == (processes, files)
    # Shared memory is the whole machine's: what tests beside this one hold goes away by itself.
    deadline = time.monotonic() + 30
    while left := set(Path("/dev/shm").iterdir()) - shared:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


class Base:
    def __init__(self, size=40):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return int(index)


class Rich(Base):
    def __getitem__(self, index):
        return (
            np.full((3, index % 4), index, np.float32),
            np.int32(index),
            {"name": f"number {index}", "order": np.asfortranarray(np.arange(6.0).reshape(2, 3))},
            [int(index), None, np.arange(8)[::2]],
        )


def flat(value):
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tolist()
    if isinstance(value, (tuple, list)):
        return type(value).__name__, [flat(part) for part in value]
    return {key: flat(part) for key, part in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("shared_mem", [None, 0, 1, 10**5])
def test_examples_arrive_as_they_are(shared_mem):
    expected = [flat(example) for example in map(Rich().__getitem__, range(40))]
    with MultiprocessIterator(
        Rich(), 10, shuffle=False, n_processes=3, n_prefetch=2, shared_mem=shared_mem
    ) as iterator:
        batches = [next(iterator) for _ in range(4)]
        assert [flat(example) for batch in batches for example in batch] == expected
        array = batches[0][1][0]
        array += 1  # arrays are one's own, and stay when memory is used again
        next(iterator)
        assert array.tolist() == [[2.0]] * 3


def test_memory_is_used_again_and_grows():
    class Growing(Base):
        def __getitem__(self, index):
            return np.full(1000 * (1 + index // 10), index)

    with MultiprocessIterator(Growing(), 10, shuffle=False, n_processes=1) as iterator:
        for first in (0, 10, 20, 30, 0, 10):
            batch = next(iterator)
            assert [array[0] for array in batch] == list(range(first, first + 10))
            assert all((array == array[0]).all() for array in batch)
        segments = iterator._pool._workers[0].segments
        assert len(segments) <= 2  # one being read, one ahead


def test_big_batches_through_pipes_do_not_block():
    class Big(Base):
        def __getitem__(self, index):
            return np.full(2000, index)

    with MultiprocessIterator(
        Big(6000), 3000, shuffle=False, n_processes=2, n_prefetch=3, shared_mem=0
    ) as iterator:
        for first in (0, 3000, 0):
            assert [int(a[0]) for a in next(iterator)] == list(range(first, first + 3000))


def test_long_batches_through_pipes_do_not_block():
    class Words(Base):
        def __getitem__(self, index):
            return f"{index} " * 30

    with MultiprocessIterator(
        Words(20000), 20000, shuffle=False, n_processes=1, n_prefetch=3, shared_mem=0
    ) as iterator:
        assert len(next(iterator)) == len(next(iterator)) == 20000


def test_fifty_starts_and_stops():
    torch.rand(300, 300) @ torch.rand(300, 300)  # so that a fork inherits torch's threads
    for i in range(50):
        iterator = MultiprocessIterator(Rich(), 5, n_processes=2, n_prefetch=1 + i % 3)
        for _ in range(i % 4):
            next(iterator)
        if i % 3 == 0:
            iterator.finalize()
        elif i % 3 == 1:
            with iterator:
                next(iterator)
        else:
            del iterator


class Draws(Base):
    def __getitem__(self, index):
        return int(index), np.random.rand(), float(torch.rand(())), torch.get_num_threads()


def test_random_numbers_do_not_depend_on_who_reads():
    def run(**options):
        np.random.seed(2)
        with MultiprocessIterator(Draws(), 7, **options) as iterator:
            return [example for _ in range(20) for example in next(iterator)]

    once = run(n_processes=1)
    assert once == run(n_processes=3, n_prefetch=4) == run(n_processes=2, maxtasksperchild=3)
    assert len({numpy for _, numpy, _, _ in once}) == len({t for *_, t, _ in once}) == len(once)
    assert {threads for *_, threads in once} == {1}


def test_each_sweep_draws_other_numbers():
    with MultiprocessIterator(Draws(8), 8, shuffle=False, n_processes=1) as iterator:
        first, second = ([number for _, number, *_ in next(iterator)] for _ in range(2))
    assert not set(first) & set(second)


def test_another_order_draws_other_numbers():
    drawn = set()
    for seed in range(3):
        np.random.seed(seed)
        with MultiprocessIterator(Draws(8), 8, n_processes=1) as iterator:
            drawn |= {number for _, number, *_ in next(iterator)}
    assert len(drawn) == 24


def test_a_resumed_run_draws_the_same():
    def options(n):
        return {"n_processes": n, "n_prefetch": n + 1}

    np.random.seed(2)
    stream = io.BytesIO()
    with MultiprocessIterator(Draws(), 7, **options(2)) as iterator:
        for _ in range(8):
            next(iterator)
        save_npz(stream, iterator)
        randomness = np.random.get_state()
        expected = [next(iterator) for _ in range(12)]
    with MultiprocessIterator(Draws(), 7, **options(1)) as again:
        load_npz(stream, again)
        np.random.set_state(randomness)
        assert [next(again) for _ in range(12)] == expected


def test_a_forked_copy_ends_nothing():
    with MultiprocessIterator(Base(), 4, shuffle=False, n_processes=2) as iterator:
        next(iterator)
        pid = os.fork()
        if pid == 0:
            try:
                iterator.finalize()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert [next(iterator)[0] for _ in range(5)] == [4, 8, 12, 16, 20]


class Awkward(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class Fails(Base):
    def __getitem__(self, index):
        if index == 13:
            raise self.error
        return int(index)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyError("x"), KeyError),
        (Awkward(1, 2), WorkerError),
        (StopIteration(), RuntimeError),
    ],
    ids=repr,
)
def test_an_exception_of_the_dataset(error, expected):
    Fails.error = error
    with MultiprocessIterator(Fails(), 5, shuffle=False, n_processes=2, n_prefetch=3) as iterator:
        batches = [next(iterator) for _ in range(2)]
        for _ in range(2):
            with pytest.raises(expected) as raised:
                next(iterator)
            trace = str(raised.value.__cause__)
            assert "while reading example 13" in trace
            assert "raise self.error" in trace
            assert iterator.current_position == 10
        batches += [[]]
    assert batches == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], []]


def test_examples_that_cannot_be_sent():
    class Lambdas(Base):
        def __getitem__(self, index):
            return lambda: index

    with MultiprocessIterator(Lambdas(), 5, n_processes=1) as iterator:
        with pytest.raises(Exception, match=r"[Pp]ickle") as raised:
            next(iterator)
        assert "in worker process" in str(raised.value.__cause__)


@pytest.mark.parametrize("n_processes", [1, 3])
def test_killed_workers_are_replaced(n_processes):
    np.random.seed(1)
    expected = [next(iterator) for iterator in [SerialIterator(Base(), 7)] for _ in range(30)]
    np.random.seed(1)
    random = np.random.RandomState(0)
    with MultiprocessIterator(Base(), 7, n_processes=n_processes, n_prefetch=2) as iterator:
        batches = [next(iterator)]

        def go_on():
            for i in range(29):
                if i % 5 == 0:
                    victims = [worker.process.pid for worker in iterator._pool._workers]
                    os.kill(random.choice(victims), signal.SIGKILL)
                batches.append(next(iterator))

        with pytest.warns(RuntimeWarning, match=r"was killed by signal 9.*another one takes"):
            go_on()
    assert batches == expected


def test_a_warning_made_an_error_loses_no_batch():
    with MultiprocessIterator(Base(), 4, shuffle=False, n_processes=1) as iterator:
        next(iterator)
        os.kill(iterator._pool._workers[0].process.pid, signal.SIGKILL)
        with pytest.raises(RuntimeWarning, match="another one takes its place"):
            for _ in range(3):
                next(iterator)
        begin = iterator.current_position
        assert next(iterator) == list(range(begin, begin + 4))


class Deadly(Base):
    def __getitem__(self, index):
        if index == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        return int(index)


def test_examples_that_kill_are_named():
    with MultiprocessIterator(Deadly(), 5, shuffle=False, n_processes=2, n_prefetch=2) as iterator:

        def go_on():
            assert [next(iterator) for _ in range(2)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
            with pytest.raises(WorkerError, match=r"13.*as the one before.*SerialIterator"):
                next(iterator)

        with pytest.warns(RuntimeWarning, match=r"by signal 9 while reading examples 1") as told:
            go_on()
    assert len(told) == 1  # one more try, and not two


def test_a_worker_that_exits_is_named():
    class Exits(Base):
        def __getitem__(self, index):
            sys.exit(3)

    with (
        MultiprocessIterator(Exits(), 5, n_processes=1) as iterator,
        pytest.warns(RuntimeWarning, match=r"ended \(3\) while reading"),
        pytest.raises(WorkerError, match=r"ended \(3\)"),
    ):
        next(iterator)


class Slow(Base):
    def __getitem__(self, index):
        time.sleep(0.15)
        return int(index)


def test_a_slow_dataset_is_told_of():
    with MultiprocessIterator(Slow(), 2, shuffle=False, n_processes=2, dataset_timeout=0.05) as it:
        with pytest.warns(
            MultiprocessIterator.TimeoutWarning, match="0.05 seconds: process .* reads "
        ):
            assert next(it) == [0, 1]
        with pytest.raises(MultiprocessIterator.TimeoutWarning):  # warnings are errors in tests
            for _ in range(3):
                next(it)
        assert it._ahead  # and goes on reading
        begin = it.current_position
        it.dataset_timeout = None
        assert next(it) == [begin, begin + 1]


def test_ending_does_not_wait_for_the_dataset():
    class Stuck(Base):
        def __getitem__(self, index):
            time.sleep(100)

    iterator = MultiprocessIterator(Stuck(), 2, n_processes=2, dataset_timeout=0.05)
    with pytest.raises(MultiprocessIterator.TimeoutWarning):
        next(iterator)
    start = time.monotonic()
    iterator.finalize()
    assert time.monotonic() - start < 3


def test_an_interrupt_loses_no_batch(monkeypatch):
    with MultiprocessIterator(Base(), 4, shuffle=False, n_processes=2) as iterator:
        next(iterator)
        real = Workers._receive
        for where in ("before", "after"):

            def interrupted(self, worker, where=where):
                if where == "after":
                    worker.connection.recv()  # half of the talk is lost
                monkeypatch.setattr(Workers, "_receive", real)
                raise KeyboardInterrupt

            monkeypatch.setattr(Workers, "_receive", interrupted)
            with pytest.raises(KeyboardInterrupt):
                for _ in range(4):
                    next(iterator)
            begin = iterator.current_position % 40
            assert next(iterator) == list(range(begin, begin + 4))


def test_processes_are_replaced_when_their_time_has_come():
    class Pid(Base):
        def __getitem__(self, index):
            return os.getpid()

    with MultiprocessIterator(Pid(), 4, n_processes=2, maxtasksperchild=2) as iterator:
        pids = [pid for _ in range(10) for pid in next(iterator)]
        assert 10 <= len(set(pids)) <= 12  # twenty parts, two each, and what was read ahead
        assert len(processes_of(os.getpid())) <= 6


def test_a_dataset_that_cannot_be_started_with():
    with pytest.raises(ValueError, match="is empty"):
        next(MultiprocessIterator(Base(0), 2, n_processes=1))


PROGRAM = """
import multiprocessing, os, sys, time
import numpy as np
import torch
from catenary.iterators import MultiprocessIterator, SerialIterator

class Squares:
    def __len__(self):
        return 10
    def __getitem__(self, index):
        return np.arange(3) * index, int(index) ** 2 * torch.get_num_threads()

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    iterator = MultiprocessIterator(Squares(), 4, shuffle=False, n_processes=1, n_prefetch=2)
    for batch in [next(iterator) for _ in range(3)]:
        print([(a.tolist(), b) for a, b in batch])
    if sys.argv[2] == "stay":
        other = os.fork()  # which has a copy of whatever is open
        if other == 0:
            time.sleep(100)
        print(other, *[w.process.pid for w in iterator._pool._workers], flush=True)
        time.sleep(100)
"""
EXPECTED = [
    [([0, i, 2 * i], i * i) for i in batch] for batch in ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1])
]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_ways_to_start_a_process(method, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program), method, "leave"],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert done.stdout.splitlines() == [str(batch) for batch in EXPECTED]
    assert done.stderr == ""


def test_workers_of_a_killed_program_end(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(program), "fork", "stay"], stdout=subprocess.PIPE, text=True
    ) as running:
        lines = [running.stdout.readline() for _ in range(4)]
        running.kill()
    other, worker = map(int, lines[3].split())
    try:
        wait_for_the_end_of(worker)
    finally:
        os.kill(other, signal.SIGKILL)


def wait_for_the_end_of(pid):
    deadline = time.monotonic() + 30
    state = ""
    while state != "Z" and time.monotonic() < deadline:  # ended, and nobody has looked yet
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        time.sleep(0.05)
    assert state == "Z"
