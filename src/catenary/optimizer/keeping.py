"""What a rule keeps beside a parameter of 16 bits, so that small steps are not lost."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

import numpy as np
import torch

from catenary.errors import HyperparameterError
from catenary.expr import Formula
from catenary.expr.node import tensor
from catenary.kernel import Kind
from catenary.kernel.storage import LOW, MASTER
from catenary.optimizer.alone import run_once
from catenary.optimizer.state import Announced

__all__ = ["HALF_DTYPES", "KINDS", "Keeping", "Kind", "check_dtype", "checked_kind", "exact_value"]

HALF_DTYPES = (torch.float16, torch.bfloat16)
"""Storage that there are several ways to keep."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_WIDE = "@wide"
_READ = Formula(((_WIDE, tensor("p")),))
_FOLLOW = Formula(((MASTER, tensor("p")),))
_STORE = Formula((("p", tensor(_WIDE)),))


def checked_kind(kind: Any) -> Kind:
    """Return `kind` if it names a way to keep 16-bit parameters.

    Raises:
        HyperparameterError: Otherwise.
    """
    if kind in KINDS:
        return kind  # type: ignore[no-any-return]
    raise HyperparameterError(
        f"storage is {kind!r}; 16-bit parameters are kept in one of these ways: "
        f"{', '.join(map(repr, KINDS))}."
    )


def check_dtype(kind: Kind, dtype: torch.dtype) -> None:
    """Raise HyperparameterError if parameters of this dtype cannot be kept so."""
    if kind == "stochastic" and dtype == torch.float16:
        raise HyperparameterError(
            "storage='stochastic' rounds to bfloat16 by chance, and a parameter is float16. Keep "
            "it with storage='kahan' or storage='master', or make it bfloat16."
        )


class Keeping:
    """The part of a rule that keeps 16-bit parameters; those of 32 and 64 bits need none of it."""

    _storage = Announced()
    _fp32_param = Announced()
    _compensation = Announced()

    # A formula's states may be rounded by chance as the parameter is; what other rules do with
    # theirs nobody knows.
    _keeps_narrow_states: ClassVar[bool] = False
    _row_key = 0
    t: int

    def use_storage(self, kind: Kind) -> None:
        """Choose how a float16 or bfloat16 parameter is kept between updates.

        See :meth:`GradientMethod.use_storage`, which chooses for all parameters.

        Args:
            kind: ``"plain"``, ``"master"``, ``"kahan"`` or ``"stochastic"``.

        Raises:
            HyperparameterError: If it is none of these.
        """
        self._storage = checked_kind(kind)
        if kind not in ("master", "kahan"):
            self._fp32_param = self._compensation = None

    def use_fp32_update(self, flag: bool = True) -> None:
        """Keep a float32 master of a 16-bit parameter and update that; Chainer's word.

        The same as ``use_storage("master")``, and ``use_storage("plain")`` where `flag` is False.
        """
        self.use_storage("master" if flag else "plain")

    @property
    def _use_fp32_update(self) -> bool:
        return self._storage == "master"  # type: ignore[no-any-return]

    def _storage_of(self, param: Any) -> Kind:
        """Return how this parameter is kept.

        Raises:
            HyperparameterError: If that is impossible for its dtype.
        """
        kind: Kind = self._storage
        if kind == "plain" or param.tensor.dtype not in HALF_DTYPES:
            return "plain"
        check_dtype(kind, param.tensor.dtype)
        return kind

    def _keep(self, param: Any) -> None:
        """Make what this storage needs beside the parameter, from what there is."""
        kind = self._storage_of(param)
        if kind == "master" and self._fp32_param is None:
            master = param.cast_copy(np.float32)
            if self._compensation is not None:
                master.tensor.data.copy_(exact_value(self, param))
                # Half way between two numbers the pair may have had the other one.
                param.tensor.data.copy_(master.tensor.data)
            self._fp32_param, self._compensation = master, None
        elif kind == "kahan" and self._compensation is None:
            low = torch.zeros_like(param.tensor.detach())
            if self._fp32_param is not None:
                _write(param, exact_value(self, param), "kahan", {LOW: low}, 0, 0)
            self._compensation, self._fp32_param = low, None
        self._lay_out_beside(param)

    def _lay_out_beside(self, param: Any) -> None:
        """Let what lies beside the parameter follow it to another device or order in memory."""
        held = param.tensor
        master, low = self._fp32_param, self._compensation
        if master is not None and not _lies_alike(master.tensor, held):
            self._fp32_param = param.cast_copy(np.float32)
            self._fp32_param.tensor.data.copy_(master.tensor.data)
        if low is not None and not _lies_alike(low, held):
            self._compensation = torch.empty_like(held.detach(), dtype=low.dtype).copy_(low)

    def _beside(self, param: Any) -> dict[str, torch.Tensor]:
        """Return what lies beside the parameter, by the names that programs use."""
        kind = self._storage_of(param)
        if kind == "master":
            return {MASTER: self._fp32_param.tensor}
        return {LOW: self._compensation} if kind == "kahan" else {}

    def _working(self, param: Any) -> Any:
        """Return what an update outside a plan works on: a float32 parameter; None: itself."""
        kind = self._storage_of(param)
        if kind == "plain":
            return None
        self._keep(param)
        if kind == "master":
            columns = {"p": param.tensor, **self._beside(param)}
            run_once(_FOLLOW, columns, "master")
            return self._fp32_param
        return self._wide_copy(param)

    def _wide_copy(self, param: Any) -> Any:
        working = param.cast_copy(np.float32)
        working._passing = True
        working.tensor.data.copy_(exact_value(self, param))
        return working

    def _take_back(self, param: Any, working: Any) -> None:
        """Store what became of :meth:`_working`."""
        kind = self._storage_of(param)
        _write(param, working.tensor, kind, self._beside(param), self._row_key, self.t)
        working.cleargrad()

    def _state_like(self, param: Any, working: Any = None) -> Any:
        """Return a parameter of the dtype that states have."""
        kind = self._storage_of(param)
        if kind == "plain" or (kind == "stochastic" and self._keeps_narrow_states):
            return param
        return self._wide_copy(param) if working is None else working


def exact_value(rule: Any, param: Any) -> torch.Tensor:
    """Return a parameter's value with all the bits that its rule keeps, as a new tensor.

    It is float32 for 16-bit parameters, and of the parameter's dtype for others.
    """
    held: torch.Tensor = param.tensor.detach()
    if held.dtype not in HALF_DTYPES:
        return held.clone()
    if getattr(rule, "_fp32_param", None) is not None:
        kind: Kind = "master"
        beside = {MASTER: rule._fp32_param.tensor}
    elif getattr(rule, "_compensation", None) is not None:
        kind, beside = "kahan", {LOW: rule._compensation}
    else:
        return held.float()
    wide = torch.empty_like(held, dtype=torch.float32)
    run_once(_READ, {"p": held, _WIDE: wide, **beside}, kind)
    return wide


def _lies_alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.device == other.device and one.stride() == other.stride()


def _write(
    param: Any, value: torch.Tensor, kind: Kind, beside: dict[str, torch.Tensor], key: int, t: int
) -> None:
    columns = {"p": param.tensor, _WIDE: value.detach(), **beside}
    run_once(_STORE, columns, kind, key, t)
