"""The states of the random number generators that a training run draws from."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from catenary.serializer import Serializer

__all__ = ["serialize_random_state"]


def serialize_random_state(serializer: Any) -> None:
    """Save or load the global generators of NumPy, Python and torch (all CUDA devices too).

    A file that lacks a generator, for instance one of Chainer, leaves that generator alone.

    Args:
        serializer: Its part for random states.
    """
    if isinstance(serializer, Serializer):
        for name, values in _states().items():
            for index, value in enumerate(values):
                serializer[name](str(index), value)
        return
    for name, restore in _RESTORE.items():
        found = _read(serializer[name])
        if found and not getattr(serializer, "checking", False):
            restore(found)


def _states() -> dict[str, list[Any]]:
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    version, words, next_gauss = random.getstate()
    states: dict[str, list[Any]] = {
        "python": [
            np.array([version, *words], np.int64),
            float("nan" if next_gauss is None else next_gauss),
        ],
        "torch": [torch.get_rng_state().numpy()],
    }
    if kind == "MT19937":
        states["numpy"] = [keys, position, has_gauss, gauss]
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states["cuda"] = [state.numpy() for state in torch.cuda.get_rng_state_all()]
    return states


def _read(serializer: Any) -> list[Any]:
    found: list[Any] = []
    while True:
        try:
            value = serializer(str(len(found)), None)
        except KeyError:
            return found
        if value is None:
            return found
        found.append(value)


def _restore_numpy(state: list[Any]) -> None:
    keys, position, has_gauss, gauss = state
    np.random.set_state(("MT19937", keys, int(position), int(has_gauss), float(gauss)))


def _restore_python(state: list[Any]) -> None:
    (version, *words), next_gauss = state[0].tolist(), float(state[1])
    random.setstate((version, tuple(words), None if np.isnan(next_gauss) else next_gauss))


def _restore_torch(state: list[Any]) -> None:
    torch.set_rng_state(torch.from_numpy(state[0]))


def _restore_cuda(states: list[Any]) -> None:
    for index, state in enumerate(states[: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(torch.from_numpy(state), index)


_RESTORE = {
    "numpy": _restore_numpy,
    "python": _restore_python,
    "torch": _restore_torch,
    "cuda": _restore_cuda,
}
