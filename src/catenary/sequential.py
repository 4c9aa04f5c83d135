"""Sequential: layers, links and plain functions alike, called one after the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from catenary.link import ChainList, Link

__all__ = ["Sequential"]

Layer = Callable[..., Any]


class Sequential(ChainList):
    """A list of callables; what one returns, the next receives (a tuple as several arguments).

    Those that are links are the children, numbered among themselves.

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
        layers[index] = layer
        self._arrange(layers)

    def __delitem__(self, index: Any) -> None:
        layers = list(self._layers)
        del layers[index]
        self._arrange(layers)

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
        layers = list(self._layers)
        layers.insert(index, layer)
        self._arrange(layers)

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
        """Take `layers` as the layers, and the links among them as the children."""
        for layer in layers:
            if not callable(layer):
                message = f"a layer of a Sequential can be called; {layer!r} cannot"
                raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
        self._hold(layer for layer in layers if isinstance(layer, Link))
        self._layers = layers

    # ---- copies, text
    def _share(self) -> Any:
        twin = super()._share()
        children = iter(twin._children)
        twin._layers = [
            next(children) if isinstance(layer, Link) else copy.copy(layer)
            for layer in self._layers
        ]
        return twin

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        """Copy values from another Sequential; see :meth:`Link.copyparams`.

        Raises:
            ValueError: If `link` is no Sequential, or a shape differs.
        """
        super().copyparams(_layers_of(link), copy_persistent)

    def _printed_children(self) -> Iterator[tuple[str, Any]]:
        return ((str(index), layer) for index, layer in enumerate(self._layers))


def _type_name(layer: Any) -> str | None:
    return type(layer).__name__ if isinstance(layer, Link) else getattr(layer, "__name__", None)


def _layers_of(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        message = f"a Sequential goes together with a Sequential, not {type(other).__name__}"
        raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
    return other
