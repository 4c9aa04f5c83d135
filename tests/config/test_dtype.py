"""The default dtype, mixed16 included."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from catenary import links as L
from catenary import using_config
from catenary.config import get_dtype, mixed16


def test_a_dtype_is_what_it_names_or_the_default():
    assert get_dtype("d") == np.float64
    assert get_dtype() == np.float32
    assert get_dtype("d", map_mixed16="f") == np.float64
    with using_config("dtype", np.float16):
        assert get_dtype(map_mixed16="f") == np.float16


def test_mixed16_is_float16_unless_mapped():
    assert get_dtype(mixed16) == np.float16
    assert get_dtype(mixed16, np.float32) == np.float32
    assert repr(mixed16) == "dtype('mixed16')"
    assert np.empty(2, mixed16).dtype == np.float16


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_there_is_one_mixed16(again):
    assert again(mixed16) is mixed16


def test_mixed16_keeps_statistics_in_float32():
    with using_config("dtype", mixed16):
        norm, linear = L.BatchNormalization(3), L.Linear(2, 3)
    assert (norm.gamma.dtype, norm.avg_mean.dtype) == (np.float32, np.float32)
    assert (linear.W.dtype, linear.b.dtype) == (np.float16, np.float16)
