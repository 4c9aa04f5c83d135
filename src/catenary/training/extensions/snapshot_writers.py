"""Writers of snapshots: in the loop, or behind its back in a thread or a process.

The asynchronous ones copy what they are given and return at once; snapshots are written in the
order in which they were taken. Where writing is slower than training, the loop waits: one snapshot
is being written, one waits, and there are never more copies (`ProcessQueueWriter` has the waiting
one in both processes, for a writer that takes over). What goes wrong is raised at the next
snapshot, or by `finalize`.
"""

from __future__ import annotations

import atexit
import copy
import multiprocessing
import queue
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from catenary.errors import SnapshotWriteError, annotate
from catenary.serializers import save_npz
from catenary.training.extensions._snapshot_files import describe, write_whole
from catenary.training.extensions._snapshot_workers import (
    LOOK_FOR_ROOM,
    Line,
    Outcomes,
    UntilOrphaned,
    WriterProcess,
    WriterThread,
    failure_of,
)

__all__ = [
    "ProcessQueueWriter",
    "ProcessWriter",
    "QueueWriter",
    "SimpleWriter",
    "StandardWriter",
    "ThreadQueueWriter",
    "ThreadWriter",
    "Writer",
]

Savefun = Callable[..., Any]


class Writer:
    """Base class of writers; :func:`~catenary.training.extensions.snapshot` calls one.

    Differs:
        Files carry a checksum and reach the disk before they get their names.
    """

    def __init__(self) -> None:
        self._post_save_hooks: list[Callable[[], Any]] = []

    def __call__(self, filename: str, outdir: Any, target: Any) -> None:
        """Write a snapshot, or see to it that it is written.

        Args:
            filename: Name of the file.
            outdir: Its folder.
            target: Dictionary of arrays by path.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")

    def finalize(self) -> None:
        """Wait until everything is written; called after the loop."""

    def save(self, filename: str, outdir: Any, target: Any, savefun: Savefun, **kwds: Any) -> None:
        """Write a snapshot now.

        Args:
            filename: Name of the file.
            outdir: Its folder.
            target: Dictionary of arrays by path; it gets a checksum.
            savefun: Called with a path and a dictionary.
            **kwds: Keyword arguments for `savefun`.

        Raises:
            SnapshotWriteError: If the system refuses (an OSError); what was there before stays.
        """
        write_whole(Path(outdir, filename), target, savefun, kwds)
        self._post_save()

    def _add_cleanup_hook(self, hook_fun: Callable[[], Any]) -> None:
        """Have `hook_fun` called after every snapshot that was written."""
        self._post_save_hooks.append(hook_fun)

    def _post_save(self) -> None:
        for hook in self._post_save_hooks:
            hook()


class SimpleWriter(Writer):
    """Writer that writes at once, in the loop.

    Args:
        savefun: Called with a path and a dictionary of arrays, for instance
            :func:`catenary.serializers.save_npz`.
        **kwds: Keyword arguments for `savefun`.
    """

    def __init__(self, savefun: Savefun = save_npz, **kwds: Any) -> None:
        super().__init__()
        self._savefun = savefun
        self._kwds = kwds

    def __call__(self, filename: str, outdir: Any, target: Any) -> None:
        """Write a snapshot."""
        self.save(filename, outdir, target, self._savefun, **self._kwds)


class StandardWriter(Writer):
    """Base class of writers that have one thread or process for each snapshot.

    Args:
        savefun: Called with a path and a dictionary of arrays.
        **kwds: Keyword arguments for `savefun`.

    Differs:
        It waits for the snapshot before the last one (Chainer: for the last one).
    """

    def __init__(self, savefun: Savefun = save_npz, **kwds: Any) -> None:
        super().__init__()
        self._savefun = savefun
        self._kwds = kwds
        self._line = Line()

    def __call__(self, filename: str, outdir: Any, target: Any) -> None:
        """Begin to write a copy of `target`, as soon as no other waits.

        Raises:
            Exception: What went wrong with an earlier snapshot; this one is under way all the same.
        """
        self._line.wait_for_room()
        worker = self.create_worker(filename, outdir, copy.deepcopy(target), **self._kwds)
        self._line.join(worker, describe(Path(outdir, filename), target))
        _raise_first(self._line.failures())

    def create_worker(self, filename: str, outdir: Any, target: Any, **kwds: Any) -> Any:
        """Return the thread or process that is to write a snapshot: it has `start` and `join`."""
        raise NotImplementedError(f"{type(self).__name__} does not define create_worker")

    def finalize(self) -> None:
        """Wait until everything is written.

        Raises:
            Exception: What went wrong since the last snapshot was taken.
        """
        self._line.finish()
        _raise_first(self._line.failures())


class ThreadWriter(StandardWriter):
    """Writer that has a thread for each snapshot, so that the loop goes on meanwhile.

    Args:
        savefun: Called with a path and a dictionary of arrays.
        **kwds: Keyword arguments for `savefun`.
    """

    def create_worker(self, filename: str, outdir: Any, target: Any, **kwds: Any) -> Any:
        """Return the thread that is to write a snapshot."""
        return WriterThread(
            target=self.save, args=(filename, outdir, target, self._savefun), kwargs=kwds
        )


class ProcessWriter(StandardWriter):
    """Writer that has a process for each snapshot: compressing takes nothing from the loop.

    Args:
        savefun: Called with a path and a dictionary of arrays. Where Python does not fork (from
            3.14 on), it has to be a function that can be imported.
        **kwds: Keyword arguments for `savefun`.
    """

    def create_worker(self, filename: str, outdir: Any, target: Any, **kwds: Any) -> Any:
        """Return the process that is to write a snapshot."""
        task = SimpleWriter(self._savefun, **kwds)
        task._post_save_hooks = self._post_save_hooks
        return WriterProcess(task, (filename, outdir, target))


class QueueWriter(Writer):
    """Base class of writers that have one thread or process for all snapshots.

    Args:
        savefun: Called with a path and a dictionary of arrays.
        task: What to do with file name, folder and dictionary instead of saving with `savefun`.

    Differs:
        The thread or process starts with the first snapshot and outlives one that fails; one
        snapshot waits and no more (Chainer: as many as memory holds); old snapshots are removed
        (`n_retains`) here as well.
    """

    def __init__(
        self, savefun: Savefun = save_npz, task: Callable[[str, Any, Any], Any] | None = None
    ) -> None:
        super().__init__()
        self._task = self.create_task(savefun) if task is None else task
        self._queue = self.create_queue()
        self._outcomes = self._create_outcomes()
        self._unwritten: list[str] = []
        # The snapshot that waits while the consumer writes another, for one that takes over.
        self._waiting: list[Any] | None = None
        self._failures: list[BaseException] = []
        self._consumer: Any = None

    def __call__(self, filename: str, outdir: Any, target: Any) -> None:
        """Put a copy of `target` into the queue, as soon as there is room.

        Raises:
            Exception: What went wrong with an earlier snapshot; this one is in the queue all the
                same.
        """
        self._wait_for_room()
        self._hand_over([None, filename, outdir, copy.deepcopy(target)])
        self._raise_failures()

    def create_task(self, savefun: Savefun) -> Callable[[str, Any, Any], Any]:
        """Return what writes one snapshot."""
        return SimpleWriter(savefun)

    def create_queue(self) -> Any:
        """Return an empty queue; its size is how many snapshots may wait."""
        raise NotImplementedError(f"{type(self).__name__} does not define create_queue")

    def create_consumer(self, q: Any) -> Any:
        """Return the thread or process that is to :meth:`consume` the queue."""
        raise NotImplementedError(f"{type(self).__name__} does not define create_consumer")

    def _create_outcomes(self) -> Any:
        """Return the queue that says what became of each snapshot."""
        return queue.SimpleQueue()

    def consume(self, q: Any) -> None:
        """Write what comes out of the queue until None does.

        Args:
            q: The queue of lists: a task, or None for the writer's own, and what to call it with.
        """
        while (job := q.get()) is not None:
            task, filename, outdir, target = job
            failure: BaseException | None = None
            try:
                (task or self._task)(filename, outdir, target)
                self._post_save()
            except BaseException as error:  # noqa: BLE001 - the loop hears of it; more may follow
                failure = error
            self._outcomes.put(failure)
            del job, target, failure  # and with them the copy, until the next one comes
            q.task_done()
        q.task_done()

    def finalize(self) -> None:
        """Wait until everything is written.

        Raises:
            Exception: What went wrong since the last snapshot was taken.
        """
        self._wait_for_room()
        while self._consumer is not None:
            self._queue.put(None)
            self._consumer.join()
            self._look_after_consumer(told_to_end=True)
            self._wait_for_room()
        self._raise_failures()

    def _hand_over(self, job: list[Any]) -> None:
        """Put a snapshot into the queue, and see to it that someone consumes it."""
        if self._consumer is None:
            consumer = self.create_consumer(self._queue)
            consumer.start()
            self._consumer = consumer
            atexit.register(self.finalize)
        # A thread cannot be killed, and a process that has nothing else to do takes it at once.
        waits = self._unwritten and isinstance(self._consumer, BaseProcess)
        self._waiting = job if waits else None
        self._queue.put(job)
        self._unwritten.append(describe(Path(job[2], job[1]), job[3]))

    def _wait_for_room(self) -> None:
        """Wait until the queue takes one more, or the consumer is replaced."""
        self._look_after_consumer()
        while self._queue.full():
            time.sleep(LOOK_FOR_ROOM)
            self._look_after_consumer()

    def _look_after_consumer(self, *, told_to_end: bool = False) -> None:
        """Take notice of what was written and what failed; replace a consumer that is no more.

        What it was writing is lost. What waited is given to another, once.
        """
        gone = self._consumer is not None and not self._consumer.is_alive()
        while not self._outcomes.empty():
            failure = self._outcomes.get()
            del self._unwritten[:1]
            if failure is not None:
                self._failures.append(failure)
        if not self._unwritten:
            self._waiting = None
        waiting = self._waiting
        if gone and waiting is not None:
            del self._unwritten[-1:]
        if gone and self._unwritten:
            what = ", ".join(self._unwritten)
            death = failure_of(self._consumer, what)
            if death is None and not told_to_end:
                death = SnapshotWriteError(f"{what} could not be written: its writer has ended")
            if death is not None:
                self._failures.append(death)
        if gone:
            self._dismiss()
            if waiting is not None:
                self._give_to_another(waiting)

    def _give_to_another(self, job: list[Any]) -> None:
        try:
            self._hand_over(job)
        except RuntimeError as error:  # a program that is ending starts no processes any more
            what = describe(Path(job[2], job[1]), job[3])
            self._failures.append(
                SnapshotWriteError(
                    f"{what} could not be written: its writer was killed, and no other can be "
                    f"started ({error})"
                )
            )

    def _raise_failures(self) -> None:
        failures, self._failures = self._failures, []
        _raise_first(failures)

    def _dismiss(self) -> None:
        atexit.unregister(self.finalize)
        if isinstance(self._consumer, BaseProcess):
            self._queue.cancel_join_thread()  # nobody reads what may be in it
        self._queue = self.create_queue()
        self._unwritten.clear()
        self._waiting = self._consumer = None


class ThreadQueueWriter(QueueWriter):
    """Writer that has one thread for all snapshots.

    Args:
        savefun: Called with a path and a dictionary of arrays.
        task: What to do with file name, folder and dictionary instead of saving with `savefun`.
    """

    def create_queue(self) -> Any:
        """Return an empty queue."""
        return queue.Queue(maxsize=1)

    def create_consumer(self, q: Any) -> Any:
        """Return the thread that is to consume the queue."""
        return WriterThread(target=self.consume, args=(q,), daemon=True)


class ProcessQueueWriter(QueueWriter):
    """Writer that has one process for all snapshots.

    If the training process is killed, this process writes what it holds and ends. If this process
    is killed, another takes over: only what was being written is lost, and an error names it.

    Args:
        savefun: Called with a path and a dictionary of arrays; it has to be a function that can be
            imported, as has `task`.
        task: What to do with file name, folder and dictionary instead of saving with `savefun`.
    """

    def create_queue(self) -> Any:
        """Return an empty queue."""
        return multiprocessing.JoinableQueue(maxsize=1)

    def create_consumer(self, q: Any) -> Any:
        """Return the process that is to consume the queue."""
        return WriterProcess(self._consume_until_orphaned, (q,), daemon=True)

    def _create_outcomes(self) -> Any:
        return Outcomes()

    def _consume_until_orphaned(self, q: Any) -> None:
        self.consume(UntilOrphaned(q))


def _raise_first(failures: list[BaseException]) -> None:
    if failures:
        first, *others = failures
        for other in others:
            annotate(first, f"and then: {other}")
        raise first
