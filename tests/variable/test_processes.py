"""Several processes: forked after torch was used, training on shared memory without locks."""

from __future__ import annotations

import os
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# Children of a pytest process would run its teardown; a fresh interpreter forks instead.
AFTER_FORK = """
import os, sys
import numpy as np
import torch
import catenary.functions as F
from catenary import links as L, optimizers

torch.set_num_threads(4)
big = torch.ones(512, 512)
(big @ big).sum().item()  # starts torch's threads, which a child does not have
link = L.Linear(512, 64)
optimizer = optimizers.SGD(lr=1e-3).setup(link)
x = np.ones((512, 512), "f")
optimizer.update(lambda: F.sum(link(x)))
pid = os.fork()
if pid == 0:
    assert torch.get_num_threads() == 1
    for _ in range(3):
        optimizer.update(lambda: F.sum(F.tanh(link(x))))
    os._exit(0)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status), torch.get_num_threads())
"""

A3C = """
import multiprocessing as mp
import numpy as np
import catenary.functions as F
from catenary import links as L, optimizers

STEPS = 150

def share(link):
    blocks = {}
    for name, param in link.namedparams():
        raw = mp.RawArray("f", param.size)
        shared = np.frombuffer(raw, "f").reshape(param.shape)
        shared[...] = param.array
        param.array = shared
        blocks[name] = raw
    return blocks

def adopt(link, blocks):
    for name, param in link.namedparams():
        param.array = np.frombuffer(blocks[name], "f").reshape(param.shape)

def share_states(optimizer, link):
    blocks = {}
    for name, param in link.namedparams():
        rule = param.update_rule
        rule._state = {}
        rule.init_state(param)
        for key, value in rule.state.items():
            raw = mp.RawArray("f", value.size)
            rule.state[key] = np.frombuffer(raw, "f").reshape(value.shape)
            blocks[name, key] = raw
    return blocks

def work(seed, blocks, states, target):
    rng = np.random.RandomState(seed)
    shared, local = L.Linear(4, 1), L.Linear(4, 1)
    adopt(shared, blocks)
    optimizer = optimizers.RMSprop(lr=0.01).setup(shared)
    for name, param in shared.namedparams():
        param.update_rule._state = {}
        param.update_rule.init_state(param)
        for key in param.update_rule.state:
            raw = states[name, key]
            param.update_rule.state[key] = np.frombuffer(raw, "f").reshape(param.shape)
    for _ in range(STEPS):
        local.copyparams(shared)
        local.cleargrads()
        x = rng.randn(8, 4).astype("f")
        F.mean(F.square(local(x) - x @ target)).backward()
        shared.cleargrads()
        shared.addgrads(local)
        optimizer.update()

np.random.seed(0)
target = np.array([[1.0], [-2.0], [3.0], [0.5]], "f")
link = L.Linear(4, 1)
F.sum(link(np.ones((1, 4), "f"))).backward()  # torch has been used before the fork
blocks = share(link)
states = share_states(optimizers.RMSprop(lr=0.01).setup(link), link)
context = mp.get_context("fork")
workers = [context.Process(target=work, args=(s, blocks, states, target)) for s in range(4)]
before = float(np.abs(link.W.array - target.T).max())
for worker in workers:
    worker.start()
for worker in workers:
    worker.join(90)
print([worker.exitcode for worker in workers])
print(before, float(np.abs(link.W.array - target.T).max()))
print(max(float(np.abs(np.frombuffer(raw, "f")).max()) for raw in states.values()) > 0)
"""

# Python 3.12 warns of forks in processes with threads, which is what is tested here.
QUIET = ("-W", "ignore::DeprecationWarning") if sys.version_info >= (3, 12) else ()


def test_a_forked_child_trains_on_one_thread(python):
    assert python(AFTER_FORK, options=QUIET).stdout.split() == ["0", "4"]


def test_four_processes_train_one_model_on_shared_memory(python):
    exits, errors, states = python(A3C, options=QUIET).stdout.splitlines()
    assert exits == "[0, 0, 0, 0]"
    before, after = map(float, errors.split())
    assert before > 1
    assert after < 0.2
    assert states == "True"
