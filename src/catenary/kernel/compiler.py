"""Compile LLVM IR for this machine. llvmlite is imported at the first kernel."""

from __future__ import annotations

import functools
import itertools
import threading
from dataclasses import dataclass
from typing import Any

from catenary.kernel.ir import spell
from catenary.kernel.schedule import Pass
from catenary.kernel.signature import Signature

__all__ = ["Kernel", "compiled", "compiled_count"]

_lock = threading.Lock()
_numbers = itertools.count()
_count = 0


@dataclass(frozen=True)
class Kernel:
    """A compiled pass.

    Attributes:
        address: Of its function.
        source: The LLVM IR that it was compiled from.
        engine: Keeps the machine code alive.
    """

    address: int
    source: str
    engine: Any


def compiled_count() -> int:
    """Return how many kernels were compiled in this process."""
    return _count


@functools.lru_cache(maxsize=4096)
def compiled(sweep: Pass, signature: Signature) -> Kernel:
    """Return the kernel of a pass; each (pass, signature) is compiled once a process.

    Raises:
        ImportError: If llvmlite cannot be imported.
    """
    global _count
    import llvmlite.binding as llvm

    name = f"catenary_{next(_numbers)}"
    source = spell(name, sweep, signature)
    with _lock:
        _initialize()
        module = llvm.parse_assembly(source)
        module.verify()
        # Each engine owns its target machine: sharing one crashes.
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=2,
            jit=True,
        )
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        _count += 1
        return Kernel(engine.get_function_address(name), source, engine)


@functools.cache
def _initialize() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
