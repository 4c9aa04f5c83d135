"""Loading ``state_dict``s, ours and torch's: matched by name, checked, then written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catenary.errors import CatenaryError, StateError
from catenary.optim.grouping import regroup
from catenary.optim.param_groups import ParamGroups, RuleOf
from catenary.optim.state import check_state
from catenary.optim.tensor_param import TensorParam
from catenary.optim.words import plain_names

__all__ = ["LoadReport", "Loading"]


@dataclass(frozen=True)
class LoadReport:
    """What a checkpoint held and what it did not.

    Attributes:
        missing: Parameters that the checkpoint does not know; they were left alone.
        unexpected: Parameters that only the checkpoint knows; they were passed over.
        mismatched: (parameter, why) of states that do not fit; they were passed over.
    """

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything did not fit."""
        return bool(self.missing or self.unexpected or self.mismatched)

    def __str__(self) -> str:
        lines = [f"not in the checkpoint: {name}" for name in self.missing]
        lines += [f"only in the checkpoint: {name}" for name in self.unexpected]
        lines += [f"{name}: {why}" for name, why in self.mismatched]
        return "\n".join(lines) or "everything fits"


class Loading:
    """A checkpoint held against an optimizer; nothing is written.

    Args:
        view: The optimizer's tensors.
        groups: Its ``param_groups``.
        state_dict: The checkpoint.
        rule_of: Returns the class of the rule that updates a group.

    Attributes:
        report: What does not fit.
        groups: The groups that the optimizer will have.

    Raises:
        StateError: If the checkpoint is none, or can be matched neither by name nor by order.
    """

    def __init__(
        self,
        view: ParamGroups,
        groups: list[dict[str, Any]],
        state_dict: Mapping[str, Any],
        rule_of: RuleOf,
    ) -> None:
        if not {"state", "param_groups"} <= state_dict.keys():
            raise StateError(
                f"an optimizer's checkpoint has 'state' and 'param_groups', and this has: "
                f"{', '.join(map(repr, state_dict)) or 'nothing'}. Is it the model's?"
            )
        self._saved = list(state_dict["param_groups"])
        self._states = state_dict["state"]
        self._params = [param for _, param in view.namedparams()]
        names = self._saved_names()
        by_name = names is not None and all("param_names" in group for group in groups)
        self._places = self._match_names(names or {}) if by_name else self._match_order(groups)
        self.report = self._compare(names or {}, rule_of)
        self._wrong = {name for name, _ in self.report.mismatched}
        named = by_name or "param_names" in groups[0]
        places = {
            key: (param.leaf, param.name if named else None) for key, param in self._places.items()
        }
        self.groups = regroup(groups, self._saved, places)

    def _compare(self, names: Mapping[Any, str], rule_of: RuleOf) -> LoadReport:
        matched = {id(param) for param in self._places.values()}
        unexpected, mismatched = [], []
        for group in self._saved:
            for key in group["params"]:
                param = self._places.get(key)
                if param is None:
                    unexpected.append(str(names.get(key, key)))
                    continue
                why = check_state(rule_of(group), group, param.shape, self._state_of(key))
                if why:
                    mismatched.append((param.name, "; ".join(why)))
        missing = tuple(p.name for p in self._params if id(p) not in matched)
        return LoadReport(missing, tuple(unexpected), tuple(mismatched))

    def _saved_names(self) -> dict[Any, str] | None:
        """Return the checkpoint's names by its keys; None if it has none."""
        found: dict[Any, str] = {}
        for group in self._saved:
            keys = group["params"]
            # torch's distributed checkpoints are keyed by name, whatever else a group holds.
            by_name = bool(keys) and isinstance(keys[0], str)
            names = keys if by_name else group.get("param_names", keys)
            if not all(isinstance(name, str) for name in names):
                return None
            found.update(zip(keys, plain_names(names, None), strict=True))
        return found

    def _match_names(self, names: Mapping[Any, str]) -> dict[Any, TensorParam]:
        ours = {param.name: param for param in self._params}
        return {key: ours[name] for key, name in names.items() if name in ours}

    def _match_order(self, groups: list[dict[str, Any]]) -> dict[Any, TensorParam]:
        counts = [len(group["params"]) for group in groups]
        saved = [len(group["params"]) for group in self._saved]
        if counts != saved:
            raise StateError(
                f"the checkpoint has groups of {saved} parameters and this optimizer has groups of "
                f"{counts}; without names they can only be matched by order. Build both optimizers "
                f"from a module or from named_parameters()."
            )
        keys = [key for group in self._saved for key in group["params"]]
        return dict(zip(keys, self._params, strict=True))

    def _state_of(self, key: Any) -> Mapping[str, Any]:
        # Until 2.4, torch's SGD without momentum saved that its buffer is None.
        found = self._states.get(key, {})
        return {name: value for name, value in found.items() if value is not None}

    def states(self) -> list[tuple[TensorParam, Mapping[str, Any]]]:
        """Return what each matched parameter's state becomes."""
        return [
            (p, self._state_of(k)) for k, p in self._places.items() if p.name not in self._wrong
        ]

    def keep(self, words: Iterable[str], groups: list[dict[str, Any]]) -> None:
        """Let hyperparameters stay as the optimizer has them now.

        Args:
            words: Their names.
            groups: The optimizer's groups.

        Raises:
            StateError: If nothing has such a hyperparameter, or a new group would join tensors that
                have different values now.
        """
        for word in words:
            if not any(word in group for group in groups):
                raise StateError(
                    f"keep={word!r} names no hyperparameter; give their names, such as "
                    f"keep=('lr',)."
                )
            self._keep(word, groups, self.groups)

    @staticmethod
    def _keep(word: str, groups: list[dict[str, Any]], of: list[dict[str, Any]]) -> None:
        now = {id(tensor): group for group in groups for tensor in group["params"]}
        for group in of:
            values = [now[id(tensor)].get(word) for tensor in group["params"]]
            if any(value != values[0] for value in values):
                raise StateError(
                    f"keep={word!r} is impossible: the checkpoint has parameters in one group "
                    f"that have different values of {word!r} here."
                )
            if values[0] is not None:
                group[word] = values[0]

    def keep_storage(self, groups: list[dict[str, Any]]) -> None:
        """Let parameters be kept as they are now, where the checkpoint does not say: torch's.

        Raises:
            StateError: If a new group would join tensors that are kept in different ways.
        """
        silent = [group for group in self.groups if "storage" not in group]
        if silent:
            self._keep("storage", groups, silent)

    def check_words(self, rule_of: RuleOf) -> None:
        """Raise unless every group's hyperparameters can be taken.

        Raises:
            StateError: With the group and the reason.
        """
        for place, group in enumerate(self.groups):
            for name, spec in rule_of(group).specs.items():
                try:
                    spec.check(spec.accept(group.get(name, spec.default)))
                except CatenaryError as error:
                    raise StateError(f"the checkpoint's param_groups[{place}]: {error}") from None
