"""What a worker process of MultiprocessIterator does: read examples, put them in shared memory."""

from __future__ import annotations

import mmap
import os
import pickle
import random
import signal
import sys
import tempfile
import traceback
import zlib
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Answer", "Task", "serve", "unpack"]

_ALIGNMENT = 64
_LOOK_FOR_PARENT = 2.0  # seconds


class Task(NamedTuple):
    """Examples to read.

    Attributes:
        ticket: Number of the task.
        segment: Number of the worker's shared memory to use, free now.
        indices: Which examples.
        seed: Numbers that identify the place of the first example in the run.
    """

    ticket: int
    segment: int
    indices: np.ndarray[Any, Any]
    seed: tuple[int, int, int]


class Answer(NamedTuple):
    """What became of a task.

    Attributes:
        ticket: Number of the task.
        size: Bytes used in the shared memory.
        capacity: Size of new shared memory that replaces the segment; its handle follows. 0: none.
        data: The examples, pickled, where shared memory is not used.
        error: The exception, pickled; empty if it cannot be.
        trace: The traceback of the exception.
    """

    ticket: int
    size: int = 0
    capacity: int = 0
    data: bytes | None = None
    error: bytes | None = None
    trace: str = ""


def serve(
    dataset: Any, connection: Connection, shared: int | None, inherited: Sequence[Connection]
) -> None:
    """Answer tasks until told to stop, or until the process that asks is gone.

    Args:
        dataset: Dataset to read.
        connection: Where tasks come from.
        shared: Bytes of shared memory to start with, for each example; None for what the first
            batch needs, 0 to send examples through the connection.
        inherited: Other workers' connections, which a fork has copied.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    segments: dict[int, mmap.mmap] = {}
    parent = os.getppid()
    try:
        while True:
            while not connection.poll(_LOOK_FOR_PARENT):
                if os.getppid() != parent:
                    return
            task = connection.recv()
            if task is None:
                return
            _answer(dataset, connection, Task(*task), shared, segments)
    except (EOFError, ConnectionError):
        return


def _answer(
    dataset: Any,
    connection: Connection,
    task: Task,
    shared: int | None,
    segments: dict[int, mmap.mmap],
) -> None:
    index = None
    try:
        examples = []
        for place, index in enumerate(task.indices):
            _seed(task.seed, place)
            examples.append(dataset[index])
        index = None
        if shared == 0:
            answer = Answer(task.ticket, data=pickle.dumps(examples, 5))
        else:
            answer, handle = _pack(task, examples, shared or 0, segments)
    except Exception as error:  # noqa: BLE001  (the consumer raises it)
        answer = _failure(task.ticket, error, index)
    connection.send(tuple(answer))
    if answer.capacity:
        send_handle(connection, handle, os.getppid())
        os.close(handle)


def _seed(seed: tuple[int, int, int], place: int) -> None:
    """Let random numbers depend on the example's place in the run, not on who reads it when."""
    order, epoch, offset = seed
    number = zlib.crc32(b"%d %d %d" % (order, epoch, offset + place))
    np.random.seed(number)
    random.seed(number)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(number)


def _failure(ticket: int, error: Exception, index: Any) -> Answer:
    where = "" if index is None else f" while reading example {index}"
    trace = f"in worker process {os.getpid()}{where}:\n{traceback.format_exc()}"
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)  # noqa: S301  (our own bytes: can they be read?)
    except Exception:  # noqa: BLE001
        pickled = b""
    return Answer(ticket, error=pickled, trace=trace)


def _pack(
    task: Task, examples: list[Any], shared: int, segments: dict[int, mmap.mmap]
) -> tuple[Answer, int]:
    """Write pickled examples into the task's segment, which is replaced if it is too small.

    The segment begins with the number of pieces and their sizes; the pieces follow, aligned: the
    pickle, then the memory of each array.
    """
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(examples, 5, buffer_callback=buffers.append)
    pieces = [memoryview(pickled), *(buffer.raw() for buffer in buffers)]
    sizes = [piece.nbytes for piece in pieces]
    starts, size = _layout(sizes)
    capacity, handle = 0, -1
    if task.segment not in segments or len(segments[task.segment]) < size:
        capacity = max(size + size // 4, shared * len(examples), mmap.PAGESIZE)
        handle = _anonymous_file(capacity)
        segments[task.segment] = mmap.mmap(handle, capacity)
    memory = segments[task.segment]
    memory[: 8 * (len(sizes) + 1)] = np.array([len(sizes), *sizes], np.int64).tobytes()
    for start, piece in zip(starts, pieces, strict=True):
        memory[start : start + piece.nbytes] = piece
    return Answer(task.ticket, size, capacity), handle


def _layout(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Return where pieces of these sizes begin, and where the last one ends."""
    starts, end = [], 8 * (len(sizes) + 1)
    for size in sizes:
        start = -(-end // _ALIGNMENT) * _ALIGNMENT
        starts.append(start)
        end = start + size
    return starts, end


def _anonymous_file(size: int) -> int:
    """Return a file in memory that has no name: nothing of it can stay behind."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("catenary-examples")
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    os.truncate(handle, size)
    return handle


def unpack(memory: np.ndarray[Any, Any]) -> list[Any]:
    """Return the examples that a worker has packed; their arrays use `memory` from now on."""
    count = int(memory[:8].view(np.int64)[0])
    sizes = memory[8 : 8 * (count + 1)].view(np.int64).tolist()
    starts, _ = _layout(sizes)
    view = memory.data
    pieces = [view[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    examples: list[Any] = pickle.loads(pieces[0], buffers=pieces[1:])  # noqa: S301  (a worker's)
    return examples
