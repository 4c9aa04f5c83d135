"""What the calls of `call_table.py` are in torch, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from call_table import Anything, Data, functions, links, seed_of
from torch.nn import functional as TF

Tensor = torch.Tensor
Params = dict[str, Tensor]


def inputs_of(name: str, data: Data) -> list[Any]:
    """Return the arrays that a call takes."""
    known: dict[str, Any] = {**functions(Anything(), data), **links(Anything(), data)}
    return list(known[name][-1])


def torch_functions(d: Data) -> dict[str, Callable[..., Any]]:
    """Return torch's functions by the names of ours."""
    n, c, half = d.n, d.c, d.c // 2
    labels, large = d.labels.astype("int64"), (2 * d.side, 2 * d.side)
    whole = torch.from_numpy
    return {
        "relu": torch.relu,
        "concat": lambda x, y: torch.cat((x, y), 1),
        "sum": torch.sum,
        "reshape": lambda x: x.reshape(2, -1),
        "softmax_cross_entropy": lambda x: TF.cross_entropy(x, whole(labels)),
        "dropout": TF.dropout,
        "softmax": lambda x: torch.softmax(x, 1),
        "sigmoid": torch.sigmoid,
        "max_pooling_2d": lambda x: TF.max_pool2d(x, 2),
        "tanh": torch.tanh,
        "average_pooling_2d": lambda x: TF.avg_pool2d(x, 2),
        "broadcast_to": lambda b: b.broadcast_to(n, c),
        "accuracy": lambda x: (x.argmax(1) == whole(labels)).float().mean(),
        "average": torch.mean,
        "split_axis": lambda x: x.chunk(2, 1),
        "leaky_relu": lambda x: TF.leaky_relu(x, 0.2),
        "transpose": lambda x: x.T,
        "mean_squared_error": TF.mse_loss,
        "expand_dims": lambda x: x.unsqueeze(1),
        "log": torch.log,
        "exp": torch.exp,
        "matmul": torch.matmul,
        "resize_images": lambda x: TF.interpolate(x, large, mode="bilinear", align_corners=True),
        "sqrt": torch.sqrt,
        "unpooling_2d": lambda x: TF.interpolate(x, scale_factor=2),
        "log_softmax": lambda x: torch.log_softmax(x, 1),
        "absolute": torch.abs,
        "softplus": TF.softplus,
        "where": lambda x, y: torch.where(whole(d.y > 0), x, y),
        "stack": lambda x, y: torch.stack((x, y)),
        "convolution_2d": TF.conv2d,
        "max": lambda x: torch.amax(x, 1),
        "argmax": lambda x: torch.argmax(x, 1),
        "squeeze": lambda x: x.squeeze(1),
        "sigmoid_cross_entropy": lambda x: TF.binary_cross_entropy_with_logits(
            x, whole(d.answers).float()
        ),
        "clip": lambda x: torch.clamp(x, -0.5, 0.5),
        "square": torch.square,
        "elu": TF.elu,
        "flatten": torch.flatten,
        "tile": lambda x: torch.tile(x, (2, 1)),
        "linear": TF.linear,
        "embed_id": lambda W: TF.embedding(whole(labels), W),
        "batch_normalization": lambda x, g, b: TF.batch_norm(
            x, None, None, g, b, training=True, eps=2e-5
        ),
        "layer_normalization": lambda x, g, b: TF.layer_norm(x, (c,), g, b),
        "huber_loss": lambda x, y: TF.huber_loss(x, y, reduction="none", delta=0.5).sum(1),
        "lstm": cell,
        "x + y": lambda x, y: x + y,
        "x * y": lambda x, y: x * y,
        "x * 2": lambda x: x * 2,
        "x[:, :c/2]": lambda x: x[:, :half],
    }


def cell(c: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the next cell and output of long short-term memory."""
    a, i, f, o = x.reshape(len(x), -1, 4).unbind(2)
    c = torch.tanh(a) * torch.sigmoid(i) + torch.sigmoid(f) * c
    return c, torch.sigmoid(o) * torch.tanh(c)


def torch_links(d: Data, p: Params) -> dict[str, Callable[..., Any]]:
    """Return torch's equals of the links, over the parameters `p` of one of them."""
    labels = torch.from_numpy(d.labels.astype("int64"))
    zeros, average = torch.zeros(d.n, d.c), torch.zeros(2, d.k)

    def classify(x: Tensor) -> Tensor:
        y = TF.linear(x, p["/predictor/W"], p["/predictor/b"])
        (y.detach().argmax(1) == labels).float().mean()
        return TF.cross_entropy(y, labels)

    def lstm(x: Tensor) -> Tensor:
        def upward() -> Tensor:
            return TF.linear(x, p["/upward/W"], p["/upward/b"])

        c, h = cell(zeros, upward())
        return cell(c, upward() + TF.linear(h, p["/lateral/W"]))[1]

    def n_step_lstm(*xs: Tensor) -> Tensor:
        weights = [p["W"], p["U"], p["b"], p["a"]]
        first = zeros[: len(xs)][None]
        return torch.lstm(
            torch.stack(xs, 1), (first, first), weights, True, 1, 0.0, False, False, False
        )[1]

    def gru(x: Tensor) -> Tensor:
        def part(name: str, x: Tensor) -> Tensor:
            return TF.linear(x, p[f"/{name}/W"], p[f"/{name}/b"])

        h = torch.sigmoid(part("W_z", x)) * torch.tanh(part("W", x))
        r = torch.sigmoid(part("W_r", x) + part("U_r", h))
        z = torch.sigmoid(part("W_z", x) + part("U_z", h))
        new = torch.tanh(part("W", x) + part("U", r * h))
        return z * new + (1 - z) * h

    def inception(x: Tensor) -> Tensor:
        def part(name: str, x: Tensor, pad: int = 0) -> Tensor:
            return TF.conv2d(x, p[f"/{name}/W"], p[f"/{name}/b"], padding=pad)

        three = part("conv3", torch.relu(part("proj3", x)), 1)
        five = part("conv5", torch.relu(part("proj5", x)), 2)
        pooled = part("projp", TF.max_pool2d(x, 3, 1, 1))
        return torch.relu(torch.cat((part("conv1", x), three, five, pooled), 1))

    return {
        "Linear": lambda x: TF.linear(x, p["/W"], p["/b"]),
        "Convolution2D": lambda x: TF.conv2d(x, p["/W"], p["/b"], 1, 1),
        "BatchNormalization": lambda x: TF.batch_norm(
            x, average[0], average[1], p["/gamma"], p["/beta"], True, 0.1, 2e-5
        ),
        "Deconvolution2D": lambda x: TF.conv_transpose2d(x, p["/W"], p["/b"], 2, 1),
        "EmbedID": lambda: TF.embedding(labels, p["/W"]),
        "Classifier": classify,
        "LSTM": lstm,
        "NStepLSTM": n_step_lstm,
        "DilatedConvolution2D": lambda x: TF.conv2d(x, p["/W"], p["/b"], 1, 2, 2),
        "ConvolutionND": lambda x: TF.conv3d(x, p["/W"], p["/b"]),
        "LayerNormalization": lambda x: TF.layer_norm(x, (d.c,), p["/gamma"], p["/beta"], 1e-6),
        "GRU": gru,
        "Convolution1D": lambda x: TF.conv1d(x, p["/W"], p["/b"]),
        "Inception": inception,
        "PReLU": lambda x: TF.prelu(x, p["/W"].reshape(1)),
    }


class TorchCase:
    """A call in torch, as `call_table.Case` has it in Chainer's language.

    Args:
        name: A function's or link's.
        size: ``"small"`` or ``"medium"``.
        link: Our link, whose values are copied.
    """

    def __init__(self, name: str, size: str, link: Any) -> None:
        data = Data(size)
        params: Params = {}
        if link is not None:
            held = sorted(link.namedparams())
            params = {path: p.tensor.detach().clone().requires_grad_() for path, p in held}
        if name == "NStepLSTM":
            params = _joined(params)
        calls = torch_functions(data) if link is None else torch_links(data, params)
        self._function = calls[name]
        arrays = inputs_of(name, data)
        self.inputs = [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]
        self._leaves = [*self.inputs, *params.values()]
        self._seed = torch.from_numpy(seed_of(tuple(self.forward().shape)))

    def forward(self) -> Tensor:
        """Call it and return its first result."""
        y = self._function(*self.inputs)
        return y[0] if isinstance(y, tuple) else y  # type: ignore[no-any-return]

    def both(self) -> None:
        """Call it, send a gradient backward, and forget the gradients."""
        y = self.forward()
        if y.requires_grad:
            torch.autograd.backward(y, self._seed)
        for leaf in self._leaves:
            leaf.grad = None

    def results(self) -> list[Any]:
        """Return the first result, and the gradients of inputs and parameters."""
        y = self.forward()
        if y.requires_grad:
            torch.autograd.backward(y, self._seed)
        found = [y.detach().numpy(), *(x.grad.numpy() for x in self._leaves if x.grad is not None)]
        found = [array.copy() for array in found]
        self.both()
        return found


def _joined(params: Params) -> Params:
    """Return the weights of a layer of NStepLSTM as torch has them."""
    parts = {"W": ("w", 0), "U": ("w", 4), "b": ("b", 0), "a": ("b", 4)}
    return {
        key: torch.cat([params[f"/0/{kind}{start + i}"].detach() for i in range(4)])
        .clone()
        .requires_grad_()
        for key, (kind, start) in parts.items()
    }
