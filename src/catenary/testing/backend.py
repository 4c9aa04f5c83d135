"""One test, many devices."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from catenary import backend
from catenary.config import using_config
from catenary.testing import attr
from catenary.testing._cases import Cases, Variant, multiply

__all__ = ["BackendConfig", "inject_backend_tests"]

_CONFIG = ("use_cudnn", "cudnn_deterministic", "autotune", "use_ideep")


class BackendConfig:
    """A device and settings to run a test with; a context manager that puts them in force.

    Args:
        params: Any of `use_cuda`, `cuda_device`, `use_cudnn`, `cudnn_deterministic`, `autotune`,
            `cudnn_fast_batch_normalization`, `use_ideep`, `use_chainerx`, `chainerx_device`.

    Raises:
        TypeError: `params` is no dictionary.
        ValueError: It has an entry of another name.
        NotImplementedError: ChainerX is asked for.

    Differs: `use_ideep` changes nothing but the configuration.
    """

    _defaults = (
        ("use_chainerx", False),
        ("chainerx_device", None),
        ("use_cuda", False),
        ("cuda_device", None),
        ("use_cudnn", "never"),
        ("cudnn_deterministic", False),
        ("autotune", False),
        ("cudnn_fast_batch_normalization", False),
        ("use_ideep", "never"),
    )
    use_cuda: bool
    use_chainerx: bool
    cuda_device: int | None
    use_cudnn: str
    use_ideep: str

    def __init__(self, params: dict[str, Any]) -> None:
        if not isinstance(params, dict):
            raise TypeError(f"params must be a dict, got {type(params).__name__}")
        known = dict(self._defaults)
        for name in params:
            if name not in known:
                raise ValueError(f"BackendConfig has no {name!r}; it has: {', '.join(known)}")
        vars(self).update(known | params)
        if self.use_cuda and self.cuda_device is None:
            self.cuda_device = 0
        self._entered: list[contextlib.ExitStack] = []

    @property
    def device(self) -> Any:
        """The device."""
        if self.use_chainerx:
            raise NotImplementedError("catenary has no ChainerX; use use_cuda, or the CPU")
        if self.use_cuda:
            return backend.GpuDevice(self.cuda_device)
        return backend.CpuDevice()

    @property
    def xp(self) -> Any:
        """The device's array module."""
        return self.device.xp

    def __enter__(self) -> BackendConfig:
        with contextlib.ExitStack() as stack:
            for name in _CONFIG:
                stack.enter_context(using_config(name, getattr(self, name)))
            stack.enter_context(backend.using_device(self.device))
            self._entered.append(stack.pop_all())
        return self

    def __exit__(self, *error: object) -> None:
        self._entered.pop().close()

    def __repr__(self) -> str:
        settings = " ".join(f"{name}={getattr(self, name)!r}" for name, _ in self._defaults)
        return f"<BackendConfig {settings}>"

    def get_func_str(self) -> str:
        """Return the settings as a part of a name."""
        texts = [(name, str(getattr(self, name))) for name, _ in self._defaults]
        lower = {"True": "true", "False": "false"}
        return "__".join(f"{name}_{lower.get(text, text)}" for name, text in texts)

    def get_pytest_marks(self) -> list[Any]:
        """Return the marks (:mod:`catenary.testing.attr`) that a test with it needs."""
        if self.use_chainerx:
            return [attr.chainerx]
        if not self.use_cuda:
            return [] if self.use_ideep == "never" else [attr.ideep]
        marks: list[Any] = [attr.gpu]
        if self.use_cudnn != "never":
            marks.append(attr.cudnn)
        if self.cuda_device:
            marks.append(attr.multi_gpu(self.cuda_device + 1))
        return marks

    def get_array(self, np_array: Any) -> Any:
        """Return NumPy arrays (nested in lists, tuples or dicts) on the device."""
        return self.device.send(np_array)


def inject_backend_tests(
    method_names: list[str] | None, params: list[dict[str, Any]]
) -> Callable[[Any], Cases]:
    """Return a class decorator that runs test methods once for each backend.

    The methods get a :class:`BackendConfig` as their first argument.

    Args:
        method_names: Names of the methods; None for all.
        params: What the BackendConfigs are made of.

    Raises:
        TypeError: An argument is neither.
    """
    if not (method_names is None or isinstance(method_names, list)):
        raise TypeError(f"method_names must be a list or None, got {type(method_names).__name__}")
    given: Any = params
    if not isinstance(given, list) or not all(isinstance(p, dict) for p in given):
        raise TypeError("params must be a list of dicts")

    def variants(base: type) -> Iterator[Variant]:
        def others(method: Any) -> Any:
            return None if method.__name__ in (method_names or ()) else method

        if method_names is not None:
            yield Variant(f"{base.__name__}", {}, others)
        for config in map(BackendConfig, params):
            name = f"{base.__name__}_{config.get_func_str()}"
            yield Variant(name, {}, functools.partial(_given, config, method_names))

    return multiply(variants)


def _given(config: BackendConfig, names: list[str] | None, method: Any) -> Any:
    """Return the test method with `config` as its first argument; None if it is not asked for."""
    if names is not None and method.__name__ not in names:
        return None

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, config, *args, **kwargs)

    # pytest would take the argument for a fixture.
    signature = inspect.signature(method)
    first, _, *rest = signature.parameters.values()
    run.__signature__ = signature.replace(parameters=[first, *rest])  # type: ignore[attr-defined]
    del run.__wrapped__
    marked: Any = run
    for mark in config.get_pytest_marks():
        marked = mark(marked)
    return marked
