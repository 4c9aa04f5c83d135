"""Make vision.json and vision.npz: names, shapes and results of Chainer 7.8.1's vision models.

Run under a Python that has the original Chainer and Pillow:  python make_vision.py
The large layers at the end of VGG are left out: only their sizes are recorded.
"""

import inspect
import json
import pathlib

import chainer
import numpy as np
from chainer import links as L
from chainer.links.model.vision import googlenet, resnet, vgg

HERE = pathlib.Path(__file__).parent
facts, arrays = {}, {}


def describe(name, model):
    facts[name] = {
        "layers": model.available_layers,
        "params": [[path, list(param.shape)] for path, param in model.namedparams()],
    }


def keep(name, model, size):
    x = np.random.RandomState(1).randn(1, 3, size, size).astype("f")
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        found = model(x, layers=facts[name]["layers"])
    for layer, y in found.items():
        arrays[f"{name}|{layer}"] = np.array([y.array.mean(), np.abs(y.array).max()])


def arguments(name):
    parameters = list(inspect.signature(getattr(L, name).__init__).parameters.values())[1:]
    return [[p.name, repr(p.default)] for p in parameters]


def main():
    for name, make, size in (
        ("ResNet50Layers", lambda: resnet.ResNet50Layers(None), 64),
        ("GoogLeNet", lambda: googlenet.GoogLeNet(None), 224),
    ):
        np.random.seed(0)
        model = make()
        describe(name, model)
        keep(name, model, size)
    describe("BuildingBlock fb", resnet_block())
    sizes = []
    vgg.Linear = lambda a, b, **kwargs: sizes.append([a, b]) or L.Linear(1, 1, **kwargs)
    for name, make in (("VGG16Layers", vgg.VGG16Layers), ("VGG19Layers", vgg.VGG19Layers)):
        np.random.seed(0)
        model = make(None)
        describe(name, model)
        facts[name]["linear"] = list(sizes[-3:])
        x = np.random.RandomState(1).randn(1, 3, 32, 32).astype("f")
        with chainer.no_backprop_mode():
            for layer, y in model(x, layers=["conv1_1", "pool3", "pool5"]).items():
                arrays[f"{name}|{layer}"] = np.array([y.array.mean(), np.abs(y.array).max()])
    picture = np.random.RandomState(2).randint(0, 256, (5, 6, 3)).astype("u1")
    arrays["picture"] = picture
    for module in (vgg, resnet, googlenet):
        name = module.__name__.rpartition(".")[2]
        arrays[f"prepared {name}"] = module.prepare(picture, size=None)
    arrays["prepared gray"] = vgg.prepare(picture[:, :, 0], size=None)
    arrays["prepared first"] = vgg.prepare(picture.transpose(2, 0, 1), size=None)
    names = [name for name in facts if hasattr(L, name)] + ["ResNet101Layers", "ResNet152Layers"]
    facts["signatures"] = {
        name: [getattr(L, name).__module__.replace("chainer", "catenary"), arguments(name)]
        for name in names
    }
    np.savez_compressed(HERE / "vision.npz", **arrays)
    (HERE / "vision.json").write_text(json.dumps(facts) + "\n")


def resnet_block():
    np.random.seed(0)
    block = resnet.BuildingBlock(2, 3, 4, 8, 2, None, True)
    x = np.random.RandomState(1).randn(2, 3, 6, 6).astype("f")
    arrays["block"] = block(x).array
    block.available_layers = []
    return block


if __name__ == "__main__":
    main()
