"""The part of an optimizer that chooses how 16-bit parameters are kept, and shows them whole."""

from __future__ import annotations

import torch

from catenary import changes
from catenary.kernel import Kind
from catenary.optimizer.keeping import check_dtype, checked_kind, exact_value
from catenary.optimizer.optimizer import Optimizer

__all__ = ["KeepsPrecision"]


class KeepsPrecision(Optimizer):
    """The part of an optimizer that knows parameters by more bits than they have."""

    _storage: Kind = "plain"

    @property
    def _use_fp32_update(self) -> bool:
        return self._storage == "master"

    def use_fp32_update(self, flag: bool = True) -> None:
        """Update 16-bit parameters through a float32 master; before or after `setup`.

        Chainer's word for ``use_storage("master")``, and for ``use_storage("plain")`` where `flag`
        is False.

        Differs from Chainer: ``flag=False`` is heard, bfloat16 too has a master, and the master
        hears later edits of the parameter.
        """
        self.use_storage("master" if flag else "plain")

    def use_storage(self, kind: Kind) -> None:
        """Choose how float16 and bfloat16 parameters are kept; before or after `setup`.

        Every update is computed in float32, and others than 16-bit parameters are left alone. Where
        a parameter was edited since the last update, the edit wins. States that exist already keep
        their dtype; ``param.update_rule.use_storage`` chooses for one parameter.

        Args:
            kind: ``"plain"``: rounded to the nearest number; steps below half a last place are
                lost. ``"master"``: a float32 copy beside it, of which it is the rounded one.
                ``"kahan"``: beside it what rounding left, in 16 bits. ``"stochastic"``: it and the
                states of formulas rounded up or down by chance; bfloat16 only.

        Raises:
            HyperparameterError: If it is none of these, or "stochastic" and a parameter is float16.

        Example:
            >>> import numpy as np
            >>> from catenary import Link, Parameter
            >>> from catenary.optimizers import SGD
            >>> model = Link()
            >>> with model.init_scope():
            ...     model.w = Parameter(np.ones(1, np.float16))
            >>> opt = SGD(lr=1.0).setup(model)
            >>> opt.use_storage("kahan")
            >>> for _ in range(8):
            ...     model.w.grad = np.full(1, 2.0**-14, np.float16)
            ...     opt.update()
            >>> model.w.array  # rounded at each step it would still be 1
            array([0.9995], dtype=float16)
        """
        kind = checked_kind(kind)
        params = [] if self.target is None else [p for p in self._view.params() if p.update_rule]
        for param in params:
            if param.is_initialized:
                check_dtype(kind, param.tensor.dtype)
        self._storage = kind
        for param in params:
            param.update_rule.use_storage(kind)
        changes.structure()

    def float32_weights(self) -> dict[str, torch.Tensor]:
        """Return every parameter by its path, with all the bits that are kept, as new tensors.

        A 16-bit parameter becomes float32: its master, its sum with what rounding left, or itself;
        others keep their dtype.

        Raises:
            NotSetUpError: Before `setup`.
        """
        self._check_set_up()
        named = self._view.namedparams(False)
        return {path: exact_value(param.update_rule, param) for path, param in named}
