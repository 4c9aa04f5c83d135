"""Products of matrices of different dtypes."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import functions as F
from catenary.variable import Variable


@pytest.mark.parametrize("dtypes", ["fd", "df", "ef", "fe"])
def test_the_product_has_the_wider_dtype_and_gradients_their_own(dtypes):
    rng = np.random.RandomState(0)
    a, b = (
        Variable(rng.randn(*s).astype(t)) for s, t in zip([(2, 3), (3, 4)], dtypes, strict=True)
    )
    y = F.matmul(a, b)
    np.testing.assert_allclose(y.array, a.array @ b.array, rtol=1e-5)
    y.grad = gradient = rng.randn(2, 4).astype(y.dtype)
    y.backward()
    assert y.dtype == np.result_type(*dtypes)
    tolerance = 1e-2 if "e" in dtypes else 1e-6
    for x, expected in ((a, gradient @ b.array.T), (b, a.array.T @ gradient)):
        assert x.grad.dtype == x.dtype
        np.testing.assert_allclose(x.grad, expected, tolerance, tolerance)
