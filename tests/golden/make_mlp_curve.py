"""Loss curve of a seeded MLP under the original Chainer. Run: ORACLE_PYTHON make_mlp_curve.py

Initializers, shuffling and dropout all draw from NumPy's global generator, so the curve shows that
they draw the same numbers in the same order. The images are the digits that ship with the package.
"""

import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DIGITS = os.path.join(HERE, "../../src/catenary/datasets/data/digits.npz")


class MLP(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, 100)
            self.l2 = L.Linear(None, 100)
            self.l3 = L.Linear(None, 10)

    def forward(self, x):
        h = F.dropout(F.relu(self.l1(x)), 0.5)
        h = F.dropout(F.relu(self.l2(h)), 0.5)
        return self.l3(h)


def main():
    with np.load(DIGITS) as stored:
        images = stored["images"].astype("f") / 16
        labels = stored["labels"].astype("i")
    np.random.seed(0)
    model = L.Classifier(MLP())
    opt = chainer.optimizers.MomentumSGD(lr=0.01).setup(model)
    data = chainer.datasets.TupleDataset(images, labels)
    batches = chainer.iterators.SerialIterator(data, 100, shuffle=True)
    losses, accuracies = [], []
    while batches.epoch < 3:
        x, t = chainer.dataset.concat_examples(batches.next())
        opt.update(model, x, t)
        losses.append(float(model.loss.array))
        accuracies.append(float(model.accuracy.array))
    with chainer.using_config("train", False):
        final = float(model.predictor(images).array.sum())
    curve = {"losses": losses, "accuracies": accuracies, "sum_of_outputs": final}
    with open(os.path.join(HERE, "mlp_curve.json"), "w") as file:
        json.dump(curve, file)


if __name__ == "__main__":
    main()
