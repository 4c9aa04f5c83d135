"""A test case to inherit from for distributions: compares one with SciPy's."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from catenary.backends import cuda
from catenary.testing import attr
from catenary.testing.array import assert_allclose
from catenary.variable import Variable, as_array

__all__ = ["distribution_unittest"]

_DRAWS = 100_000
_PLAIN = ("batch_shape", "event_shape", "support")
# What is tested: the method or property of ours, and SciPy's method.
_MOMENTS = {
    "entropy": ("entropy", "entropy"),
    "mean": ("mean", "mean"),
    "stddev": ("stddev", "std"),
    "variance": ("variance", "var"),
}
_AT_POINTS = {
    "cdf": ("cdf", "cdf"),
    "icdf": ("icdf", "ppf"),
    "log_cdf": ("log_cdf", "logcdf"),
    "log_prob": ("log_prob", "logpdf"),
    "log_survival": ("log_survival_function", "logsf"),
    "prob": ("prob", "pdf"),
    "survival": ("survival_function", "sf"),
}
_TARGETS = (*_PLAIN, *_MOMENTS, *_AT_POINTS, "sample")


class distribution_unittest(unittest.TestCase):
    """Tests of a distribution; a subclass defines `setUp_configure` and `sample_for_test`.

    `setUp_configure` sets these attributes; `sample_for_test` returns points to evaluate at, of
    shape sample_shape + shape + event_shape.

    Attributes:
        dist: Class of the distribution.
        scipy_dist: SciPy's distribution.
        test_targets: What to test, a set of: batch_shape, cdf, entropy, event_shape, icdf, log_cdf,
            log_prob, log_survival, mean, prob, sample, stddev, support, survival, variance.
        params: Arguments of `dist`, arrays by name.
        scipy_params: Arguments of SciPy's methods, arrays by name.
        shape: Shape of the batch.
        sample_shape: Shape of the samples to compare.
        is_variable: Whether `params` are wrapped in Variables.
        event_shape, support, continuous, options: (), ``"real"``, True and no further arguments
            of `dist` by default.
        scipy_onebyone: Whether SciPy takes the parameters of one distribution at a time.
    """

    scipy_onebyone = False
    event_shape: tuple[int, ...] = ()
    dist: Any
    scipy_dist: Any
    params: dict[str, Any]
    scipy_params: dict[str, Any]
    shape: tuple[int, ...]
    sample_shape: tuple[int, ...]
    is_variable: bool

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Mark the tests that need a GPU.

        Only here: an unregistered mark is an error in some projects.
        """
        super().__init_subclass__(**kwargs)
        for target in _TARGETS:
            test = f"test_{target}_gpu"
            setattr(cls, test, attr.gpu(getattr(cls, test)))

    def setUp(self) -> None:
        """Read what the subclass configures.

        Raises:
            ValueError: `test_targets` has a name that is no target.
        """
        self.support = "real"
        self.continuous = True
        self.test_targets: set[str] = set()
        self.options: dict[str, Any] = {}
        self.setUp_configure()
        unknown = self.test_targets - set(_TARGETS)
        if unknown:
            raise ValueError(f"test_targets has {sorted(unknown)}; known are {sorted(_TARGETS)}")
        if self.is_variable:
            self.params = {name: Variable(array) for name, array in self.params.items()}

    def setUp_configure(self) -> None:
        """Set the attributes; what a subclass defines."""
        raise NotImplementedError(f"{type(self).__name__} does not define setUp_configure")

    def sample_for_test(self) -> Any:
        """Return points to evaluate at; what a subclass defines."""
        raise NotImplementedError(f"{type(self).__name__} does not define sample_for_test")

    @property
    def cpu_dist(self) -> Any:
        """The distribution on the CPU."""
        return self.dist(**self.params, **self.options)

    @property
    def gpu_dist(self) -> Any:
        """The distribution on the GPU."""
        arrays = {name: cuda.to_gpu(as_array(p)) for name, p in self.params.items()}
        if self.is_variable:
            arrays = {name: Variable(array) for name, array in arrays.items()}
        return self.dist(**arrays, **self.options)

    def scipy_onebyone_params_iter(self) -> Iterator[dict[str, Any]]:
        """Yield SciPy's parameters of each distribution of the batch."""
        for place in numpy.ndindex(*self.shape):
            yield {name: array[place] for name, array in self.scipy_params.items()}

    def _check(self, target: str, is_gpu: bool) -> None:
        dist = self.gpu_dist if is_gpu else self.cpu_dist
        if target in _PLAIN:
            expected = getattr(self, "shape" if target == "batch_shape" else target)
            actual = getattr(dist, target)
            if actual != expected:
                self.fail(f"{target} is {actual!r}, expected {expected!r}")
        elif target in _MOMENTS:
            ours, scipys = _MOMENTS[target]
            assert_allclose(getattr(dist, ours), self._moment(scipys))
        elif target == "sample":
            self._check_sample(dist)
        else:
            ours, scipys = _AT_POINTS[target]
            if not self.continuous:
                scipys = scipys.replace("pdf", "pmf")
            x = self._probabilities() if target == "icdf" else self.sample_for_test()
            y = getattr(dist, ours)(cuda.to_gpu(x) if is_gpu else x)
            assert_allclose(y, self._at_points(scipys, x))

    def _probabilities(self) -> Any:
        drawn = numpy.random.uniform(1e-5, 1 - 1e-5, self.sample_shape + self.shape)
        return drawn.astype(numpy.float32)

    def _moment(self, method: str) -> Any:
        compute = getattr(self.scipy_dist, method)
        if not self.scipy_onebyone:
            return compute(**self.scipy_params)
        each = [compute(**params) for params in self.scipy_onebyone_params_iter()]
        event = () if method == "entropy" else self.cpu_dist.event_shape
        return numpy.asarray(each).reshape(self.shape + event)

    def _at_points(self, method: str, x: Any) -> Any:
        compute = getattr(self.scipy_dist, method)
        if not self.scipy_onebyone:
            return compute(x, **self.scipy_params)
        rows = x.reshape(-1, int(numpy.prod(self.shape)), *self.event_shape).swapaxes(0, 1)
        pairs = zip(rows, self.scipy_onebyone_params_iter(), strict=True)
        each = [numpy.atleast_1d(compute(row, **params)) for row, params in pairs]
        return numpy.stack(each, -1).reshape(self.sample_shape + self.shape)

    def _check_sample(self, dist: Any) -> None:
        ours = cuda.to_cpu(dist.sample((_DRAWS, *self.sample_shape)).array)
        scipys = self._scipy_sample((_DRAWS, *self.sample_shape))
        for statistic in (numpy.mean, numpy.std):
            assert_allclose(
                statistic(ours, axis=0), statistic(scipys, axis=0), atol=3e-2, rtol=3e-2
            )

    def _scipy_sample(self, size: tuple[int, ...]) -> Any:
        draw = self.scipy_dist.rvs
        if not self.scipy_onebyone:
            return draw(size=size + self.shape, **self.scipy_params)
        each = [draw(size=size, **params) for params in self.scipy_onebyone_params_iter()]
        return numpy.stack(each, len(size)).reshape(size + self.shape + self.cpu_dist.event_shape)


def _checker(target: str) -> Callable[[Any, bool], None]:
    def check(self: distribution_unittest, is_gpu: bool) -> None:
        self._check(target, is_gpu)

    return check


def _test(target: str, is_gpu: bool) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        if target not in self.test_targets:
            self.skipTest(f"test_targets does not have {target!r}")
        getattr(self, f"check_{target}")(is_gpu)

    return test


for _target in _TARGETS:
    setattr(distribution_unittest, f"check_{_target}", _checker(_target))
    setattr(distribution_unittest, f"test_{_target}_cpu", _test(_target, False))
    setattr(distribution_unittest, f"test_{_target}_gpu", _test(_target, True))
