"""`catenary.utils` computes what `chainer.utils` does."""

from __future__ import annotations

import json
import pathlib
import warnings

import numpy as np
import pytest

import catenary
from catenary import utils
from catenary.utils import argument, conv, conv_nd, imgproc

FOLDER = pathlib.Path(__file__).parents[1] / "golden"
with np.load(FOLDER / "utils.npz") as file:
    ARRAYS = dict(file)
SIZES = json.loads((FOLDER / "utils.json").read_text())["sizes"]


def same(actual, name):
    assert actual.dtype == ARRAYS[name].dtype
    np.testing.assert_allclose(actual, ARRAYS[name], rtol=1e-6, atol=1e-6)


def test_sizes():
    for given, convolved, deconvolved in SIZES:
        assert utils.get_conv_outsize(*given) == convolved
        assert utils.get_deconv_outsize(*given) == deconvolved


def test_windows_of_images():
    image = ARRAYS["image"]
    same(conv.im2col_cpu(image, 3, 2, 2, 1, 1, 0, 0.5, True, 1, 2), "im2col")
    same(conv.im2col(image, 2, 2, 2, 2, 1, 1, out_h=3, out_w=2), "im2col out")
    same(conv.im2col_gpu(image, 2, 2, 2, 2, 1, 1, out_h=3, out_w=2), "im2col out")
    for col2im in (conv.col2im, conv.col2im_cpu, conv.col2im_gpu):
        same(col2im(ARRAYS["im2col"], 2, 1, 1, 0, 6, 5, 1, 2), "col2im")


def test_windows_over_any_axes():
    signal = ARRAYS["signal"]
    same(conv_nd.im2col_nd_cpu(signal, (3,), (2,), (1,), -1, True, 2), "im2col_nd")
    padded = np.pad(signal, ((0, 0), (0, 0), (1, 1)))
    expected = conv_nd.im2col_nd(padded, (3,), (2,), (0,))
    np.testing.assert_array_equal(conv_nd.im2col_nd_gpu(signal, (3,), (2,), (1,)), expected)
    same(conv_nd.col2im_nd(ARRAYS["im2col_nd"], (2,), (1,), (7,), 2), "col2im_nd")
    assert conv_nd.as_tuple(3, 2) == (3, 3)
    assert conv_nd.as_tuple([1, 2], 2) == (1, 2)
    with pytest.raises(ValueError, match="one value or 2"):
        conv_nd.as_tuple((1, 2, 3), 2)


def test_crops():
    same(imgproc.oversample(ARRAYS["pictures"], (4, 6)), "oversample")


def test_sums_and_sizes():
    same(utils.sum_to(ARRAYS["image"], (3, 1, 5)), "sum_to")
    assert utils.size_of_shape((2, np.int64(3))) == 6
    assert type(utils.size_of_shape(())) is int


@pytest.mark.parametrize("number", [0, 1, 2])
def test_sampler(number):
    sampler = utils.WalkerAlias(ARRAYS[f"weights {number}"])
    same(sampler.threshold, f"threshold {number}")
    same(sampler.values, f"values {number}")
    np.random.seed(number)
    same(sampler.sample((4, 5)), f"sample {number}")
    assert sampler.sample(()).shape == ()


def test_arrays_of_scalars():
    assert utils.force_array(np.float32(3)).shape == ()
    assert utils.force_array(3.0, np.float32).dtype == np.float32
    x = np.ones(2, np.float32)
    assert utils.force_array(x) is x
    assert utils.force_array(x, np.float64).dtype == np.float64
    assert utils.force_type(np.dtype("f"), x) is x
    assert type(utils.force_type(np.dtype("f"), 2)) is np.float32


def named(**kwargs):
    return argument.parse_kwargs(kwargs, ("a", 1), ("b", 2), train="train is config.train now")


def test_keyword_arguments():
    assert named() == (1, 2)
    assert named(b=5) == (1, 5)
    with pytest.raises(TypeError, match=r"named\(\).*'c', 'd'"):
        named(d=1, c=2)
    with pytest.raises(ValueError, match=r"config\.train"):
        named(train=True)
    with pytest.raises(TypeError, match="'x'"):
        argument.assert_kwargs_empty({"x": 1})
    argument.assert_kwargs_empty({})


def test_experimental(monkeypatch):
    with pytest.warns(FutureWarning, match="f is experimental"):
        utils.experimental("f")
    monkeypatch.setattr(catenary, "disable_experimental_feature_warning", True, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        utils.experimental("f")


def test_a_temporary_folder_goes_away():
    with utils.tempdir(prefix="catenary") as folder:
        assert pathlib.Path(folder).name.startswith("catenary")
        pathlib.Path(folder, "file").touch()
    assert not pathlib.Path(folder).exists()
