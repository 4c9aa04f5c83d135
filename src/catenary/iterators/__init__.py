"""Iterators: the order in which the examples of a dataset are handed out, batch by batch.

May import `dataset` and numpy. Called by `training`, by evaluation loops and by users.
"""

from __future__ import annotations

from catenary.iterators.dali_iterator import DaliIterator
from catenary.iterators.multiprocess_iterator import MultiprocessIterator
from catenary.iterators.multithread_iterator import MultithreadIterator
from catenary.iterators.order_samplers import OrderSampler, ShuffleOrderSampler
from catenary.iterators.serial_iterator import SerialIterator

__all__ = [
    "DaliIterator",
    "MultiprocessIterator",
    "MultithreadIterator",
    "OrderSampler",
    "SerialIterator",
    "ShuffleOrderSampler",
]
