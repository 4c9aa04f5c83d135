"""Calls of functions and links in Chainer's language, for our library and for the original's.

Both processes of `calls.py` read this file, one with `catenary` and one with `chainer` as the
library, and so call the same with the same values. The functions and links are those that programs
use most, the operators, and some that are easy to make slow.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SIZES = {"small": (8, 16, 3, 8), "medium": (100, 256, 16, 28)}


class Anything:
    """Stands for a library where only the table's names and arrays matter."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: None


class Data:
    """The arrays of one size: `n` samples of `c` values, `images` of `k` channels, labels."""

    def __init__(self, size: str) -> None:
        self._rng = np.random.RandomState(0)
        n, c, k, side = self.n, self.c, self.k, self.side = SIZES[size]
        self.x, self.y, self.weight = self.draw(n, c), self.draw(n, c), self.draw(c, c)
        self.positive = abs(self.x) + np.float32(0.1)
        self.bias, self.beta = self.draw(c), self.draw(c)
        self.images, self.filters = self.draw(2, k, side, side), self.draw(k, k, 3, 3)
        self.filter_bias = self.draw(k)
        self.gates = self.draw(n, 4 * c)
        self.labels = self._rng.randint(0, c, n).astype(np.int32)
        self.answers = (self.y > 0).astype(np.int32)

    def draw(self, *shape: int) -> Any:
        """Return values between −1 and 1."""
        return (self._rng.rand(*shape) * 2 - 1).astype(np.float32)


def functions(F: Any, d: Data) -> dict[str, tuple[Callable[..., Any], list[Any]]]:
    """Return functions and their inputs by name."""
    half, c = d.c // 2, d.c
    x, y, images, positive = [d.x], [d.x, d.y], [d.images], [d.positive]
    return {
        "relu": (F.relu, x),
        "concat": (lambda x, y: F.concat((x, y)), y),
        "sum": (F.sum, x),
        "reshape": (lambda x: F.reshape(x, (2, -1)), x),
        "softmax_cross_entropy": (lambda x: F.softmax_cross_entropy(x, d.labels), x),
        "dropout": (F.dropout, x),
        "softmax": (F.softmax, x),
        "sigmoid": (F.sigmoid, x),
        "max_pooling_2d": (lambda x: F.max_pooling_2d(x, 2), images),
        "tanh": (F.tanh, x),
        "average_pooling_2d": (lambda x: F.average_pooling_2d(x, 2), images),
        "broadcast_to": (lambda b: F.broadcast_to(b, (d.n, c)), [d.bias]),
        "accuracy": (lambda x: F.accuracy(x, d.labels), x),
        "average": (F.average, x),
        "split_axis": (lambda x: F.split_axis(x, 2, 1), x),
        "leaky_relu": (F.leaky_relu, x),
        "transpose": (F.transpose, x),
        "mean_squared_error": (F.mean_squared_error, y),
        "expand_dims": (lambda x: F.expand_dims(x, 1), x),
        "log": (F.log, positive),
        "exp": (F.exp, x),
        "matmul": (F.matmul, [d.x, d.weight]),
        "resize_images": (lambda x: F.resize_images(x, (2 * d.side, 2 * d.side)), images),
        "sqrt": (F.sqrt, positive),
        "unpooling_2d": (lambda x: F.unpooling_2d(x, 2, cover_all=False), images),
        "log_softmax": (F.log_softmax, x),
        "absolute": (F.absolute, x),
        "softplus": (F.softplus, x),
        "where": (lambda x, y: F.where(d.y > 0, x, y), y),
        "stack": (lambda x, y: F.stack((x, y)), y),
        "convolution_2d": (F.convolution_2d, [d.images, d.filters, d.filter_bias]),
        "max": (lambda x: F.max(x, 1), x),
        "argmax": (lambda x: F.argmax(x, 1), x),
        "squeeze": (lambda x: F.squeeze(x, 1), [d.x[:, None]]),
        "sigmoid_cross_entropy": (lambda x: F.sigmoid_cross_entropy(x, d.answers), x),
        "clip": (lambda x: F.clip(x, -0.5, 0.5), x),
        "square": (F.square, x),
        "elu": (F.elu, x),
        "flatten": (F.flatten, x),
        "tile": (lambda x: F.tile(x, (2, 1)), x),
        "linear": (F.linear, [d.x, d.weight, d.bias]),
        "embed_id": (lambda W: F.embed_id(d.labels, W), [d.weight]),
        "batch_normalization": (F.batch_normalization, [d.x, d.bias, d.beta]),
        "layer_normalization": (F.layer_normalization, [d.x, d.bias, d.beta]),
        "huber_loss": (lambda x, y: F.huber_loss(x, y, 0.5), y),
        "lstm": (F.lstm, [d.x, d.gates]),
        "x + y": (lambda x, y: x + y, y),
        "x * y": (lambda x, y: x * y, y),
        "x * 2": (lambda x: x * 2, x),
        "x[:, :c/2]": (lambda x: x[:, :half], x),
    }


def links(L: Any, d: Data) -> dict[str, tuple[Callable[[], Any], Callable[..., Any], list[Any]]]:
    """Return links, what is done with them, and their inputs, by name."""
    c, k = d.c, d.k
    x, images = [d.x], [d.images]

    def call(link: Any, x: Any) -> Any:
        return link(x)

    def two_steps(link: Any, x: Any) -> Any:
        link.reset_state()
        link(x)
        return link(x)

    def last_output(link: Any, *xs: Any) -> Any:
        return link(None, None, list(xs))[0]

    return {
        "Linear": (lambda: L.Linear(c, c), call, x),
        "Convolution2D": (lambda: L.Convolution2D(k, k, 3, pad=1), call, images),
        "BatchNormalization": (lambda: L.BatchNormalization(k), call, images),
        "Deconvolution2D": (lambda: L.Deconvolution2D(k, k, 4, 2, 1), call, images),
        "EmbedID": (lambda: L.EmbedID(c, c), lambda link: link(d.labels), []),
        "Classifier": (
            lambda: L.Classifier(L.Linear(c, c)),
            lambda link, x: link(x, d.labels),
            x,
        ),
        "LSTM": (lambda: L.LSTM(c, c), two_steps, x),
        "NStepLSTM": (lambda: L.NStepLSTM(1, c, c, 0.0), last_output, [d.x, d.y]),
        "DilatedConvolution2D": (
            lambda: L.DilatedConvolution2D(k, k, 3, 1, 2, 2),
            call,
            images,
        ),
        "ConvolutionND": (lambda: L.ConvolutionND(3, 1, 2, 3), call, [d.images[:, None]]),
        "LayerNormalization": (lambda: L.LayerNormalization(c), call, x),
        "GRU": (lambda: L.GRU(c, c), two_steps, x),
        "Convolution1D": (lambda: L.Convolution1D(k, k, 3), call, [d.images[:, :, 0]]),
        "Inception": (lambda: L.Inception(k, 4, 4, 4, 4, 4, 4), call, images),
        "PReLU": (L.PReLU, call, x),
    }


def seed_of(shape: tuple[int, ...]) -> Any:
    """Return the gradient that a result of this shape sends backward."""
    return np.asarray(np.random.RandomState(1).rand(*shape), np.float32)


class Case:
    """One call of a library, forward alone or with backward and clearing.

    Args:
        library: `catenary` or `chainer`.
        name: A function's or link's.
        size: ``"small"`` or ``"medium"``.
    """

    def __init__(self, library: Any, name: str, size: str) -> None:
        data = Data(size)
        self.link = None
        known = functions(library.functions, data)
        if name in known:
            self._function, arrays = known[name]
        else:
            make, act, arrays = links(library.links, data)[name]
            np.random.seed(0)
            self.link = link = make()
            link.cleargrads()
            self._function = lambda *inputs: act(link, *inputs)
        self.inputs = [library.Variable(array.copy()) for array in arrays]
        self._seed = seed_of(self.forward().shape)

    def forward(self) -> Any:
        """Call it and return its first result."""
        y = self._function(*self.inputs)
        return y[0] if isinstance(y, tuple) else y

    def both(self) -> None:
        """Call it, send a gradient backward, and forget the gradients."""
        self._differentiated()
        for x in self.inputs:
            x.cleargrad()
        if self.link is not None:
            self.link.cleargrads()

    def _differentiated(self) -> Any:
        y = self.forward()
        if y.dtype.kind == "f":
            y.grad = self._seed
            y.backward()
        return y

    def results(self) -> list[Any]:
        """Return the first result and the gradients of the inputs, then those of parameters."""
        np.random.seed(0)
        y = self._differentiated()
        held = [] if self.link is None else [p for _, p in sorted(self.link.namedparams())]
        gradients = [x.grad for x in (*self.inputs, *held)]
        found = [y.array, *(g for g in gradients if g is not None)]
        found = [np.array(array) for array in found]
        self.both()
        return found


def names() -> tuple[list[str], list[str]]:
    """Return the names of the functions and of the links."""
    data = Data("small")
    return list(functions(Anything(), data)), list(links(Anything(), data))


def timed(act: Callable[[], Any], count: int) -> float:
    """Return the median microseconds of `count` calls in a row, after some that warm the caches."""
    spent = []
    for _ in range(2):
        act()
    for _ in range(count):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent) * 1e6


def serve(library: Any) -> None:
    """Answer requests, one a line, each a list in JSON.

    ``["case", name, size, file]`` prepares a case and stores its results in `file`; ``["forward",
    count]`` and ``["both", count]`` say how many microseconds its calls take.
    """
    gc.disable()
    print("ready", flush=True)
    for line in sys.stdin:
        what, *request = json.loads(line)
        if what == "case":
            name, size, file = request
            gc.collect()
            case = Case(library, name, size)
            np.savez(Path(file), *case.results())
            print("done", flush=True)
        else:
            print(timed(getattr(case, what), *request), flush=True)
