"""ChainerX, which is not there: programs ask whether something is its own, and nothing is."""

from __future__ import annotations

from typing import Any, NoReturn

from catenary.backends.device import Device

__all__ = ["ChainerxDevice", "Fallback", "from_chx", "to_chx"]


class ChainerxDevice(Device):
    """The device that no array lives on; it is here for `isinstance`.

    Raises:
        RuntimeError: Always, when called.
    """

    def __init__(self, device: Any) -> None:
        _refuse()

    @staticmethod
    def from_array(array: Any) -> None:
        """Return None: no array is ChainerX's."""


class _Fallback:
    def __repr__(self) -> str:
        return "Fallback"


Fallback = _Fallback()
"""What `forward_chainerx` returns to have `forward` called, as it always is here."""


def from_chx(array: Any) -> Any:
    """Return arrays as they are: none is ChainerX's."""
    return array


def to_chx(array: Any) -> NoReturn:
    """Refuse.

    Raises:
        RuntimeError: Always.
    """
    _refuse()


def _refuse() -> NoReturn:
    raise RuntimeError(
        "chainerx is not available: catenary computes with torch on NumPy's and CuPy's arrays; "
        "ask chainerx.is_available() first"
    )
