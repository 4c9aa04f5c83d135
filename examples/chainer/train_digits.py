"""Image classification with a Trainer: a small convolutional network reads digits.

catenary run examples/chainer/train_digits.py --epoch 10
"""

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions


class ConvNet(chainer.Chain):
    def __init__(self, n_channels, n_out):
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, n_channels, ksize=3, pad=1, nobias=True)
            self.bn1 = L.BatchNormalization(n_channels)
            self.conv2 = L.Convolution2D(None, 2 * n_channels, ksize=3, pad=1, nobias=True)
            self.bn2 = L.BatchNormalization(2 * n_channels)
            self.fc = L.Linear(None, n_out)

    def forward(self, x):
        h = F.max_pooling_2d(F.relu(self.bn1(self.conv1(x))), 2)
        h = F.max_pooling_2d(F.relu(self.bn2(self.conv2(h))), 2)
        return self.fc(F.dropout(h, ratio=0.2))


def get_data(name):
    if name == "mnist":
        return chainer.datasets.get_mnist(ndim=3)  # downloaded the first time
    from catenary.datasets import get_digits  # 8 x 8 pixels, part of the package

    return get_digits(ndim=3)


def main():
    parser = argparse.ArgumentParser(description="Chainer example: digits")
    parser.add_argument("--data", choices=["digits", "mnist"], default="digits")
    parser.add_argument("--batchsize", "-b", type=int, default=64)
    parser.add_argument("--epoch", "-e", type=int, default=10)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="snapshot to resume from")
    parser.add_argument("--channels", "-c", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    model = L.Classifier(ConvNet(args.channels, 10))
    model.to_device(device)

    optimizer = chainer.optimizers.MomentumSGD(lr=0.05)
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(1e-4))

    train, test = get_data(args.data)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.ExponentialShift("lr", 0.5), trigger=(4, "epoch"))
    trainer.extend(extensions.snapshot(), trigger=(1, "epoch"))
    trainer.extend(extensions.LogReport())
    columns = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *columns, "elapsed_time"]))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
