"""Test cases to inherit from: one for functions, one for links."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from catenary import gradient_check
from catenary.backend import CpuDevice, get_array_types
from catenary.link import Link
from catenary.testing.array import as_noncontiguous, assert_allclose
from catenary.variable import Variable

__all__ = ["FunctionTestCase", "FunctionTestError", "LinkCase", "LinkTestCase", "LinkTestError"]


class FunctionTestError(AssertionError):
    """A function does not do what its FunctionTestCase expects."""


class LinkTestError(AssertionError):
    """A link does not do what its LinkTestCase expects."""


class _Case(unittest.TestCase):
    """What both kinds share: making inputs, comparing outputs.

    Attributes:
        backend_config: The backend of the running test.
        check_forward_options: Arguments of `assert_allclose`.
        check_backward_options: Arguments of `check_backward`.
        skip_forward_test: Whether to leave out that test; and so on.
        dodge_nondifferentiable: Whether to draw other inputs where there is no derivative.
        numerical_grad_dtype: Dtype of the numerical gradients.
        contiguous: None for arrays with gaps in memory, ``"C"`` for ordinary ones.
    """

    backend_config: Any = None
    check_forward_options: Any = None
    check_backward_options: Any = None
    check_double_backward_options: Any = None
    skip_forward_test: bool = False
    skip_backward_test: bool = False
    dodge_nondifferentiable: bool = False
    numerical_grad_dtype: Any = numpy.float64
    contiguous: str | None = None
    error: type[AssertionError] = AssertionError

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_forward_options = {}
        self.check_backward_options = {}
        self.check_double_backward_options = {}

    def before_test(self, test_name: str) -> None:
        """Run before each test; override to skip or to prepare."""

    def generate_inputs(self) -> tuple[Any, ...]:
        """Return a tuple of NumPy arrays; override."""
        raise NotImplementedError("generate_inputs is not defined")

    def generate_grad_outputs(self, outputs_template: Sequence[Any]) -> tuple[Any, ...]:
        """Return gradients like the outputs, uniform in [−1, 1)."""
        return _uniform_like(outputs_template)

    def check_forward_outputs(self, outputs: Any, expected_outputs: Any) -> None:
        """Compare output arrays with what is expected."""
        shown = f"got {_props(outputs)}, expected {_props(expected_outputs)}"
        pairs = list(zip(outputs, expected_outputs, strict=False))
        if len(outputs) != len(expected_outputs):
            raise self.error(f"the number of outputs differs: {shown}")
        if any(y.shape != e.shape or y.dtype != e.dtype for y, e in pairs):
            raise self.error(f"shapes or dtypes of outputs differ: {shown}")
        for index, (actual, expected) in enumerate(pairs):
            try:
                assert_allclose(actual, expected, **self.check_forward_options)
            except AssertionError as error:
                raise self.error(f"output {index} differs ({shown}): {error}") from error

    def _begin(self, test_name: str, backend_config: Any, skip: bool) -> None:
        if skip:
            raise unittest.SkipTest(f"{test_name} is to be skipped")
        self.backend_config = backend_config
        self.test_name = test_name
        self.before_test(test_name)

    def _arrays(self, method: str, arrays: Any) -> tuple[Any, ...]:
        """Return `arrays` if they are what a method may return."""
        if not isinstance(arrays, tuple):
            raise TypeError(f"{method} must return a tuple, got {type(arrays).__name__}")
        if not all(a is None or isinstance(a, numpy.ndarray) for a in arrays):
            raise TypeError(f"{method} must return NumPy arrays, got {_props(arrays)}")
        return arrays

    def _variables(self, outputs: Any) -> tuple[Any, ...]:
        if not isinstance(outputs, tuple) or not all(isinstance(y, Variable) for y in outputs):
            raise self.error("forward must return a tuple of Variables")
        return outputs

    def _sent(self, arrays: Any) -> Any:
        """Return arrays on the device, with gaps in memory if that is asked for."""
        sent = self.backend_config.get_array(arrays)
        if self.contiguous not in (None, "C"):
            raise ValueError(f"contiguous must be None or 'C', got {self.contiguous!r}")
        on_cpu = isinstance(self.backend_config.device, CpuDevice)
        return as_noncontiguous(sent) if self.contiguous is None and on_cpu else sent

    def _until_differentiable(self, what: str, check: Callable[[], None]) -> None:
        while True:
            try:
                check()
            except gradient_check.NondifferentiableError:
                if not self.dodge_nondifferentiable:
                    raise
            except AssertionError as error:
                raise self.error(f"{what} is not implemented correctly: {error}") from error
            else:
                return


class FunctionTestCase(_Case):
    """Tests of a function: values, gradients, gradients of gradients.

    Override `generate_inputs`, `forward` and `forward_expected`; decorate the class with
    :func:`inject_backend_tests`.
    """

    skip_double_backward_test: bool = False
    error = FunctionTestError

    def forward(self, inputs: tuple[Variable, ...], device: Any) -> tuple[Variable, ...]:
        """Call the function on Variables and return a tuple of them; override."""
        raise NotImplementedError("forward is not defined")

    def forward_expected(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the expected arrays, from NumPy arrays; override."""
        raise NotImplementedError("forward_expected is not defined")

    def generate_grad_grad_inputs(self, inputs_template: Sequence[Any]) -> tuple[Any, ...]:
        """Return gradients of the inputs' gradients, uniform in [−1, 1)."""
        return _uniform_like(inputs_template)

    def _forward(self, *inputs: Variable) -> tuple[Any, ...]:
        with self.backend_config:
            return self._variables(self.forward(inputs, self.backend_config.device))

    def _drawn(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        inputs = self._arrays("generate_inputs", self.generate_inputs())
        return inputs, self._arrays("forward_expected", self.forward_expected(inputs))

    def run_test_forward(self, backend_config: Any) -> None:
        """Compare values, and see that the inputs stay as they are."""
        self._begin("test_forward", backend_config, self.skip_forward_test)
        arrays, expected = self._drawn()
        inputs = self._sent(arrays)
        before = [a.copy() for a in inputs]
        variables = [Variable(a, requires_grad=a.dtype.kind == "f") for a in inputs]
        outputs = self._forward(*variables)
        for index, (now, then) in enumerate(zip(inputs, before, strict=True)):
            try:
                assert_allclose(now, then, atol=0, rtol=0)
            except AssertionError as error:
                raise self.error(f"forward changed input {index}: {error}") from error
        self.check_forward_outputs(tuple([y.array for y in outputs]), expected)

    def run_test_backward(self, backend_config: Any) -> None:
        """Check gradients."""
        self._begin("test_backward", backend_config, self.skip_backward_test)

        def check() -> None:
            inputs, outputs = self._drawn()
            grads = self._arrays("generate_grad_outputs", self.generate_grad_outputs(outputs))
            gradient_check.check_backward(
                self._forward,
                self._sent(inputs),
                self._sent(grads),
                dtype=self.numerical_grad_dtype,
                detect_nondifferentiable=self.dodge_nondifferentiable,
                **self.check_backward_options,
            )

        self._until_differentiable("backward", check)

    def run_test_double_backward(self, backend_config: Any) -> None:
        """Check gradients of gradients."""
        self._begin("test_double_backward", backend_config, self.skip_double_backward_test)

        def check() -> None:
            inputs, outputs = self._drawn()
            grads = self._arrays("generate_grad_outputs", self.generate_grad_outputs(outputs))
            seconds = self._arrays(
                "generate_grad_grad_inputs", self.generate_grad_grad_inputs(inputs)
            )
            floating = tuple([g for g in seconds if g is None or g.dtype.kind == "f"])
            gradient_check.check_double_backward(
                self._forward,
                self._sent(inputs),
                self._sent(grads),
                self._sent(floating),
                dtype=self.numerical_grad_dtype,
                detect_nondifferentiable=self.dodge_nondifferentiable,
                **self.check_double_backward_options,
            )

        self._until_differentiable("double backward", check)

    def test_forward(self, backend_config: Any) -> None:
        """Compare values."""
        self.run_test_forward(backend_config)

    def test_backward(self, backend_config: Any) -> None:
        """Check gradients."""
        self.run_test_backward(backend_config)

    def test_double_backward(self, backend_config: Any) -> None:
        """Check gradients of gradients."""
        self.run_test_double_backward(backend_config)


class LinkCase(_Case):
    """What test cases of links share.

    Attributes:
        param_names: Names of the parameters that are checked.
    """

    param_names: tuple[str, ...] = ()
    error = LinkTestError

    def generate_params(self) -> Sequence[Any]:
        """Return initializers; override."""
        raise NotImplementedError("generate_params is not defined")

    def create_link(self, initializers: Sequence[Any]) -> Link:
        """Return a link made with the initializers; override."""
        raise NotImplementedError("create_link is not defined")

    def forward(self, link: Link, inputs: Sequence[Variable], device: Any) -> tuple[Any, ...]:
        """Call the link and return a tuple."""
        outputs = link(*inputs)
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def _forward(self, link: Link, inputs: Sequence[Variable]) -> tuple[Any, ...]:
        with self.backend_config:
            return self._variables(self.forward(link, inputs, self.backend_config.device))

    def _made(self, params: Sequence[Any]) -> Link:
        link = self.create_link(params)
        if not isinstance(link, Link):
            raise TypeError(f"create_link must return a Link, got {type(link).__name__}")
        link.to_device(self.backend_config.device)
        return link

    def _parameter(self, link: Link, name: str) -> Any:
        parameter = getattr(link, name, None)
        if parameter is None:
            raise self.error(f"the link has no parameter {name!r}")
        return parameter.array


class LinkTestCase(LinkCase):
    """Tests of a link: values, and gradients of inputs and parameters.

    Override `generate_params`, `create_link`, `generate_inputs` and `forward_expected`; decorate
    the class with :func:`inject_backend_tests`.
    """

    def forward_expected(self, link: Link, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the expected arrays, from the link on the CPU and NumPy arrays; override."""
        raise NotImplementedError("forward_expected is not defined")

    def _link(self) -> Link:
        params = self.generate_params()
        if not isinstance(params, (tuple, list)):
            raise TypeError("generate_params must return a tuple or a list")
        return self._made(params)

    def test_forward(self, backend_config: Any) -> None:
        """Compare values."""
        self._begin("test_forward", backend_config, self.skip_forward_test)
        link = self._link()
        inputs = self._arrays("generate_inputs", self.generate_inputs())
        outputs = self._forward(link, [Variable(a) for a in self._sent(inputs)])
        arrays = tuple([y.array for y in outputs])
        link.to_device(CpuDevice())
        expected = self._arrays("forward_expected", self.forward_expected(link, inputs))
        self.check_forward_outputs(arrays, expected)

    def test_backward(self, backend_config: Any) -> None:
        """Check gradients of inputs and parameters."""
        self._begin("test_backward", backend_config, self.skip_backward_test)
        self._until_differentiable("backward", self._check_backward)

    def _check_backward(self) -> None:
        initial = self.generate_params()
        link, other = self._made(initial), self._made(initial)
        inputs = self._sent(self._arrays("generate_inputs", self.generate_inputs()))
        outputs = [y.array for y in self._forward(link, [Variable(a) for a in inputs])]
        self._forward(other, [Variable(a) for a in inputs])
        grads = self._arrays(
            "generate_grad_outputs", self.generate_grad_outputs(CpuDevice().send(outputs))
        )

        def forward(xs: Sequence[Variable], params: Sequence[Any]) -> tuple[Any, ...]:
            with other.init_scope():
                for name, parameter in zip(self.param_names, params, strict=True):
                    setattr(other, name, parameter)
            return self._forward(other, xs)

        gradient_check._check_backward_with_params(
            forward,
            inputs,
            self._sent(grads),
            params=self._sent(tuple([self._parameter(link, name) for name in self.param_names])),
            dtype=self.numerical_grad_dtype,
            detect_nondifferentiable=self.dodge_nondifferentiable,
            **self.check_backward_options,
        )


def _uniform_like(templates: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        [numpy.asarray(numpy.random.uniform(-1, 1, a.shape)).astype(a.dtype) for a in templates]
    )


def _props(arrays: Sequence[Any]) -> str:
    kinds: Any = get_array_types()
    return ", ".join(
        f"{a.shape}:{a.dtype}" if isinstance(a, kinds) else type(a).__name__ for a in arrays
    )
