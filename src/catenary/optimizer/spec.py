"""What is declared of one hyperparameter: default, range, unit."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from catenary.errors import HyperparameterError

__all__ = ["REQUIRED", "Spec"]


class _Required(enum.Enum):
    REQUIRED = "required"


REQUIRED: Any = _Required.REQUIRED
"""The default of a hyperparameter that has none; an enum's member stays itself when pickled."""


@dataclass(frozen=True)
class Spec:
    """A declared hyperparameter.

    Attributes:
        name: Its name.
        owner: Name of the class that declares it, for messages.
        default: Its default, or :data:`REQUIRED`; a tuple for several numbers under one name.
        ge, gt, le, lt: Bounds of its range, for each number; None for none.
        unit: In terms of the parameter's unit p and the loss's unit L, such as ``"p²/L"``.
        kept: A value that is not 0 must not round to 0 in the compute dtype.
        flag: True or False, compiled into the program.
        kw_only: Whether a constructor takes it by name only.
        switches: Whether a slot exists only while it is not 0.
        choices: What a value may be, where it is no number; empty for numbers.
    """

    name: str
    owner: str
    default: Any
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    unit: str = ""
    kept: bool = False
    flag: bool = False
    kw_only: bool = False
    switches: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def size(self) -> int | None:
        """Number of values of a tuple such as ``betas``; None for a single number."""
        return len(self.default) if isinstance(self.default, tuple) else None

    def accept(self, value: Any) -> Any:
        """Return `value` as a Python float (a bool for a flag, a tuple of floats for a tuple).

        Raises:
            HyperparameterError: If it is no number, or NaN, or a tuple of another length, or none
                of the choices.
        """
        if self.choices:
            if value in self.choices:
                return value
            raise HyperparameterError(
                f"{self.owner} got {self.name}={value!r}; it must be one of "
                f"{', '.join(map(repr, self.choices))}."
            )
        if self.flag:
            if isinstance(value, (bool, np.bool_)) or value in (0, 1):
                return bool(value)
            raise HyperparameterError(
                f"{self.owner} got {self.name}={value!r}; it must be True or False."
            )
        if self.size is None:
            return self._accept_number(self.name, value)
        if not isinstance(value, (tuple, list)) or len(value) != self.size:
            raise HyperparameterError(
                f"{self.owner} got {self.name}={value!r}; it must be {self.size} numbers, such as "
                f"{self.default}."
            )
        return tuple(
            None if one is None and usual is None else self._accept_number(f"{self.name}[{i}]", one)
            for i, (one, usual) in enumerate(zip(value, self.default, strict=True))
        )

    def _accept_number(self, label: str, value: Any) -> float:
        number = _as_float(value)
        if number is None:
            raise HyperparameterError(
                f"{self.owner} got {label}={value!r}, a {type(value).__name__}; it must be one "
                f"number{self._range_text(' in ')}."
            )
        if math.isnan(number):
            raise HyperparameterError(
                f"{self.owner} got {label}=nan; a step with it would turn every parameter into "
                f"NaN. Give a number{self._range_text(' in ')}."
            )
        return number

    def _numbers(self, value: Any) -> list[tuple[str, float]]:
        """Return the numbers that a value consists of, each with what messages call it."""
        if self.flag or self.choices:
            return []
        if self.size is None:
            return [(self.name, value)]
        return [(f"{self.name}[{i}]", one) for i, one in enumerate(value) if one is not None]

    def check(self, value: Any) -> None:
        """Raise unless `value` lies in the range.

        Raises:
            HyperparameterError: With the range and the default.
        """
        for label, number in self._numbers(value):
            inside = (
                (self.ge is None or number >= self.ge)
                and (self.gt is None or number > self.gt)
                and (self.le is None or number <= self.le)
                and (self.lt is None or number < self.lt)
            )
            if not inside:
                usual = "" if self.default is REQUIRED else f" The default is {self.default}."
                raise HyperparameterError(
                    f"{self.owner} got {label}={number}; {label} must lie in "
                    f"{self._range_text('')}.{usual}"
                )

    def check_kept(self, value: Any, dtype: type[np.floating[Any]]) -> None:
        """Raise if a number in `value` is not 0 but rounds to 0 in `dtype`.

        Raises:
            HyperparameterError: With the smallest value that does not.
        """
        for label, number in self._numbers(value):
            with np.errstate(all="ignore"):
                lost = self.kept and number != 0 and dtype(number) == 0
            if lost:
                raise HyperparameterError(
                    f"{label} of {self.owner} is too small for {np.dtype(dtype).name} ({number}): "
                    f"it would round to 0. Give at least "
                    f"{np.finfo(dtype).smallest_subnormal:.3g}, or 0 itself."
                )

    def _range_text(self, lead: str) -> str:
        if (self.ge, self.gt, self.le, self.lt) == (None,) * 4:
            return ""
        low = (
            f"[{self.ge:g}"
            if self.ge is not None
            else f"({self.gt:g}"
            if self.gt is not None
            else "(-inf"
        )
        high = (
            f"{self.le:g}]"
            if self.le is not None
            else f"{self.lt:g})"
            if self.lt is not None
            else "inf)"
        )
        return f"{lead}{low}, {high}"


def _as_float(value: Any) -> float | None:
    if isinstance(value, (str, bytes, complex)) or value is None:
        return None
    try:
        # Arrays and tensors of one element have `item`; float() of a tensor may warn.
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError):
        return None
