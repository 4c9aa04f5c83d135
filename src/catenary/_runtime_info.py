"""What catenary finds on this machine: versions, devices, threads."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import sys
import warnings
from typing import IO, Any

import torch

from catenary.kernel import native, pool

__all__ = ["print_runtime_info", "runtime_info"]

_PACKAGES = (
    "catenary", "torch", "numpy", "llvmlite", "triton", "h5py", "safetensors", "matplotlib", "cupy",
)  # fmt: skip


def runtime_info() -> dict[str, Any]:
    """Return versions, devices, threads, and whether kernels are compiled and run on a pool."""
    gpus = range(torch.cuda.device_count())
    return {
        **{package: _version(package) for package in _PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "devices": ["cpu", *(f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in gpus)],
        "threads": torch.get_num_threads(),
        "compiled kernels": "yes" if native._has_llvm() else "no: llvmlite is not installed",
        "thread pool": "yes" if _has_pool() else "no: kernels run on one thread",
    }


def print_runtime_info(out: IO[str] | None = None) -> None:
    """Print versions and devices, one a line, as bug reports want them.

    Args:
        out: Where to; stdout by default.
    """
    found = runtime_info()
    width = max(map(len, found))
    for name, value in found.items():
        text = ", ".join(value) if isinstance(value, list) else value
        print(f"{name:<{width}}  {text}", file=out or sys.stdout)


def _version(package: str) -> str:
    if importlib.util.find_spec(package) is None:
        return "not installed"
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # cupy is `cupy-cuda12x` there
        return str(getattr(importlib.import_module(package), "__version__", "unknown"))


def _has_pool() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pool._pool() is not None
