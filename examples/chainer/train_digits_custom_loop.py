"""Image classification with a loop of one's own: the same task, every step in sight.

catenary run examples/chainer/train_digits_custom_loop.py --epoch 10
"""

import argparse
import os

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import serializers
from chainer.dataset import concat_examples

from catenary.datasets import get_digits


class MLP(chainer.Chain):
    def __init__(self, n_units, n_out):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_units)
            self.l3 = L.Linear(None, n_out)

    def forward(self, x):
        h = F.relu(self.l1(x))
        h = F.relu(self.l2(h))
        return self.l3(h)


def evaluate(model, iterator, device):
    """Mean loss and accuracy over the iterator's one epoch."""
    iterator.reset()
    loss = accuracy = count = 0
    with chainer.using_config("train", False), chainer.using_config("enable_backprop", False):
        for batch in iterator:
            x, t = concat_examples(batch, device)
            y = model(x)
            loss += float(F.softmax_cross_entropy(y, t).array) * len(t)
            accuracy += float(F.accuracy(y, t).array) * len(t)
            count += len(t)
    return loss / count, accuracy / count


def main():
    parser = argparse.ArgumentParser(description="Chainer example: digits (custom loop)")
    parser.add_argument("--batchsize", "-b", type=int, default=64)
    parser.add_argument("--epoch", "-e", type=int, default=10)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="folder to resume from")
    parser.add_argument("--unit", "-u", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    model = MLP(args.unit, 10)
    model.to_device(device)
    optimizer = chainer.optimizers.Adam()
    optimizer.setup(model)

    train, test = get_digits()
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    if args.resume:
        serializers.load_npz(os.path.join(args.resume, "model.npz"), model)
        serializers.load_npz(os.path.join(args.resume, "optimizer.npz"), optimizer)
        serializers.load_npz(os.path.join(args.resume, "iterator.npz"), train_iter)

    while train_iter.epoch < args.epoch:
        x, t = concat_examples(train_iter.next(), device)
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        if train_iter.is_new_epoch:
            optimizer.new_epoch()
            test_loss, accuracy = evaluate(model, test_iter, device)
            print(
                f"epoch {train_iter.epoch}  loss {float(loss.array):.4f}"
                f"  test loss {test_loss:.4f}  test accuracy {accuracy:.4f}"
            )

    os.makedirs(args.out, exist_ok=True)
    serializers.save_npz(os.path.join(args.out, "model.npz"), model)
    serializers.save_npz(os.path.join(args.out, "optimizer.npz"), optimizer)
    serializers.save_npz(os.path.join(args.out, "iterator.npz"), train_iter)


if __name__ == "__main__":
    main()
