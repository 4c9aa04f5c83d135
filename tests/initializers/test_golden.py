"""The same seed draws Chainer's numbers, bit for bit."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

from catenary import initializers

ROWS = json.loads((pathlib.Path(__file__).parents[1] / "golden" / "initializers.json").read_text())


def generate(row):
    np.random.seed(5)
    rng = {"rng": np.random.RandomState(5)} if row["own"] else {}
    made = getattr(initializers, row["name"])(dtype=row["dtype"], **row["kwargs"], **rng)
    return initializers.generate_array(made, tuple(row["shape"]), np)


@pytest.mark.parametrize("name", sorted({row["name"] for row in ROWS}))
def test_equals_chainer(name):
    for row in (r for r in ROWS if r["name"] == name):
        if "error" in row:
            with pytest.raises(ValueError):
                generate(row)
            continue
        array = generate(row)
        expected = np.array([float.fromhex(v) for v in row["values"]], row["dtype"] or "float32")
        assert array.dtype.name == row["dtype"] or row["dtype"] is None
        if name == "Orthogonal":
            # QR is LAPACK's: another build rounds otherwise.
            tolerance = 1e-14 if row["dtype"] == "float64" else 1e-6
            tolerance = 1e-3 if row["dtype"] == "float16" else tolerance
            np.testing.assert_allclose(array.ravel(), expected, rtol=0, atol=tolerance)
        else:
            np.testing.assert_array_equal(array.ravel(), expected)


def test_every_initializer_is_compared():
    public = {
        name
        for name in initializers.__all__
        if isinstance(getattr(initializers, name), type) and name != "Initializer"
    }
    assert public == {row["name"] for row in ROWS}
