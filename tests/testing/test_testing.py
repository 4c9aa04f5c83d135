"""`catenary.testing` and `gradient_check`: right functions pass, wrong ones fail, and say why."""

from __future__ import annotations

import re
import sys
import types
import unittest
import warnings

import numpy as np
import pytest

import catenary.functions as F
import catenary.links as L
from catenary import gradient_check, initializers, testing
from catenary.config import config
from catenary.function import Function
from catenary.function_node import FunctionNode
from catenary.testing import condition
from catenary.variable import Variable


class HalfRight(FunctionNode):
    """x², whose gradient is right for positive numbers only."""

    def forward(self, inputs):
        self.retain_inputs((0,))
        return (inputs[0] ** 2,)

    def backward(self, indexes, gys):
        (x,) = self.get_retained_inputs()
        return (2 * gys[0] * F.absolute(x),)


def half_right(x):
    return HalfRight().apply((x,))[0]


class Constant(HalfRight):
    """x², whose gradient takes itself for a constant."""

    def backward(self, indexes, gys):
        (x,) = self.get_retained_inputs()
        return (Variable(2 * gys[0].array * x.array),)


def draw(*shape):
    return np.random.uniform(0.5, 1, shape).astype("f")


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)


# ---- gradient_check
def test_right_gradients_pass():
    gradient_check.check_backward(half_right, draw(3, 2), draw(3, 2), dtype="d")
    gradient_check.check_double_backward(half_right, draw(3, 2), draw(3, 2), draw(3, 2), dtype="d")
    gradient_check.check_backward(lambda x: F.sum(half_right(x)), draw(3), None, dtype="d")


def test_wrong_gradients_fail():
    x, gy = -draw(3, 2), draw(3, 2)
    with pytest.raises(AssertionError, match="backward disagrees with finite differences"):
        gradient_check.check_backward(half_right, x, gy, dtype="d")
    with pytest.raises(AssertionError, match="gradients of the gradients"):
        gradient_check.check_double_backward(
            lambda x: Constant().apply((x,))[0], x, gy, draw(3, 2), dtype="d"
        )


def test_parameters_are_checked_and_left_as_they_were():
    link = L.Linear(2, 3)
    W = link.W.array
    before = W.copy()
    params = tuple(link.params())
    gradient_check.check_backward(link, draw(4, 2), draw(4, 3), params, dtype="d")
    assert link.W.array is W
    np.testing.assert_array_equal(W, before)
    wrong = types.SimpleNamespace(W=link.W, b=link.b)
    with pytest.raises(AssertionError):
        gradient_check.check_backward(
            lambda x: F.linear(x, wrong.W.array, wrong.b), draw(4, 2), draw(4, 3), params, dtype="d"
        )


def test_arguments_that_do_not_fit():
    x = draw(3)
    check = gradient_check.check_backward
    for arguments, match in [
        ((F.relu, x, draw(4)), "agree in number, shapes and dtypes"),
        ((F.relu, x, None), "one scalar"),
    ]:
        with pytest.raises(ValueError, match=match):
            check(*arguments)
    with pytest.raises(ValueError, match="no_grads has 2"):
        check(F.relu, x, x, no_grads=[True, False])
    with pytest.raises(ValueError, match="floating"):
        check(F.relu, x, x, dtype="i")


def test_inputs_without_gradients():
    t = np.array([0, 1], "i")
    gradient_check.check_backward(F.softmax_cross_entropy, (draw(2, 3), t), None, dtype="d")
    with pytest.raises(RuntimeError, match="must have no gradient"):
        gradient_check.check_backward(F.relu, draw(3), draw(3), no_grads=[True])


def test_numerical_grad():
    x, gy = np.array([1.0, 2.0]), np.array([1.0, 10.0])

    def f():
        return x**2, None

    (slope,) = gradient_check.numerical_grad(f, (x,), (gy, None))
    np.testing.assert_allclose(slope, 2 * x * gy, rtol=1e-9)
    np.testing.assert_array_equal(x, [1, 2])
    (slope,) = gradient_check.numerical_grad(f, (x,), (gy, None), detect_nondifferentiable=True)
    np.testing.assert_allclose(slope, 2 * x * gy, rtol=1e-9)
    with pytest.raises(RuntimeError, match="floating"):
        gradient_check.numerical_grad(f, (np.ones(2, "i"),), (gy, None))
    with pytest.raises(ValueError, match="above 0"):
        gradient_check.numerical_grad(f, (x,), (gy, None), eps=0)
    with pytest.raises(ValueError, match="2 outputs for 1"):
        gradient_check.numerical_grad(f, (x,), (gy,))


@pytest.mark.parametrize("f", [np.abs, np.sqrt, np.sign])
def test_points_without_a_derivative(f):
    x = np.zeros(1)
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(gradient_check.NondifferentiableError, match="no derivative at index"),
    ):
        gradient_check.numerical_grad(
            lambda: (f(x),), (x,), (np.ones(1),), detect_nondifferentiable=True
        )


# ---- comparing
def test_assert_allclose():
    testing.assert_allclose(Variable(np.ones(2, "f")), [1, 1 + 1e-6])
    with pytest.raises(AssertionError, match=r"most off at \(1,\): x 1.0, y 2.0"):
        testing.assert_allclose(np.ones(2), np.array([1.0, 2.0]))
    with pytest.raises(AssertionError, match=r"shapes \(2,\) and \(3,\)"):
        testing.assert_allclose(np.ones(2), np.ones(3))


def test_assert_warns():
    with testing.assert_warns(UserWarning):
        warnings.warn("a", UserWarning, stacklevel=1)
    with pytest.raises(AssertionError, match="UserWarning"), testing.assert_warns(UserWarning):
        warnings.warn("a", DeprecationWarning, stacklevel=1)


def test_patch_calls_what_stood_there():
    with testing.patch("numpy.cos") as mock:
        assert np.cos(0.0) == 1
    mock.assert_called_once_with(0.0)


def test_requirements():
    assert not hasattr(testing.with_requires("numpy>=1.0")(lambda: None), "__unittest_skip__")
    for requirement in ("numpy>=99", "no-such-package-at-all"):
        assert testing.with_requires(requirement)(lambda: None).__unittest_skip__
        assert not hasattr(testing.without_requires(requirement)(lambda: 0), "__unittest_skip__")
    assert testing.without_requires("numpy")(lambda: None).__unittest_skip__


def test_generate_matrix():
    for dtype in ("f", "D"):
        made = testing.generate_matrix((2, 3, 4), dtype, singular_values=[1, 2, 3])
        assert made.dtype == dtype
        found = np.linalg.svd(made, compute_uv=False)
        np.testing.assert_allclose(found, [[3, 2, 1]] * 2, rtol=1e-5)
    for wrong in [((3,), "f", 1), ((2, 2), "f", -1)]:
        with pytest.raises(ValueError, match=r"axes|negative"):
            testing.generate_matrix(wrong[0], wrong[1], singular_values=wrong[2])
    for dtype, values in [("i", 1), ("f", None), ("f", 1j)]:
        with pytest.raises(TypeError):
            testing.generate_matrix((2, 2), dtype, singular_values=values)


# ---- parameters
def test_products():
    assert testing.product({"b": [1, 2], "a,c": [(3, 4)]}) == [
        {"a": 3, "c": 4, "b": 1},
        {"a": 3, "c": 4, "b": 2},
    ]
    assert testing.product([[{"a": 1}], [{"b": 2}, {"a": 3}]]) == [{"a": 1, "b": 2}, {"a": 3}]
    assert testing.product_dict([{"a": 1}], [{"b": 2}]) == [{"a": 1, "b": 2}]
    for wrong in (1, [{"a": 1}], [[1]]):
        with pytest.raises(TypeError):
            testing.product(wrong)
    with pytest.raises(ValueError, match=r"zip\(\)"):
        testing.from_pytest_parameterize("a,b", [(1, 2, 3)])


@pytest.fixture
def module():
    """A module to put test classes into."""
    made = types.ModuleType("a_test_module")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def put(module, body):
    """A TestCase in the module, with the given members."""
    case = type("TestIt", (unittest.TestCase,), {**body, "__module__": module.__name__})
    module.TestIt = case
    return case


def run(case):
    """The result of all test methods of a class."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def cases(module):
    return {name: c for name, c in vars(module).items() if isinstance(c, type)}


def test_parameterize(module):
    seen = []

    def test_it(self):
        seen.append((self.a, self.f(1)))
        assert self.a != 2

    params = testing.product({"a": [1, 2], "f": [lambda x: x + 1]})
    bundle = testing.parameterize(*params)(put(module, {"test_it": test_it}))
    module.TestIt = bundle
    assert list(cases(module)) == [
        "TestIt_param_0_{a=1, f=<lambda>}",
        "TestIt_param_1_{a=2, f=<lambda>}",
    ]
    good, bad = map(run, cases(module).values())
    assert good.wasSuccessful()
    assert seen == [(1, 2), (2, 2)]
    if sys.version_info >= (3, 11):
        assert "a: 2" in bad.failures[0][1]


def test_decorators_multiply(module):
    seen = []

    def test_a(self, backend):
        seen.append((self.x, backend.use_ideep, config.use_ideep))
        with backend:
            seen.append((backend.xp is np, config.use_ideep))

    def test_b(self):
        seen.append("b")

    base = put(module, {"test_a": test_a, "test_b": test_b})
    inner = testing.parameterize_pytest("x", [5, 6])(base)
    outer = testing.inject_backend_tests(["test_a"], [{}, {"autotune": True}])(inner)
    module.TestIt = outer
    assert len(outer.classes) == 6
    assert set(cases(module).values()) == set(outer.classes)
    for case in outer.classes:
        assert run(case).wasSuccessful()
    assert seen.count("b") == 2
    assert seen.count((True, "never")) == 4


def test_backend_config():
    with pytest.raises(TypeError):
        testing.BackendConfig([])
    with pytest.raises(ValueError, match="no 'use_cupy'"):
        testing.BackendConfig({"use_cupy": True})
    cuda = testing.BackendConfig({"use_cuda": True, "use_cudnn": "always"})
    assert cuda.cuda_device == 0
    assert len(cuda.get_pytest_marks()) == 2
    assert testing.BackendConfig({}).get_pytest_marks() == []
    array = np.ones(2)
    assert testing.BackendConfig({}).get_array(array) is array
    assert "use_cuda_true" in cuda.get_func_str()
    assert "use_cudnn='always'" in repr(cuda)
    with pytest.raises(NotImplementedError):
        _ = testing.BackendConfig({"use_chainerx": True}).device
    for wrong in [("test_a", [{}]), (None, {}), (None, [1])]:
        with pytest.raises(TypeError):
            testing.inject_backend_tests(*wrong)


def test_conditions(module):
    calls = []

    def test_it(self):
        calls.append(self)
        assert len(calls) == 3

    for decorator, success, count in [
        (condition.retry(3), True, 3),
        (condition.retry(2), False, 2),
        (condition.repeat(3), False, 1),
    ]:
        calls.clear()
        result = run(put(module, {"test_it": decorator(test_it)}))
        assert (result.wasSuccessful(), len(calls)) == (success, count)
        assert len(set(map(id, calls))) == count, "each run has an instance of its own"
    skipped = run(put(module, {"test_it": condition.retry(3)(lambda self: pytest.skip("why"))}))
    assert skipped.skipped[0][1] == "why"
    with pytest.raises(ValueError, match="cannot succeed"):
        condition.repeat_with_success_at_least(1, 2)


def test_fix_random(module):
    drawn = []

    def test_it(self):
        drawn.append((np.random.rand(), testing.generate_seed()))

    state = np.random.get_state()[1].copy()
    for _ in range(2):
        assert run(testing.fix_random()(put(module, {"test_it": test_it}))).wasSuccessful()
        assert run(put(module, {"test_it": testing.fix_random()(test_it)})).wasSuccessful()
    assert len(set(drawn)) == 1
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    with pytest.raises(RuntimeError, match="fix_random"):
        testing.generate_seed()


# ---- whole test cases
class Functions(testing.FunctionTestCase):
    """Tests of relu; not collected under this name."""

    __test__ = False

    def generate_inputs(self):
        return (np.random.uniform(0.1, 1, (2, 3)).astype("f"),)

    def forward(self, inputs, device):
        return (F.tanh(inputs[0]),)

    def forward_expected(self, inputs):
        return (np.tanh(inputs[0]),)


def run_with_backend(module, case):
    copy = type("TestIt", (case,), {"__module__": module.__name__})
    (made,) = testing.inject_backend_tests(None, [{}])(copy).classes
    return run(made)


def test_function_test_case(module):
    result = run_with_backend(module, Functions)
    assert (result.testsRun, result.failures, result.errors) == (3, [], [])


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ({"forward_expected": lambda s, x: (np.tanh(x[0]) + 1,)}, "output 0 differs"),
        ({"forward_expected": lambda s, x: (np.tanh(x[0]).astype("d"),)}, "dtypes"),
        ({"forward_expected": lambda s, x: (x[0], x[0])}, "number of outputs"),
        ({"forward": lambda s, x, d: F.tanh(x[0])}, "tuple of Variables"),
        ({"forward": lambda s, x, d: (half_right(-x[0]),)}, "backward is not implemented"),
        ({"generate_inputs": lambda s: [np.ones(2)]}, "must return a tuple"),
        ({"contiguous": "F"}, "contiguous must be"),
    ],
)
def test_function_test_case_finds(module, members, match):
    result = run_with_backend(module, type("Case", (Functions,), members))
    assert not result.wasSuccessful()
    assert any(match in text for _, text in result.failures + result.errors)


def test_function_test_case_sees_changed_inputs(module):
    def forward(self, inputs, device):
        inputs[0].array[...] = 0
        return (F.tanh(inputs[0]),)

    result = run_with_backend(module, type("Case", (Functions,), {"forward": forward}))
    assert any("changed input 0" in text for _, text in result.failures)


class Links(testing.LinkTestCase):
    """Tests of Linear; not collected under this name."""

    __test__ = False
    param_names = ("W", "b")

    def generate_params(self):
        W = np.random.uniform(-1, 1, (4, 3)).astype("f")
        return W, np.random.uniform(-1, 1, 4).astype("f")

    def create_link(self, initializers):
        W, b = initializers
        return L.Linear(3, 4, initialW=W, initial_bias=b)

    def generate_inputs(self):
        return (np.random.uniform(-1, 1, (2, 3)).astype("f"),)

    def forward_expected(self, link, inputs):
        return (inputs[0] @ link.W.array.T + link.b.array,)


def test_link_test_case(module):
    result = run_with_backend(module, Links)
    assert (result.testsRun, result.failures, result.errors) == (2, [], [])


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ({"forward_expected": lambda s, link, x: (x[0] @ link.W.array.T,)}, "output 0 differs"),
        (
            {"forward": lambda s, link, x, d: (F.linear(x[0], link.W, link.b.array),)},
            "backward is not implemented",
        ),
        ({"param_names": ("W", "c")}, "no parameter 'c'"),
        ({"create_link": lambda s, p: None}, "must return a Link"),
    ],
)
def test_link_test_case_finds(module, members, match):
    result = run_with_backend(module, type("Case", (Links,), members))
    assert any(match in text for _, text in result.failures + result.errors)


def test_skips(module):
    members = {"skip_forward_test": True, "skip_backward_test": True}
    assert len(run_with_backend(module, type("Case", (Links,), members)).skipped) == 2
    members["skip_double_backward_test"] = True
    assert len(run_with_backend(module, type("Case", (Functions,), members)).skipped) == 3


def test_dodging(module):
    points = iter([np.zeros((1, 1), "f"), np.ones((1, 1), "f")])
    members = {
        "generate_inputs": lambda s: (next(points),),
        "forward": lambda s, x, d: (F.relu(x[0]),),
        "forward_expected": lambda s, x: (np.maximum(x[0], 0),),
        "dodge_nondifferentiable": True,
        "skip_forward_test": True,
        "skip_double_backward_test": True,
    }
    result = run_with_backend(module, type("Case", (Functions,), members))
    assert (result.failures, result.errors) == ([], [])
    assert next(points, None) is None


# ---- functions of one argument
@pytest.fixture
def _no_gpu(monkeypatch):
    monkeypatch.setattr("catenary.testing.attr.gpu", lambda test: None)


def unary(module, func, **options):
    """The results for one function: two shapes, three dtypes."""
    made = testing.unary_math_function_unittest(func, **options)(put(module, {})).classes
    return [run(case) for case in made]


@pytest.mark.usefixtures("_no_gpu")
def test_unary_math_function(module):
    results = unary(module, F.tanh, label_expected="Tanh")
    assert [r.testsRun for r in results] == [3] * 6
    assert all(r.wasSuccessful() for r in results)
    results = unary(module, half_right, func_expected=lambda x, dtype: np.square(x))
    assert not all(r.wasSuccessful() for r in results)
    with pytest.raises(ValueError, match="half_right"):
        testing.unary_math_function_unittest(half_right)
    with testing.assert_warns(DeprecationWarning):
        testing.unary_math_function_unittest(F.tanh, is_linear=True)


@pytest.mark.usefixtures("_no_gpu")
def test_unary_math_function_of_the_old_style(module):
    class Square(Function):
        def forward(self, inputs):
            return (np.asarray(inputs[0] ** 2),)

        def backward(self, inputs, gys):
            return (np.asarray(2 * inputs[0] * gys[0]),)

    square = Square()
    results = unary(module, square)
    assert [r.testsRun for r in results] == [2] * 6
    assert all(r.wasSuccessful() for r in results), [r.failures + r.errors for r in results]


def test_saving_and_loading():
    for save_and_load in (testing.save_and_load_npz, testing.save_and_load_hdf5):
        one, two = L.Linear(2, 3), L.Linear(2, 3)
        save_and_load(one, two)
        np.testing.assert_array_equal(one.W.array, two.W.array)


def test_run_module_runs_only_the_program(monkeypatch):
    calls = []
    monkeypatch.setattr(pytest, "main", calls.append)
    testing.run_module("a_module", "a_file.py")
    assert calls == []
    testing.run_module("__main__", "a_file.py")
    assert calls[0][0] == "a_file.py"


MARKED = """
from catenary import testing
from catenary.testing import attr
import unittest

class TestMarks(unittest.TestCase):
    @attr.slow
    def test_slow(self): pass
    @attr.gpu
    def test_gpu(self): pass
    @attr.multi_gpu(2)
    def test_two(self): pass
    @attr.cudnn
    def test_cudnn(self): pass
    @attr.ideep
    def test_ideep(self): pass
    @attr.chainerx
    def test_chainerx(self): pass

@testing.parameterize({"a": 1}, {"a": 2})
class TestParameters(unittest.TestCase):
    def test_it(self): assert self.a in (1, 2)
"""


def test_pytest_collects_what_we_make(tmp_path, python):
    (tmp_path / "test_marked.py").write_text(MARKED)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n slow:\n gpu:\n cudnn:\n ideep:\n chainerx:\n"
    )
    code = "import pytest, sys; sys.exit(pytest.main(sys.argv[1:]))"
    common = ("-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path))
    out = python(code, *common, "-m", "not gpu and not slow").stdout
    assert "5 passed, 3 deselected" in out


class Initializers(testing.LinkInitializersTestCase):
    """Tests of Linear's initializers; not collected under this name."""

    __test__ = False
    param_names = ("W", "b")
    generate_params = Links.generate_params
    generate_inputs = Links.generate_inputs

    def create_link(self, initializers):
        W, b = initializers
        return L.Linear(None, 4, initialW=W, initial_bias=b)

    def get_initializers(self):
        bias = testing.InitializerArgument(None, 0)
        return [2, initializers.Constant(3), np.ones((4, 3), "f")], [0.5, bias]


def test_link_initializers_test_case(module):
    result = run_with_backend(module, Initializers)
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])


@pytest.mark.parametrize(
    ("members", "match"),
    [
        (
            {"get_initializers": lambda s: ([], [testing.InitializerArgument(None, 1)])},
            "b is not as .*InitializerArgument",
        ),
        ({"create_link": lambda s, p: L.Linear(3, 4, initialW=p[0])}, "b is not as 0.5"),
        ({"get_initializers": lambda s: ([], [None])}, "give InitializerArgument"),
        ({"generate_params": lambda s: (None, 1)}, "give InitializerArgument"),
        ({"generate_params": lambda s: 1}, "a tuple or a list"),
        ({"get_initializers": lambda s: [1]}, "tuple of tuples"),
        ({"get_initializers": testing.LinkInitializersTestCase.get_initializers}, "not defined"),
        ({"param_names": ("W", "c")}, "no parameter 'c'"),
        ({"before_test": lambda s, name: s.fail(name)}, "test_initializers"),
    ],
)
def test_link_initializers_test_case_finds(module, members, match):
    result = run_with_backend(module, type("Case", (Initializers,), members))
    (text,) = [text for _, text in result.failures + result.errors]
    assert re.search(match, text)


def test_differences_may_be_allowed(module):
    def allow(self, name):
        self.check_initializers_options = {"atol": 2}

    members = {
        "before_test": allow,
        "get_initializers": lambda s: ([], [testing.InitializerArgument(None, 1)]),
    }
    result = run_with_backend(module, type("Case", (Initializers,), members))
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])


def test_an_initializer_argument_says_what_to_expect():
    with pytest.raises(ValueError, match="expected_initializer"):
        testing.InitializerArgument(1, None)
    with pytest.raises(TypeError):
        testing.InitializerArgument(1, [2])


def test_marks_are_available():
    testing.attr.check_available()
    assert testing.attr.is_available()
    assert testing.attr.get_error() is None
