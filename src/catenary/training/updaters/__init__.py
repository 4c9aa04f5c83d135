"""Updaters: one update of the parameters, from the batch to the step.

May import `dataset`, `backend` and the protocol of optimizers; they know no extension. Called by
`Trainer`.
"""

from __future__ import annotations

from catenary.training.updaters.multiprocess_parallel_updater import MultiprocessParallelUpdater
from catenary.training.updaters.parallel_updater import ParallelUpdater
from catenary.training.updaters.standard_updater import StandardUpdater
from catenary.training.updaters.torch_optimizer import TorchOptimizer

__all__ = [
    "MultiprocessParallelUpdater",
    "ParallelUpdater",
    "StandardUpdater",
    "TorchOptimizer",
]
