"""Generated calls give what the original gave: values, gradients, gradients of gradients."""

from __future__ import annotations

import json
import math
import pathlib
import warnings
from collections import defaultdict

import numpy as np
import pytest

import catenary.functions as F
from catenary import Variable, grad
from tests.oracle.generated import evaluate

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "generated.npz")
TABLE = json.loads(GOLDEN["table"].tobytes())
FLAT = {dtype: GOLDEN[dtype] for dtype in GOLDEN.files if dtype != "table"}
# The original computes these in float32, whatever their inputs are.
IN_FLOAT32 = {"roi_average_align_2d", "roi_max_align_2d", "deformable_convolution_2d_sampler"}


def expected_by_case():
    found = defaultdict(lambda: defaultdict(dict))
    for key, (dtype, start, shape) in TABLE["places"].items():
        number, of, name = key.split("|")
        array = FLAT[dtype][start : start + math.prod(shape)].reshape(shape)
        found[int(number)][of][name] = array
    return found


EXPECTED = expected_by_case()
FUNCTIONS = sorted({TABLE["cases"][number]["function"] for number in EXPECTED})


def tolerance(one, dtype, name):
    single = one["function"] in IN_FLOAT32
    single |= any(spec.get("dtype") == "float32" for spec in one["inputs"])
    return (1e-5 if single or dtype == "float32" else 1e-10) * (10 if name[:2] == "gg" else 1)


def check(one, dtype, arrays, exact):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        found = evaluate(F, Variable, grad, one, dtype)
    for name, array in arrays.items():
        own = found.get(name, np.zeros_like(array))
        assert (own.dtype, own.shape) == (array.dtype, array.shape)
        if array.dtype.kind != "f":
            np.testing.assert_array_equal(own, array)
            continue
        limit = tolerance(one, dtype, name) * max(1e-3, np.abs(array).max(initial=0))
        if dtype == "float32" and name in exact:
            # Where float32 cancels, the original is no nearer to what it should be.
            limit = max(limit, 10 * np.abs(array - exact[name]).max(initial=0))
        np.testing.assert_allclose(own, array, rtol=0, atol=limit, err_msg=name)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_equals_the_original(function):
    for number, by_dtype in EXPECTED.items():
        one = TABLE["cases"][number]
        if one["function"] == function:
            for dtype, arrays in by_dtype.items():
                check(one, dtype, arrays, by_dtype.get("float64", {}))
