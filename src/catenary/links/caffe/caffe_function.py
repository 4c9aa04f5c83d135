"""CaffeFunction: a network of Caffe as a Chain."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from catenary.link import Chain
from catenary.links.caffe import _fields, _layers, _registry  # noqa: F401 - `_layers` registers
from catenary.links.caffe._schema import OLD_TYPES, read_network
from catenary.utils import argument

__all__ = ["CaffeFunction"]

# Chainer's names, which programs use to add types of layers of their own.
_layer = _registry.layer
_get_channels = _fields.channels
_get_height = _fields.height
_get_ksize = _fields.ksize
_get_num = _fields.num
_get_pad = _fields.pad
_get_stride = _fields.stride
_get_width = _fields.width


class CaffeFunction(Chain):
    """A network of Caffe, read from a binary model file, with its weights as children.

    Both forms of files are read, `layer` and the older `layers`. Layers: BatchNorm, Concat,
    Convolution, Deconvolution, Dropout, Eltwise, InnerProduct, LRN, Pooling, ReLU, Reshape, Scale,
    Sigmoid, Slice, Softmax, SoftmaxWithLoss and Split; Data is left out, and others are, with a
    warning. Filters of groups become filters of all channels, with zeros.

    Args:
        model_path: The file (``*.caffemodel``).

    Raises:
        ImportError: protobuf is not installed (``pip install "catenary[caffe]"``).
        SnapshotError: The file is no model of Caffe, or has no weights.
        RuntimeError: A layer is of a supported type, but of an unsupported kind.

    Attributes:
        forwards: What computes a layer, by its name.
        layers: Names of layers, their inputs and their outputs, in order.
        variables: After a call, everything that it has computed, by name.

    Differs: heeds `dilation`, sizes of 0 in Reshape and a weight of 0 in BatchNorm, which Chainer
    passes over.
    """

    def __init__(self, model_path: str | os.PathLike[str]) -> None:
        super().__init__()
        self.forwards: dict[str, Any] = {}
        self.split_map: dict[str, str] = {}
        self.layers: list[tuple[str, list[str], list[str]]] = []
        self.variables: dict[str, Any] = {}
        net = read_network(model_path)
        for layer in net.layer or net.layers:
            setup = _registry.setup_of(layer.type)
            if setup is None:
                kind = dict(enumerate(OLD_TYPES)).get(layer.type, layer.type)
                warnings.warn(
                    f"layer {layer.name!r} is left out: there is no {kind} layer here",
                    UserWarning,
                    stacklevel=2,
                )
            else:
                setup(self, layer)

    def _add_layer(self, layer: Any) -> None:
        """Take a layer into the order of computation."""
        inputs = [self.split_map.get(name, name) for name in layer.bottom]
        self.layers.append((layer.name, inputs, list(layer.top)))

    def forward(
        self,
        inputs: Mapping[str, Any],
        outputs: Iterable[str],
        disable: Iterable[str] = (),
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Compute layer by layer; a layer of which an input is lacking is left out.

        Args:
            inputs: Variables by name of what they are in the network, such as ``"data"``.
            outputs: Names of the results to return.
            disable: Names of layers to leave out.
            **kwargs: None; see Raises.

        Returns:
            Variables, in the order of `outputs`.

        Raises:
            KeyError: An output was not computed.
            ValueError: `train` is given, which is ``config.train`` now.
        """
        argument.check_unexpected_kwargs(
            kwargs, train="train is no argument anymore: use chainer.using_config('train', ...)"
        )
        argument.assert_kwargs_empty(kwargs)
        found = dict(inputs)
        without = set(disable)
        for name, sources, targets in self.layers:
            compute = None if name in without else self.forwards.get(name)
            if compute is None or any(source not in found for source in sources):
                continue
            results = compute(*[found[source] for source in sources])
            results = results if isinstance(results, (tuple, list)) else (results,)
            found.update(zip(targets, results, strict=False))
        self.variables = found
        outputs = list(outputs)
        lacking = [name for name in outputs if name not in found]
        if lacking:
            raise KeyError(
                f"{', '.join(lacking)} not computed from {', '.join(inputs)}; "
                f"there are {', '.join(found)}"
            )
        return tuple([found[name] for name in outputs])
