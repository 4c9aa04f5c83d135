"""Networks of Caffe: files of the original's protobuf classes, and what the original computes."""

from __future__ import annotations

import copy
import json
import pathlib
import pickle
import struct
import sys

import numpy as np
import pytest

from catenary import Variable, using_config
from catenary import functions as F
from catenary import links as L
from catenary.errors import SnapshotError
from catenary.links.caffe import CaffeFunction, caffe_function
from catenary.links.caffe import _registry as registry
from catenary.links.caffe._schema import OLD_TYPES, message

FOLDER = pathlib.Path(__file__).parents[1] / "golden" / "caffe"
FACTS = json.loads((FOLDER / "facts.json").read_text())
with np.load(FOLDER / "values.npz") as file:
    VALUES = dict(file)


def theirs(start):
    return {key.removeprefix(start): v for key, v in VALUES.items() if key.startswith(start)}


@pytest.fixture(scope="module", params=["today", "old"])
def network(request):
    with pytest.warns(UserWarning, match="there is no TanH layer|there is no TANH layer") as seen:
        net = CaffeFunction(FOLDER / f"{request.param}.caffemodel")
    assert len(seen) == FACTS[request.param]["warned"]
    return request.param, net


def test_it_reads_the_layers_and_weights_of_the_original(network):
    name, net = network
    assert json.loads(json.dumps([net.layers, net.split_map])) == [
        FACTS[name]["layers"],
        FACTS[name]["split_map"],
    ]
    params = {path: p.array for path, p in net.namedparams()}
    expected = theirs(f"{name}|param|")
    assert params.keys() == expected.keys()
    for path, array in expected.items():
        np.testing.assert_array_equal(params[path], array, strict=True)


def computed(name, net):
    inputs = {key: Variable(VALUES[f"{name}|value|{key}"]) for key in ("data", "weights", "label")}
    with using_config("train", False):
        net(inputs, [])
    return {key: value.array for key, value in net.variables.items()}


def test_it_computes_what_the_original_computes(network):
    name, net = network
    found, expected = computed(name, net), theirs(f"{name}|value|")
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        assert found[key].dtype == array.dtype
        np.testing.assert_allclose(found[key], array, rtol=2e-5, atol=1e-5, err_msg=key)


def test_a_network_can_be_pickled_and_copied(network):
    name, net = network
    expected = computed(name, net)
    net.variables = {}
    for other in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        for param in other.params():
            param.array[...] *= 1
        found = computed(name, other)
        for key, array in expected.items():
            np.testing.assert_array_equal(found[key], array)
        path, param = next(iter(other.namedparams()))
        param.array[...] = 0
        assert dict(net.namedparams())[path].array.any()


# ---- files written by hand
def write(path, *layers, old=False):
    net = message("NetParameter")
    for number, (kind, blobs, fields) in enumerate(layers):
        entry = (net.layers if old else net.layer).add(name=f"l{number}", top=[f"y{number}"])
        entry.type = OLD_TYPES.index(kind) if old else kind
        entry.bottom.append(f"y{number - 1}" if number else "x")
        for values in blobs:
            blob = entry.blobs.add()
            blob.shape.dim.extend(np.shape(values))
            blob.data.extend(np.ravel(values))
        for name, settings in fields.items():
            target = getattr(entry, name)
            for field, value in settings.items():
                if isinstance(value, list):
                    getattr(target, field).extend(value)
                else:
                    setattr(target, field, value)
    path.write_bytes(net.SerializeToString())
    return str(path)


def varint(number):
    head = bytearray()
    while number > 127:
        head.append(number % 128 + 128)
        number //= 128
    return bytes([*head, number])


def field(number, content):
    """A field of protobuf's wire format: an integer, or bytes with their length."""
    if isinstance(content, int):
        return varint(number * 8) + varint(content)
    return varint(number * 8 + 2) + varint(len(content)) + content


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_written_byte_by_byte(tmp_path, packed):
    """InnerProduct of a 2 × 3 matrix, from the published numbers of the fields alone."""
    W, b = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0])

    def blob(array):
        numbers = [struct.pack("<f", value) for value in array.flat]
        if packed:
            data = field(5, b"".join(numbers))
            shape = field(7, field(1, b"".join(map(varint, array.shape))))
        else:
            data = b"".join(varint(5 * 8 + 5) + number for number in numbers)
            shape = field(7, b"".join(field(1, size) for size in array.shape))
        return field(7, data + shape)

    layer = field(1, b"fc") + field(2, b"InnerProduct") + field(3, b"x") + field(4, b"y")
    layer += blob(W) + blob(b) + field(117, field(1, 2)) + field(4242, b"from the future")
    path = tmp_path / "hand.caffemodel"
    path.write_bytes(field(1, b"a network") + field(100, layer))
    (y,) = CaffeFunction(path)({"x": np.ones((1, 3), "f")}, ["y"])
    assert y.array.tolist() == [[13.0, 32.0]]


def test_layers_may_be_disabled_and_outputs_must_be_computed(tmp_path):
    path = write(tmp_path / "m", ("ReLU", [], {}), ("Sigmoid", [], {}))
    net = CaffeFunction(path)
    x = np.array([[-1.0, 2.0]], "f")
    assert net({"x": x}, ["y0"])[0].array.tolist() == [[0, 2]]
    assert net.variables.keys() == {"x", "y0", "y1"}
    with pytest.raises(KeyError, match="y1 not computed from x; there are x"):
        net({"x": x}, ["y1"], disable=["l0"])
    with pytest.raises(ValueError, match="using_config"):
        net({"x": x}, ["y0"], train=False)
    with pytest.raises(TypeError, match="training"):
        net({"x": x}, ["y0"], training=False)


def test_dropout_heeds_the_mode(tmp_path):
    net = CaffeFunction(write(tmp_path / "m", ("Dropout", [], {})))
    x = np.ones((1, 100), "f")
    with using_config("train", False):
        assert (net({"x": x}, ["y0"])[0].array == 1).all()
    np.random.seed(0)
    assert set(net({"x": x}, ["y0"])[0].array.flat) == {0, 2}


def test_a_replaced_child_is_used(tmp_path):
    net = CaffeFunction(write(tmp_path / "m", ("InnerProduct", [np.ones((2, 3)), [0, 0]], {})))
    net.l0 = L.Linear(3, 5)
    assert net({"x": np.ones((1, 3), "f")}, ["y0"])[0].shape == (1, 5)
    assert net.forwards["l0"](np.ones((1, 3), "f")).shape == (1, 5)


def test_dilation_is_heeded(tmp_path):
    W, x = np.ones((1, 1, 2, 2)), np.arange(16, dtype="f").reshape(1, 1, 4, 4)
    settings = {"kernel_size": [2], "dilation": [2], "bias_term": False}
    net = CaffeFunction(
        write(tmp_path / "m", ("Convolution", [W], {"convolution_param": settings}))
    )
    expected = F.convolution_2d(x, W.astype("f"), dilate=2)
    np.testing.assert_array_equal(net({"x": x}, ["y0"])[0].array, expected.array)


@pytest.mark.parametrize(("gathered", "mean"), [(0, 0), (4, 0.5)])
def test_batch_norm_divides_by_the_weight_of_its_sums(tmp_path, gathered, mean):
    blobs = [[2.0, 2.0], [4.0, 8.0], [gathered]]
    net = CaffeFunction(write(tmp_path / "m", ("BatchNorm", blobs, {})))
    assert net.l0.avg_mean.tolist() == [mean] * 2
    assert net.l0.avg_var.tolist() == ([1, 2] if gathered else [0, 0])
    assert net.l0.eps == pytest.approx(1e-5)
    x = np.random.RandomState(0).normal(size=(8, 2)).astype("f")
    with using_config("train", True):
        y = net({"x": x}, ["y0"])[0].array
    assert abs(y.mean(0)).max() < 1e-6  # the statistics of the batch: the file asks for no others


def test_a_reshape_keeps_sizes_of_0(tmp_path):
    net = message("NetParameter")
    net.layer.add(name="r", type="Reshape", bottom=["x"], top=["y"])
    net.layer[0].reshape_param.shape.dim.extend([0, -1])
    (tmp_path / "m").write_bytes(net.SerializeToString())
    (y,) = CaffeFunction(tmp_path / "m")({"x": np.ones((4, 3, 2), "f")}, ["y"])
    assert y.shape == (4, 6)


def test_double_weights_are_read(tmp_path):
    net = message("NetParameter")
    layer = net.layer.add(name="fc", type="InnerProduct", bottom=["x"], top=["y"])
    layer.inner_product_param.bias_term = False
    layer.blobs.add(double_data=[1.5, 2.5]).shape.dim.extend([1, 2])
    (tmp_path / "m").write_bytes(net.SerializeToString())
    (y,) = CaffeFunction(tmp_path / "m")({"x": np.ones((1, 2), "f")}, ["y"])
    assert y.array.tolist() == [[4.0]]


W4 = np.ones((1, 1, 2, 2))
UNSUPPORTED = [
    ("InnerProduct", [np.ones((2, 3))], {"inner_product_param": {"axis": 2}}, "along axis 2"),
    ("LRN", [], {"lrn_param": {"norm_region": 1}}, "within channels"),
    ("Pooling", [], {"pooling_param": {"pool": 2}}, "stochastic"),
    ("Softmax", [], {"softmax_param": {"axis": 2}}, "along axis 2"),
    ("SoftmaxWithLoss", [], {"softmax_param": {"axis": 0}}, "along axis 0"),
    ("InnerProduct", [np.ones((2, 3, 4)), [0]], {}, "two axes"),
]


@pytest.mark.parametrize(("kind", "blobs", "fields", "message"), UNSUPPORTED)
def test_what_is_not_supported_is_said(tmp_path, kind, blobs, fields, message):
    path = write(tmp_path / "m", (kind, blobs, fields))
    with pytest.raises(RuntimeError, match=message):
        CaffeFunction(path)


def test_a_file_without_weights_or_of_another_kind(tmp_path):
    with pytest.raises(SnapshotError, match=r"'l0' has 0 arrays and needs 1.*\.caffemodel"):
        CaffeFunction(write(tmp_path / "m", ("InnerProduct", [], {})))
    (tmp_path / "n").write_bytes(b"name: 'a prototxt'")
    with pytest.raises(SnapshotError, match="no binary model"):
        CaffeFunction(tmp_path / "n")
    with pytest.raises(FileNotFoundError):
        CaffeFunction(tmp_path / "none")


def test_old_models_name_what_they_lack(tmp_path):
    path = write(tmp_path / "m", ("TANH", [], {}), ("RELU", [], {}), old=True)
    with pytest.warns(UserWarning, match="'l0' is left out: there is no TANH layer here"):
        net = CaffeFunction(path)
    assert net.layers == [("l1", ["y0"], ["y1"])]


def test_a_program_adds_types_of_layers(tmp_path, monkeypatch):
    """As chainercv's converter of SSD does."""
    for table in ("_by_type", "_by_old_type"):
        monkeypatch.setattr(registry, table, dict(getattr(registry, table)))

    class Widened(CaffeFunction):
        @caffe_function._layer("Normalize", None)
        def _setup_normalize(self, layer):
            size = caffe_function._get_num(layer.blobs[0])
            self.forwards[layer.name] = lambda x: F.normalize(x) * size
            self._add_layer(layer)

        @caffe_function._layer("Flatten", "FLATTEN")
        def _skip_layer(self, layer):
            pass

    layers = (("Normalize", [np.ones(4)], {}), ("Flatten", [], {}))
    (y,) = Widened(write(tmp_path / "m", *layers))({"x": np.ones((1, 4), "f")}, ["y0"])
    np.testing.assert_allclose(y.array, 2, rtol=1e-4)
    Widened(write(tmp_path / "m", ("FLATTEN", [], {}), old=True))
    with pytest.raises(ValueError, match="no layer type 'NORMALIZE'"):
        caffe_function._layer("Normalize", "NORMALIZE")


def test_sizes_of_either_form():
    blob = message("BlobProto")
    blob.shape.dim.extend([4, 3])
    assert (caffe_function._get_height(blob), caffe_function._get_width(blob)) == (4, 3)
    assert (caffe_function._get_num(blob), caffe_function._get_channels(blob)) == (4, 3)
    blob = message("BlobProto")
    blob.num, blob.channels, blob.height, blob.width = 1, 2, 3, 4
    sizes = [getattr(caffe_function, f"_get_{n}")(blob) for n in ("num", "channels", "height")]
    assert [*sizes, caffe_function._get_width(blob)] == [1, 2, 3, 4]


def test_without_protobuf_it_says_what_to_install(tmp_path, monkeypatch):
    from catenary.links.caffe import _schema

    path = write(tmp_path / "m", ("ReLU", [], {}))
    monkeypatch.setattr(_schema, "_classes", _schema._classes.__wrapped__)
    monkeypatch.setitem(sys.modules, "google.protobuf", None)
    with pytest.raises(ImportError, match=r"catenary\[caffe\]"):
        CaffeFunction(path)
