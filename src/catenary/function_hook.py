"""FunctionHook: code that runs before and after functions, forward and backward."""

from __future__ import annotations

from typing import Any

from catenary import _variable_hooks

__all__ = ["FunctionHook", "get_function_hooks"]


def get_function_hooks() -> dict[str, FunctionHook]:
    """Return the hooks in force in this thread, by name, in the order in which they were entered.

    Differs: the dictionary is a copy; enter a hook with its `with` statement.
    """
    return dict(_variable_hooks.of_thread())


class FunctionHook:
    """Base of hooks that watch functions.

    As a context manager it watches every function that this thread calls or differentiates in the
    block; given to ``add_hook`` of a function, that one alone.

    Attributes:
        name: Name under which it is in force; no two hooks in force may share one.
    """

    name: str = "FunctionHook"

    def __enter__(self) -> Any:
        """Watch every function of this thread.

        Raises:
            KeyError: A hook of this name is in force.
        """
        _variable_hooks.enter(self.name, self)
        self.added(None)
        return self

    def __exit__(self, *error: object) -> None:
        self.deleted(None)
        _variable_hooks.leave(self.name)

    def added(self, function: Any) -> None:
        """Run when the hook comes into force.

        Args:
            function: The function that it watches, None for all.
        """

    def deleted(self, function: Any) -> None:
        """Run when the hook goes out of force.

        Args:
            function: The function that it watched, None for all.
        """

    def forward_preprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Run before a function computes.

        Args:
            function: The call, an object of Chainer's class: `label` is the function's name, and
                its arguments are attributes (`sy` of a convolution, `axis` of a sum).
            in_data: Input arrays.
        """

    def forward_postprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Run after a function has computed.

        Args:
            function: The call.
            in_data: Input arrays.
        """

    def backward_preprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """Run before gradients pass a function.

        Args:
            function: The call.
            in_data: Input arrays; None for those that nobody holds any more.
            out_grad: Gradients of the outputs; None where none arrived.
        """

    def backward_postprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """Run after gradients have passed a function.

        Args:
            function: The call.
            in_data: Input arrays; None for those that nobody holds any more.
            out_grad: Gradients of the outputs; None where none arrived.
        """
