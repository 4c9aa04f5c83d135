"""ChainerX, which is never there."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import backend, types
from catenary.backends import _chainerx


def test_nothing_is_chainerxs():
    x = np.ones(2)
    assert _chainerx.from_chx([x]) == [x]
    assert _chainerx.ChainerxDevice.from_array(x) is None
    assert issubclass(_chainerx.ChainerxDevice, backend.Device)
    assert not isinstance(backend.get_device("@numpy"), _chainerx.ChainerxDevice)


def test_nothing_becomes_chainerxs():
    for make in (_chainerx.to_chx, _chainerx.ChainerxDevice):
        with pytest.raises(RuntimeError, match="chainerx is not available"):
            make(np.ones(2))


def test_types_are_for_annotations_alone():
    assert not types.TYPE_CHECKING
    assert all(hasattr(types, name) for name in types.__all__)
