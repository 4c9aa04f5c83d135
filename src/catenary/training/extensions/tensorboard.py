"""TensorBoard: observed values as event files, which TensorBoard and others show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from catenary.serializer import Serializer
from catenary.training.extension import Extension
from catenary.training.extensions.averages import Averages

__all__ = ["TensorBoard"]


class TensorBoard(Extension):
    """Extension that writes the means of observed values over intervals for TensorBoard.

    It is to be called at every iteration; its own trigger says when an interval ends. A resumed run
    goes on in a file of its own, which takes back what had been written after the snapshot.

    Args:
        keys: Names of the values to write; all by default.
        trigger: Interval over which to average.
        folder: Folder for the files, in the trainer's.

    Raises:
        RuntimeError: If tensorboard is not installed.

    Example:
        ``trainer.extend(extensions.TensorBoard(trigger=(100, "iteration")))``, and then in a shell
        ``tensorboard --logdir result``.
    """

    def __init__(
        self,
        keys: Iterable[str] | None = None,
        trigger: Any = (1, "iteration"),
        folder: str = "tensorboard",
    ) -> None:
        _event_writer()
        self._keys = None if keys is None else list(keys)
        self._folder = folder
        self._averages = Averages(trigger)
        self._writer: Any = None

    def __call__(self, trainer: Any) -> None:
        """Count what was observed; at the end of an interval write the means."""
        observation = trainer.observation
        if self._keys is not None:
            observation = {key: observation[key] for key in self._keys if key in observation}
        self._averages.add(observation)
        iteration = trainer.updater.iteration
        if self._writer is None:
            folder = Path(trainer.out, self._folder)
            self._writer = _event_writer()(str(folder), purge_step=iteration)
        if self._averages.is_complete(trainer):
            for name, value in self._averages.take().items():
                self._writer.add_scalar(name, value, iteration)

    def finalize(self) -> None:
        """Write what is still in memory, and close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def serialize(self, serializer: Any) -> None:
        """Save or load the interval under way; before a snapshot, write what is in memory."""
        if isinstance(serializer, Serializer) and self._writer is not None:
            self._writer.flush()
        self._averages.serialize(serializer)


def _event_writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise RuntimeError(
            "event files need the package tensorboard, which is not installed: "
            "pip install tensorboard, or catenary[tensorboard]"
        ) from error
    return SummaryWriter
