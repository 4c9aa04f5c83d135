"""Evaluator: the means of what a model reports over a validation set."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import IO, Any

import torch

from catenary import backend
from catenary.dataset import Iterator, concat_examples
from catenary.reporter import DictSummary, Reporter, report, report_scope
from catenary.training.batches import apply, convert
from catenary.training.extension import PRIORITY_WRITER, Extension
from catenary.training.extensions import util
from catenary.training.targets import (
    evaluating,
    is_module,
    observe,
    report_loss,
    tensors_of,
    without_graph,
)

__all__ = ["Evaluator"]


class Evaluator(Extension):
    """Extension that runs a model over a validation set, once an epoch, without learning.

    The means of what the model reports become observations such as ``validation/main/loss``. A
    batch counts once, whatever its size, as in Chainer. Torch modules are evaluated too: in
    ``eval()`` mode and without gradients; what they return is their loss, unless they report one.

    Args:
        iterator: Iterator over the validation set, called ``"main"``, which does not repeat; or a
            dictionary of iterators, for subclasses.
        target: Link or torch module, called ``"main"``; or a dictionary of them.
        converter: What makes arrays of a batch.
        device: Where to send batches; None leaves them.
        eval_hook: Called with the evaluator before each evaluation.
        eval_func: What to call with each batch; the main target by default.
        progress_bar: Whether to show how far an evaluation is.
    """

    trigger = (1, "epoch")
    default_name = "validation"
    priority = PRIORITY_WRITER

    def __init__(
        self,
        iterator: Any,
        target: Any,
        converter: Callable[..., Any] = concat_examples,
        device: Any = None,
        eval_hook: Callable[[Any], Any] | None = None,
        eval_func: Callable[..., Any] | None = None,
        *,
        progress_bar: bool = False,
    ) -> None:
        self._iterators = iterator if isinstance(iterator, dict) else {"main": iterator}
        self._targets = target if isinstance(target, dict) else {"main": target}
        self.converter = converter
        self.device = None if device is None else backend.get_device(device)
        self.eval_hook = eval_hook
        self.eval_func = eval_func
        self._progress_bar = progress_bar
        for name, each in self._iterators.items():
            if _never_ends(each):
                warnings.warn(
                    f"iterator {name!r} repeats for ever, and an evaluation goes on until it ends; "
                    "make it with repeat=False",
                    stacklevel=2,
                )

    def get_iterator(self, name: str) -> Any:
        """Return the iterator called `name`; KeyError if there is none."""
        return self._iterators[name]

    def get_all_iterators(self) -> dict[str, Any]:
        """Return all iterators by name."""
        return dict(self._iterators)

    def get_target(self, name: str) -> Any:
        """Return the target called `name`; KeyError if there is none."""
        return self._targets[name]

    def get_all_targets(self) -> dict[str, Any]:
        """Return all targets by name."""
        return dict(self._targets)

    def __call__(self, trainer: Any = None) -> Any:
        """Evaluate, report the result and return it.

        Args:
            trainer: Not used; an evaluator can be called on its own.

        Returns:
            The means by name, for instance ``{"main/loss": 0.1}``.
        """
        prefix = "" if self.name is None else f"{self.name}/"
        reporter = Reporter()
        for name, target in self._targets.items():
            observe(reporter, prefix + name, target)
        with reporter, evaluating(self._targets.values()):
            result = self.evaluate()
        report(result)
        return result

    def evaluate(self) -> Any:
        """Run the main target over the main iterator; return the means of what it reported.

        A subclass may override this; what it returns is reported.

        Raises:
            ValueError: If the iterator repeats for ever; nothing was evaluated.

        Differs:
            Chainer evaluates for ever then.
        """
        target = self._targets.get("main")
        eval_func = self._targets["main"] if self.eval_func is None else self.eval_func
        if self.eval_hook:
            self.eval_hook(self)
        iterator = self._rewound()
        bar = _IteratorProgressBar(iterator) if self._progress_bar else None
        summary = DictSummary()
        for batch in iterator:
            observation: dict[str, Any] = {}
            with report_scope(observation):
                arrays = convert(self.converter, batch, self.device)
                with without_graph():
                    if is_module(target):
                        loss = apply(eval_func, tensors_of(arrays, target))
                        if isinstance(loss, torch.Tensor):
                            report_loss(loss, target)
                    else:
                        apply(eval_func, arrays)
            summary.add(observation)
            if bar:
                bar.update()
        if bar:
            bar.close()
        return summary.compute_mean()

    def _rewound(self) -> Any:
        """Return the main iterator at its beginning."""
        iterator = self._iterators["main"]
        if _never_ends(iterator):
            kind = type(iterator).__name__
            raise ValueError(
                f"an evaluation goes on until its iterator ends, and this {kind} repeats for ever. "
                f"Make it with {kind}(dataset, batch_size, repeat=False, shuffle=False)."
            )
        if hasattr(iterator, "reset"):
            iterator.reset()
            return iterator
        warnings.warn(
            f"{type(iterator).__name__} has no reset method, so the evaluator goes through a copy; "
            "this is deprecated: give it one",
            DeprecationWarning,
            stacklevel=3,
        )
        return copy.copy(iterator)

    def finalize(self) -> None:
        """Finalize all iterators."""
        for iterator in self._iterators.values():
            iterator.finalize()


def _never_ends(iterator: Any) -> bool:
    return isinstance(iterator, Iterator) and getattr(iterator, "repeat", False) is True


class _IteratorProgressBar(util.ProgressBar):
    """How far an iterator is in its only sweep."""

    def __init__(
        self, iterator: Any, bar_length: int | None = None, out: IO[str] | None = None
    ) -> None:
        super().__init__(bar_length, out)
        for name in ("current_position", "epoch_detail"):
            if not hasattr(iterator, name):
                raise TypeError(
                    f"a progress bar needs {name!r}, which {type(iterator).__name__} lacks"
                )
        self._iterator = iterator

    def get_lines(self) -> list[str]:
        rate = self._iterator.epoch_detail
        size = getattr(self._iterator, "_epoch_size", None)
        done = self._iterator.current_position if size is None else round(rate * size)
        per_second, rate_per_second = self.update_speed(done, rate)
        left = util.remaining(1 - rate, rate_per_second)
        return [
            f"validation {self._bar(rate)}\n",
            f"{done:10}{f' / {size}' if size else ''} examples\n",
            f"{per_second:10.5g} examples/sec. Estimated time to finish: {left}.\n",
        ]
