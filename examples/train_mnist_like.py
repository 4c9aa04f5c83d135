"""Chainer's first example, a network with two hidden layers that reads digits, under a Trainer.

Written from Chainer's documentation; of the program only the imports name catenary. The digits are
those that come with the package, so nothing is downloaded.
"""

import argparse

import catenary as chainer
import catenary.functions as F
import catenary.links as L
from catenary import training
from catenary.training import extensions


class MLP(chainer.Chain):
    def __init__(self, n_units, n_out):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)  # n_in -> n_units
            self.l2 = L.Linear(None, n_units)  # n_units -> n_units
            self.l3 = L.Linear(None, n_out)  # n_units -> n_out

    def forward(self, x):
        h1 = F.relu(self.l1(x))
        h2 = F.relu(self.l2(h1))
        return self.l3(h2)


def parse_args():
    parser = argparse.ArgumentParser(description="Chainer example: digits")
    parser.add_argument("--batchsize", "-b", type=int, default=100)
    parser.add_argument("--epoch", "-e", type=int, default=20)
    parser.add_argument("--frequency", "-f", type=int, default=-1, help="epochs a snapshot")
    parser.add_argument("--device", "-d", default="-1", help="'@numpy', '@cupy:0', or a number")
    parser.add_argument("--out", "-o", default="result", help="folder for the results")
    parser.add_argument("--resume", "-r", help="snapshot to go on from")
    parser.add_argument("--autoload", action="store_true", help="go on from the newest snapshot")
    parser.add_argument("--unit", "-u", type=int, default=100, help="units of a hidden layer")
    return parser.parse_args()


def main():
    args = parse_args()
    device = chainer.get_device(args.device)
    print(f"Device: {device}")
    print(f"# unit: {args.unit}")
    print(f"# Minibatch-size: {args.batchsize}")
    print(f"# epoch: {args.epoch}\n")

    # The model. Classifier reports softmax loss and accuracy at every iteration.
    model = L.Classifier(MLP(args.unit, 10))
    model.to_device(device)
    device.use()

    optimizer = chainer.optimizers.Adam()
    optimizer.setup(model)

    train, test = chainer.datasets.get_digits()
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    # Evaluate the model with the test dataset for each epoch.
    trainer.extend(extensions.Evaluator(test_iter, model, device=device), call_before_training=True)

    # Dump a computational graph from 'main/loss' at the first iteration.
    trainer.extend(extensions.DumpGraph("main/loss"))

    # Take a snapshot for each specified epoch.
    frequency = args.epoch if args.frequency == -1 else max(1, args.frequency)
    trainer.extend(extensions.snapshot(autoload=args.autoload), trigger=(frequency, "epoch"))

    # Write a log of evaluation statistics for each epoch.
    trainer.extend(extensions.LogReport(), call_before_training=True)

    # Save two plot images to the result folder.
    trainer.extend(
        extensions.PlotReport(["main/loss", "validation/main/loss"], "epoch", filename="loss.png"),
        call_before_training=True,
    )
    trainer.extend(
        extensions.PlotReport(
            ["main/accuracy", "validation/main/accuracy"], "epoch", filename="accuracy.png"
        ),
        call_before_training=True,
    )

    # Print selected entries of the log to stdout.
    entries = ["epoch", "main/loss", "validation/main/loss", "main/accuracy"]
    entries += ["validation/main/accuracy", "elapsed_time"]
    trainer.extend(extensions.PrintReport(entries), call_before_training=True)

    # Print a progress bar to stdout.
    trainer.extend(extensions.ProgressBar(update_interval=10))

    if args.resume is not None:
        chainer.serializers.load_npz(args.resume, trainer)

    trainer.run()


if __name__ == "__main__":
    main()
