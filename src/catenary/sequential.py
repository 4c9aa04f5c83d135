"""Sequential: layers, links and plain functions alike, called one after the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from catenary.link import ChainList, Link
from catenary.variable import Parameter

__all__ = ["Sequential"]

Layer = Callable[..., Any]


class Sequential(ChainList):
    """A list of callables; what one returns, the next receives (a tuple as several arguments).

    Those that are links are the children, numbered among themselves. Chainer's numbers are kept,
    since snapshots have them: if the first layer is a link, each link that is inserted behind it
    gets the number 1, and the following ones move up. Of three links the second is then `/2`.

    Args:
        layers: Links and functions.

    Differs:
        Slices can be assigned and deleted; a copy keeps the class of a subclass; a lambda does not
        keep a Sequential from being copied.
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self._layers: list[Layer] = []
        for layer in layers:
            self.append(layer)

    def forward(self, *x: Any) -> Any:
        """Call the layers one after the other.

        Args:
            x: Arguments of the first layer.

        Returns:
            What the last layer returns.

        Raises:
            RuntimeError: If there is no layer.
        """
        if not self._layers:
            raise RuntimeError("this Sequential has no layer to call; append one")
        y: Any = x
        for layer in self._layers:
            y = layer(*y) if isinstance(y, tuple) else layer(y)
        return y

    # ---- the list of layers
    def __len__(self) -> int:
        return len(self._layers)

    def __getitem__(self, index: Any) -> Any:
        return self._layers[index]

    def __setitem__(self, index: Any, layer: Any) -> None:
        layers = list(self._layers)
        if isinstance(index, slice):
            layers[index] = layer
            self._arrange(layers)
            return
        if index >= len(layers):
            # The type that Chainer raises.
            raise ValueError(f"position {index} lies outside a Sequential of {len(layers)} layers")
        before, layers[index] = layers[index], layer
        if before is layer:
            return
        place = index % len(layers)
        rest = [*layers[:place], *layers[place + 1 :]]
        self._take(layers, _inserted(_without(self._children, [before]), rest, place, layer))

    def __delitem__(self, index: Any) -> None:
        layers = list(self._layers)
        gone = layers[index] if isinstance(index, slice) else [layers[index]]
        del layers[index]
        self._take(layers, _without(self._children, gone))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._layers)

    def __contains__(self, layer: object) -> bool:
        return layer in self._layers

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *_layers_of(other))

    def __iadd__(self, other: Iterable[Any]) -> Sequential:
        self.extend(_layers_of(other))
        return self

    def insert(self, index: int, layer: Any) -> None:
        """Insert a layer before position `index`.

        Raises:
            IndexError: If there is no such position.
            ValueError: If the layer cannot be called.
        """
        size = len(self._layers)
        if not -size <= index <= size:
            raise IndexError(f"position {index} lies outside a Sequential of {size} layers")
        place = index + size if index < 0 else index
        children = _inserted(self._children, self._layers, place, layer)
        self._take([*self._layers[:place], layer, *self._layers[place:]], children)

    def extend(self, layers: Iterable[Any]) -> None:
        """Append layers."""
        self._arrange([*self._layers, *layers])

    def clear(self) -> None:
        """Remove all layers."""
        self._arrange([])

    def remove_by_layer_type(self, type_name: str) -> None:
        """Remove the links of a class and the functions of a name.

        Args:
            type_name: Name of the class or function.
        """
        self._arrange([layer for layer in self._layers if _type_name(layer) != type_name])

    def count_by_layer_type(self, type_name: str) -> int:
        """Return the number of links of a class and functions of a name."""
        return sum(_type_name(layer) == type_name for layer in self._layers)

    def flatten(self) -> Sequential:
        """Return a Sequential of the same layers, those of nested ones in their place."""
        flat: list[Any] = []
        for layer in self._layers:
            flat.extend(layer.flatten() if isinstance(layer, Sequential) else (layer,))
        return Sequential(*flat)

    def _arrange(self, layers: list[Any]) -> None:
        """Take `layers`, as if they were appended one by one."""
        children: list[Link] = []
        for place, layer in enumerate(layers):
            children = _inserted(children, layers[:place], place, layer)
        self._take(layers, children)

    def _take(self, layers: list[Any], children: list[Link]) -> None:
        """Take `layers` as the layers, and the links among them as the children."""
        for layer in layers:
            if not callable(layer):
                message = f"a layer of a Sequential can be called; {layer!r} cannot"
                raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
        self._hold(children)
        self._layers = layers

    # ---- copies, text
    def copy(self, mode: str = "share") -> Any:
        """Return a copy; see :meth:`Link.copy`. Its links are numbered as if appended in turn."""
        twin = super().copy(mode)
        twin._arrange(twin._layers)
        return twin

    def _share(self) -> Any:
        twin = super()._share()
        twins = dict(zip(map(id, self._children), twin._children, strict=True))
        twin._layers = [
            twins[id(layer)] if isinstance(layer, Link) else copy.copy(layer)
            for layer in self._layers
        ]
        return twin

    def _params_as_made(self) -> Iterator[Parameter]:
        for name in sorted(self._params):
            yield vars(self)[name]
        for layer in self._layers:
            if isinstance(layer, Link):
                yield from layer._params_as_made()

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        """Copy values from another Sequential; see :meth:`Link.copyparams`.

        Raises:
            ValueError: If `link` is no Sequential, or a shape differs.
        """
        super().copyparams(_layers_of(link), copy_persistent)

    def _printed_children(self) -> Iterator[tuple[str, Any]]:
        return ((str(index), layer) for index, layer in enumerate(self._layers))


def _inserted(children: list[Link], layers: list[Any], place: int, layer: Any) -> list[Link]:
    """Return the children once `layer` has been inserted into `layers`, numbered as in Chainer."""
    if not isinstance(layer, Link):
        return children
    first = next((at for at, each in enumerate(layers[:place]) if isinstance(each, Link)), 0)
    at = first + 1 if place else 0
    return [*children[:at], layer, *children[at:]]


def _without(children: list[Link], gone: list[Any]) -> list[Link]:
    """Return the children without those among `gone`; one that is there twice stays once."""
    kept = list(children)
    for layer in gone:
        place = next((at for at, child in enumerate(kept) if child is layer), None)
        if place is not None:
            del kept[place]
    return kept


def _type_name(layer: Any) -> str | None:
    return type(layer).__name__ if isinstance(layer, Link) else getattr(layer, "__name__", None)


def _layers_of(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        message = f"a Sequential goes together with a Sequential, not {type(other).__name__}"
        raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
    return other
