"""Optimizers that average gradients over processes, of which there is one."""

from __future__ import annotations

from typing import Any

__all__ = ["create_multi_node_optimizer"]


def create_multi_node_optimizer(
    actual_optimizer: Any, communicator: Any, double_buffering: bool = False, zero_fill: bool = True
) -> _MultiNodeOptimizer:
    """Return the optimizer, in a wrapper that answers like it and names its communicator.

    Args:
        actual_optimizer: What takes the steps.
        communicator: Communicator of one process.
        double_buffering: Not used: no gradient is waited for.
        zero_fill: Whether missing gradients count as zero, which they do anyhow.
    """
    return _MultiNodeOptimizer(actual_optimizer, communicator)


class _MultiNodeOptimizer:
    """Everything that is asked of it, it asks of `actual_optimizer`."""

    def __init__(self, actual_optimizer: Any, communicator: Any) -> None:
        vars(self).update(actual_optimizer=actual_optimizer, communicator=communicator)

    def setup(self, link: Any) -> _MultiNodeOptimizer:
        """Set the target; return the wrapper, not the optimizer in it."""
        self.actual_optimizer.setup(link)
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "actual_optimizer":  # asked before __init__, by copy and pickle
            raise AttributeError(name)
        return getattr(self.actual_optimizer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.actual_optimizer, name, value)
