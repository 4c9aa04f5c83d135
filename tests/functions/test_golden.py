"""Every function gives Chainer's values, gradients, dtypes and errors."""

from __future__ import annotations

import inspect
import json
import math
import operator
import pathlib
import warnings

import numpy as np
import pytest

import catenary.functions as F
from catenary.utils import CooMatrix
from catenary.variable import Variable

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "functions.npz")
TABLE = json.loads(GOLDEN["table"].tobytes())
FLAT = {dtype: GOLDEN[dtype] for dtype in GOLDEN.files if dtype != "table"}
NO_GRADIENT = (
    *("accuracy", "binary_accuracy", "classification_summary", "f1_score"),
    *("operator.floordiv", "precision", "recall"),
)


def index(spec):
    if isinstance(spec, list):
        return tuple(index(s) for s in spec)
    if isinstance(spec, dict):
        ((kind, value),) = spec.items()
        return slice(*value) if kind == "slice" else np.array(value)
    return Ellipsis if spec == "..." else spec


def resolve(argument, variables):
    if isinstance(argument, str) and argument.startswith("@"):
        return variables[int(argument[1:])]
    if isinstance(argument, dict):
        if "sampler" in argument:
            return lambda shape: np.array(argument["sampler"], np.int32).reshape(shape)
        if "coo" in argument:
            at, row, col, shape = argument["coo"]
            matrix = CooMatrix(variables[at].array, np.array(row), np.array(col), tuple(shape))
            matrix.data = variables[at]
            return matrix
        if "tuple" in argument:
            return tuple(resolve(a, variables) for a in argument["tuple"])
        return index(argument["index"])
    if isinstance(argument, list):
        return [resolve(a, variables) for a in argument]
    return argument


def call(one, variables):
    name = one["function"]
    function = getattr(operator, name[9:]) if name.startswith("operator.") else getattr(F, name)
    kwargs = {k: resolve(v, variables) for k, v in one["kwargs"].items()}
    return function(*resolve(one["args"], variables), **kwargs)


def build(spec, dtype):
    array = np.array(spec["values"], dtype=spec.get("dtype", dtype))
    return array if spec.get("constant") or array.dtype.kind != "f" else Variable(array)


def backward(ys, number):
    rng = np.random.RandomState(number)
    seeds = [np.asarray(rng.normal(size=y.shape)).astype(y.dtype) for y in ys]
    if len(ys) == 1:
        ys[0].grad = seeds[0]
        ys[0].backward()
    else:
        total = F.sum(ys[0] * seeds[0])
        for y, seed in zip(ys[1:], seeds[1:], strict=True):
            total = total + F.sum(y * seed)
        total.backward()


def flat(out):
    return (
        [each for part in out for each in flat(part)] if isinstance(out, (tuple, list)) else [out]
    )


def golden(key):
    dtype, start, shape = TABLE["places"][key]
    return FLAT[dtype][start : start + math.prod(shape)].reshape(shape)


def compare(actual, key, dtype):
    expected = golden(key)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    tolerance = 1e-5 if "float32" in (dtype, expected.dtype) else 1e-10
    if expected.dtype == np.float16:
        tolerance = 1e-3
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore:.*batch_.* is deprecated:DeprecationWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "number", range(len(TABLE["cases"])), ids=[c["function"] for c in TABLE["cases"]]
)
def test_equals_chainer(number, dtype):
    one = TABLE["cases"][number]
    variables = [build(spec, dtype) for spec in one["inputs"]]
    no_variable = all(isinstance(v, np.ndarray) for v in variables)
    if one["function"].startswith("operator.") and no_variable:
        variables[0] = Variable(variables[0])
    np.random.seed(7)
    out = call(one, variables)
    outs = flat(out)
    for k, o in enumerate(outs):
        compare(o.array if isinstance(o, Variable) else o, f"{number}/{dtype}/y{k}", dtype)
    ys = [o for o in outs if isinstance(o, Variable)]
    if ys[0].dtype.kind == "f" and one["function"] not in NO_GRADIENT:
        backward(ys, number)
    for k, (v, spec) in enumerate(zip(variables, one["inputs"], strict=True)):
        key = f"{number}/{dtype}/g{k}"
        if key in TABLE["places"]:
            compare(v.grad, key, dtype)
        elif isinstance(v, Variable):
            assert v.grad is None
        if spec.get("constant"):
            compare(v, f"{number}/{dtype}/c{k}", dtype)


@pytest.mark.parametrize(
    "number", range(len(TABLE["errors"])), ids=[c["function"] for c in TABLE["errors"]]
)
def test_misuse_raises_what_chainer_raises(number):
    one = TABLE["errors"][number]
    variables = [Variable(np.ones(shape, dtype)) for shape, dtype in one["inputs"]]
    with warnings.catch_warnings(), pytest.raises(Exception) as caught:
        warnings.simplefilter("ignore", DeprecationWarning)
        call(one, variables)
    assert one["error"] in [c.__name__ for c in type(caught.value).__mro__]
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize("name", TABLE["signatures"])
def test_signature_and_place_are_chainers(name):
    module, rows = TABLE["signatures"][name]
    function = getattr(F, name)
    assert function.__module__ == module
    parameters = list(inspect.signature(function).parameters.values())
    extra = parameters[len([r for r in rows if r[1] != "VAR_KEYWORD"]) :]
    for parameter, (word, kind, default) in zip(parameters, rows, strict=False):
        if kind == "VAR_KEYWORD":
            break
        assert parameter.name == word
        assert parameter.kind.name == kind
        assert (
            None if parameter.default is parameter.empty else repr(parameter.default)
        ) == default
    # Where Chainer takes **kwargs we name those that it heeds; some it takes only to refuse them.
    assert all(p.kind is p.KEYWORD_ONLY for p in extra)
    assert not extra or any(kind == "VAR_KEYWORD" for _, kind, _ in rows)


def test_every_function_is_compared():
    assert set(F.__all__) == set(TABLE["signatures"])
    called = {one["function"] for one in TABLE["cases"] if "operator" not in one["function"]}
    assert set(F.__all__) - called == {"forget"}, "which takes a function: test_forget.py"
