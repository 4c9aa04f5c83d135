"""A program written for Chainer. One line in front of it is new; the rest is as it was in 2019."""

import catenary.as_chainer  # noqa: F401  (the new line: from here on, `chainer` is catenary)
import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import iterators, optimizers, serializers
from chainer.dataset import concat_examples


class MLP(chainer.Chain):
    def __init__(self, n_units, n_out):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_out)

    def __call__(self, x):
        return self.l2(F.relu(self.l1(x)))


def main():
    np.random.seed(0)
    xs = np.random.rand(500, 2).astype(np.float32)
    ts = (xs.sum(axis=1) > 1).astype(np.int32)
    train = chainer.datasets.TupleDataset(xs[:400], ts[:400])
    test = chainer.datasets.TupleDataset(xs[400:], ts[400:])

    model = L.Classifier(MLP(16, 2))
    optimizer = optimizers.Adam(alpha=0.01)
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(1e-4))

    train_iter = iterators.SerialIterator(train, batch_size=20)
    while train_iter.epoch < 20:
        x, t = concat_examples(train_iter.next())
        optimizer.update(model, x, t)

    with chainer.using_config("train", False), chainer.no_backprop_mode():
        model(*concat_examples(test))
    print(f"test accuracy {float(model.accuracy.array):.2f}")
    serializers.save_npz("chainer_program.npz", model)


if __name__ == "__main__":
    main()
