"""The program itself: a network and a Trainer around it, as anybody would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy

from catenary import (
    Chain,
    datasets,
    iterators,
    no_backprop_mode,
    optimizer_hooks,
    optimizers,
    serializers,
    training,
    using_config,
)
from catenary import functions as F
from catenary import links as L
from catenary.dataset import concat_examples
from catenary.training import extensions

__all__ = ["SNAPSHOT", "Network", "make_trainer", "nudge", "read", "resume"]

SNAPSHOT = "snapshot.npz"


class Network(Chain):
    """An image of 8 x 8 pixels in, a score for each of ten digits out."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.strokes = L.Convolution2D(1, 32, ksize=3, pad=1)
            self.shapes = L.Convolution2D(32, 64, ksize=3, pad=1)
            self.hidden = L.Linear(64 * 4 * 4, 128)
            self.output = L.Linear(128, 10)

    def forward(self, x: Any) -> Any:
        """Score images of shape (n, 1, 8, 8)."""
        h = F.relu(self.strokes(x))
        h = F.max_pooling_2d(F.relu(self.shapes(h)), 2)
        h = F.relu(self.hidden(F.dropout(h)))
        return self.output(F.dropout(h))


def nudge(example: tuple[Any, Any]) -> tuple[Any, Any]:
    """Move an image by up to a pixel each way: the network shall learn shapes, not places."""
    image, digit = example
    down, right = numpy.random.randint(3, size=2)
    roomy = numpy.pad(image, ((0, 0), (1, 1), (1, 1)))
    return roomy[:, down : down + 8, right : right + 8], digit


def make_trainer(
    train: Any, test: Any, lr: float, momentum: float, batch: int, epochs: int, out: Path
) -> training.Trainer:
    """Put together everything that a training needs.

    Args:
        train: Digits to learn from.
        test: Digits to be tested on after each epoch.
        lr: Learning rate; a tenth of it in the last third.
        momentum: Momentum, 0 to 1.
        batch: Digits to learn from at once.
        epochs: Times to go through the data.
        out: Folder for log and snapshot.
    """
    model = L.Classifier(Network())
    optimizer = optimizers.MomentumSGD(lr=lr, momentum=momentum).setup(model)
    optimizer.add_hook(optimizer_hooks.WeightDecay(5e-4))

    nudged = datasets.TransformDataset(train, nudge)
    updater = training.StandardUpdater(iterators.SerialIterator(nudged, batch), optimizer)
    trainer = training.Trainer(updater, (epochs, "epoch"), out)

    once = iterators.SerialIterator(test, len(test), repeat=False, shuffle=False)
    slower = extensions.MultistepShift("lr", 0.1, [max(1, 2 * epochs // 3)], lr)
    trainer.extend(extensions.Evaluator(once, model))
    trainer.extend(slower, trigger=(1, "epoch"))
    trainer.extend(extensions.LogReport(filename="log.json"))
    trainer.extend(extensions.snapshot(filename=SNAPSHOT), trigger=(1, "epoch"))
    return trainer


def resume(trainer: training.Trainer, snapshot: Path, epochs: int) -> None:
    """Let a trainer go on from a snapshot, for `epochs` more, with its own learning rate."""
    serializers.load_npz(snapshot, trainer, ignore_names=_is_of_the_learning_rate)
    trainer.stop_trigger = training.get_trigger((trainer.updater.epoch + epochs, "epoch"))


def _is_of_the_learning_rate(key: str) -> bool:
    return "/hyperparam/" in key or key.startswith("extensions/MultistepShift/")


def read(trainer: training.Trainer, data: Any) -> numpy.ndarray[Any, Any]:
    """Return how probable the trained network finds each digit, for each image."""
    model = trainer.updater.get_optimizer("main").target
    images, _ = concat_examples(data)
    with using_config("train", False), no_backprop_mode():
        probabilities: numpy.ndarray[Any, Any] = F.softmax(model.predictor(images)).array
    return probabilities
