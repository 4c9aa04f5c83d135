"""Parameters and states in memory that several processes see, as asynchronous RL has them."""

from __future__ import annotations

import ctypes
import multiprocessing
import warnings
from multiprocessing import sharedctypes

import numpy as np

from catenary import optimizers
from tests.patterns.models import Two, set_grads


def shared(array):
    raw = sharedctypes.RawArray(ctypes.c_float, array.size)
    view = np.frombuffer(raw, dtype=np.float32).reshape(array.shape)
    view[...] = array
    return raw, view


def share(link):
    """Move parameters and states into memory that other processes see, as asynchronous RL does."""
    raws = {}
    for path, param in link.namedparams():
        raws[path], param.array = shared(param.array)
        rule = param.update_rule
        rule._state = {}
        rule.init_state(param)
        for key, value in list(rule.state.items()):
            raws[path, key], rule.state[key] = shared(value)
    return raws


def test_shared_memory():
    link = Two()
    opt = optimizers.RMSprop(lr=0.5, alpha=0.75, eps=1.0).setup(link)
    set_grads(link, [0, 0], [0])
    opt.update()
    raws = share(link)
    g = np.array([1, 2], "f")
    for _ in range(2):
        set_grads(link, g, [0])
        opt.update()
    w, ms = np.array([1, 2], "f"), np.zeros(2, "f")
    for _ in range(2):
        ms = 0.75 * ms + 0.25 * g * g
        w = w - 0.5 * g / (np.sqrt(ms) + 1)
    np.testing.assert_allclose(np.frombuffer(raws["/w"], "f"), w, rtol=1e-6)
    np.testing.assert_allclose(np.frombuffer(raws["/w", "ms"], "f"), ms, rtol=1e-6)
    where = np.frombuffer(raws["/w"], "f").ctypes.data
    assert link.w.array.ctypes.data == link.w.data.ctypes.data == where


def _write(raw):
    np.frombuffer(raw, "f")[...] = 7


def test_another_process_writes_and_we_step_from_there():
    link = Two()
    opt = optimizers.SGD(lr=1.0).setup(link)
    raws = share(link)
    process = multiprocessing.get_context("fork").Process(target=_write, args=(raws["/w"],))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    process.join()
    set_grads(link, [1, 2], [0])
    opt.update()
    assert link.w.array.tolist() == [6, 5]


def test_two_models_on_one_memory():
    one, two = Two(), Two()
    for a, b in zip(one.params(), two.params(), strict=True):
        b.array = a.array
        assert b.array.ctypes.data == a.array.ctypes.data
    opt = optimizers.SGD(lr=1.0).setup(one)
    set_grads(one, [1, 1], [1])
    opt.update()
    assert two.w.array.tolist() == [0, 1]
