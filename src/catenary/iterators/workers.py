"""The worker processes of a MultiprocessIterator: started, fed, heard, replaced and stopped."""

from __future__ import annotations

import contextlib
import mmap
import multiprocessing
import os
import pickle
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from multiprocessing import connection as links
from multiprocessing.reduction import recv_handle
from typing import Any

import numpy as np

from catenary.errors import WorkerError
from catenary.iterators.serving import Answer, Task, serve, unpack

__all__ = ["Workers"]

# What a connection holds unread without blocking: so many tasks, so many indices.
_TASKS_AHEAD = 32
_INDICES_AHEAD = 8192
_CHUNK = 2048
_DEADLY = 2  # workers that may die over the same examples
_PATIENCE = 5.0  # seconds for a process to end before it is killed

Result = list[Any] | BaseException


class _Worker:
    """One process, its end of the connection, its shared memory, and what it was asked."""

    def __init__(self, dataset: Any, shared: int | None, others: list[_Worker]) -> None:
        context = multiprocessing.get_context()
        self.connection, theirs = context.Pipe()
        forks = context.get_start_method() == "fork"
        inherited = [self.connection, *(w.connection for w in others)] if forks else []
        self.process: Any = context.Process(
            target=serve,
            args=(dataset, theirs, shared, inherited),
            daemon=True,
            name="catenary-iterator",
        )
        try:
            self.process.start()
        finally:
            theirs.close()
        self.tasks: dict[int, Task] = {}  # in the order in which they are read
        self.segments: dict[int, mmap.mmap] = {}
        self.given = 0
        self.retires = False

    @property
    def load(self) -> int:
        """Indices that it was given and has not answered."""
        return sum(len(task.indices) for task in self.tasks.values())

    def free_segment(self) -> int:
        """Return the lowest number of a segment that no task uses."""
        used = {task.segment for task in self.tasks.values()}
        return next(number for number in range(len(used) + 1) if number not in used)

    def stop(self) -> None:
        """Ask it to end; at once if it is in the middle of something."""
        if self.tasks:
            self.process.terminate()
        else:
            with contextlib.suppress(OSError):
                self.connection.send(None)

    def bury(self) -> int | None:
        """Wait for the process to end, by force if need be; return its exit code."""
        for last_resort in (self.process.terminate, self.process.kill):
            self.process.join(_PATIENCE)
            if self.process.exitcode is not None:
                break
            last_resort()
        self.process.join()
        self.connection.close()
        for memory in self.segments.values():
            memory.close()
        exitcode: int | None = self.process.exitcode
        self.process.close()
        return exitcode


class Workers:
    """Processes that read examples.

    No thread and no lock is shared with them: each has a connection of its own, so that whichever
    process is killed, at whatever moment, the others go on. Shared memory has no name, and is gone
    with the last process that maps it.

    Args:
        dataset: Dataset to read.
        count: Number of processes.
        shared: Bytes of shared memory for each example to begin with; None for what is needed, 0 to
            send examples through pipes.
        lifetime: Tasks after which a process is replaced by a fresh one; None for never.
    """

    def __init__(self, dataset: Any, count: int, shared: int | None, lifetime: int | None) -> None:
        self._dataset = dataset
        self._count = count
        self._shared = 0 if sys.platform == "win32" else shared
        self._lifetime = lifetime
        self._owner = os.getpid()
        self._next_ticket = 0
        self._queue: deque[Task] = deque()
        self._wanted: set[int] = set()
        self._deaths: dict[int, int] = {}
        self._results: dict[int, Result] = {}
        self._notices: list[str] = []
        self._workers: list[_Worker] = []
        self._retiring: list[_Worker] = []
        try:
            self._hire()
        except BaseException:
            self.close()
            raise

    def _hire(self) -> None:
        while len(self._workers) < self._count:
            everyone = self._workers + self._retiring
            self._workers.append(_Worker(self._dataset, self._shared, everyone))

    @property
    def is_ours(self) -> bool:
        """Whether this process has started them (a fork copies the object, not the processes)."""
        return self._owner == os.getpid()

    def begin(self, indices: np.ndarray[Any, Any], seed: tuple[int, int, int]) -> list[int]:
        """Have examples read; return what :meth:`collect` wants to know."""
        pieces = max(min(len(self._workers), len(indices)), -(-len(indices) // _CHUNK), 1)
        tickets = []
        for chunk in np.array_split(indices, pieces):
            self._queue.append(Task(self._next_ticket, 0, chunk, seed))
            tickets.append(self._next_ticket)
            seed = (*seed[:2], seed[2] + len(chunk))
            self._next_ticket += 1
        self._wanted.update(tickets)
        self._send()
        return tickets

    def _send(self) -> None:
        """Give tasks to the workers who have the least to do, as far as their connections hold."""
        self._hire()
        while self._queue:
            worker = min(self._workers, key=lambda w: (w.load, len(w.tasks)))
            task = self._queue[0]
            full = len(worker.tasks) >= _TASKS_AHEAD
            if full or (worker.tasks and worker.load + len(task.indices) > _INDICES_AHEAD):
                return
            self._queue.popleft()
            task = task._replace(segment=worker.free_segment())
            worker.tasks[task.ticket] = task
            self._guarded(worker, lambda w=worker, t=task: w.connection.send(tuple(t)))  # type: ignore[misc]
            worker.given += 1
            if worker in self._workers and worker.given == self._lifetime:
                self._retire(worker)
            self._hire()

    def _retire(self, worker: _Worker) -> None:
        worker.retires = True
        self._workers.remove(worker)
        self._retiring.append(worker)
        self._guarded(worker, lambda: worker.connection.send(None))

    def _guarded(self, worker: _Worker, talk: Callable[[], None]) -> None:
        """Talk to a worker; a talk that is cut short leaves no half message behind."""
        try:
            talk()
        except (EOFError, OSError):
            self._replace(worker)
        except BaseException:
            worker.process.kill()
            self._replace(worker, killed_by_us=True)
            raise

    def _replace(self, worker: _Worker, killed_by_us: bool = False) -> None:
        """Bury a worker that has ended, and have its examples read again."""
        pid, tasks = worker.process.pid, list(worker.tasks.values())
        exitcode = worker.bury()
        if worker in self._retiring:
            self._retiring.remove(worker)
        else:
            self._workers.remove(worker)
        if not killed_by_us and not (worker.retires and not tasks):
            self._blame(pid, exitcode, tasks)
        self._queue.extendleft(reversed([t for t in tasks if t.ticket in self._wanted]))

    def _blame(self, pid: int, exitcode: int | None, tasks: list[Task]) -> None:
        how = (
            f"was killed by signal {-exitcode}"
            if exitcode is not None and exitcode < 0
            else f"ended ({exitcode})"
        )
        if tasks:
            how += f" while reading examples {_summary(tasks[0].indices)}"
        notice = f"worker process {pid} of MultiprocessIterator {how}"
        if tasks:
            ticket = tasks[0].ticket
            self._deaths[ticket] = self._deaths.get(ticket, 0) + 1
            if self._deaths[ticket] >= _DEADLY:
                del tasks[0]
                self._finish(
                    ticket,
                    WorkerError(
                        f"{notice}, as the one before. One of these examples ends the process that "
                        "reads it (out of memory, or a crash in compiled code): read them with "
                        "SerialIterator to see, or use fewer processes."
                    ),
                )
                return
        again = " and reads them again" if tasks else ""
        self._notices.append(f"{notice}; another one takes its place{again}")

    def collect(self, tickets: list[int], timeout: float | None, what: type[Warning]) -> list[Any]:
        """Wait for examples.

        Args:
            tickets: What :meth:`begin` has returned.
            timeout: Seconds after which to warn; None for never.
            what: Category of that warning.

        Raises:
            Exception: Whatever the dataset has raised in a worker, with the worker's traceback.
            WorkerError: If reading the examples ends the process.
        """
        since = time.monotonic()
        while not all(ticket in self._results for ticket in tickets):
            self._tell()
            self._send()
            left = None if timeout is None else since + timeout - time.monotonic()
            if left is None or left > 0:
                self._hear(left)
            else:
                since = time.monotonic()
                self._warn_stalled(timeout, what)
        self._tell()
        results = [self._results[ticket] for ticket in tickets]
        for result in results:
            if isinstance(result, BaseException):
                raise result
        self.abandon(tickets)
        return [example for result in results for example in result]  # type: ignore[union-attr]

    def _tell(self) -> None:
        while self._notices:
            warnings.warn(self._notices.pop(0), RuntimeWarning, stacklevel=6)

    def _warn_stalled(self, timeout: float | None, what: type[Warning]) -> None:
        busy = [
            f"process {w.process.pid} reads {_summary(next(iter(w.tasks.values())).indices)}"
            for w in self._workers + self._retiring
            if w.tasks
        ]
        warnings.warn(
            f"the dataset has not answered for {timeout} seconds: {'; '.join(busy)}. It may be "
            "slow (then raise dataset_timeout), or stuck (then see where with SerialIterator).",
            what,
            stacklevel=6,
        )

    def _hear(self, timeout: float | None) -> None:
        """Receive what workers have to say, within some seconds."""
        everyone = self._workers + self._retiring
        ready = links.wait(
            [o for w in everyone for o in (w.connection, w.process.sentinel)], timeout
        )
        for worker in everyone:
            if worker.connection in ready:
                self._guarded(worker, lambda w=worker: self._receive(w))  # type: ignore[misc]
            elif worker.process.sentinel in ready:
                self._replace(worker)

    def _receive(self, worker: _Worker) -> None:
        answer = Answer(*worker.connection.recv())
        task = worker.tasks[answer.ticket]
        if answer.capacity:
            handle = recv_handle(worker.connection)
            try:
                worker.segments[task.segment] = mmap.mmap(handle, answer.capacity)
            finally:
                os.close(handle)
        if answer.ticket in self._wanted:
            self._finish(answer.ticket, self._result(answer, worker.segments.get(task.segment)))
        del worker.tasks[answer.ticket]

    def _finish(self, ticket: int, result: Result) -> None:
        if ticket in self._wanted:
            self._results[ticket] = result

    def _result(self, answer: Answer, segment: mmap.mmap | None) -> Result:
        try:
            if answer.error is not None:
                return _error(answer)
            if answer.data is not None:
                return pickle.loads(answer.data)  # type: ignore[no-any-return]  # noqa: S301
            assert segment is not None
            memory = np.empty(answer.size, np.uint8)
            memory[:] = np.frombuffer(segment, np.uint8, answer.size)
            return unpack(memory)
        except Exception as error:  # noqa: BLE001  (examples that cannot be unpickled)
            return error

    def abandon(self, tickets: list[int]) -> None:
        """Forget examples, read or not."""
        self._wanted.difference_update(tickets)
        self._queue = deque(task for task in self._queue if task.ticket in self._wanted)
        for ticket in tickets:
            self._results.pop(ticket, None)
            self._deaths.pop(ticket, None)

    def close(self) -> None:
        """End all processes, and wait until they have ended."""
        everyone = self._workers + self._retiring
        self._workers, self._retiring = [], []
        if not self.is_ours:
            return
        for worker in everyone:
            worker.stop()
        for worker in everyone:
            worker.bury()


def _error(answer: Answer) -> Exception:
    """Return the dataset's exception; the worker's traceback is printed as its cause."""
    error = pickle.loads(answer.error) if answer.error else WorkerError(answer.trace)  # noqa: S301
    if isinstance(error, StopIteration):
        error = RuntimeError("the dataset raised StopIteration")
    error.__cause__ = WorkerError(answer.trace)
    return error


def _summary(indices: np.ndarray[Any, Any]) -> str:
    shown = ", ".join(map(str, indices[:4].tolist()))
    return f"{shown}, ... ({len(indices)} in all)" if len(indices) > 4 else shown
