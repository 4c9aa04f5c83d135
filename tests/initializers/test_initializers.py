"""What initializers take and refuse."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import initializers
from catenary.config import using_config
from catenary.initializer import Initializer, get_fans
from catenary.initializers import Constant, LeCunNormal, _get_initializer, generate_array


def test_the_configured_dtype_is_the_default():
    assert generate_array(initializers.Zero(), 2, np).dtype == np.float32
    with using_config("dtype", np.float64):
        assert generate_array(initializers.Zero(), (2,), np).dtype == np.float64
        assert generate_array(initializers.Zero("f"), (2,), np).dtype == np.float32
    assert generate_array(initializers.Zero(), (2,), np, dtype="float16").dtype == np.float16


def test_contradictions():
    with pytest.raises(ValueError, match="float64"):
        generate_array(initializers.Zero("float32"), (2,), np, dtype="float64")
    with pytest.raises(ValueError, match="hold"):
        generate_array(initializers.Zero(), (2,), pytest, device="@numpy")
    with pytest.raises(TypeError, match="float32"):
        initializers.Normal(dtype="float32")(np.zeros(2))


def test_any_callable_is_an_initializer():
    def fill(array):
        array[...] = 3

    assert generate_array(fill, (2,), np, device="@numpy").sum() == 6
    assert _get_initializer(fill) is fill


def test_what_links_take():
    assert isinstance(_get_initializer(None), LeCunNormal)
    for value in (1, 0.5, np.float32(2), np.arange(3)):
        made = _get_initializer(value)
        assert isinstance(made, Constant)
        assert made.fill_value is value
    with pytest.raises(TypeError, match="list"):
        _get_initializer([1])


def test_constants():
    array = np.zeros((2, 3), "f")
    Constant(np.arange(3))(array)
    np.testing.assert_array_equal(array, [[0, 1, 2]] * 2)
    assert initializers.Zero().fill_value == 0
    with pytest.raises(ValueError, match="list"):
        Constant([1])
    with pytest.raises(ValueError, match="square"):
        initializers.Identity()(array)
    np.testing.assert_array_equal(array, [[0, 1, 2]] * 2)


def test_fans():
    assert get_fans((3, 4)) == (4, 3)
    assert get_fans((3, 4, 5, 2)) == (40, 30)
    with pytest.raises(ValueError, match="two axes"):
        get_fans((3,))
    with pytest.raises(ValueError, match="tuple"):
        get_fans([3, 4])


def test_options():
    with pytest.raises(ValueError, match="fan_option"):
        initializers.HeNormal(fan_option="fan")(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="mode"):
        initializers.Orthogonal(mode="skew")
    with pytest.raises(ValueError, match="entry"):
        initializers.Orthogonal()(np.zeros((0, 2)))
    with pytest.raises(NotImplementedError):
        Initializer()(np.zeros(2))


def test_orthogonality():
    for shape in ((3, 5), (5, 3), (4, 2, 2)):
        matrix = generate_array(initializers.Orthogonal(2.0, "float64"), shape, np)
        matrix = matrix.reshape(shape[0], -1)
        gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3, 2, 2), (3, 3, 2, 4), (3,), ()])
def test_a_sampling_filter_refuses_other_shapes(shape):
    array = np.full(shape, 7.0, "f")
    with pytest.raises(ValueError, match=r"fills weights of shape \(n, n, k"):
        initializers.UpsamplingDeconvFilter()(array)
    assert (array == 7).all()


def test_a_sampling_filter_knows_one_interpolation():
    with pytest.raises(ValueError, match="'linear', got 'cubic'"):
        initializers.DownsamplingConvFilter("cubic")
