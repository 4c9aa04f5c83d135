"""What Python runs when it starts under `catenary run`, in child processes too.

It makes `import chainer` mean catenary, supplies what is gone (not under ``--strict``), and then
runs the `sitecustomize` that it hides, if there is one. It may call `standin` and `legacy`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

HERE = Path(__file__).resolve().parent


def begin() -> None:
    """Do what `catenary run` asked for, where this Python has catenary."""
    if importlib.util.find_spec("catenary") is None:
        return
    from catenary.standin import importing

    importing.install()
    if os.environ.get("CATENARY_RUN") != "strict":
        from catenary.legacy import supplying

        supplying.install()


def run_the_hidden_one() -> None:
    """Run the `sitecustomize` that Python would have found without us."""
    elsewhere = [path for path in sys.path if Path(path).resolve() != HERE]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


begin()
run_the_hidden_one()
