"""The thread pool: who runs the chunks, and each of them once."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from catenary.kernel import pool

LITTLE, SOME, MUCH = 1000, 40_000, 10_000_000
"""Values for one thread alone; for one more if it is awake; worth waking several for."""


@pytest.fixture
def threads() -> Any:
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def run(count: int, values: int, kernel: Callable[[int], None]) -> None:
    """Run `count` chunks said to hold `values` values; the kernel gets a chunk's number."""
    called = pool._KERNEL(lambda start, *_: kernel(start))
    chunks = chunks_of(called, [1] * count, NO_STREAMS)
    pool.run_chunks(chunks, chunks.ctypes.data, values)


def chunks_of(called: Any, counts: Sequence[int], streams: np.ndarray[Any, Any]) -> Any:
    """Return chunks for a kernel that gets a chunk's number as its start."""
    chunks = np.zeros(len(counts), pool.CHUNK)
    chunks["function"] = ctypes.cast(called, ctypes.c_void_p).value
    chunks["start"] = np.arange(len(counts))
    chunks["count"] = counts
    chunks["streams"] = streams.ctypes.data
    return chunks


NO_STREAMS = np.zeros((1, 2), np.int64)


def who_runs(values: int, count: int = 12) -> set[int]:
    """Return the threads that ran slow chunks."""
    ids = set()

    def slow(_: int) -> None:
        ids.add(threading.get_native_id())
        time.sleep(0.002)

    run(count, values, slow)
    return ids


def torch_works_in_parallel() -> None:
    torch.ones(1_000_000).exp_()


@pytest.mark.parametrize("awake", [False, True])
@pytest.mark.parametrize("values", [LITTLE, SOME, MUCH])
@pytest.mark.parametrize("count", [1, 2, 37, 5000])
def test_every_chunk_runs_once(count: int, values: int, awake: bool, threads: Any) -> None:
    for number in (2, 3, 7, 1, 2):
        threads(number)
        if awake:
            torch_works_in_parallel()
        ran: list[int] = []
        run(count, values, ran.append)
        assert sorted(ran) == list(range(count))


def test_chunks_without_elements_are_left_out() -> None:
    ran: list[int] = []
    called = pool._KERNEL(lambda start, *_: ran.append(start))
    chunks = chunks_of(called, [1, 0, 0, 1], NO_STREAMS)
    pool.run_chunks(chunks, chunks.ctypes.data, 2)
    assert ran == [0, 3]


def test_little_work_stays_with_the_caller(threads: Any) -> None:
    threads(4)
    torch_works_in_parallel()
    assert who_runs(LITTLE) == {threading.get_native_id()}


def test_much_work_wakes_helpers(threads: Any) -> None:
    threads(3)
    time.sleep(0.3)  # torch's threads have gone to sleep
    ids = who_runs(MUCH)
    assert threading.get_native_id() in ids
    assert 2 <= len(ids) <= 3
    assert who_runs(SOME) == {threading.get_native_id()}


def test_one_thread_means_one(threads: Any) -> None:
    threads(1)
    assert who_runs(MUCH) == {threading.get_native_id()}


TAKEN_ALONG = """
import ctypes, os, sys
import torch
sys.path.insert(0, sys.argv[1])
from test_pool import LITTLE, SOME, run, torch_works_in_parallel, who_runs

torch.set_num_threads(2)
run(2, LITTLE, id)  # loads all that starts threads of its own
others = set(map(int, os.listdir("/proc/self/task")))
for _ in range(2):
    torch_works_in_parallel()
    (worker,) = set(map(int, os.listdir("/proc/self/task"))) - others
    for _ in range(500):  # on a busy machine it may not be running just now
        torch_works_in_parallel()
        if worker in who_runs(SOME, count=4):
            print("taken along")
            break
    soft = 1
    ctypes.CDLL(None).omp_pause_resource_all(soft)  # ends torch's threads; others will follow
"""


@pytest.mark.skipif(
    not Path("/proc/self/task").exists() or len(os.sched_getaffinity(0)) < 2,
    reason="threads are listed on Linux, and two run at once on two processors",
)
def test_threads_of_torchs_that_wait_awake_are_taken_along() -> None:
    command = [sys.executable, "-c", TAKEN_ALONG, str(Path(__file__).parent)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout == "taken along\n" * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_never_waits_for_torchs_threads(threads: Any) -> None:
    """They are its parent's; helpers of its own it may have."""
    threads(2)
    torch_works_in_parallel()
    who_runs(SOME)  # knows torch's threads from here on
    torch_works_in_parallel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a process with threads forks
        child = os.fork()
    if child == 0:
        torch.set_num_threads(2)
        ran: list[int] = []
        for values in (SOME, MUCH):
            run(37, values, ran.append)
        os._exit(0 if sorted(ran) == sorted([*range(37)] * 2) else 1)
    deadline = time.monotonic() + 60
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    if done == (0, 0):
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert done == (child, 0)
