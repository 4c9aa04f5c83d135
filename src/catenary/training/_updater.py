"""Updater: what a Trainer asks of whoever updates the parameters."""

from __future__ import annotations

from typing import Any

__all__ = ["Updater"]


class Updater:
    """Base class of updaters; all that a :class:`~catenary.training.Trainer` needs to know.

    Attributes that an implementation provides:
        iteration: Updates so far.
        epoch: Completed sweeps over the dataset.
        epoch_detail: The same with the fraction of the sweep under way.
        previous_epoch_detail: `epoch_detail` before the last update.
        is_new_epoch: Whether the last update completed a sweep.
    """

    def connect_trainer(self, trainer: Any) -> None:
        """Meet the trainer; called by its constructor."""

    def finalize(self) -> None:
        """Release what is held; called after the loop."""
        raise NotImplementedError(f"{type(self).__name__} does not define finalize")

    def get_optimizer(self, name: str) -> Any:
        """Return the optimizer called `name`."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_optimizer")

    def get_all_optimizers(self) -> dict[str, Any]:
        """Return all optimizers by name."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_all_optimizers")

    def update(self) -> None:
        """Update the parameters once."""
        raise NotImplementedError(f"{type(self).__name__} does not define update")

    def serialize(self, serializer: Any) -> None:
        """Save or load the models, the optimizers and the position in the data."""
        raise NotImplementedError(f"{type(self).__name__} does not define serialize")
