"""DumpGraph: the computation of the first iteration, drawn."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catenary.computational_graph import build_computational_graph
from catenary.config import config
from catenary.training.extension import Extension, refuse
from catenary.variable import Variable

__all__ = ["DumpGraph"]


class DumpGraph(Extension):
    """Extension that writes down, once, the graph behind an observed value.

    The file is in the DOT language; where Graphviz is installed, a PNG picture stands beside it.
    From the beginning of training until then reported Variables keep their graphs
    (``config.keep_graph_on_report``).

    Args:
        root_name: Name of the observed Variable, for instance ``"main/loss"``.
        filename: File in the trainer's folder, ``"cg.dot"`` by default.
        variable_style: Attributes of Variables in DOT; see
            :func:`~catenary.computational_graph.build_computational_graph`.
        function_style: Attributes of functions in DOT.
        **kwargs: `out_name`, an older word for `filename`.

    Raises:
        TypeError: If another argument is given.

    Differs:
        A run that is resumed after the graph was written keeps no graphs.
    """

    default_name = "dump_graph"

    def __init__(
        self,
        root_name: str,
        filename: str | None = None,
        variable_style: Mapping[str, str] | None = None,
        function_style: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        out_name = kwargs.pop("out_name", "cg.dot")
        refuse(kwargs, type(self).__name__)
        self._root_name = root_name
        self._filename = out_name if filename is None else filename
        self._variable_style: Any = "default" if variable_style is None else variable_style
        self._function_style: Any = "default" if function_style is None else function_style
        self._original_flag: bool | None = None
        self._flag_called = False

    def initialize(self, trainer: Any) -> None:
        """Let reported Variables keep their graphs."""
        if not self._flag_called:
            self._original_flag = bool(config.keep_graph_on_report)
            config.keep_graph_on_report = True

    def trigger(self, trainer: Any) -> bool:
        """Return True the first time."""
        first = not self._flag_called
        self._flag_called = True
        return first

    def __call__(self, trainer: Any) -> None:
        """Write the graph.

        Raises:
            KeyError: If nothing of that name was observed.
            TypeError: If what was observed is no Variable.
        """
        try:
            root = trainer.observation[self._root_name]
            if not isinstance(root, Variable):
                raise TypeError(
                    f"DumpGraph draws the graph of a Variable, and {self._root_name!r} is a "
                    f"{type(root).__name__}"
                )
            graph = build_computational_graph(
                root,
                variable_style=self._variable_style,
                function_style=self._function_style,
            )
            path = Path(trainer.out, self._filename)
            path.write_text(graph.dump(), encoding="utf-8")
            _draw(path)
        finally:
            config.keep_graph_on_report = self._original_flag

    def serialize(self, serializer: Any) -> None:
        """Save or load whether the graph has been written."""
        flag = serializer("_original_flag", self._original_flag)
        called = bool(serializer("_flag_called", self._flag_called))
        if not getattr(serializer, "checking", False):
            self._flag_called = called
            self._original_flag = None if flag is None else bool(flag)


def _draw(path: Path) -> None:
    """Make a picture, where Graphviz is installed."""
    dot = shutil.which("dot")
    if dot is not None:
        picture = path.with_suffix(".png")
        subprocess.run([dot, "-Tpng", path, "-o", picture], check=True)  # noqa: S603
