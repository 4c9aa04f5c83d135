"""Names of a model's arrays: Chainer's paths (``l1/W``) and torch's (``l1.weight``).

The arrays themselves are the same on both sides: both keep a linear layer's weight as (out, in),
a convolution's as (out, in, ...), a deconvolution's as (in, out, ...), an embedding's as (ids, n).
Only networks over sequences have other arrays; see :mod:`catenary.bridge.n_step`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from catenary.bridge.n_step import chainer_parts, torch_parts
from catenary.errors import SnapshotError

__all__ = ["chainer_names", "check_shapes", "torch_names"]

Shape = tuple[int, ...]
Pairs = list[tuple[str, str]]

_TO_TORCH = {
    "W": "weight",
    "b": "bias",
    "gamma": "weight",
    "beta": "bias",
    "avg_mean": "running_mean",
    "avg_var": "running_var",
}
_RUNNING = {torch: chainer for chainer, torch in _TO_TORCH.items() if "running" in torch}


def torch_names(shapes: Mapping[str, Shape], wanted: Collection[str] = ()) -> Pairs:
    """Return (Chainer's name, torch's name) of each array.

        W, gamma → weight    b, beta → bias    avg_mean, avg_var → running_mean, running_var
        N → num_batches_tracked, beside running statistics; every other name stays

    Several names in Chainer that have one in torch are parts of one array, from above.

    Args:
        shapes: Shape by name (``"predictor/l1/W"``; a slash in front does not matter).
        wanted: Names in torch, if known; see :func:`~catenary.bridge.n_step.torch_parts`.

    Raises:
        SnapshotError: If two arrays would have one name.
    """
    parts = torch_parts(shapes, wanted)
    shapes = _without(parts, shapes)
    names = {name: _split(name, "/") for name in shapes}
    present = {(*above, leaf) for above, leaf in names.values()}

    def leaf_of(above: tuple[str, ...], leaf: str, shape: Shape) -> str:
        if leaf == "N" and (*above, "avg_mean") in present:
            return "num_batches_tracked"
        return _TO_TORCH.get(leaf, leaf)

    return _translated(shapes, "/", ".", leaf_of) + parts


def chainer_names(shapes: Mapping[str, Shape]) -> Pairs:
    """Return (torch's name, Chainer's name) of each array.

    The inverse of :func:`torch_names`. A `weight` is a `gamma` beside running statistics, or where
    it has one axis and a `bias` (layer and group normalization); else it is a `W`.

    Args:
        shapes: Shape by name (``"predictor.l1.weight"``).

    Raises:
        SnapshotError: If two arrays would have one name.
    """
    parts = chainer_parts(shapes)
    shapes = _without(parts, shapes)
    names = {name: _split(name, ".") for name in shapes}
    present = {(*above, leaf): shapes[name] for name, (above, leaf) in names.items()}

    def leaf_of(above: tuple[str, ...], leaf: str, shape: Shape) -> str:
        if leaf in {"weight", "bias"}:
            weight = present.get((*above, "weight"))
            both = weight is not None and (*above, "bias") in present
            flat = weight is not None and len(weight) == 1
            normalizes = (*above, "running_mean") in present or (both and flat)
            scale, shift = ("gamma", "beta") if normalizes else ("W", "b")
            return scale if leaf == "weight" else shift
        return "N" if leaf == "num_batches_tracked" else _RUNNING.get(leaf, leaf)

    return _translated(shapes, ".", "/", leaf_of) + parts


def _without(parts: Pairs, shapes: Mapping[str, Shape]) -> Mapping[str, Shape]:
    done = {name for name, _ in parts}
    return {name: shape for name, shape in shapes.items() if name not in done}


def _translated(
    shapes: Mapping[str, Shape],
    between: str,
    other: str,
    leaf_of: Callable[[tuple[str, ...], str, Shape], str],
) -> Pairs:
    made: Pairs = []
    taken: dict[str, str] = {}
    for name, shape in shapes.items():
        above, leaf = _split(name, between)
        new = other.join((*above, leaf_of(above, leaf, shape)))
        if new in taken:
            raise SnapshotError(
                f"{taken[new]} and {name} would both be called {new}.\n"
                "Rename one of them, or convert a part of the model with --prefix."
            )
        made.append((name, new))
        taken[new] = name
    return made


def _split(name: str, between: str) -> tuple[tuple[str, ...], str]:
    *above, leaf = name.strip("/").split(between)
    return tuple(above), leaf


def check_shapes(shapes: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> None:
    """Compare a model's arrays with those that another model wants.

    Args:
        shapes: What there is, by name.
        wanted: What there should be, by name.

    Raises:
        SnapshotError: If a name is missing or too many, or a shape differs; it lists them all.
    """
    complaints = [f"  {name} is missing: {wanted[name]}" for name in wanted if name not in shapes]
    complaints += [
        f"  {name} is not wanted: {shapes[name]}" for name in shapes if name not in wanted
    ]
    complaints += [
        f"  {name} is {shapes[name]} and should be {wanted[name]}"
        for name in shapes
        if name in wanted and shapes[name] != wanted[name]
    ]
    if complaints:
        raise SnapshotError("the model does not fit:\n" + "\n".join(complaints))
