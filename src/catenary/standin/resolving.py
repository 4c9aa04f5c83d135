"""Where a name of Chainer's lies here: at its path, at its home, or where Chainer re-exports it."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from catenary.standin import names

__all__ = ["attribute", "find", "may_have", "module_here", "what_is_lacking"]

# Where a module of Chainer's lies here, if not under the same path.
_MOVED = {
    "chainer.configuration": "catenary.config",
    "chainer.cuda": "catenary.backends.cuda",
}

# Private names that the original writes into pickles, or that programs import nonetheless.
_PRIVATE = {
    "chainer.variable._create_variable": "pickles.create_variable",
    "chainer.variable._recover_parameter": "pickles.recover_parameter",
    "chainer.optimizer._Hookable": "pickles.Hookable",
    "chainer.optimizer._OptimizerHookable": "pickles.OptimizerHookable",
    "chainer._get_link_hooks": "private.get_link_hooks",
    "chainer.functions.math.matmul._check_ndim": "private.check_ndim",
    "chainer.functions.math.matmul._get_check_index": "private.get_check_index",
    "chainer.functions.math.matmul._matmul": "private.matmul",
    "chainer.functions.rnn.n_step_lstm._lstm": "private.lstm",
    "chainer.iterators._statemachine.IteratorState": "private.IteratorState",
    "chainer.iterators._statemachine.iterator_statemachine": "private.iterator_statemachine",
}


def module_here(theirs: str) -> str | None:
    """Return the path of the module that has Chainer's path `theirs` here, or None.

    What Chainer has under this path may be no module, as `chainer.config`; then there is none here.
    """
    if theirs not in names.chainer_modules() and names.chainer_has(theirs):
        return None
    if theirs.partition(".")[0] == "chainermn":
        file = Path(__file__).parent.joinpath("packages", *theirs.split("."))
        return theirs if file.is_dir() or file.with_suffix(".py").is_file() else None
    ours = _MOVED.get(theirs, "catenary" + theirs.removeprefix("chainer"))
    try:
        return ours if importlib.util.find_spec(ours) is not None else None
    except ModuleNotFoundError:
        return None


def may_have(path: str) -> bool:
    """Return whether Chainer has this path, be it a private one."""
    return path in _PRIVATE or _is_default(path) or names.chainer_has(path)


def _is_default(path: str) -> bool:
    """Whether a path names what a module of optimizers keeps their defaults in."""
    return path.startswith("chainer.optimizers.") and path.endswith("._default_hyperparam")


def attribute(module: str, name: str) -> Any:
    """Return what `name` is in Chainer's module `module`, where catenary's has no such name.

    Raises:
        AttributeError: If catenary does not have it anywhere.
    """
    path = f"{module}.{name}"
    if path in _PRIVATE:
        place, _, own = _PRIVATE[path].partition(".")
        return getattr(importlib.import_module(f"catenary.standin.{place}"), own)
    if _is_default(path):
        return importlib.import_module("catenary.standin.private").default_hyperparam(module)
    home = names.chainer_names(module).get(name, path)
    if path in names.chainer_modules():
        return importlib.import_module(path)
    if home != path and home in names.chainer_modules():
        return importlib.import_module(home)
    if home != path:
        return getattr(importlib.import_module(home.rpartition(".")[0]), home.rpartition(".")[2])
    for place in names.places_of(path):
        ours = module_here(place)
        if ours is not None and name in dir(importlib.import_module(ours)):
            return getattr(importlib.import_module(ours), name)
    raise AttributeError(what_is_lacking(path), name=name)


def find(path: str) -> Any:
    """Return what Chainer's dotted `path` is here.

    Args:
        path: For example ``"chainer.training.updaters.standard_updater.StandardUpdater"``.

    Raises:
        AttributeError, ImportError: If catenary does not have it; the message names the part of
            the path that is lacking.
    """
    root, *rest = path.split(".")
    found: Any = importlib.import_module(root)
    here = root
    for name in rest:
        here = f"{here}.{name}"
        try:
            found = getattr(found, name)
        except AttributeError:
            if not isinstance(found, ModuleType):
                raise
            if here in names.chainer_modules() or module_here(here):
                found = importlib.import_module(here)
            else:
                raise
    return found


def what_is_lacking(path: str) -> str:
    """Return the sentence that says that catenary has no `path`, and whether Chainer had."""
    import catenary

    ours = f"catenary {catenary.__version__}"
    if names.chainer_has(path):
        return f"{path}: {ours} does not have it (yet)."
    return f"{path}: neither {ours} nor Chainer {names.CHAINER_VERSION} has it."
