"""Make caffe/: small models of Caffe, and what Chainer 7.8.1 computes with them.

Run under a Python that has the original Chainer:  python make_caffe.py
"""

import json
import pathlib
import tempfile
import warnings

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer.exporters import caffe as exporter
from chainer.links.caffe.caffe_function import CaffeFunction
from chainer.links.caffe.protobuf3 import caffe_pb2
from chainer.links.model.vision import googlenet, resnet

HERE = pathlib.Path(__file__).parent / "caffe"
RANDOM = np.random.RandomState(0)


class Model:
    """Writes a model file layer by layer; every layer reads the one before by default."""

    def __init__(self, old):
        self.net = caffe_pb2.NetParameter(name="golden")
        self.old = old
        self.last = "data"

    def add(self, kind, *shapes, bottom=None, top=None, legacy=False, **fields):
        layer = (self.net.layers if self.old else self.net.layer).add()
        layer.type = getattr(caffe_pb2.V1LayerParameter, kind) if self.old else kind
        layer.name = f"{kind.lower()}/{len(self.net.layers if self.old else self.net.layer)}"
        layer.bottom.extend(bottom or [self.last])
        layer.top.extend(top or [layer.name])
        self.last = layer.top[0]
        for shape in shapes:
            blob = layer.blobs.add()
            if legacy or self.old:
                sizes = (1,) * (4 - len(shape)) + shape
                blob.num, blob.channels, blob.height, blob.width = sizes
            else:
                blob.shape.dim.extend(shape)
            blob.data.extend(RANDOM.uniform(0.5, 1.5, int(np.prod(shape))))
        for path, value in fields.items():
            owner, _, name = path.rpartition("__")
            target = layer
            for part in filter(None, owner.split("__")):
                target = getattr(target, part)
            if isinstance(value, list):
                getattr(target, name).extend(value)
            else:
                setattr(target, name, value)
        return layer.name


def model_of_today():
    m = Model(old=False)
    m.add("Data", top=["ignored"])
    m.last = "data"
    conv = "convolution_param__"
    sizes = {conv + "kernel_size": [3], conv + "pad": [1], conv + "stride": [2]}
    first = m.add("Convolution", (6, 2, 3, 3), (6,), **{conv + "group": 2, **sizes})
    m.add("BatchNorm", (6,), (6,), (1,), batch_norm_param__use_global_stats=True)
    scaled = m.add("Scale", (6,), (6,), scale_param__bias_term=True)
    m.add("ReLU", relu_param__negative_slope=0.1)
    m.add("LRN", lrn_param__local_size=3, lrn_param__alpha=0.3, lrn_param__k=2)
    pool = "pooling_param__"
    pooled = m.add("Pooling", **{pool + "kernel_size": 2, pool + "stride": 2, pool + "pool": 0})
    sizes = {conv + "kernel_h": 2, conv + "kernel_w": 3, conv + "stride_h": 2, conv + "stride_w": 1}
    pads = {conv + "pad_h": 0, conv + "pad_w": 1, conv + "bias_term": False}
    m.add("Deconvolution", (6, 2, 2, 3), bottom=[pooled], **{conv + "group": 3, **sizes, **pads})
    m.add("Split", bottom=[pooled], top=["one", "two"])
    m.add("Eltwise", bottom=["one", "two"], eltwise_param__coeff=[2.0, -0.5])
    m.add("Eltwise", bottom=["one", pooled], eltwise_param__operation=0)
    m.add("Eltwise", bottom=["one", "two"], eltwise_param__operation=2)
    m.add("Concat", bottom=["one", "two"], concat_param__axis=2)
    m.add("Slice", bottom=[first], top=["left", "right"], slice_param__slice_point=[2])
    m.add("Slice", bottom=[first], top=["high", "low"], slice_param__slice_dim=2)
    m.add("Scale", (6,), bottom=[scaled, "weights"], scale_param__bias_term=True)
    m.add("Pooling", bottom=[first], pooling_param__global_pooling=True, pooling_param__pool=1)
    shape = {"reshape_param__shape__dim": [2, -1]}
    m.add("Reshape", bottom=[pooled], **shape)
    inner = m.add("InnerProduct", (5, 24), (5,))
    m.add("Dropout", bottom=[inner])
    m.add("Softmax", bottom=[inner], softmax_param__engine=1)
    m.add("Sigmoid", bottom=[inner])
    m.add("SoftmaxWithLoss", bottom=[inner, "label"])
    m.add("TanH", bottom=[inner])
    m.add("ReLU", bottom=["nowhere"])
    return m.net


def model_of_2013():
    m = Model(old=True)
    m.add("DATA", top=["data", "label"])
    m.last = "data"
    conv = "convolution_param__"
    m.add("CONVOLUTION", (4, 4, 3, 2), (4,), **{conv + "kernel_h": 3, conv + "kernel_w": 2})
    m.add("RELU")
    pool = "pooling_param__"
    sizes = {pool + "kernel_h": 3, pool + "kernel_w": 2, pool + "stride_h": 1, pool + "stride_w": 2}
    m.add("POOLING", **{pool + "pool": 1, pool + "pad": 1, **sizes})
    m.add("LRN")
    m.add("DECONVOLUTION", (4, 3, 2, 2), (3,), **{conv + "kernel_size": [2], conv + "stride": [2]})
    m.add("CONCAT", bottom=[m.last, m.last], concat_param__concat_dim=3)
    m.add("INNER_PRODUCT", (4, 360), inner_product_param__bias_term=False)
    m.add("SIGMOID")
    m.add("SOFTMAX")
    m.add("TANH")
    return m.net


def compute(path, inputs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = CaffeFunction(str(path))
    with chainer.using_config("train", False):
        net(inputs, [])
    values = {f"{path.stem}|value|{n}": v.array for n, v in net.variables.items()}
    params = {f"{path.stem}|param|{n}": p.array for n, p in net.namedparams()}
    return net, {**values, **params}, len(caught)


class Exported(chainer.Chain):
    """Every kind of layer that the original exports."""

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


def export():
    RANDOM.seed(1)
    np.random.seed(1)
    model = Exported()
    x = RANDOM.normal(size=(1, 3, 8, 8)).astype("f")
    with tempfile.TemporaryDirectory() as name, chainer.using_config("train", False):
        y = model(chainer.Variable(x))
        exporter.export(model, [chainer.Variable(x)], name, True, "golden")
        folder = pathlib.Path(name)
        (HERE / "exported.prototxt").write_text((folder / "chainer_model.prototxt").read_text())
        (HERE / "exported.caffemodel").write_bytes(
            (folder / "chainer_model.caffemodel").read_bytes()
        )
    return {"exported|x": x, "exported|y": y.array}


class Numbered(dict):
    """A network of Caffe whose every array is one number of its own; it remembers which."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __missing__(self, name):
        self[name] = found = Part(self, name)
        return found

    __getattr__ = dict.__getitem__


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


def transfers():
    found = {}
    for name, transfer, make in (
        ("GoogLeNet", googlenet._transfer_googlenet, lambda: googlenet.GoogLeNet(None)),
        ("ResNet50", resnet._transfer_resnet50, lambda: resnet.ResNet50Layers(None)),
        ("ResNet101", resnet._transfer_resnet101, lambda: resnet.ResNet101Layers(None)),
        ("ResNet152", resnet._transfer_resnet152, lambda: resnet.ResNet152Layers(None)),
    ):
        model, source = make(), Numbered()
        for param in model.params():
            param.array[...] = 0
        transfer(source, model)
        arrays = {path: p.array for path, p in model.namedparams()}
        for path, link in model.namedlinks():
            if isinstance(link, L.BatchNormalization):
                arrays[f"{path}/avg_mean"], arrays[f"{path}/avg_var"] = link.avg_mean, link.avg_var
        found[f"transfer|{name}"] = np.array(
            [
                f"{path} {source.names[int(a.flat[0]) - 1] if a.flat[0] else None}"
                for path, a in sorted(arrays.items())
            ]
        )
    return found


def main():
    HERE.mkdir(exist_ok=True)
    arrays, facts = {}, {}
    image = RANDOM.normal(size=(2, 4, 7, 6)).astype("f")
    weights = RANDOM.normal(size=(6,)).astype("f")
    label = np.array([1, 4], "i")
    inputs = {"data": image, "weights": weights, "label": label}
    for name, net in (("today", model_of_today()), ("old", model_of_2013())):
        path = HERE / f"{name}.caffemodel"
        path.write_bytes(net.SerializeToString())
        given = {key: chainer.Variable(inputs[key]) for key in inputs}
        found, values, warned = compute(path, given)
        arrays.update(values)
        facts[name] = {"layers": found.layers, "split_map": found.split_map, "warned": warned}
    arrays.update(export())
    arrays.update(transfers())
    np.savez_compressed(HERE / "values.npz", **arrays)
    (HERE / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
