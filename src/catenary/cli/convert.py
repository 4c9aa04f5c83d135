"""`catenary convert`: a model's file in another format, names translated, shapes checked."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from typing import Any

import numpy

from catenary.bridge.convert import chainer_names, check_shapes, torch_names
from catenary.cli import files
from catenary.errors import SnapshotError

__all__ = ["work"]

_MODEL = "updater/model:main"  # where a Trainer's snapshot keeps the model


def work(options: argparse.Namespace) -> int:
    """Convert the file; nothing is written unless everything fits."""
    parser: argparse.ArgumentParser = options.parser
    kind = files.kind_of_name(options.target)
    if kind is None:
        parser.error(
            f"DST {options.target} must end in .npz, .h5, .hdf5, .safetensors, .pt or .pth."
        )
    content = files.read(options.source)
    prefix = _prefix(content, options.prefix, kind)
    arrays = _below(prefix, content.arrays)
    others = _below(prefix, content.others)
    if not arrays:
        raise SnapshotError(_nothing(options.source, prefix, content))
    if "t" in arrays and "epoch" in arrays and kind in files.TORCH:
        raise SnapshotError(
            f"{options.source} holds an optimizer's state, which torch's optimizers keep otherwise."
            "\nConvert the model's file instead."
        )
    wanted = {} if options.like is None else _shapes(files.read(options.like).arrays)
    names = _names(arrays, content.kind, kind, wanted)
    converted = _rearranged(names, arrays)
    if kind in files.CHAINER and content.kind in files.CHAINER:
        _refuse_pickled(options.source, others)
        converted |= others
        others = {}
    if options.like is not None:
        check_shapes(_shapes(converted), wanted)
    if not options.dry_run:
        # Before the map is printed, which may end the process: in `... | head` nobody reads it all.
        files.write(options.target, converted)
    if prefix and options.prefix is None:
        print(f"taking the model of a Trainer's snapshot: {prefix}")
    _report(names, converted, others, _below(prefix, content.dtypes))
    if options.dry_run:
        print(f"nothing written: {options.target} would hold {len(converted)} arrays")
    else:
        print(f"{options.target} holds {len(converted)} arrays")
    return 0


def _refuse_pickled(source: Any, values: Mapping[str, Any]) -> None:
    pickled = [name for name, value in values.items() if isinstance(value, files.Pickled)]
    if pickled:
        raise SnapshotError(
            f"{source} holds pickled Python objects: {', '.join(pickled)}. A pickle is a program, "
            "and none is ever read here.\n"
            "Convert a part that holds none, with --prefix, or to a file of PyTorch's, which takes "
            "the arrays alone."
        )


def _prefix(content: files.Content, asked: str | None, target: str) -> str | None:
    if asked is not None:
        return asked.strip("/.")
    is_snapshot = any(name.startswith(f"{_MODEL}/") for name in content.arrays)
    return _MODEL if is_snapshot and target in files.TORCH else None


def _below(prefix: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    if prefix is None:
        return {name.strip("/"): value for name, value in values.items()}
    return {
        name[len(prefix) + 1 :]: value
        for name, value in values.items()
        if name.startswith((f"{prefix}/", f"{prefix}."))
    }


def _nothing(source: Any, prefix: str | None, content: files.Content) -> str:
    if prefix is None:
        return f"{source} holds no arrays."
    firsts = sorted({name.replace(".", "/").split("/")[0] for name in content.arrays})
    return f"{source} has nothing below {prefix!r}; its names begin with {', '.join(firsts)}."


def _names(
    arrays: Mapping[str, Any], source: str, target: str, wanted: Collection[str]
) -> list[tuple[str, str]]:
    if source in files.CHAINER and target in files.TORCH:
        return torch_names(_shapes(arrays), wanted)
    if source in files.TORCH and target in files.CHAINER:
        return chainer_names(_shapes(arrays))
    return [(name, name) for name in arrays]


def _rearranged(names: list[tuple[str, str]], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays by their new names: parts put together, or an array cut into its parts."""
    together: dict[str, list[str]] = {}
    apart: dict[str, list[str]] = {}
    for name, new in names:
        together.setdefault(new, []).append(name)
        apart.setdefault(name, []).append(new)
    made: dict[str, Any] = {}
    for new, parts in together.items():
        array, news = arrays[parts[0]], apart[parts[0]]
        if len(parts) > 1:
            made[new] = numpy.concatenate([arrays[part] for part in parts])
        elif len(news) > 1:
            made[new] = numpy.split(array, len(news))[news.index(new)]
        else:
            made[new] = array
    return made


def _shapes(arrays: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(array.shape) for name, array in arrays.items() if hasattr(array, "shape")}


def _report(
    names: list[tuple[str, str]],
    converted: Mapping[str, Any],
    left_out: Mapping[str, Any],
    dtypes: Mapping[str, str],
) -> None:
    width, new_width = (max(map(len, column)) for column in zip(*names, strict=True))
    for name, new in names:
        array = converted[new]
        widened = f" (was {dtypes[name]})" if dtypes[name] != str(array.dtype) else ""
        print(f"{name:<{width}}  ->  {new:<{new_width}}  {array.dtype} {array.shape}{widened}")
    for name in left_out:
        print(f"{name:<{width}}  left out: no array of numbers")
