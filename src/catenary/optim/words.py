"""The words of groups: which are known, which belong to the other language."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from catenary.errors import WrongWordError
from catenary.optimizer.keeping import check_dtype, checked_kind

__all__ = ["check_storage", "check_values", "check_words", "plain_names", "unknown_word"]

CHAINER_WORDS = {
    "alpha": "`lr`",
    "beta1": "the first of `betas`",
    "beta2": "the second of `betas`",
    "eta": "part of `lr`",
    "weight_decay_rate": "`weight_decay`, which is multiplied by lr",
}


def check_words(kind: Any, words: Mapping[str, Any]) -> None:
    """Raise where a group's word is Chainer's or looks misspelled; programs may add their own.

    Raises:
        WrongWordError: With the word that was meant.
    """
    known = {*kind.specs, "storage"}
    for word in words:
        if word in known or word in ("params", "param_names", "rule"):
            continue
        if word in CHAINER_WORDS:
            raise unknown_word(kind, word, words[word])
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.85)
        if near:
            raise WrongWordError(
                f"a group of {kind.__name__} has {word}={words[word]!r}. Did you mean {near[0]!r}?"
            )


def check_storage(kind: Any, tensors: Iterable[torch.Tensor]) -> None:
    """Raise unless tensors can be kept so.

    Raises:
        HyperparameterError: If there is no such way, or it is none for a tensor's dtype.
    """
    checked_kind(kind)
    for tensor in tensors:
        check_dtype(kind, tensor.dtype)


def check_values(rule: Any, words: Mapping[str, Any]) -> None:
    """Raise unless a rule has these hyperparameters and can take their values.

    Raises:
        WrongWordError: If it has no such hyperparameter.
        HyperparameterError: If a value is no number or lies outside its range.
    """
    for word, value in words.items():
        if word not in rule.specs:
            raise unknown_word(rule, word, value)
        rule.specs[word].check(rule.specs[word].accept(value))


def unknown_word(kind: Any, word: str, value: Any) -> WrongWordError:
    """Return the error for an argument that a torch-like optimizer does not take."""
    told = f"{kind.__name__} got {word}={value!r}; its words are: {', '.join(kind.specs)}."
    if word in CHAINER_WORDS:
        return WrongWordError(
            f"{told}\n{word!r} is Chainer's word, and catenary.optim speaks torch's language: here "
            f"it is {CHAINER_WORDS[word]}. Chainer's formulas are in catenary.optimizers."
        )
    near = difflib.get_close_matches(word, [*kind.specs, "storage"], n=1)
    return WrongWordError(told + (f" Did you mean {near[0]!r}?" if near else ""))


def plain_names(names: Iterable[str], module: torch.nn.Module | None) -> list[str]:
    """Return names without what wrappers put before them, so that checkpoints fit either way.

    ``torch.compile`` puts ``_orig_mod.`` before the names of what it wraps, activation
    checkpointing ``_checkpoint_wrapped_module.``, and DistributedDataParallel ``module.``.
    """
    found = [
        name.replace("_orig_mod.", "").replace("_checkpoint_wrapped_module.", "") for name in names
    ]
    if isinstance(module, torch.nn.parallel.DistributedDataParallel):
        found = [name.removeprefix("module.") for name in found]
    return found
