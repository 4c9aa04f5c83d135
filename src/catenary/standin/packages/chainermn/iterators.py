"""Iterators that agree among processes, of which there is one."""

from __future__ import annotations

from typing import Any

__all__ = ["create_multi_node_iterator", "create_synchronized_iterator"]


def create_multi_node_iterator(
    actual_iterator: Any, communicator: Any, rank_master: int = 0
) -> Any:
    """Return the iterator: its batches are those of every process."""
    communicator.bcast(None, root=rank_master)
    return actual_iterator


def create_synchronized_iterator(actual_iterator: Any, communicator: Any) -> Any:
    """Return the iterator: every process shuffles as this one does."""
    return actual_iterator
