"""Pickle models and variables of the original; run it under the original's Python.

Writes `pickles/<name>.pkl`, and `pickles/expected.npz` with inputs, outputs and parameters.
"""

import os
import pickle

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pickles")


def main():
    os.makedirs(HERE, exist_ok=True)
    np.random.seed(0)
    x = np.random.rand(4, 3).astype(np.float32)
    t = np.array([0, 1, 1, 0], np.int32)
    trained = L.Classifier(L.Linear(3, 2))
    optimizer = chainer.optimizers.Adam().setup(trained)
    optimizer.update(trained, x, t)
    norm = L.BatchNormalization(3)
    norm(x)
    models = {
        "trained": trained.predictor,
        "sequential": chainer.Sequential(L.Linear(3, 5), F.relu, L.Linear(5, 2)),
        "norm": norm,
        "chain_list": chainer.ChainList(L.Linear(3, 2), L.EmbedID(4, 2)),
    }
    expected = {"x": x}
    with chainer.using_config("train", False):
        for name in ("trained", "sequential", "norm"):
            expected[name] = models[name](x).array
    for name, param in models["chain_list"].namedparams():
        expected["chain_list" + name] = param.array
    others = {
        "variable": chainer.Variable(x, name="x", grad=x + 1),
        "parameter": trained.predictor.W,
        "lazy": L.Linear(None, 2),
        "hyperparameter": optimizer.hyperparam,
        "optimizer": optimizer,
    }
    expected["parameter"] = trained.predictor.W.array
    expected["parameter_grad"] = trained.predictor.W.grad
    for name, obj in dict(models, **others).items():
        with open(os.path.join(HERE, name + ".pkl"), "wb") as file:
            pickle.dump(obj, file, protocol=2)
    np.savez(os.path.join(HERE, "expected.npz"), **expected)


if __name__ == "__main__":
    main()
