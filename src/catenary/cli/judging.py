"""What a name or a call of a program means here, and what to do where it means nothing."""

from __future__ import annotations

import contextlib
import difflib
import functools
import importlib.util
import inspect
import re
import sys
from typing import Any, NamedTuple

from catenary.legacy import gone
from catenary.standin import names, resolving

__all__ = ["NUMPY_LIKE", "Finding", "Verdict", "judge", "judge_call", "judge_method"]

NUMPY_LIKE = {"xp": "numpy"}
"""Names that programs give to the array module at hand."""

_PACKAGES = ("chainer", "chainermn", "chainerx")
# Entries of the configuration may be the program's own.
_CONFIG = ("chainer.config.", "chainer.global_config.", "chainer.configuration.")
# What lies below these is CuPy's, and used where there is a GPU.
_CUPY = re.compile(r"chainer\.(backends\.|backend\.)?cuda\.(cupy|cupyx|cudnn|Stream|Event)\b")
# Packages that came with Chainer, or with the GPU.
_BROUGHT_ALONG = {
    "six": "it came with Chainer; pip install six",
    "filelock": "it came with Chainer; pip install filelock",
    "typing_extensions": "it came with Chainer; pip install typing_extensions",
    "google.protobuf": "it came with Chainer; pip install protobuf",
    "cupy": "it needs a CUDA GPU; pip install 'catenary[cuda]', or use chainer.backends.cuda",
    "mpi4py": "`chainermn` has one process here and needs none; remove the import",
}
_STATIC_GRAPH = "it does nothing: torch keeps no graph to make static; remove it"
_DIFFERS = {
    "chainermn.create_communicator": "there is one process, rank 0 of 1; start it without mpiexec",
    "chainer.static_graph": _STATIC_GRAPH,
    "chainer.graph_optimizations.static_graph.static_graph": _STATIC_GRAPH,
}
_METHODS_THAT_DIFFER = {
    "loss_scaling": "hooks see unscaled gradients, and the dynamic scale is a power of two",
}
_ARRAY_METHODS = {
    "itemset": "gone since NumPy 2.0; write a[index] = value",
    "ptp": "gone since NumPy 2.0; write numpy.ptp(a)",
}
# What version 1 of Chainer took as arguments.
_WORDS = {
    "train": "use chainer.using_config('train', ...)",
    "test": "use chainer.using_config('train', ...)",
    "volatile": "use chainer.no_backprop_mode()",
    "use_cudnn": "remove it",
    "deterministic": "use chainer.using_config('cudnn_deterministic', ...)",
    "wscale": "scale initialW instead",
    "bias": "write initial_bias",
}
_RENAMED = {
    "chainer.FunctionSet": "write chainer.Chain",
    "chainer.cuda.init": "remove it",
    "chainer.functions.caffe": "use chainer.links.caffe",
    "chainer.links.TheanoFunction": "Theano is no more; write a chainer.FunctionNode",
}


class Verdict(NamedTuple):
    """What is wrong with a name, and what to do.

    Attributes:
        kind: ``lacking``: catenary has it not; ``differs``: it means something else here; ``gone``:
            today's Python or NumPy has it not; ``argument``: a function does not take it.
        name: The name in full.
        advice: What to do.
    """

    kind: str
    name: str
    advice: str


class Finding(NamedTuple):
    """A verdict, and where it applies; ``syntax`` and ``unreadable`` are two more kinds.

    Attributes:
        file: Path of the program; of a notebook, with the cell.
        line: Line in it, from 1.
        kind: As of :class:`Verdict`.
        name: The name in full.
        advice: What to do.
    """

    file: str
    line: int
    kind: str
    name: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.name}: {self.advice}"


@functools.cache
def judge(path: str, *, imported: bool = False) -> Verdict | None:
    """Return what is wrong with a dotted path, or None.

    Args:
        path: Beginning with an imported name, for example ``"numpy.int"``.
        imported: Whether an import statement names it, so that it must be a module.
    """
    for package, advice in _BROUGHT_ALONG.items():
        if imported and (path == package or path.startswith(f"{package}.")):
            return None if _is_installed(package) else Verdict("lacking", package, advice)
    if path.partition(".")[0] in _PACKAGES:
        return _judge_chainer(path)
    row = gone.find(path)
    if row is None or (row.name in gone.MODULES and not imported) or _is_here(row.name):
        return None
    supplied = "; `catenary run` supplies it" if row.source else ""
    return Verdict("gone", row.name, f"gone since {row.since}; {row.instead}{supplied}")


def judge_call(path: str, words: list[str]) -> Verdict | None:
    """Return what is wrong with the keywords of a call of Chainer's, or None."""
    if path.partition(".")[0] not in _PACKAGES or path.startswith(_CONFIG):
        return None
    try:
        parameters = inspect.signature(resolving.find(path)).parameters
    except (AttributeError, ImportError, TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return None
    for word in words:
        if word not in parameters:
            near = difflib.get_close_matches(word, parameters, n=1)
            hint = f"did you mean {near[0]}?" if near else "remove it"
            return Verdict("argument", f"{path}({word}=)", _WORDS.get(word, hint))
    return None


def judge_method(name: str, on_self: bool) -> Verdict | None:
    """Return what is wrong with a method of an object that is not known, by its name alone.

    Args:
        name: The method's name.
        on_self: Whether it is called on `self`, as a test's assertions are.
    """
    if name in _ARRAY_METHODS:
        return Verdict("gone", f"ndarray.{name}", _ARRAY_METHODS[name])
    if name in _METHODS_THAT_DIFFER:
        return Verdict("differs", f"Optimizer.{name}", _METHODS_THAT_DIFFER[name])
    for row in gone.METHODS.values():
        module, owner, old = row.name.split(".")
        if old == name and on_self == (owner == "TestCase"):
            if hasattr(getattr(importlib.import_module(module), owner), old):
                return None
            advice = f"gone since {row.since}; {row.instead}; `catenary run` supplies it"
            return Verdict("gone", row.name, advice)
    return None


def _judge_chainer(path: str) -> Verdict | None:
    if path in _DIFFERS:
        return Verdict("differs", path, _DIFFERS[path])
    if path.startswith(_CONFIG) or _CUPY.match(path):
        return None
    with contextlib.suppress(AttributeError, ImportError):
        resolving.find(path)
        return None
    lacking = _first_lacking(path)
    if lacking in _RENAMED:
        return Verdict("lacking", lacking, _RENAMED[lacking])
    if names.chainer_has(lacking):
        return Verdict("lacking", lacking, "catenary does not have it yet")
    return Verdict("lacking", lacking, f"Chainer 7 has no such name either{_hint(lacking)}")


def _first_lacking(path: str) -> str:
    """The shortest part of a path that is not there."""
    parts = path.split(".")
    for end in range(1, len(parts)):
        part = ".".join(parts[: end + 1])
        try:
            resolving.find(part)
        except (AttributeError, ImportError):
            return part
    return path


def _hint(path: str) -> str:
    """Where a name of version 1 went, or one that is spelled much like it."""
    module, _, name = path.rpartition(".")
    if module.startswith("chainer.functions") and name in names.chainer_names("chainer.links"):
        return f"; write chainer.links.{name}"
    there: Any = None
    with contextlib.suppress(AttributeError, ImportError):
        there = resolving.find(module)
    near = difflib.get_close_matches(name, dir(there), n=1)
    return f"; did you mean {module}.{near[0]}?" if near else ""


def _is_installed(module: str) -> bool:
    with contextlib.suppress(ModuleNotFoundError, ValueError):
        return importlib.util.find_spec(module) is not None
    return False


def _is_here(path: str) -> bool:
    """Whether this Python has a name of its own library or of NumPy; others are not looked at."""
    if path in gone.MODULES:
        return _is_installed(path)
    module, _, name = path.rpartition(".")
    if module != "numpy" and module not in sys.stdlib_module_names:
        return False
    return _is_installed(module) and hasattr(importlib.import_module(module), name)
