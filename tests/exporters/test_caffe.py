"""Models exported to Caffe: the files of the original, and what it computes with ours."""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import pytest

from catenary import Chain, Variable, using_config
from catenary import functions as F
from catenary import links as L
from catenary.errors import ExportError
from catenary.exporters import caffe
from catenary.functions.pooling.max_pooling_nd import MaxPoolingND
from catenary.links.caffe import CaffeFunction
from catenary.links.caffe._schema import read_network

FOLDER = pathlib.Path(__file__).parents[1] / "golden" / "caffe"
with np.load(FOLDER / "values.npz") as file:
    VALUES = {key: file[key] for key in ("exported|x", "exported|y")}
X = VALUES["exported|x"]


class Exported(Chain):
    """The model of `make_caffe.py`."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(3, 4, 3, 2, 1)
            self.plain = L.Convolution2D(4, 4, 1, nobias=True, groups=2)
            self.norm = L.BatchNormalization(4, eps=1e-3)
            self.up = L.Deconvolution2D(4, 4, 2, 2, nobias=True)
            self.fc = L.Linear(None, 5)
            self.last = L.Linear(5, 3, nobias=True)

    def forward(self, x):
        h = F.relu(self.norm(self.conv(x)))
        h = F.local_response_normalization(h + self.plain(h), n=3, k=1, alpha=0.1, beta=0.5)
        h = F.leaky_relu(self.up(h), 0.3)
        h = F.concat([F.max_pooling_2d(h, 2), F.average_pooling_2d(h, (3, 2), 2, (1, 0))], 1)
        h = F.sigmoid(self.fc(F.reshape(h, (1, 2, -1))))
        return F.softmax(self.last(h))


def exported(model, folder, x=X):
    caffe.export(model, [Variable(x)], folder, True, "golden")
    path = folder / "chainer_model.caffemodel"
    return (folder / "chainer_model.prototxt").read_text(), read_network(path), path


def test_the_files_are_the_originals(tmp_path):
    np.random.seed(1)
    text, network, _ = exported(Exported(), tmp_path)
    # The one difference: linear asks for the size where the original leaves it to be found.
    assert text.replace("dim: 128", "dim: -1") == (FOLDER / "exported.prototxt").read_text()
    reshape = next(layer for layer in network.layer if layer.name == "Reshape-11-1")
    reshape.reshape_param.shape.dim[1] = -1
    assert network == read_network(FOLDER / "exported.caffemodel")


def last_of(path, x=X):
    net = CaffeFunction(path)
    with using_config("train", False):
        return net({"data": x}, [net.layers[-1][2][0]])[0].array


def agrees(model, folder, x=X):
    path = exported(model, folder, x)[2]
    with using_config("train", False):
        expected = model(Variable(x)).array
    np.testing.assert_allclose(last_of(path, x), expected, rtol=1e-5, atol=1e-6)
    return expected


def test_it_can_be_read_again(tmp_path):
    np.random.seed(1)
    y = agrees(Exported(), tmp_path)
    np.testing.assert_allclose(y, VALUES["exported|y"], rtol=1e-5)


class Of(Chain):
    def __init__(self, link, function=None):
        super().__init__()
        self.function = function
        with self.init_scope():
            self.link = link

    def forward(self, x):
        return self.link(x) if self.function is None else self.function(self.link(x))


RECTANGLES = [
    lambda: L.Convolution2D(3, 2, (2, 3), (1, 2), (1, 0)),
    lambda: L.Convolution2D(3, 2, 3, dilate=(1, 2)),
    lambda: L.Deconvolution2D(3, 2, (2, 3), (1, 2), (1, 0)),
    lambda: L.Deconvolution2D(3, 6, 2, groups=3),
]


@pytest.mark.parametrize("make", RECTANGLES)
def test_sizes_are_height_before_width(make, tmp_path):
    model = Of(make())
    model.link.b.array[...] = range(len(model.link.b))
    # What is read has filters without groups, so it is asked for its own result.
    agrees(model, tmp_path)


def test_function_classes_and_branches(tmp_path):
    def branches(h):
        (pooled,) = MaxPoolingND(2, (2, 3), 1).apply((h,))
        return F.concat((F.relu(pooled), F.leaky_relu(pooled), pooled), axis=2)

    agrees(Of(L.Convolution2D(3, 2, 1), branches), tmp_path)


def test_a_function_that_changes_nothing_leaves_no_layer(tmp_path):
    model = Of(L.Convolution2D(3, 2, 1), lambda h: F.dropout(F.reshape(h, h.shape)))
    assert len(exported(model, tmp_path)[1].layer) == 1
    agrees(model, tmp_path)


def test_names_count_what_stands_side_by_side(tmp_path):
    def twice(h):
        return F.relu(h) + F.relu(h)

    text, network, _ = exported(Of(L.Linear(192, 2), twice), tmp_path)
    assert [layer.name for layer in network.layer[2:]] == ["ReLU-2-1", "ReLU-2-2", "_ + _-3-1"]
    assert list(network.layer[-1].bottom) == ["ReLU-2-1", "ReLU-2-2"]
    assert text.startswith('name: "golden"\nlayer {\n  name: "data"\n')


REFUSED = [
    (F.exp, r"no layer for exp \(exp-1-1\); there are LinearFunction"),
    (lambda h: F.max_pooling_nd(h[0], 1), "no layer for GetItem"),
    (lambda h: F.convolution_2d(h, np.ones((1, 2, 3, 3), "f"), stride=2, cover_all=True), "cover"),
    (lambda h: F.deconvolution_2d(h, np.ones((2, 1, 1, 1), "f"), stride=2, outsize=16), "outsize"),
    (L.BatchNormalization((8, 8), axis=(0, 1)), "but the channels"),
]


@pytest.mark.parametrize(("function", "message"), REFUSED)
def test_what_caffe_lacks_is_refused_and_nothing_written(function, message, tmp_path):
    with pytest.raises(ExportError, match=message):
        exported(Of(L.Convolution2D(3, 2, 1), function), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pooling_is_for_images():
    with pytest.raises(ExportError, match="pools images"):
        caffe.export(lambda x: F.max_pooling_1d(x, 2), [Variable(X[0])])


def test_wrong_arguments(tmp_path):
    with pytest.raises(NotImplementedError, match="not 2"):
        caffe.export(F.relu, [Variable(X)] * 2)
    with pytest.raises(TypeError, match="not ndarray"):
        caffe.export(F.relu, [X])
    with pytest.raises(TypeError, match="not dict"):
        caffe.export(lambda x: {"y": x}, [Variable(X)])


def test_what_is_written_is_what_was_asked_for(tmp_path):
    caffe.export(F.relu, [Variable(X)], None)
    assert list(tmp_path.iterdir()) == []
    caffe.export(F.relu, [Variable(X)], tmp_path, export_params=False)
    assert [path.name for path in tmp_path.iterdir()] == ["chainer_model.prototxt"]
    assert '\nname: "Graph"' in "\n" + (tmp_path / "chainer_model.prototxt").read_text()


def test_an_outsize_that_caffe_has_anyway_may_be_given(tmp_path):
    model = Of(L.Deconvolution2D(3, 2, 2, 2, outsize=(16, 16)))
    agrees(model, tmp_path)


def test_a_profiler_sees_what_the_model_calls():
    seen = set()

    def profiler(frame, event, value):
        seen.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        caffe.export(F.relu, [Variable(X)])
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)
    assert "relu" in seen


ASK = """
from chainer.links.caffe import CaffeFunction
net = CaffeFunction("chainer_model.caffemodel")
with chainer.using_config("train", False):
    outputs["y"] = net({"data": chainer.Variable(inputs["x"])}, [net.layers[-1][2][0]])[0].array
"""


@pytest.mark.oracle
@pytest.mark.parametrize("make", [Exported, *(lambda m=m: Of(m()) for m in RECTANGLES[::2])])
def test_the_original_reads_what_is_written(make, oracle):
    np.random.seed(2)
    model = make()
    exported(model, oracle.folder)
    with using_config("train", False):
        expected = model(Variable(X)).array
    np.testing.assert_allclose(oracle(ASK, x=X)["y"], expected, rtol=1e-4, atol=1e-6)
