"""Batch normalization follows running statistics in whatever arrays they are."""

from __future__ import annotations

import numpy as np
import pytest

import catenary.functions as F

X = np.random.RandomState(0).normal(2, 3, (6, 3, 2)).astype("f")
MEAN, VAR = X.mean((0, 2)), X.var((0, 2)) * 12 / 11
ONES, ZEROS = np.ones(3, "f"), np.zeros(3, "f")


def arrays_of(kind):
    """Two running statistics of 4, in arrays of a kind."""
    made = [np.full(3, 4, "f"), np.full(3, 4, "f")]
    if kind == "strided":
        return [np.full(6, 4, "f")[::2] for _ in made]
    if kind == "double":
        return [a.astype("d") for a in made]
    return made


@pytest.mark.parametrize("kind", ["plain", "strided", "double"])
def test_statistics_are_followed_in_place(kind):
    mean, var = arrays_of(kind)
    F.batch_normalization(X, ONES, ZEROS, running_mean=mean, running_var=var, decay=0.75)
    np.testing.assert_allclose(mean, 3 + MEAN / 4, rtol=1e-6)
    np.testing.assert_allclose(var, 3 + VAR / 4, rtol=1e-6)


def test_channels_may_have_several_axes():
    mean, var = np.zeros((3, 2), "f"), np.ones((3, 2), "f")
    ones = np.ones((3, 2), "f")
    F.batch_normalization(X, ones, ones, running_mean=mean, running_var=var, decay=0)
    np.testing.assert_allclose(mean, X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(var, X.var(0) * 6 / 5, rtol=1e-5)


def test_one_statistic_may_be_followed_alone():
    mean, var = arrays_of("plain")
    F.batch_normalization(X, ONES, ZEROS, running_mean=mean)
    np.testing.assert_allclose(mean, 3.6 + MEAN / 10, rtol=1e-6)
    F.batch_normalization(X, ONES, ZEROS, running_var=var)
    np.testing.assert_allclose(var, 3.6 + VAR / 10, rtol=1e-6)


def test_statistics_that_cannot_be_written_are_refused():
    mean, var = arrays_of("plain")
    mean.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        F.batch_normalization(X, ONES, ZEROS, running_mean=mean, running_var=var)


def test_a_single_value_has_no_variance_to_follow():
    mean, var = arrays_of("plain")
    one = np.full((1, 3), 8, "f")
    with pytest.warns(UserWarning, match="single value"):
        F.batch_normalization(one, ONES, ZEROS, running_mean=mean, running_var=var, decay=0.75)
    assert (mean.tolist(), var.tolist()) == ([5, 5, 5], [3, 3, 3])
