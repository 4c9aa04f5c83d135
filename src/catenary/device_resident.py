"""Things that live on a device, and visitors that send them to another.

A link shows a visitor all it holds (:meth:`catenary.Link.device_resident_accept`); a link that
holds more than parameters and persistent values overrides that method.
"""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary import backend

__all__ = ["DeviceResidentsVisitor", "ToDevice", "is_array"]


class DeviceResidentsVisitor:
    """Base of visitors; the methods do nothing."""

    def visit_device_resident(self, device_resident: Any) -> None:
        """Visit a link, before what it holds."""

    def visit_array(self, arr: Any) -> Any:
        """Visit an array and return the one to hold instead."""
        return arr

    def visit_variable(self, param: Any) -> None:
        """Visit a Variable or a parameter."""


class ToDevice(DeviceResidentsVisitor):
    """Visitor that sends everything to a device.

    Args:
        device: Whatever :func:`catenary.backend.get_device` understands.
    """

    def __init__(self, device: Any) -> None:
        self.device = backend.get_device(device)

    def visit_device_resident(self, device_resident: Any) -> None:
        """Tell the link where it is."""
        device_resident._device = self.device

    def visit_array(self, arr: Any) -> Any:
        """Return the array on the device."""
        return self.device.send(arr)

    def visit_variable(self, param: Any) -> None:
        """Send the Variable, in place."""
        param.to_device(self.device)


def is_array(value: Any) -> bool:
    """Whether `value` is an array of any kind, a tensor included."""
    return isinstance(value, (numpy.ndarray, *backend.get_array_types(), torch.Tensor))
