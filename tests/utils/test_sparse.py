"""Sparse matrices as lists of entries."""

from __future__ import annotations

import numpy as np
import pytest

import catenary.functions as F
from catenary.utils import CooMatrix, get_order, to_coo
from catenary.variable import Variable


def test_to_coo_and_back():
    x = np.array([[[0, 2, 0], [-1, 0, 0]], [[1, 1, 0], [0, 0, 3]]], "f")
    for matrix, room in ((x[0], None), (x[0], 5), (x, None), (x, 4)):
        coo = to_coo(matrix, room)
        np.testing.assert_array_equal(coo.to_dense(), matrix)
        assert coo.shape == (2, 3)
        assert coo.order == "C"
        assert coo.data.shape[-1] == (room or (2 if matrix.ndim == 2 else 3))
        assert coo.row.dtype == coo.col.dtype == np.int32
        assert not coo.data.requires_grad
    with pytest.raises(ValueError, match="two axes"):
        to_coo(x[0, 0])


def test_entries_at_one_place_add_up():
    coo = CooMatrix(np.ones(3, "f"), np.array([0, 0, 1]), np.array([1, 1, 0]), (2, 2))
    assert coo.to_dense().tolist() == [[0, 2], [1, 0]]
    np.testing.assert_array_equal(F.sparse_matmul(coo, np.eye(2, dtype="f")).array, coo.to_dense())


@pytest.mark.parametrize(
    ("row", "col", "order"),
    [
        ([0, 0, 1], [0, 2, 1], "C"),
        ([0, 2, 1], [0, 0, 1], "F"),
        ([1, 0], [0, 1], "F"),
        ([1, 0, 0], [0, 1, 0], "other"),
        ([1, -1, 2], [0, -1, 0], "C"),
        ([[0, 1], [1, 0]], [[0, 0], [0, 1]], "F"),
        ([], [], "C"),
    ],
)
def test_order(row, col, order):
    assert get_order(np.array(row, "i"), np.array(col, "i")) == order


def test_gradients_of_both_factors():
    coo = to_coo(np.array([[0, 2, 0], [-1, 0, 0]], "f"), requires_grad=True)
    b = Variable(np.arange(6, dtype="f").reshape(3, 2))
    F.sum(F.sparse_matmul(coo, b)).backward()
    np.testing.assert_array_equal(coo.data.grad, [5, 1])
    np.testing.assert_array_equal(b.grad, [[-1, -1], [2, 2], [0, 0]])


@pytest.mark.parametrize(
    "make",
    [
        lambda one: CooMatrix(np.ones((1, 1, 1)), one, one, (2, 2)),
        lambda one: CooMatrix(np.ones(1), one[None], one, (2, 2)),
        lambda one: CooMatrix(np.ones(1), one, one, (2, 2, 2)),
        lambda one: CooMatrix(np.ones(1), one, one, (0, 2)),
        lambda one: CooMatrix(np.ones(1), one, one, (2, 2), order="D"),
        lambda one: get_order(one, np.zeros(2, "i")),
        lambda one: get_order(one - 1, one),
    ],
)
def test_misuse(make):
    with pytest.raises(ValueError, match=r"got|both"):
        make(np.zeros(1, "i"))
