"""Extensions of a Trainer that agree among processes, of which there is one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from catenary import serializers, training

__all__ = [
    "AllreducePersistent",
    "create_multi_node_checkpointer",
    "create_multi_node_evaluator",
    "multi_node_snapshot",
]


def create_multi_node_evaluator(actual_evaluator: Any, communicator: Any) -> Any:
    """Return the evaluator: its means are those of every process."""
    return actual_evaluator


def multi_node_snapshot(comm: Any, snapshot: Any, replica_sets: Any) -> Any:
    """Return the snapshot extension: this process writes it."""
    return snapshot


class AllreducePersistent(training.Extension):
    """Average persistent values over processes: with one, they stay as they are."""

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER + 1

    def __init__(self, model: Any, comm: Any) -> None:
        self.model = model

    def __call__(self, trainer: Any = None) -> None:
        """Do nothing."""


def create_multi_node_checkpointer(
    name: str, comm: Any, cp_interval: int = 5, gc_interval: int = 5, path: str | None = None
) -> Checkpointer:
    """Return an extension that keeps the last snapshots of a run; see :class:`Checkpointer`."""
    return Checkpointer(name, cp_interval, path)


class Checkpointer(training.Extension):
    """Writes `<name>.0.<iteration>` and keeps the newest of them.

    Args:
        name: Name of the run.
        cp_interval: How many snapshots to keep, at least 1.
        path: Folder of the snapshots; None means the trainer's.
    """

    trigger = (1, "epoch")
    priority = -100

    def __init__(self, name: str, cp_interval: int = 5, path: str | None = None) -> None:
        if cp_interval < 1:
            raise ValueError(f"cp_interval is {cp_interval}; at least 1 snapshot must be kept.")
        self.run = name
        self.cp_interval = cp_interval
        self.path = path

    def __call__(self, trainer: Any) -> None:
        """Write a snapshot, then remove the oldest ones."""
        folder = self._folder(trainer)
        folder.mkdir(parents=True, exist_ok=True)
        iteration = trainer.updater.iteration
        serializers.save_npz(str(folder / f"{self.run}.0.{iteration}"), trainer)
        for old in self._iterations(folder)[: -self.cp_interval]:
            (folder / f"{self.run}.0.{old}").unlink()

    def maybe_load(self, trainer: Any, optimizer: Any = None, path: str | None = None) -> None:
        """Resume `trainer` from the newest snapshot, if there is one."""
        folder = Path(path) if path is not None else self._folder(trainer)
        found = self._iterations(folder)
        if found:
            serializers.load_npz(folder / f"{self.run}.0.{found[-1]}", trainer)

    def _folder(self, trainer: Any) -> Path:
        return Path(trainer.out if self.path is None else self.path)

    def _iterations(self, folder: Path) -> list[int]:
        pattern = re.compile(re.escape(self.run) + r"\.0\.(\d+)")
        files = folder.iterdir() if folder.is_dir() else ()
        return sorted(int(found[1]) for file in files if (found := pattern.fullmatch(file.name)))
