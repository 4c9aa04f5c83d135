"""Classifier: a predictor with its loss and accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary import functions, reporter
from catenary.link import Chain

__all__ = ["Classifier"]


class Classifier(Chain):
    """Model that returns the loss of a predictor and reports ``loss`` and ``accuracy``.

    Args:
        predictor: Link that maps the inputs to scores.
        lossfun: Function of scores and labels that returns a scalar Variable.
        accfun: Function of scores and labels that returns a score of goodness.
        label_key: Which argument is the labels: a position, or the name of a keyword argument.

    Raises:
        TypeError: If `label_key` is neither.

    Attributes:
        y, loss, accuracy: Results of the last call. They hold its graph until the next one.
        compute_accuracy: Whether to call `accfun`. Default True.
    """

    compute_accuracy = True

    def __init__(
        self,
        predictor: Any,
        lossfun: Callable[..., Any] = functions.softmax_cross_entropy,
        accfun: Callable[..., Any] = functions.accuracy,
        label_key: int | str = -1,
    ) -> None:
        if not isinstance(label_key, (int, str)):
            raise TypeError(f"label_key is an int or a str, not a {type(label_key).__name__}")
        super().__init__()
        self.lossfun = lossfun
        self.accfun = accfun
        self.label_key = label_key
        self._forget()
        with self.init_scope():
            self.predictor = predictor

    def _forget(self) -> None:
        self.y: Any = None
        self.loss: Any = None
        self.accuracy: Any = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the loss, a Variable.

        Args:
            args: Inputs of the predictor, and the labels where `label_key` says.
            kwargs: The same by name.

        Raises:
            ValueError: If there is no argument where `label_key` says.
        """
        inputs = list(args)
        try:
            key = self.label_key
            t = kwargs.pop(key) if isinstance(key, str) else inputs.pop(key)
        except LookupError:
            raise ValueError(
                f"label_key is {self.label_key!r}, and there is no such argument among "
                f"{len(args)} by position and {sorted(kwargs)} by name"
            ) from None
        self._forget()
        self.y = self.predictor(*inputs, **kwargs)
        self.loss = self.lossfun(self.y, t)
        reporter.report({"loss": self.loss}, self)
        if self.compute_accuracy:
            self.accuracy = self.accfun(self.y, t)
            reporter.report({"accuracy": self.accuracy}, self)
        return self.loss
