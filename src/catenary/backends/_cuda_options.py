"""What Chainer lets one choose about CUDA, and results remembered a GPU at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy
import torch

from catenary.config import config

__all__ = [
    "clear_memo",
    "cudnn_enabled",
    "get_max_workspace_size",
    "memoize",
    "set_max_workspace_size",
    "should_use_cudnn",
    "should_use_cudnn_tensor_core",
]

_F = TypeVar("_F", bound=Callable[..., Any])
_memos: list[dict[Any, Any]] = []
_available = torch.cuda.is_available()
_workspace = [8 * 1024 * 1024 if _available else 0]

cudnn_enabled: bool = _available and torch.backends.cudnn.is_available()  # type: ignore[no-untyped-call]


def memoize(for_each_device: bool = False) -> Callable[[_F], _F]:
    """Return a decorator that keeps a function's results by its arguments.

    Args:
        for_each_device: Keep them for each GPU by itself.
    """

    def decorate(function: _F) -> _F:
        kept: dict[Any, Any] = {}
        _memos.append(kept)

        @functools.wraps(function)
        def remembered(*args: Any, **kwargs: Any) -> Any:
            device = torch.cuda.current_device() if for_each_device and _available else -1
            key = (device, args, frozenset(kwargs.items()))
            if key not in kept:
                kept[key] = function(*args, **kwargs)
            return kept[key]

        return remembered  # type: ignore[return-value]

    return decorate


def clear_memo() -> None:
    """Forget the results that functions under :func:`memoize` keep."""
    for kept in _memos:
        kept.clear()


def get_max_workspace_size() -> int:
    """Return what :func:`set_max_workspace_size` was given, in bytes."""
    return _workspace[0]


def set_max_workspace_size(size: int) -> None:
    """Remember a limit of cuDNN's workspace.

    Args:
        size: Bytes.

    Differs: torch chooses workspaces by itself, so the limit limits nothing.
    """
    _workspace[0] = int(size)


def should_use_cudnn(level: str, lowest_version: int = 0) -> bool:
    """Return whether cuDNN would be used.

    Args:
        level: ``"==always"``, or ``">=auto"``, which `config.use_cudnn` must reach.
        lowest_version: Least version of cuDNN.

    Raises:
        ValueError: `level` or `config.use_cudnn` is none that there is.
    """
    if not cudnn_enabled:
        return False
    allowed = {"==always": ("always",), ">=auto": ("always", "auto")}
    if level not in allowed or config.use_cudnn not in ("always", "auto", "never"):
        raise ValueError(
            "level must be '==always' or '>=auto', and config.use_cudnn 'always', 'auto' or "
            f"'never'; got {level!r} and {config.use_cudnn!r}"
        )
    version: Any = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return config.use_cudnn in allowed[level] and version >= lowest_version


def should_use_cudnn_tensor_core(dtype: Any) -> bool:
    """Return whether cuDNN would use tensor cores for a dtype: for float16, where it is used."""
    return should_use_cudnn(">=auto") and numpy.dtype(dtype) == numpy.float16
