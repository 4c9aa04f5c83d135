"""Golden values of links, iterators and summaries, asked of the original Chainer 7.8.1.

Run with a Python that has chainer 7.8.1 and NumPy 1.23:  python make_links.py
Writes beside this file: links.npz (arrays by "case|name"), links.json (everything that is no array)
and summary.npz (a saved DictSummary).
"""

import inspect
import json
import pathlib

import chainer
import chainer.functions as F
import chainer.links as L
import link_cases_more
import numpy as np
from link_cases import CASES

assert link_cases_more.case  # which adds its cases

HERE = pathlib.Path(__file__).parent
arrays, facts = {}, {}


def inputs(shape, seed):
    return np.asarray(np.random.RandomState(seed).randn(*shape), np.float32)


def run(case, link, x, **kwargs):
    """Keep what a link starts with, computes and learns from one input."""
    y = link(x, **kwargs)
    keep(case, "x", x)
    keep(case, "y", y.array)
    y.grad = inputs(y.shape, 99)
    link.cleargrads()
    y.backward()
    for path, param in link.namedparams():
        keep(case, "param" + path, param.array)
        keep(case, "grad" + path, param.grad)
    persistents(case, link)


def persistents(case, link):
    for name in sorted(link._persistent):
        keep(case, "persistent/" + name, np.asarray(getattr(link, name)))


def keep(case, name, array):
    arrays[case + "|" + name] = np.array(array)


def connection():
    cases = {
        "Linear(4, 3)": (lambda: L.Linear(4, 3), (5, 4)),
        "Linear(3)": (lambda: L.Linear(3), (5, 2, 3)),
        "Linear(None, 3, nobias)": (lambda: L.Linear(None, 3, nobias=True), (5, 4)),
        "Linear(4, 2, initial)": (
            lambda: L.Linear(4, 2, initialW=np.arange(8.0).reshape(2, 4), initial_bias=0.5),
            (3, 4),
        ),
        "Convolution2D(2, 4, 3)": (lambda: L.Convolution2D(2, 4, 3), (2, 2, 6, 5)),
        "Convolution2D(4, 3)": (lambda: L.Convolution2D(4, 3), (2, 2, 6, 5)),
        "Convolution2D(2, 4, (3, 2), stride, pad, dilate, groups)": (
            lambda: L.Convolution2D(
                2, 4, (3, 2), stride=2, pad=(1, 2), nobias=True, dilate=2, groups=2
            ),
            (2, 2, 8, 9),
        ),
    }
    for case, (make, shape) in cases.items():
        np.random.seed(7)
        run(case, make(), inputs(shape, 1))
    np.random.seed(7)
    run("Linear(6, 2), n_batch_axes", L.Linear(6, 2), inputs((2, 3, 3, 2), 1), n_batch_axes=2)
    np.random.seed(7)
    run("EmbedID(5, 3)", L.EmbedID(5, 3), np.array([[0, 4, 4], [1, 0, 2]], np.int32))
    np.random.seed(7)
    embed = L.EmbedID(5, 3, ignore_label=-1)
    run("EmbedID(5, 3, ignore_label)", embed, np.array([0, -1, 4], np.int32))


def batch_normalization():
    cases = {
        "BatchNormalization(3)": (lambda: L.BatchNormalization(3), (4, 3, 2, 5)),
        "BatchNormalization(axis)": (lambda: L.BatchNormalization(axis=(0, 2)), (4, 3, 5)),
        "BatchNormalization(3, no gamma)": (
            lambda: L.BatchNormalization(3, decay=0.5, eps=1e-3, use_gamma=False),
            (6, 3),
        ),
        "BatchNormalization((3, 2), no beta)": (
            lambda: L.BatchNormalization((3, 2), use_beta=False, initial_avg_var=0),
            (6, 3, 2),
        ),
    }
    for case, (make, shape) in cases.items():
        link = make()
        run(case, link, inputs(shape, 2))
        run(case + " again", link, inputs(shape, 3))
        with chainer.using_config("train", False):
            keep(case, "test", link(inputs(shape, 4)).array)
    link = L.BatchNormalization(3)
    for seed in range(3):
        link(inputs((6, 3), seed), finetune=True)
    persistents("BatchNormalization finetune", link)


def given(spec, seed):
    if isinstance(spec, dict):
        return np.array(spec["ints"], np.int32)
    if spec is None or isinstance(spec[0], int):
        # A Variable: 7.8.1's Deconvolution2D cannot learn from an array.
        return None if spec is None else chainer.Variable(inputs(spec, seed))
    return [given(each, seed + i) for i, each in enumerate(spec)]


def flat(out):
    return (
        [each for part in out for each in flat(part)] if isinstance(out, (tuple, list)) else [out]
    )


def refill(link, fill):
    for k, (_, param) in enumerate(sorted(link.namedparams())):
        if fill:
            param.array[...] = inputs(param.shape, 5 + k)


def more():
    for one in CASES:
        case = one["link"]
        np.random.seed(7)
        link = eval("L." + case)
        refill(link, one["fill"])
        ys = []
        for step in range(one["steps"]):
            ys += flat(link(*[given(spec, 10 * step + k) for k, spec in enumerate(one["inputs"])]))
        link.cleargrads()
        sum(F.sum(y * inputs(y.shape, 99 + k)) for k, y in enumerate(ys)).backward()
        for k, y in enumerate(ys):
            keep(case, f"y{k}", y.array)
        for path, param in link.namedparams():
            keep(case, "param" + path, param.array)
            if param.grad is not None:
                keep(case, "grad" + path, param.grad)
        persistents(case, link)
    facts["cases"] = CASES
    names = {one["link"].split("(")[0] for one in CASES}
    names |= {"BatchNormalization", "Classifier", "Convolution2D", "EmbedID", "Linear", "Parameter"}
    facts["modules"], facts["signatures"] = {}, {}
    for name in sorted(names):
        link = getattr(L, name)
        facts["modules"][name] = link.__module__.replace("chainer", "catenary")
        facts["signatures"][name] = [
            [p.name, p.kind.name, None if p.default is p.empty else repr(p.default)]
            for p in inspect.signature(link.__init__).parameters.values()
        ]


class Nested(chainer.Chain):
    def __init__(self):
        super().__init__(z=L.Linear(2, 2))
        with self.init_scope():
            self.b = chainer.Parameter(0, (2,))
            self.a = chainer.Parameter()
            self.list = chainer.ChainList(L.Linear(2, 3), L.Linear(3, 2, nobias=True))
            self.seq = chainer.Sequential(L.Linear(2, 2), F.relu, L.Linear(None, 2), F.tanh)


def structure():
    np.random.seed(7)
    nested = Nested()
    facts["Nested"] = {
        "namedparams": [path for path, _ in nested.namedparams()],
        "initialized": [path for path, _ in nested.namedparams(include_uninit=False)],
        "namedlinks": [path for path, _ in nested.namedlinks()],
        "links": [type(link).__name__ for link in nested.links(skipself=True)],
        "children": [child.name for child in nested.children()],
        "keys": sorted(chainer.serializers.npz.serialize(nested)),
    }
    facts["str"] = {
        "Linear": str(L.Linear(2, 3)),
        "Convolution2D": str(L.Convolution2D(2, 4, 3, nobias=True)),
        "BatchNormalization": str(L.BatchNormalization(3)),
        "Chain": str(chainer.Chain(l=L.Linear(2, 3), m=chainer.Chain(n=L.Linear(None, 1)))),
        "ChainList": str(chainer.ChainList(L.Linear(2, 3), chainer.ChainList())),
    }
    np.random.seed(7)
    copies = chainer.Sequential(L.Linear(2, 3), F.relu, L.Linear(3, 2)).repeat(2, mode="init")
    for path, param in copies.namedparams():
        keep("repeat", path, param.array)
    np.random.seed(7)
    for index, link in enumerate(L.Linear(2, 3).repeat(3)):
        keep("repeat Linear", str(index), link.W.array)


def classifier():
    np.random.seed(7)
    model = L.Classifier(chainer.Sequential(L.Linear(4, 6), F.relu, L.Linear(6, 3)))
    x, t = inputs((8, 4), 5), np.array([0, 1, 2, 0, 1, 2, 2, -1], np.int32)
    reporter = chainer.Reporter()
    reporter.add_observer("main", model)
    with reporter:
        loss = model(x, t)
    model.cleargrads()
    loss.backward()
    keep("Classifier", "x", x)
    keep("Classifier", "t", t)
    for path, param in model.namedparams():
        keep("Classifier", "grad" + path, param.grad)
    facts["Classifier"] = {name: float(v.array) for name, v in reporter.observation.items()}


def iterators():
    cases = [
        {"size": 10, "batch_size": 3, "repeat": True, "shuffle": True},
        {"size": 10, "batch_size": 3, "repeat": True, "shuffle": None},
        {"size": 10, "batch_size": 3, "repeat": False, "shuffle": True},
        {"size": 10, "batch_size": 5, "repeat": False, "shuffle": False},
        {"size": 3, "batch_size": 8, "repeat": True, "shuffle": True},
        {"size": 3, "batch_size": 8, "repeat": False, "shuffle": False},
        {"size": 4, "batch_size": 4, "repeat": True, "shuffle": False},
        {"size": 1, "batch_size": 1, "repeat": True, "shuffle": True},
    ]
    for case in cases:
        np.random.seed(3)
        iterator = chainer.iterators.SerialIterator(
            list(range(case["size"])), case["batch_size"], case["repeat"], case["shuffle"]
        )
        case["steps"] = [state(None, iterator)]
        for _ in range(8):
            try:
                batch = next(iterator)
            except StopIteration:
                batch = None
            case["steps"].append(state(batch, iterator))
        case["drawn"] = float(np.random.rand())
        file = chainer.serializers.npz.serialize(iterator)
        case["saved"] = {k: [v.dtype.str, list(v.shape)] for k, v in file.items()}
    facts["iterators"] = cases


def state(batch, iterator):
    return {
        "batch": batch,
        "position": int(iterator.current_position),
        "epoch": iterator.epoch,
        "is_new_epoch": iterator.is_new_epoch,
        "epoch_detail": iterator.epoch_detail,
        "previous_epoch_detail": iterator.previous_epoch_detail,
    }


def summaries():
    values = [np.float32(0.1), np.array(0.3, np.float32), 0.7, np.array(2.5), 3]
    weights = [1, 2, 1, 3, 1]
    summary = chainer.DictSummary()
    for value, weight in zip(values, weights, strict=True):
        summary.add({"plain": value, "weighted": (value, weight), "text": np.zeros(2)})
    facts["summary"] = {
        "mean": {k: float(v) for k, v in summary.compute_mean().items()},
        "statistics": {k: float(v) for k, v in summary.make_statistics().items()},
        "saved": {
            k: [v.dtype.str, list(v.shape)]
            for k, v in chainer.serializers.npz.serialize(summary).items()
        },
    }
    chainer.serializers.save_npz(str(HERE / "summary.npz"), summary)


def main():
    for part in (
        more,
        connection,
        batch_normalization,
        structure,
        classifier,
        iterators,
        summaries,
    ):
        part()
    np.savez_compressed(HERE / "links.npz", **arrays)
    (HERE / "links.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
