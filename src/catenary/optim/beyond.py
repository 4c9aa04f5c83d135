"""What optimizers here can do beyond torch's: hooks, averages, statistics, selections."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from catenary.optim.engine import Engine
from catenary.optim.param_groups import ParamGroups
from catenary.optim.treatment import Treatment
from catenary.optimizer.explain import Explanation
from catenary.optimizer.keeping import exact_value
from catenary.optimizer.non_finite import Policy
from catenary.optimizer.selection import Selection, choose

__all__ = ["Beyond"]


class Beyond:
    """The part of an optimizer that torch's have not; the machinery does it."""

    param_groups: list[dict[str, Any]]
    _engine: Engine
    _view: ParamGroups
    _follow: Callable[[], None]

    @property
    def hyperparam(self) -> _OfAllGroups:
        """The hyperparameters of all groups together: ``opt.lr = 0.1`` writes every group."""
        return _OfAllGroups(self.param_groups)

    def add_hook(self, hook: Callable[..., Any], name: str | None = None) -> None:
        """Register a hook that sees gradients before every step; see `catenary.optimizer_hooks`.

        Args:
            hook: A formula (clipping, decay), which joins the kernel, or any callable: called as
                ``hook(optimizer)``, or for each tensor as ``hook(rule, param)`` if its
                ``call_for_each_param`` is true.
            name: What it is registered as; by default the hook's own name.
        """
        self._engine.add_hook(hook, name)

    def remove_hook(self, name: str) -> None:
        """Forget the hook called `name`; HookError (a KeyError too) if there is none."""
        self._engine.remove_hook(name)

    def average_weights(self, decay: float | None = 0.999) -> None:
        """Keep an averaged copy of the weights; see :meth:`averaged_weights`.

        Args:
            decay: Share kept at each step, in [0, 1); None to stop averaging and forget the copy.
        """
        self._engine.average_weights(decay)

    def averaged_weights(self) -> AbstractContextManager[None]:
        """Put the averaged weights into the model for the length of a `with` block."""
        return self._engine.averaged_weights()

    def float32_weights(self) -> dict[str, torch.Tensor]:
        """Return every parameter by name, with all the bits that are kept, as new tensors.

        A 16-bit parameter becomes float32: its master, its sum with what rounding left, or itself;
        others keep their dtype. ``model.float().load_state_dict(..., strict=False)`` takes them.
        """
        self._follow()
        return {
            name: param.shown(exact_value(param.update_rule, param), param.shape)
            for name, param in self._view.namedparams(False)
        }

    def explain(self) -> Explanation:
        """Return what a step does and why: buckets, passes, bytes a value, what fell out."""
        self._follow()
        with self._view.gradients():
            return self._engine.explain()

    def select(
        self,
        *patterns: str,
        ndim: int | None = None,
        dtype: torch.dtype | None = None,
        within: type[torch.nn.Module] | tuple[type[torch.nn.Module], ...] | None = None,
    ) -> Selection:
        """Choose parameters, to treat them apart.

        Args:
            *patterns: Shell patterns over names, any of which may match; ``*`` crosses dots.
            ndim: Number of dimensions that they must have.
            dtype: The dtype that they must have.
            within: Modules' classes in which they must lie; needs an optimizer made from a module.

        Raises:
            SelectionError: If nothing matches, or `within` is asked of an optimizer that knows no
                module.

        Example:
            >>> import torch
            >>> from catenary.optim import AdamW
            >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.LayerNorm(3))
            >>> opt = AdamW(model, lr=1e-3, weight_decay=0.1)
            >>> opt.select("*.bias", "1.*").set(weight_decay=0)
            Selection of 3 parameters:
                0.bias  (3,)
                1.weight  (3,)
                1.bias  (3,)
        """
        self._follow()
        inside = None if within is None else self._view.tensors_within(within)
        named = self._view.namedparams()
        return choose(Treatment(self), named, patterns, ndim=ndim, dtype=dtype, inside=inside)

    def when_not_finite(self, policy: Policy | None, *, stop_after: int | None = None) -> None:
        """Choose what a step does that meets a gradient with an infinite or NaN element.

        Args:
            policy: 'skip' it with a warning, so that it updates nothing; 'raise' a GradientError
                that names the parameters; None: do not look.
            stop_after: With 'skip', consecutive skipped steps after which GradientError is raised.

        Raises:
            ValueError: If `policy` is unknown, or `stop_after` is no positive whole number.
        """
        self._engine.when_not_finite(policy, stop_after=stop_after)

    def synchronize(self) -> None:
        """Wait until the outcome of every step is known, and take notice of it.

        On a CUDA device a step that looks for gradients that are not finite, or measures, is queued
        and not waited for; warnings and counts follow when its outcome arrives. Reading `state` and
        saving call this; on the CPU nothing is ever awaited.

        Raises:
            GradientError: If steps were skipped, and a policy says so; see :meth:`when_not_finite`.
        """
        self._engine.synchronize()

    def clear_in_step(self, on: bool = True) -> None:
        """Let the updating pass leave zeros in the gradients, so that `zero_grad` is not needed.

        The next ``backward`` adds to the same memory: nothing is allocated, and no pass of its own
        clears it. A step that is skipped clears too.

        Args:
            on: False to leave gradients as they are, which is how it begins.
        """
        self._engine.clear_in_step(on)

    def collect_stats(self, on: bool = True) -> None:
        """Measure every step from now on; the updating pass does it and reads no byte more.

        Args:
            on: False to stop and to forget.
        """
        self._engine.collect_stats(on)

    def stats(self, *, each: bool = False) -> dict[str, float]:
        """Return norms of the last step and shares of steps, as floats for a logger.

        ``grad_norm`` (before hooks), ``update_norm``, ``weight_norm`` (after the step) and
        ``update_ratio``, their quotient; ``skipped`` and ``clipped`` are shares of the steps since
        :meth:`collect_stats`.

        Args:
            each: Also give the norms of each parameter, as ``grad_norm/<name>`` and so on.

        Raises:
            NotSetUpError: Without :meth:`collect_stats`.
        """
        return self._engine.stats(each=each)


class _OfAllGroups:
    """One value of all groups: reads it where they agree, writes it to all."""

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        self.__dict__["_groups"] = groups

    def __getattr__(self, name: str) -> Any:
        first, *others = (group[name] for group in self._groups)
        if any(other != first for other in others):
            raise AttributeError(
                f"the groups have different values of {name!r}; read them from param_groups."
            )
        return first

    def __setattr__(self, name: str, value: Any) -> None:
        for group in self._groups:
            group[name] = value
