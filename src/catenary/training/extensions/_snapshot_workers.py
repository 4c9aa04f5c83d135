"""Threads and processes that write snapshots, and how what went wrong there comes back."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from catenary.errors import SnapshotWriteError, annotate

__all__ = [
    "LOOK_FOR_ROOM",
    "Line",
    "Outcomes",
    "UntilOrphaned",
    "WriterProcess",
    "WriterThread",
    "failure_of",
]

# Seconds between two looks.
LOOK_FOR_ROOM = 0.01
_LOOK_AFTER_PARENT = 1.0


class WriterThread(threading.Thread):
    """A thread that keeps the exception which ended it."""

    _failure: BaseException | None = None

    def run(self) -> None:
        """Do the work."""
        try:
            super().run()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the loop has to hear of it
            self._failure = error

    def failure(self, what: str) -> BaseException | None:
        """Return what ended the thread, None if all went well; ask after `join`."""
        return self._failure


class WriterProcess(multiprocessing.Process):
    """A process that sends the exception which ended it to its parent.

    An interrupt from the keyboard reaches the parent alone: what is being written gets finished.
    """

    def __init__(self, target: Callable[..., Any], args: Any, *, daemon: bool = False) -> None:
        super().__init__(target=target, args=args, daemon=daemon)

    def start(self) -> None:
        """Start the process; one that still waits for others to end takes no files."""
        self._receiver, self._sender = multiprocessing.Pipe(duplex=False)
        super().start()

    def run(self) -> None:
        """Do the work, in the child."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            super().run()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent has to hear of it
            self._sender.send(portable(error))

    def failure(self, what: str) -> BaseException | None:
        """Return what ended the process, None if all went well; ask after `join`.

        Args:
            what: What it was to write.
        """
        if self._receiver.poll():
            found: BaseException = self._receiver.recv()
            return found
        if self.exitcode:
            return SnapshotWriteError(
                f"{what} could not be written: the process that was to do it ended with exit code "
                f"{self.exitcode} (a negative one is the signal that killed it)"
            )
        return None


class Line:
    """Workers that run one after the other, in the order in which they joined; one may wait."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Any, str] | None] = queue.Queue(maxsize=1)
        self._failures: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def wait_for_room(self) -> None:
        """Wait until no worker waits."""
        while self._waiting.full():
            time.sleep(LOOK_FOR_ROOM)

    def join(self, worker: Any, what: str) -> None:
        """Put a worker, which has `start` and `join`, at the end.

        Args:
            worker: The thread or process.
            what: The snapshot that it is to write.
        """
        self._waiting.put((worker, what))
        if self._thread is None:
            # Not one of an executor: those cannot fork.
            self._thread = threading.Thread(target=self._see_all_through, daemon=True)
            self._thread.start()
            atexit.register(self.finish)

    def finish(self) -> None:
        """Wait until the last worker has ended."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None
            atexit.unregister(self.finish)

    def failures(self) -> list[BaseException]:
        """Return what went wrong since the last call."""
        found = []
        while not self._failures.empty():
            found.append(self._failures.get())
        return found

    def _see_all_through(self) -> None:
        while (entry := self._waiting.get()) is not None:
            worker, what = entry
            try:
                worker.start()
                worker.join()
                failure = failure_of(worker, what)
            except BaseException as error:  # noqa: BLE001 - the loop hears of it; others may follow
                failure = error
            if failure is not None:
                self._failures.put(failure)
            del entry, worker  # and with it the copy that was written, until the next one comes


class UntilOrphaned:
    """A queue for a child process, which ends once its parent is gone and nothing more comes.

    A parent that was killed may have left half an entry or a locked lock behind, on which one could
    wait for ever; so a thread watches.

    Args:
        jobs: The queue.
    """

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs
        self._waits_since: float | None = None
        parent = multiprocessing.parent_process()
        self._parent = os.getppid() if parent is None else parent.pid
        threading.Thread(target=self._watch, daemon=True).start()

    def get(self) -> Any:
        """Wait for the next entry."""
        self._waits_since = time.monotonic()
        entry = self._jobs.get()
        self._waits_since = None
        return entry

    def task_done(self) -> None:
        """Say that the last entry has been dealt with."""
        self._waits_since = time.monotonic()
        self._jobs.task_done()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_AFTER_PARENT)
            since = self._waits_since
            idle = since is not None and time.monotonic() - since > _LOOK_AFTER_PARENT
            if idle and os.getppid() != self._parent:
                os._exit(0)


class Outcomes:
    """A queue from a child process to its parent: what became of each snapshot."""

    def __init__(self) -> None:
        self._queue: Any = multiprocessing.SimpleQueue()
        self.get, self.empty = self._queue.get, self._queue.empty

    def put(self, failure: BaseException | None) -> None:
        """Say what went wrong with the next snapshot, or None."""
        self._queue.put(failure and portable(failure))


def failure_of(worker: Any, what: str) -> BaseException | None:
    """Return what went wrong in the thread or process that was to write `what`, if it says so."""
    return worker.failure(what) if isinstance(worker, (WriterThread, WriterProcess)) else None


def portable(error: BaseException) -> BaseException:
    """Return `error`, or where it cannot be sent to another process, its text."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        sent = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        same = type(sent) is type(error) and str(sent) == str(error)
    except Exception:  # noqa: BLE001 - exceptions may refuse in any way they like
        same = False
    if not same:
        return RuntimeError(text)
    if not isinstance(error, SnapshotWriteError):
        annotate(error, f"in the process that writes snapshots:\n{text}")
    return error
