#!/usr/bin/env python
"""A training program as people wrote them in 2019; the original ran it with the same data."""

from __future__ import print_function

import argparse
import collections
import json
import os

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions


class MLP(chainer.Chain):
    def __init__(self, n_in, n_units, n_out):
        super(MLP, self).__init__()
        with self.init_scope():
            self.l1 = L.Linear(n_in, n_units)
            self.l2 = L.Linear(n_units, n_out)

    def __call__(self, x):
        return self.l2(F.relu(self.l1(x)))


def main():
    parser = argparse.ArgumentParser(description="Chainer example: MLP")
    parser.add_argument("data")
    parser.add_argument("--batchsize", "-b", type=int, default=8)
    parser.add_argument("--epoch", "-e", type=int, default=6)
    parser.add_argument("--gpu", "-g", type=int, default=-1)
    parser.add_argument("--out", "-o", default="result")
    parser.add_argument("--resume", "-r", default="")
    args = parser.parse_args()
    if args.gpu >= 0:
        chainer.cuda.get_device_from_id(args.gpu).use()

    np.random.seed(11)
    with np.load(args.data) as data:
        x, t = data["x"], data["t"]
    assert isinstance(x, collections.Iterable)
    dataset = chainer.datasets.TupleDataset(x, t.astype(np.int).astype(np.int32))
    test = chainer.datasets.TupleDataset(x[:10], t[:10])

    model = L.Classifier(MLP(4, 6, 3))
    optimizer = chainer.optimizers.Adam(alpha=0.02)
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer.WeightDecay(1e-3))
    optimizer.add_hook(chainer.optimizer.GradientClipping(1.0))

    train_iter = chainer.iterators.SerialIterator(dataset, args.batchsize, shuffle=False)
    test_iter = chainer.iterators.SerialIterator(test, 4, repeat=False, shuffle=False)
    updater = training.StandardUpdater(train_iter, optimizer, device=args.gpu)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=args.gpu))
    trainer.extend(extensions.ExponentialShift("alpha", 0.5), trigger=(2, "epoch"))
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.snapshot(), trigger=(1, "epoch"))
    trainer.extend(
        extensions.snapshot_object(model, "model_iter_{.updater.iteration}"), trigger=(2, "epoch")
    )

    log = []

    @training.make_extension(trigger=(1, "iteration"), priority=training.PRIORITY_EDITOR)
    def rec(trainer):
        loss = trainer.observation["main/loss"]
        log.append(
            {
                "iteration": updater.iteration,
                "alpha": optimizer.alpha,
                "loss": np.asscalar(chainer.cuda.to_cpu(loss.data)),
            }
        )

    trainer.extend(rec)
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    with open(os.path.join(args.out, "losses.json"), "w") as f:
        json.dump(log, f)


if __name__ == "__main__":
    main()
