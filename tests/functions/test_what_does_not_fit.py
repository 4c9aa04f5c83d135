"""Inputs that torch would take or refuse in its own words are refused in ours."""

from __future__ import annotations

import numpy as np
import pytest

import catenary.functions as F
from catenary.utils.type_check import InvalidType


def ones(*shape):
    return np.ones(shape, "f")


IMAGES, FILTERS = ones(2, 3, 5, 5), ones(4, 3, 3, 3)
WRONG = {
    "other channels": (lambda: F.convolution_2d(IMAGES, FILTERS[:, :2]), r"x \(batch, in, 2 sizes"),
    "another bias": (lambda: F.convolution_2d(IMAGES, FILTERS, ones(3)), r"b of shape \(4,\)"),
    "no batch": (lambda: F.convolution_2d(IMAGES[0], FILTERS), r"x \(batch, in, 2 sizes"),
    "integers": (lambda: F.convolution_2d(IMAGES.astype("i"), FILTERS.astype("i")), "floating"),
    "integer filters": (lambda: F.convolution_2d(IMAGES, FILTERS.astype("i")), "floating"),
    "a wrong transpose": (lambda: F.deconvolution_2d(IMAGES, FILTERS), r"x \(batch, in, 2 sizes"),
    "its bias": (lambda: F.deconvolution_2d(IMAGES, FILTERS[:3], ones(2)), r"b of shape \(3,\)"),
    "its size": (lambda: F.deconvolution_2d(IMAGES, FILTERS[:3], outsize=(9, 9)), "outsize"),
    "cells of one place": (lambda: F.lstm(ones(2, 3, 1), ones(2, 12, 4)), "c_prev"),
    "cells of a smaller batch": (lambda: F.lstm(ones(1, 3), ones(2, 12)), "c_prev"),
    "scores of several places": (lambda: F.accuracy(ones(2, 3, 4), ones(2).astype("i")), "scores"),
    "scores of no class": (lambda: F.accuracy(ones(2), ones(2).astype("i")), "scores"),
    "an axis too many": (lambda: F.argmax(ones(2), axis=1), "an axis 1"),
    "labels that are no integers": (
        lambda: F.softmax_cross_entropy(ones(2, 3), ones(2)),
        "integers t .*, or distributions",
    ),
    "NumPy's own dtype": (
        lambda: F.linear(np.ones((2, 3)), ones(4, 3), ones(4)),
        r"\(cast x with astype\)",
    ),
    "sums of two dtypes": (lambda: F.add(ones(2), ones(2), np.ones(2)), "one dtype"),
}


@pytest.mark.parametrize("call", WRONG)
def test_what_does_not_fit_is_refused(call):
    make, text = WRONG[call]
    with pytest.raises(InvalidType, match=text):
        make()


def test_filters_of_another_dtype_are_widened():
    y = F.convolution_2d(IMAGES, FILTERS.astype("d"))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.array, 27)
    y = F.convolution_2d(IMAGES, FILTERS, stride=[2, 2], pad=(1, 1), dilate=np.array([1, 1]))
    assert y.shape == (2, 4, 3, 3)


OUTSIDE = {
    "t holds 3, and there are 3 classes, 0 to 2": lambda: F.softmax_cross_entropy(
        ones(2, 3), np.array([-1, 3])
    ),
    "t holds -2, and there are 3 classes, 0 to 2": lambda: F.softmax_cross_entropy(
        ones(2, 3), np.array([0, -2]), reduce="no"
    ),
    "x holds 4, and there are 4 rows of W, 0 to 3": lambda: F.embed_id(
        np.array([0, 4]), ones(4, 2)
    ),
    "x holds -1, and there are 4 rows of W": lambda: F.embed_id(np.array([[7, -1]]), ones(4, 2), 7),
}


@pytest.mark.parametrize("text", OUTSIDE)
def test_a_number_that_is_outside_is_named(text):
    with pytest.raises(IndexError, match=text):
        OUTSIDE[text]()
