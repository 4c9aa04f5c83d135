"""The program itself: a network, a training loop and a test, as anybody would write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy

from catenary import (
    Chain,
    Variable,
    datasets,
    iterators,
    no_backprop_mode,
    optimizer_hooks,
    optimizers,
    using_config,
)
from catenary import functions as F
from catenary import links as L
from catenary.dataset import concat_examples

__all__ = ["Network", "Result", "Training", "nudge"]


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


class Result(NamedTuple):
    """How well the network reads a set of digits."""

    loss: float
    accuracy: float
    probabilities: numpy.ndarray[Any, Any]


class Training:
    """A network and its optimizer: what a snapshot holds, and what goes on after it."""

    def __init__(self, lr: float, momentum: float) -> None:
        self.network = Network()
        self.optimizer = optimizers.MomentumSGD(lr=lr, momentum=momentum).setup(self.network)
        self.optimizer.add_hook(optimizer_hooks.WeightDecay(5e-4))

    def loss(self, x: Any, t: Any) -> Variable:
        """Say how far the network is from reading images `x` as digits `t`."""
        return F.softmax_cross_entropy(self.network(x), t)

    def epoch(self, data: Any, batch_size: int) -> Iterator[float]:
        """Go through the data once, shuffled and nudged; yield the loss of each batch."""
        nudged = datasets.TransformDataset(data, nudge)
        for batch in iterators.SerialIterator(nudged, batch_size, repeat=False):
            x, t = concat_examples(batch)
            yield float(self.optimizer.update(self.loss, x, t).array)
        self.optimizer.new_epoch()

    def test(self, data: Any) -> Result:
        """Read digits without learning from them."""
        x, t = concat_examples(data)
        with using_config("train", False), no_backprop_mode():
            y = self.network(x)
            loss = F.softmax_cross_entropy(y, t)
            return Result(float(loss.array), float(F.accuracy(y, t).array), F.softmax(y).array)

    def serialize(self, serializer: Any) -> None:
        """Say what a snapshot holds; saving and loading both go this way."""
        self.network.serialize(serializer["network"])
        self.optimizer.serialize(serializer["optimizer"])
