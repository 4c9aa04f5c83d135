"""Configuration: one global store, seen through a thread-local one, as in Chainer.

`config.train` reads the thread's value if the thread has set one and the global value otherwise;
`using_config` changes a thread's value for the length of a `with` block.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import IO, Any

__all__ = [
    "DebugMode",
    "GlobalConfig",
    "LocalConfig",
    "config",
    "get_compute_mode",
    "get_dtype",
    "global_config",
    "is_debug",
    "mixed16",
    "set_debug",
    "using_config",
]


# Entries that programs of Chainer's read and set, with its defaults.
_WITHOUT_EFFECT = {
    "_will_recompute": False,
    "autotune": False,
    "compute_mode": None,
    "cudnn_deterministic": False,
    "cudnn_fast_batch_normalization": False,
    "lazy_grad_sum": False,
    "schedule_func": None,
    "use_cudnn_tensor_core": "auto",
    "use_ideep": "never",
    "use_static_graph": True,
    "warn_nondeterministic": False,
}

# Entries that an environment variable switches on (1) or off (0).
_SWITCHES = (
    "cudnn_fast_batch_normalization",
    "debug",
    "keep_graph_on_report",
    "lazy_grad_sum",
    "type_check",
)

# What functions read at every call, and what it usually is.
_USUAL = {"debug": False, "enable_backprop": True}


class _Unusual:
    """Counts those entries of `_USUAL`, global ones and those of threads, that say otherwise.

    While there are none, a call has nothing to read. A thread that ends without taking its entries
    back leaves them in the count, which costs the others that reading and nothing else.
    """

    __slots__ = ("_lock", "entries")

    def __init__(self) -> None:
        self.entries = 0
        self._lock = threading.Lock()

    def note(self, held: dict[str, Any], name: str, value: Any) -> None:
        """Hear that the entry `name` of `held` becomes `value`."""
        if name in _USUAL:
            usual = _USUAL[name]
            change = (bool(value) != usual) - (bool(held.get(name, usual)) != usual)
            with self._lock:
                self.entries += change


unusual = _Unusual()


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
        type_check: Whether functions check the types of their inputs. Default True.
        keep_graph_on_report: Whether reported Variables keep their graph. Default False.
        use_cudnn: What :func:`catenary.backends.cuda.should_use_cudnn` answers by: ``"always"``,
            ``"auto"`` (default) or ``"never"``; torch itself uses cuDNN where it finds it.

    Chainer's other entries have its defaults, can be read and set, and change nothing here, where
    torch chooses algorithms and frees memory by itself: ``autotune``, ``compute_mode``,
    ``cudnn_deterministic``, ``cudnn_fast_batch_normalization``, ``lazy_grad_sum``,
    ``schedule_func``, ``use_cudnn_tensor_core``, ``use_ideep``, ``use_static_graph``,
    ``warn_nondeterministic`` and ``_will_recompute``.

    Of the global entries, these begin with what Chainer's environment variables say:
    ``CHAINER_DEBUG``, ``CHAINER_KEEP_GRAPH_ON_REPORT``, ``CHAINER_TYPE_CHECK``,
    ``CHAINER_LAZY_GRAD_SUM``, ``CHAINER_CUDNN_FAST_BATCH_NORMALIZATION`` (0 or 1),
    ``CHAINER_USE_CUDNN``, ``CHAINER_USE_IDEEP`` and ``CHAINER_DTYPE``.
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
        self.keep_graph_on_report: bool = False
        self.type_check: bool = True
        self.use_cudnn: str = "auto"
        for name, value in _WITHOUT_EFFECT.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        unusual.note(vars(self), name, value)
        super().__setattr__(name, value)
        for view in _views.get(self, ()):
            setattr(view, name, value)

    def __delattr__(self, name: str) -> None:
        unusual.note(vars(self), name, _USUAL.get(name))
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

    def __setattr__(self, name: str, value: Any) -> None:
        unusual.note(vars(self), name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        unusual.note(vars(self), name, _USUAL.get(name))
        super().__delattr__(name)

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


class DebugMode:
    """Debug mode for the length of a `with` block; deprecated, as in Chainer.

    Use ``using_config("debug", True)``.

    Args:
        debug: What `config.debug` reads as inside the block.
    """

    def __init__(self, debug: bool) -> None:
        warnings.warn(
            'DebugMode is deprecated; use using_config("debug", ...)',
            DeprecationWarning,
            stacklevel=2,
        )
        self._debug = debug
        self._block = contextlib.ExitStack()

    def __enter__(self) -> None:
        self._block.enter_context(using_config("debug", self._debug))

    def __exit__(self, *exc: object) -> None:
        self._block.close()


def get_compute_mode() -> Any:
    """Return `config.compute_mode`: None, or ``"cudnn_fast"``, which changes nothing here."""
    return config.compute_mode


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


def _read_environment() -> None:
    """Set the global entries that Chainer's environment variables name."""
    for name in _SWITCHES:
        text = _variable(name) or str(int(getattr(global_config, name)))
        if not text.lstrip("+-").isdecimal():
            raise ValueError(f"CHAINER_{name.upper()} is 0 or 1, not {text!r}")
        setattr(global_config, name, int(text) != 0)
    for name in ("use_cudnn", "use_ideep"):
        setattr(global_config, name, _variable(name) or getattr(global_config, name))
    dtype = _variable("dtype") or "float32"
    if dtype not in ("float16", "float32", "float64", "mixed16"):
        raise TypeError(f"CHAINER_DTYPE is float16, float32, float64 or mixed16, not {dtype!r}")
    global_config.dtype = mixed16 if dtype == "mixed16" else get_dtype(dtype)


def _variable(name: str) -> str:
    return os.environ.get(f"CHAINER_{name.upper()}", "").strip()


_read_environment()
