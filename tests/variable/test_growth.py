"""A long loop grows by nothing."""

from __future__ import annotations

import gc
import os
import pathlib
import sys

import numpy as np
import pytest
import torch

from catenary import Chain
from catenary import functions as F
from catenary import links as L
from catenary.optimizers import MomentumSGD

STATM = pathlib.Path("/proc/self/statm")


def resident():
    """Bytes of memory that the process holds."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Net(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(5, 6)
            self.l2 = L.Linear(6, 3)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.skipif(not STATM.exists(), reason="reads Linux's process table")
def test_ten_thousand_iterations_grow_by_nothing():
    model = Net()
    optimizer = MomentumSGD().setup(model)
    x, t = np.ones((4, 5), "f"), np.zeros(4, "i")
    state = None

    def iterate(count):
        nonlocal state
        for _ in range(count):
            y = model(x)
            # A state that is carried from step to step, and cut off.
            state = F.sum(y) if state is None else F.sum(y) + 0 * state
            loss = F.softmax_cross_entropy(y, t) + 1e-6 * state
            model.cleargrads()
            loss.backward()
            loss.unchain_backward()
            optimizer.update()
        gc.collect()
        return len(gc.get_objects()), resident()

    iterate(300)
    objects, memory = iterate(300)
    more_objects, more_memory = iterate(10_000)
    assert more_objects - objects < 100
    assert more_memory - memory < 4 * 2**20
    assert sys.getrefcount(model.l1.W) < 20
