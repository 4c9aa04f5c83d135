"""Files of arrays, of Chainer and of torch: read whole, written whole. Nothing is unpickled."""

from __future__ import annotations

import io
import pickle
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy

from catenary.errors import SnapshotError
from catenary.serializers.archive import open_archive, write_archive
from catenary.serializers.atomic import replacing

__all__ = ["CHAINER", "TORCH", "Content", "Pickled", "kind_of_name", "read", "write"]

CHAINER = ("npz", "h5")
TORCH = ("safetensors", "pt")
_KINDS = {
    ".npz": "npz",
    ".h5": "h5",
    ".hdf5": "h5",
    ".safetensors": "safetensors",
    ".pt": "pt",
    ".pth": "pt",
}

Array = numpy.ndarray[Any, Any]


class Pickled:
    """Stands for a pickled Python object in a file: it is never read."""

    def __repr__(self) -> str:
        return "a pickled Python object, not read (a pickle is a program)"


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        kind: ``npz``, ``h5``, ``safetensors`` or ``pt``.
        arrays: Arrays by name. bfloat16, which NumPy has not, is widened to float32: exact.
        dtypes: The dtype that each has in the file.
        others: What each value is that is no array of numbers: text, None, any other object,
            :class:`Pickled`.
    """

    kind: str
    arrays: dict[str, Array]
    dtypes: dict[str, str]
    others: dict[str, Any]


def kind_of_name(path: Path) -> str | None:
    """Return the kind of file that a name asks for, or None."""
    return _KINDS.get(path.suffix.lower())


def read(path: Path) -> Content:
    """Read a file, of the kind that its name says; without a known name, by its first bytes.

    Raises:
        FileNotFoundError: If there is none.
        SnapshotError: If it is damaged, or of no kind that is known.
    """
    kind = kind_of_name(path) or _kind_of_bytes(path)
    if kind is None:
        raise SnapshotError(
            f"{path} is no file of arrays that is known here.\n"
            "Known are .npz, .h5, .hdf5, .safetensors, .pt and .pth; a snapshot may have any name."
        )
    values = {"npz": _npz, "h5": _hdf5, "safetensors": _safetensors, "pt": _torch}[kind](path)
    content = Content(kind, {}, {}, {})
    for name, value in values:
        dtype = getattr(value, "dtype", None)
        if dtype is None or getattr(dtype, "kind", "f") in "OUS":
            content.others[name] = value
        else:
            content.arrays[name] = _as_numpy(value)
            content.dtypes[name] = str(dtype).removeprefix("torch.")
    return content


def write(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write a file of the kind that its name says, as a whole or not at all.

    Args:
        path: File; its suffix is one of the known ones.
        arrays: Arrays by name; None and text only for the kinds of Chainer.
    """
    kind = kind_of_name(path)
    if kind == "h5":
        from catenary.serializers import save_hdf5

        _check_tree(arrays)
        save_hdf5(path, {name: _plain(value) for name, value in arrays.items()})
        return
    with replacing(path) as stream:
        if kind == "npz":
            write_archive(stream, {k: numpy.asarray(v) for k, v in arrays.items()}, True)
        elif kind == "safetensors":
            stream.write(_safetensors_module().numpy.save({**_contiguous(arrays)}))
        else:
            import torch

            tensors = {name: torch.from_numpy(a) for name, a in _contiguous(arrays).items()}
            torch.save(tensors, stream)


def _check_tree(names: Iterable[str]) -> None:
    """Raise if a name lies below another, which HDF5's groups and datasets cannot."""
    held = {name.strip("/") for name in names}
    for name in sorted(held):
        above = [str(part) for part in PurePosixPath(name).parents if str(part) in held]
        if above:
            raise SnapshotError(
                f"{above[0]!r} would be an array and {name!r} lie below it, which an HDF5 file "
                f"cannot hold. Convert to .npz instead."
            )


def _plain(value: Any) -> Any:
    """An array of the object None as None, of text as text."""
    return value.item() if isinstance(value, numpy.ndarray) and value.dtype.kind in "OU" else value


def _contiguous(arrays: Mapping[str, Any]) -> dict[str, Array]:
    # A copy: `ascontiguousarray` would give a 0-d array an axis, and torch wants writable memory.
    return {name: numpy.array(value, order="C") for name, value in arrays.items()}


def _kind_of_bytes(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(9)
        if start.startswith(b"\x89HDF"):
            return "h5"
        if start[8:] == b"{":
            return "safetensors"
        if not start.startswith(b"PK"):
            return None
    with open_archive(path) as archive:
        return "pt" if any(name.endswith("data.pkl") for name in archive) else "npz"


def _npz(path: Path) -> Iterator[tuple[str, Any]]:
    with open_archive(path) as archive:
        for name in archive:
            array = archive.unless_pickled(name)
            yield name, Pickled() if array is None else array


def _hdf5(path: Path) -> Iterator[tuple[str, Any]]:
    from catenary.serializers import hdf5

    h5py = hdf5._h5py()
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SnapshotError(
            f"{path} is no HDF5 file, or one that was cut off ({error})."
        ) from error
    with file:
        datasets = hdf5._Datasets(file)
        for name in datasets:
            yield name, datasets[name]


def _safetensors(path: Path) -> Iterator[tuple[str, Any]]:
    module = _safetensors_module()
    try:
        yield from module.torch.load(path.read_bytes()).items()
    except module.SafetensorError as error:
        raise SnapshotError(
            f"{path} is no safetensors file, or a damaged one ({error})."
        ) from error


def _safetensors_module() -> Any:
    try:
        import safetensors.numpy
        import safetensors.torch
    except ImportError as error:
        raise SnapshotError(
            "safetensors files need the package safetensors: pip install 'catenary[safetensors]'"
        ) from error
    return safetensors


def _torch(path: Path) -> Iterator[tuple[str, Any]]:
    import torch

    content = io.BytesIO(path.read_bytes())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's doubts about files that it then refuses
            loaded = torch.load(content, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError) as error:
        raise SnapshotError(f"{path} {_why_not_loaded(error)}") from error
    if not isinstance(loaded, Mapping):
        raise SnapshotError(
            f"{path} holds a {type(loaded).__name__}, no state dict. Save model.state_dict()."
        )
    yield from _flat(loaded, "")


def _why_not_loaded(error: Exception) -> str:
    refused = re.search(r"GLOBAL ([\w.]+)", str(error))
    reason = f"it holds a {refused[1]}" if refused else "it is damaged, or not by torch.save"
    return (
        f"cannot be read as a state dict: {reason}.\n"
        "A file with other Python objects is a program and is not run here. Load it where it "
        "was made, and save model.state_dict()."
    )


def _flat(tree: Mapping[Any, Any], above: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            number = isinstance(value, (bool, int, float))
            yield f"{above}{name}", numpy.asarray(value) if number else value


def _as_numpy(value: Any) -> Array:
    if isinstance(value, numpy.ndarray):
        return value
    import torch

    narrow = value.is_floating_point() and value.dtype not in {
        torch.float16,
        torch.float32,
        torch.float64,
    }
    tensor = value.detach().to("cpu")
    return numpy.asarray((tensor.float() if narrow else tensor).contiguous().numpy())
