"""Pickles of the original load under the stand-in; `golden/make_pickles.py` made them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden" / "pickles"
LOAD = f"""
import pathlib, pickle, sys, warnings
import numpy
import catenary.as_chainer, chainer
warnings.filterwarnings("ignore", message="numpy.core", category=DeprecationWarning)
warnings.filterwarnings("ignore", message=".*align should be passed")
folder = pathlib.Path({str(FOLDER)!r})
expected = numpy.load(folder / "expected.npz")
def load(name):
    return pickle.loads((folder / f"{{name}}.pkl").read_bytes())
"""


def test_models_compute_what_they_computed(python):
    code = """
with chainer.using_config("train", False):
    for name in ("trained", "sequential", "norm"):
        model = load(name)
        print(type(model).__module__.split(".")[0],
              numpy.allclose(model(expected["x"]).array, expected[name], rtol=1e-6, atol=0))
for name, param in load("chain_list").namedparams():
    print(name, numpy.array_equal(param.array, expected["chain_list" + name]))
"""
    lines = python(LOAD + code).stdout.splitlines()
    assert lines[:3] == ["catenary True"] * 3
    assert sorted(lines[3:]) == ["/0/W True", "/0/b True", "/1/W True"]


def test_a_loaded_model_trains_on(python):
    code = """
model = load("trained")
optimizer = chainer.optimizers.SGD(0.5).setup(model)
before = model.W.array.copy()
optimizer.update(lambda: chainer.functions.sum(model(expected["x"])))
print(numpy.allclose(model.W.array, before - 0.5 * expected["x"].sum(axis=0)))
"""
    assert python(LOAD + code).stdout.strip() == "True"


def test_variables_keep_data_gradient_and_name(python):
    code = """
x = load("variable")
print(x.name, numpy.array_equal(x.array, expected["x"]), numpy.array_equal(x.grad, x.array + 1))
p = load("parameter")
print(p.name, numpy.array_equal(p.array, expected["parameter"]), p.update_rule)
print(numpy.array_equal(p.grad, expected["parameter_grad"]))
lazy = load("lazy")
print(lazy.W.is_initialized, lazy(expected["x"]).shape)
print(load("hyperparameter").alpha)
"""
    assert python(LOAD + code).stdout.split("\n")[:-1] == [
        "x True True",
        "W True None",
        "True",
        "False (4, 2)",
        "0.001",
    ]


def test_a_pickled_optimizer_says_why_not(python):
    failed = python(f"{LOAD}\nload('optimizer')", check=False)
    assert "UnpicklingError: this pickle holds an optimizer of the original" in failed.stderr
    assert "chainer.serializers" in failed.stderr
