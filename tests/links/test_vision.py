"""Vision models against the original: names, shapes, results, pictures, files."""

from __future__ import annotations

import inspect
import json
import pathlib

import numpy as np
import pytest

from catenary import links as L
from catenary import no_backprop_mode, serializers, using_config
from catenary.dataset import download
from catenary.errors import DownloadError
from catenary.links.caffe._schema import message
from catenary.links.model.vision import googlenet, resnet, vgg

FOLDER = pathlib.Path(__file__).parents[1] / "golden"
FACTS = json.loads((FOLDER / "vision.json").read_text())
with np.load(FOLDER / "vision.npz") as file:
    ARRAYS = dict(file)
with np.load(FOLDER / "caffe" / "values.npz") as file:
    CAFFE = {key: file[key].tolist() for key in file if key.startswith("transfer|")}


def described(model):
    return [[path, list(param.shape)] for path, param in model.namedparams()]


def check_results(name, found):
    for layer, y in found.items():
        own = [y.array.mean(), np.abs(y.array).max()]
        np.testing.assert_allclose(own, ARRAYS[f"{name}|{layer}"], rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "size"), [("ResNet50Layers", 64), ("GoogLeNet", 224)])
def test_equals_the_original(name, size):
    np.random.seed(0)
    model = getattr(L, name)(None)
    assert described(model) == FACTS[name]["params"]
    assert model.available_layers == FACTS[name]["layers"]
    x = np.random.RandomState(1).randn(1, 3, size, size).astype("f")
    with no_backprop_mode(), using_config("train", False):
        found = model(x, layers=model.available_layers)
    assert set(found) == set(model.available_layers)
    check_results(name, found)


@pytest.mark.parametrize(("name", "layers"), [("VGG16Layers", 16), ("VGG19Layers", 19)])
def test_vgg_equals_the_original(monkeypatch, name, layers):
    sizes = []

    def small(a, b, **kwargs):
        sizes.append([a, b])
        return L.Linear(1, 1, **kwargs)

    monkeypatch.setattr(vgg, "Linear", small)
    np.random.seed(0)
    model = vgg.VGGLayers(None, layers)
    assert sizes == FACTS[name]["linear"]
    assert described(model) == FACTS[name]["params"]
    assert model.available_layers == FACTS[name]["layers"]
    x = np.random.RandomState(1).randn(1, 3, 32, 32).astype("f")
    with no_backprop_mode():
        check_results(name, model(x, layers=["conv1_1", "pool3", "pool5"]))


def test_building_block():
    np.random.seed(0)
    block = resnet.BuildingBlock(2, 3, 4, 8, 2, None, True)
    assert described(block) == FACTS["BuildingBlock fb"]["params"]
    x = np.random.RandomState(1).randn(2, 3, 6, 6).astype("f")
    np.testing.assert_allclose(block(x).array, ARRAYS["block"], rtol=1e-4, atol=1e-5)
    with pytest.warns(DeprecationWarning, match="n_layers"):
        assert len(list(resnet.BuildingBlock(None, 3, 4, 8, 2, n_layer=3).children())) == 3
    with pytest.raises(TypeError, match="n_layers"):
        resnet.BuildingBlock()


def test_pictures_are_prepared_as_the_original_does():
    picture = ARRAYS["picture"]
    for name, module in (("vgg", vgg), ("resnet", resnet), ("googlenet", googlenet)):
        own = module.prepare(picture, size=None)
        assert own.dtype == np.float32
        np.testing.assert_array_equal(own, ARRAYS[f"prepared {name}"])
    for form, name in ((picture[:, :, 0], "gray"), (picture.transpose(2, 0, 1), "first")):
        np.testing.assert_array_equal(vgg.prepare(form, size=None), ARRAYS[f"prepared {name}"])
    assert vgg.prepare(picture).shape == (3, 224, 224)
    assert vgg.prepare(picture[None, :, :, 0], size=(4, 7)).shape == (3, 7, 4)


class Tiny(resnet.ResNetLayers):
    """Two stages under the same frame."""

    _features = "seen"
    _caffe_names = vgg.VGGLayers._caffe_names

    def __init__(self, pretrained_model="auto"):
        super(resnet.ResNetLayers, self).__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(3, 2, 3, stride=8)
        self._load(pretrained_model, "Tiny-model")

    @property
    def functions(self):
        pooled = resnet._global_average_pooling_2d
        return {"seen": [self.conv], "prob": [pooled, resnet.softmax]}


def test_pictures_in_probabilities_out():
    pictures = [ARRAYS["picture"], ARRAYS["picture"][:, ::-1]]
    model = Tiny(None)
    assert model.extract(pictures).keys() == {"seen"}
    assert model.extract(pictures, ["prob"], (16, 16))["prob"].shape == (2, 2)
    y = model.predict(pictures)
    assert y.shape == (2, 2)
    assert y.creator is None
    np.testing.assert_allclose(y.array.sum(1), 1, rtol=1e-6)
    # A picture and its mirror image have the same ten crops.
    np.testing.assert_allclose(y.array[0], y.array[1], rtol=1e-4)
    center = model.predict(pictures[:1], oversample=False)
    x = resnet.prepare(pictures[0], (256, 256))[None, :, 16:240, 16:240]
    np.testing.assert_allclose(center.array, model(x)["prob"].array, rtol=1e-5)


@pytest.fixture
def folder(tmp_path):
    """Chainer's folder of models, which is not there yet."""
    before = download.get_dataset_root()
    download.set_dataset_root(str(tmp_path))
    yield tmp_path / "pfnet" / "chainer" / "models"
    download.set_dataset_root(before)


def test_weights_come_from_files(folder):
    with pytest.raises(FileNotFoundError, match=r"put Tiny-model\.caffemodel.*pfnet.*npz"):
        Tiny()
    assert not folder.exists()
    model = Tiny(None)
    folder.mkdir(parents=True)
    serializers.save_npz(str(folder / "Tiny-model.npz"), model)
    for source in ("auto", str(folder / "Tiny-model.npz")):
        np.testing.assert_array_equal(Tiny(source).conv.W.array, model.conv.W.array)
    with pytest.raises(FileNotFoundError, match=r"put ResNet-50-model\.caffemodel"):
        Tiny("ResNet-50-model.caffemodel")


def write_caffemodel(path):
    net = message("NetParameter")
    layer = net.layer.add(name="conv", type="Convolution", bottom=["data"], top=["conv"])
    layer.convolution_param.kernel_size.append(3)
    layer.convolution_param.stride.append(8)
    for shape in ((2, 3, 3, 3), (2,)):
        blob = layer.blobs.add(data=np.random.RandomState(0).normal(size=np.prod(shape)))
        blob.shape.dim.extend(shape)
    path.write_bytes(net.SerializeToString())
    return np.reshape(layer.blobs[0].data, (2, 3, 3, 3)).astype("f")


def test_weights_come_from_caffemodels(folder, tmp_path):
    W = write_caffemodel(tmp_path / "mine.caffemodel")
    np.testing.assert_array_equal(Tiny(str(tmp_path / "mine.caffemodel")).conv.W.array, W)
    assert not folder.exists()
    folder.mkdir(parents=True)
    write_caffemodel(folder / "Tiny-model.caffemodel")
    for source in ("Tiny-model.caffemodel", "auto"):
        np.testing.assert_array_equal(Tiny(source).conv.W.array, W)
    # The first time with "auto" has made an npz file, which serves from then on.
    (folder / "Tiny-model.caffemodel").unlink()
    np.testing.assert_array_equal(Tiny().conv.W.array, W)
    vgg.VGGLayers.convert_caffemodel_to_npz(
        str(tmp_path / "mine.caffemodel"), str(tmp_path / "mine.npz")
    )
    np.testing.assert_array_equal(Tiny(str(tmp_path / "mine.npz")).conv.W.array, W)
    other = Tiny(None)
    resnet._retrieve(50, "Tiny-model.npz", "Tiny-model.caffemodel", other)
    np.testing.assert_array_equal(other.conv.W.array, W)


def test_published_weights_are_fetched(folder, monkeypatch):
    asked = []

    def fetch(url):
        asked.append(url)
        raise DownloadError("no network in tests")

    monkeypatch.setattr(download, "cached_download", fetch)
    for make in (googlenet.GoogLeNet, lambda: Tiny._load(Tiny(None), "auto", "a", "http://b")):
        with pytest.raises(DownloadError):
            make()
    assert asked == ["http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel", "http://b"]
    assert not folder.exists()
    monkeypatch.setattr(vgg.VGGLayers, "_load", lambda self, *given: asked.append(given))
    monkeypatch.setattr(vgg, "Linear", lambda n, m, **start: L.Linear(1, 1))
    vgg.VGG19Layers()
    name = "VGG_ILSVRC_19_layers"
    url = f"http://www.robots.ox.ac.uk/%7Evgg/software/very_deep/caffe/{name}.caffemodel"
    assert asked[-1] == ("auto", name, url)


class Numbered(dict):
    """A network of Caffe whose every array is one number of its own; see `make_caffe.py`."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __missing__(self, name):
        self[name] = part = Part(self, name)
        return part


class Part:
    def __init__(self, net, name):
        self.net, self.name = net, name

    def __getattr__(self, name):
        if name in ("W", "b", "bias"):
            value = Part(self.net, f"{self.name}|{name}")
        else:
            self.net.names.append(f"{self.name}|{name}".replace("|array", ""))
            value = np.float32(len(self.net.names))
        setattr(self, name, value)
        return value


TRANSFERS = {
    "GoogLeNet": lambda: googlenet.GoogLeNet(None),
    "ResNet50": lambda: resnet.ResNet50Layers(None),
    "ResNet101": lambda: resnet.ResNet101Layers(None),
    "ResNet152": lambda: resnet.ResNet152Layers(None),
}


@pytest.mark.parametrize("name", TRANSFERS)
def test_each_array_comes_from_the_layer_that_the_original_takes_it_from(name):
    model, source = TRANSFERS[name](), Numbered()
    for param in model.params():
        param.array[...] = 0
    model._take(source)
    arrays = {path: p.array for path, p in model.namedparams()}
    for path, link in model.namedlinks():
        if isinstance(link, L.BatchNormalization):
            arrays[f"{path}/avg_mean"], arrays[f"{path}/avg_var"] = link.avg_mean, link.avg_var
    found = {path: source.names[int(a.flat[0]) - 1] for path, a in arrays.items() if a.flat[0]}
    expected = dict(line.split() for line in CAFFE[f"transfer|{name}"])
    # ResNet with more layers has no bias there, in Caffe.
    assert found == {p: s for p, s in expected.items() if s != "None"} | (
        {} if expected.get("/conv1/b") != "None" else {"/conv1/b": "conv1|b"}
    )


def test_depths():
    with pytest.raises(ValueError, match="16 or 19, got 11"):
        vgg.VGGLayers(None, 11)
    with pytest.raises(ValueError, match="50, 101 or 152, got 18"):
        resnet.ResNetLayers(None, 18)
    for depth, blocks in ((101, 23), (152, 36)):
        assert resnet._BLOCKS[depth][2] == blocks


@pytest.mark.parametrize("name", FACTS["signatures"])
def test_places_and_arguments_are_the_originals(name):
    module, arguments = FACTS["signatures"][name]
    parameters = list(inspect.signature(getattr(L, name).__init__).parameters.values())[1:]
    assert getattr(L, name).__module__ == module
    assert [[p.name, repr(p.default)] for p in parameters] == arguments
