"""The count of entries that ask functions for more or less than usual."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import catenary.functions as F
from catenary.config import config, global_config, set_debug, unusual, using_config
from catenary.variable import Variable


def test_entries_are_counted_by_what_they_say():
    before = unusual.entries
    with using_config("debug", False), using_config("enable_backprop", True):
        assert unusual.entries == before
    with using_config("debug", True):
        assert unusual.entries == before + 1
        with using_config("debug", True), using_config("enable_backprop", False):
            assert unusual.entries == before + 2
        with using_config("debug", False):
            assert unusual.entries == before
        assert unusual.entries == before + 1
    with using_config("train", False):
        assert unusual.entries == before


def test_deleting_an_entry_takes_it_back():
    before = unusual.entries
    config.debug = True
    assert unusual.entries == before + 1
    del config.debug
    assert unusual.entries == before
    with pytest.raises(AttributeError):
        del config.debug
    assert unusual.entries == before


def test_functions_hear_global_entries():
    before = unusual.entries
    x = Variable(np.array([-1], "f"))
    global_config.enable_backprop = False
    try:
        assert unusual.entries == before + 1
        assert F.relu(x).creator is None
    finally:
        global_config.enable_backprop = True
    assert unusual.entries == before
    assert F.relu(x).creator is not None


def test_functions_hear_their_thread_alone():
    x = Variable(np.array([-1], "f"))
    may_go, is_set, outcomes = threading.Event(), threading.Event(), []

    def debugging():
        set_debug(True)
        is_set.set()
        may_go.wait(10)
        with pytest.raises(RuntimeError, match="NaN"):
            F.sqrt(x)
        outcomes.append("refused")
        set_debug(False)

    before = unusual.entries
    thread = threading.Thread(target=debugging)
    thread.start()
    is_set.wait(10)
    assert np.isnan(F.sqrt(x).array)
    may_go.set()
    thread.join(10)
    assert outcomes == ["refused"]
    assert unusual.entries == before
