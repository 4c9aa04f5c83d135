"""Configuration: one global store, seen through a thread-local one, as in Chainer.

`config.train` reads the thread's value if the thread has set one and the global value otherwise;
`using_config` changes a thread's value for the length of a `with` block.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import IO, Any

__all__ = [
    "GlobalConfig",
    "LocalConfig",
    "config",
    "get_dtype",
    "global_config",
    "is_debug",
    "mixed16",
    "set_debug",
    "using_config",
]


class GlobalConfig:
    """Values that every thread sees until it sets its own.

    Attributes:
        train: Whether links and functions behave as in training (dropout on, batch statistics
            used). Default True.
        enable_backprop: Whether functions record what `backward` needs. Default True.
        dtype: The dtype of parameters that do not name one. Default `numpy.float32`.
        debug: Whether functions check their results for NaN. Default False.
        in_recomputing: Whether `functions.forget` is calling a function again, so that what it
            updates, such as running averages, must be left alone. Default False.
        flush_subnormals: Whether optimizer kernels treat numbers below 1.2e-38 as 0. Momentum under
            zero gradients decays into them, where processors are 4 to 20 times slower. Default
            True; False gives NumPy's bits for them too.
        restore_hyperparams: Whether loading a snapshot also restores hyperparameters such as the
            learning rate. Default False: a snapshot never overwrites a newly chosen `lr` (differs
            from nothing in Chainer, which does not save them).
    """

    def __init__(self) -> None:
        import numpy

        self.train: bool = True
        self.enable_backprop: bool = True
        self.dtype: Any = numpy.dtype(numpy.float32)
        self.debug: bool = False
        self.in_recomputing: bool = False
        self.flush_subnormals: bool = True
        self.restore_hyperparams: bool = False
        self.cudnn_deterministic: bool = False
        self.keep_graph_on_report: bool = False
        self.type_check: bool = True
        self.use_cudnn: str = "auto"
        self.use_ideep: str = "never"
        self.warn_nondeterministic: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        for view in _views.get(self, ()):
            setattr(view, name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        for view in _views.get(self, ()):
            delattr(view, name)

    def _show_through(self, view: type) -> None:
        """Keep the attributes of `view` equal to the entries."""
        _views.setdefault(self, []).append(view)
        for name, value in vars(self).items():
            setattr(view, name, value)

    def show(self, file: IO[str] = sys.stdout) -> None:
        """Print every entry, one a line, in alphabetical order."""
        _show(vars(self), file)


_views: weakref.WeakKeyDictionary[GlobalConfig, list[type]] = weakref.WeakKeyDictionary()


class LocalConfig(threading.local):
    """A thread's view of a :class:`GlobalConfig`: its own entries first, the global ones behind
    them.

    Functions read the configuration at every call, so reading is native: a thread's entries are the
    attributes of a `threading.local`, and the global ones are attributes of a class of its own.
    """

    _global: GlobalConfig

    def __new__(cls, behind: GlobalConfig) -> LocalConfig:
        """Make a view, of a class of its own."""
        view = type(cls.__name__, (cls,), {"__doc__": cls.__doc__, "_global": behind})
        behind._show_through(view)
        made: LocalConfig = threading.local.__new__(view, behind)  # type: ignore[call-arg]
        return made

    def __init__(self, behind: GlobalConfig) -> None:
        """Run once a thread; a thread begins without entries of its own."""

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(sorted(vars(self._global)))
        raise AttributeError(f"the configuration has no entry {name!r}; it has: {known}")

    def show(self, file: IO[str] = sys.stdout) -> None:
        """Print every entry as this thread sees it."""
        _show({**vars(self._global), **vars(self)}, file)


def _show(entries: dict[str, Any], file: IO[str]) -> None:
    width = max(map(len, entries))
    for name in sorted(entries):
        print(f"{name:<{width}} {entries[name]}", file=file)


global_config = GlobalConfig()
config = LocalConfig(global_config)


@contextlib.contextmanager
def using_config(name: str, value: Any, config: LocalConfig = config) -> Iterator[None]:
    """Set one entry of the thread's configuration for the length of a `with` block.

    Args:
        name: Entry, for example ``"train"``.
        value: What it reads as inside the block.
        config: Configuration to change; the thread's by default.

    Example:
        >>> from catenary import config, using_config
        >>> with using_config("train", False):
        ...     config.train
        False
    """
    own = vars(config)
    missing = object()
    before = own.get(name, missing)
    setattr(config, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(config, name)
        else:
            setattr(config, name, before)


def is_debug() -> bool:
    """Return whether debug mode is on in this thread."""
    return bool(config.debug)


def set_debug(debug: bool) -> None:
    """Switch this thread's debug mode on or off."""
    config.debug = debug


class _Mixed16:
    """float16 for values and float32 where that would lose too much; a value of `config.dtype`."""

    name = "mixed16"

    @property
    def dtype(self) -> Any:
        """What NumPy takes it for: float16."""
        import numpy

        return numpy.dtype(numpy.float16)

    def __repr__(self) -> str:
        return "dtype('mixed16')"

    def __reduce__(self) -> str:
        return "mixed16"


mixed16 = _Mixed16()


def get_dtype(dtype: Any = None, map_mixed16: Any = None) -> Any:
    """Return a dtype as NumPy's.

    Args:
        dtype: Anything that names one; `config.dtype` if omitted.
        map_mixed16: What stands for :data:`mixed16`; float16 if omitted.
    """
    import numpy

    chosen = config.dtype if dtype is None else dtype
    if chosen is mixed16:
        chosen = numpy.float16 if map_mixed16 is None else map_mixed16
    return numpy.dtype(chosen)
