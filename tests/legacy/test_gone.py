"""The table of what is gone agrees with this Python and this NumPy."""

from __future__ import annotations

import importlib
import importlib.util

import numpy
import pytest

from catenary.legacy import gone, old_numpy, old_python


@pytest.mark.parametrize("row", [row for row in gone.RENAMED.values() if row.source], ids=str)
def test_what_is_supplied_exists(row):
    module, _, name = row.source.partition(":")
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{module} is not installed")
    assert not name or hasattr(importlib.import_module(module), name)


def test_a_renamed_method_exists():
    for row in gone.METHODS.values():
        module, owner, _ = row.name.split(".")
        assert hasattr(getattr(importlib.import_module(module), owner), row.source), row.name


def test_find_looks_at_what_a_name_lies_in():
    assert gone.find("numpy.math.pi").name == "numpy.math"
    assert gone.find("distutils.version.LooseVersion").name == "distutils"
    assert gone.find("numpy.float64") is None
    assert gone.find("collections.OrderedDict") is None


def test_old_numpy_does_what_it_did():
    a = numpy.array([[3, 1], [2, 4]])
    assert old_numpy.asscalar(numpy.array([2.5])) == 2.5
    assert (old_numpy.alen(a), old_numpy.alen(7)) == (2, 1)
    assert old_numpy.msort(a).tolist() == [[2, 1], [3, 4]]
    assert old_numpy.asfarray([1]).dtype == numpy.float64
    assert old_numpy.asfarray([1], "float32").dtype == numpy.float32
    assert old_numpy.asfarray([1], int).dtype == numpy.float64
    assert old_numpy.in1d(a, [1, 2]).tolist() == [False, True, True, False]
    assert old_numpy.in1d(a, [1, 2], invert=True).tolist() == [True, False, False, True]
    assert old_numpy.cast["float32"](a).dtype == numpy.float32
    assert numpy.isneginf(old_numpy.NINF)
    assert numpy.signbit(old_numpy.NZERO)


@pytest.mark.parametrize(
    ("arrays", "scalars", "common"),
    [
        (["float32"], ["float64"], "float32"),
        (["int64"], ["float32"], "float32"),
        (["float32", "float64"], [], "float64"),
        ([], ["int32", "float32"], "float64"),
        (["float32"], ["int64"], "float32"),
    ],
)
def test_scalars_count_by_their_kind_only(arrays, scalars, common):
    assert old_numpy.find_common_type(arrays, scalars) == common


def test_getargspec():
    assert old_python.getargspec(lambda a, b=2, *c, **d: a) == (["a", "b"], "c", "d", (2,))
    with pytest.raises(ValueError, match="keyword-only"):
        old_python.getargspec(lambda *, a: a)
