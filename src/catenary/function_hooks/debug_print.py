"""PrintHook: what functions see."""

from __future__ import annotations

import sys
import warnings
from typing import IO, Any

from catenary.function_hook import FunctionHook
from catenary.variable import Variable

__all__ = ["PrintHook"]


class PrintHook(FunctionHook):
    r"""Print each function's inputs before it computes, and gradients before it passes them on.

    Args:
        sep: Deprecated; without effect.
        end: What ends a line.
        file: Where to print; standard output by default.
        flush: Whether to flush after each function.
    """

    name = "PrintHook"

    def __init__(
        self,
        sep: str | None = None,
        end: str = "\n",
        file: IO[str] | None = None,
        flush: bool = True,
    ) -> None:
        if sep is not None:
            warnings.warn("PrintHook's sep is deprecated", DeprecationWarning, stacklevel=2)
        self.sep, self.end, self.flush = sep, end, flush
        self.file = sys.stdout if file is None else file

    def _print(self, text: str) -> None:
        self.file.write(text + self.end)

    def _process(self, function: Any, arrays: tuple[Any, ...], grads: Any = None) -> None:
        self._print(f"function\t{function.label}")
        self._print("input data")
        for array in arrays:
            self._print("(removed)" if array is None else Variable(array).debug_print())
        if grads is not None:
            self._print("output gradient")
            for grad in grads:
                self._print("(none)" if grad is None else Variable(grad).debug_print())
        if self.flush:
            self.file.flush()

    def forward_preprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Print the inputs."""
        self._process(function, in_data)

    def backward_preprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """Print inputs and gradients."""
        self._process(function, in_data, out_grad)
