"""Trainers that train nothing, to test extensions with."""

from __future__ import annotations

import unittest.mock
from collections.abc import Sequence
from typing import Any

__all__ = ["get_trainer_with_mock_updater"]


def get_trainer_with_mock_updater(
    stop_trigger: Any = (10, "iteration"),
    iter_per_epoch: int = 10,
    extensions: Sequence[Any] | None = None,
) -> Any:
    """Return a Trainer whose updater is a mock that counts iterations and epochs.

    Args:
        stop_trigger: When to stop, as for :class:`~catenary.training.Trainer`.
        iter_per_epoch: Iterations an epoch.
        extensions: Extensions of the trainer.
    """
    from catenary.training import Trainer

    updater = unittest.mock.Mock()
    updater.get_all_optimizers.return_value = {}
    updater.iteration = updater.epoch = 0
    updater.epoch_detail = 0
    updater.is_new_epoch = True
    updater.previous_epoch_detail = None

    def update() -> None:
        updater.update_core()
        before = updater.iteration
        updater.iteration = before + 1
        updater.epoch = updater.iteration // iter_per_epoch
        updater.epoch_detail = updater.iteration / iter_per_epoch
        updater.previous_epoch_detail = before / iter_per_epoch
        updater.is_new_epoch = before // iter_per_epoch != updater.epoch

    updater.update = update
    return Trainer(updater, stop_trigger, extensions=list(extensions or ()))
