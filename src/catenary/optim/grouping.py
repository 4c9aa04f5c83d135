"""Splitting ``param_groups`` so that chosen tensors have a group of their own."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from catenary.optimizer.spec import REQUIRED

__all__ = ["complete", "give_rule", "regroup", "restoring", "split"]

Groups = list[dict[str, Any]]


def split(groups: Groups, chosen: Iterable[torch.Tensor]) -> Groups:
    """Move chosen tensors into groups that hold nothing else; return those groups.

    A group that is chosen whole stays as it is; one that is chosen in part keeps the rest, and a
    copy of it with the chosen tensors is appended. A scheduler that was built before knows only the
    groups that were there, so appending to them is announced by a warning.
    """
    wanted = {id(tensor) for tensor in chosen}
    found: Groups = []
    for group in list(groups):
        inside = [id(tensor) in wanted for tensor in group["params"]]
        if all(inside) and inside:
            found.append(group)
        elif any(inside):
            apart = {**group, **_part(group, inside)}
            group.update(_part(group, [not taken for taken in inside]))
            groups.append(apart)
            found.append(apart)
            if "initial_lr" in group:
                warnings.warn(
                    "a group was split after a learning-rate scheduler was built; the scheduler "
                    "does not know the new group. Choose parameters first, then build it.",
                    UserWarning,
                    stacklevel=5,
                )
    return found


def _part(group: Mapping[str, Any], inside: list[bool]) -> dict[str, Any]:
    return {
        key: [value for value, taken in zip(group[key], inside, strict=True) if taken]
        for key in ("params", "param_names")
        if key in group
    }


@contextlib.contextmanager
def restoring(groups: Groups) -> Iterator[None]:
    """Bring the groups back to what they were, if what is done in the block raises."""
    before = [(group, dict(group)) for group in groups]
    try:
        yield
    except BaseException:
        groups[:] = [group for group, _ in before]
        for group, words in before:
            group.clear()
            group.update(words)
        raise


def give_rule(group: dict[str, Any], old: Any, new: Any, words: Mapping[str, Any]) -> None:
    """Write into a group that another rule updates it.

    Args:
        group: The group.
        old: The class of the rule so far, whose words go.
        new: The class of the rule from now on; it has its defaults where `words` says nothing.
        words: Hyperparameters, checked already.
    """
    for name in old.specs.keys() - new.specs.keys():
        group.pop(name, None)
    defaults = {name: spec.default for name, spec in new.specs.items()}
    group.update({**defaults, **words, "rule": new.__name__})


def complete(group: dict[str, Any], rule: Any) -> None:
    """Write into a group the defaults of those words of its rule that it does not have."""
    for name, spec in rule.specs.items():
        if spec.default is not REQUIRED:
            group.setdefault(name, spec.default)


def regroup(
    groups: Groups, saved: Groups, places: Mapping[int, tuple[torch.Tensor, str | None]]
) -> Groups:
    """Return groups as a checkpoint has them, with this optimizer's tensors.

    Args:
        groups: The optimizer's groups; tensors that the checkpoint does not know stay in theirs.
        saved: The checkpoint's groups; ``"params"`` holds its own keys.
        places: By the checkpoint's key, the tensor that it belongs to and its name.
    """
    made: Groups = []
    for words in saved:
        matched = [places[key] for key in words["params"] if key in places]
        if matched:
            others = {k: v for k, v in words.items() if k not in ("params", "param_names")}
            made.append({"params": [tensor for tensor, _ in matched], **others})
            if all(name is not None for _, name in matched):
                made[-1]["param_names"] = [name for _, name in matched]
    known = {id(tensor) for tensor, _ in places.values()}
    for group in groups:
        left = [id(tensor) not in known for tensor in group["params"]]
        if any(left):
            made.append({**group, **_part(group, left)})
    return made
