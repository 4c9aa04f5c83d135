"""Models as files of Caffe: the network in words (prototxt), and with its weights (caffemodel)."""

from __future__ import annotations

import collections
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catenary.config import using_config
from catenary.errors import ExportError
from catenary.exporters._caffe_layers import LAYERS, Layer
from catenary.function_hook import FunctionHook
from catenary.links.caffe._schema import TEST_PHASE, message
from catenary.serializers.atomic import replacing
from catenary.variable import Variable, force_backprop_mode

__all__ = ["export"]

Arrays = tuple[Any, ...]


def export(
    model: Any,
    args: Sequence[Variable],
    directory: str | os.PathLike[str] | None = None,
    export_params: bool = True,
    graph_name: str = "Graph",
) -> None:
    """Write a model as Caffe's ``chainer_model.prototxt`` and ``chainer_model.caffemodel``.

    The model is called once, with ``config.train`` False. Its input is named ``data``, and the
    results of an operation after its label and its place in the graph. Of functions: linear,
    convolution_2d, deconvolution_2d, max_pooling_2d, average_pooling_2d, batch normalization,
    local_response_normalization, relu, leaky_relu, sigmoid, softmax, concat, reshape and `+`.
    Caffe pools to the border (`cover_all`), which gives average pooling one more place where the
    window does not fit exactly.

    Args:
        model: Link or function; returns one Variable or several.
        args: Its argument: one Variable.
        directory: Where to write; None to write nothing, and see whether it could be.
        export_params: Whether to write the caffemodel too.
        graph_name: Name of the network.

    Raises:
        NotImplementedError: There are several arguments.
        TypeError: Arguments or results are no Variables.
        ExportError: Caffe has no such operation. Nothing is written.
        ImportError: protobuf is not installed (``pip install "catenary[caffe]"``).

    Differs: sizes of filters that are not square, dilation, and the bias of a deconvolution are
    written as they are; Chainer exchanges, loses and misstates them.
    """
    if len(args) != 1:
        raise NotImplementedError(f"the export takes models of one argument, not {len(args)}")
    noting = _Noting()
    with noting, force_backprop_mode(), using_config("train", False):
        outputs = model(*args)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    for x in (*args, *outputs):
        if not isinstance(x, Variable):
            raise TypeError(f"a model is exported with Variables, not {type(x).__name__}")
    layers = list(_layers(_operations(outputs), noting.arrays()))
    network = _network(layers) if export_params else None
    if directory is None:
        return
    path = Path(directory, "chainer_model")
    with replacing(path.with_suffix(".prototxt")) as file:
        file.write(_prototxt(graph_name, args[0].shape, layers).encode())
    if network is not None:
        with replacing(path.with_suffix(".caffemodel")) as file:
            file.write(network.SerializeToString())


class _Noting(FunctionHook):
    """Keeps the arrays that calls read: those that are no Variables are gone from the graph."""

    name = "catenary.exporters.caffe"

    def __init__(self) -> None:
        self._calls: list[tuple[Any, Arrays]] = []

    def forward_postprocess(self, function: Any, in_data: Arrays) -> None:
        """Note a call."""
        self._calls.append((function, in_data))

    def arrays(self) -> dict[Any, Arrays]:
        """Return what calls read, by label and nodes: a function class stands for its call."""
        return {(call.label, call.inputs): read for call, read in self._calls}


def _operations(outputs: Iterable[Variable]) -> list[Any]:
    """Return what computed `outputs`, each operation after those that it depends on."""
    found: dict[Any, None] = {}
    waiting = [y.creator_node for y in outputs][::-1]
    while waiting:
        operation = waiting.pop()
        if operation is not None and operation not in found:
            found[operation] = None
            waiting += [node.creator_node for node in operation.inputs or ()][::-1]
    return sorted(found, key=lambda operation: operation.rank)


_Placed = tuple[str, list[str], Layer]  # name, names of what it reads, the layer itself


def _layers(graph: Iterable[Any], read: dict[Any, Arrays]) -> Iterable[_Placed]:
    counts: collections.Counter[str] = collections.Counter()
    names: dict[Any, str] = {None: "data"}
    for operation in graph:
        place = f"{operation.label}-{operation.rank}"
        counts[place] += 1
        name = names[operation] = f"{place}-{counts[place]}"
        if operation.label not in LAYERS:
            known = ", ".join(LAYERS)
            raise ExportError(
                f"Caffe has no layer for {operation.label} ({name}); there are {known}"
            )
        made = LAYERS[operation.label](operation, *read[operation.label, operation.inputs])
        # Inputs with weights beside the first are the layer's own.
        count = 1 if made[0].weights else None
        sources = [names[node.creator_node] for node in operation.inputs[:count]]
        if made[0].type == "Reshape":
            sources = [_before_reshapes(operation.inputs[0], names)]
        for layer in made[:-1]:
            yield f"{name}_bn", sources, layer
            sources = [f"{name}_bn"]
        yield name, sources, made[-1]


def _before_reshapes(node: Any, names: dict[Any, str]) -> str:
    """Return what a chain of reshapes begins with: the last one alone decides the shape."""
    while node.creator_node is not None and node.creator_node.label == "Reshape":
        node = node.creator_node.inputs[0]
    return names[node.creator_node]


def _prototxt(name: str, shape: Sequence[int], layers: Iterable[_Placed]) -> str:
    sizes = " ".join(f"dim: {size}" for size in shape)
    data = (
        f'  name: "data"\n  type: "Input"\n  top: "data"\n  input_param {{ shape: {{ {sizes} }} }}'
    )
    lines = [f'name: "{name}"', "layer {", data, "}"]
    for layer_name, sources, layer in layers:
        entry: dict[str, Any] = {"type": layer.type, "name": layer_name}
        entry |= {"bottom": sources, "top": layer_name}
        if layer.field:
            entry[layer.field] = layer.settings
        lines += ["layer {", *_text(entry), "}"]
    return "\n".join(lines) + "\n"


def _text(fields: dict[str, Any]) -> Iterable[str]:
    """Write a message's fields in protobuf's text format."""
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                yield from (f"  {line}" for line in (f"{name} {{", *_text(value), "}"))
            elif isinstance(value, str):
                yield f'  {name}: "{value}"'
            else:
                yield f"  {name}: {str(value).lower()}"


def _network(layers: Iterable[_Placed]) -> Any:
    network = message("NetParameter")
    for name, sources, layer in layers:
        entry = network.layer.add(name=name, type=layer.type, phase=TEST_PHASE)
        entry.bottom.extend(sources)
        entry.top.append(name)
        if layer.field:
            _fill(getattr(entry, layer.field), layer.settings)
        for array in layer.weights:
            blob = entry.blobs.add()
            blob.shape.dim.extend(array.shape)
            blob.data.extend(np.ravel(array))
    return network


def _fill(target: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            _fill(getattr(target, name), value)
        elif isinstance(value, list):
            getattr(target, name).extend(value)
        else:
            setattr(target, name, value)
