"""Downloads: fetched once, checked, and kept where Chainer keeps them.

Files from the network lie in ``<root>/_dl_cache``, each under the MD5 of its URL; what is made of
them lies in ``<root>/<name of the dataset>``. The root is ``~/.chainer/dataset``, unless the
environment variable ``CHAINER_DATASET_ROOT`` or :func:`set_dataset_root` names another.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import filelock

from catenary.errors import DownloadError

__all__ = [
    "Remote",
    "cache_or_load_file",
    "cached_download",
    "fetch",
    "get_dataset_directory",
    "get_dataset_root",
    "set_dataset_root",
]

_dataset_root = os.environ.get(
    "CHAINER_DATASET_ROOT", str(Path("~", ".chainer", "dataset").expanduser())
)
_TIMEOUT = 60.0  # seconds without a byte
_BLOCK = 1 << 20

Content = TypeVar("Content")


class Remote(NamedTuple):
    """A file that is known: where it is, and how to recognise it.

    Attributes:
        url: Chainer's URL, which names the file in the cache.
        md5: Published MD5 of the file.
        mirrors: Where to look, in this order; by default at `url`.
    """

    url: str
    md5: str | None = None
    mirrors: tuple[str, ...] = ()


def get_dataset_root() -> str:
    """Return the directory under which datasets are kept."""
    return _dataset_root


def set_dataset_root(path: str) -> None:
    """Keep datasets under another directory from now on.

    Args:
        path: The directory; it is made when it is needed.
    """
    global _dataset_root
    _dataset_root = path


def get_dataset_directory(dataset_name: str, create_directory: bool = True) -> str:
    """Return the directory of a dataset.

    Args:
        dataset_name: Path under the root, such as ``"pfnet/chainer/mnist"``.
        create_directory: Whether to make the directory if it is not there.
    """
    path = Path(_dataset_root, dataset_name)
    if create_directory:
        path.mkdir(parents=True, exist_ok=True)
    return str(path)


def cached_download(url: str) -> str:
    """Download a file, unless it was downloaded before.

    Args:
        url: Where it is.

    Returns:
        Path of the file in the cache.

    Raises:
        DownloadError: If it cannot be downloaded; the cache is as before.
        OSError: If the cache's directory cannot be made.
    """
    return fetch(Remote(url))


def fetch(remote: Remote) -> str:
    """Download a known file from the first mirror that has it, unless it was downloaded before.

    A file arrives under its name in one piece or not at all, however many processes ask for it.

    Args:
        remote: The file.

    Returns:
        Path of the file in the cache.

    Raises:
        DownloadError: If no mirror has the file as it should be.
    """
    cache = Path(_dataset_root, "_dl_cache")
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / hashlib.md5(remote.url.encode(), usedforsecurity=False).hexdigest()
    if path.exists():
        return str(path)
    failures = []
    for url in remote.mirrors or (remote.url,):
        with tempfile.TemporaryDirectory(dir=cache) as directory:
            arriving = Path(directory, "dl")
            sys.stderr.write(f"Downloading from {url}...\n")
            sys.stderr.flush()
            try:
                digest = _receive(url, arriving)
            except (OSError, ValueError) as error:
                failures.append(f"{url}: {error}")
                continue
            if remote.md5 not in (None, digest):
                failures.append(f"{url}: sent another file (MD5 {digest}, not {remote.md5})")
                continue
            with _locked(cache / "_dl_lock"):
                arriving.replace(path)
            return str(path)
    tried = "\n".join(f"  {failure}" for failure in failures)
    raise DownloadError(
        f"{remote.url} could not be downloaded:\n{tried}\n"
        "Without a network, fetch the file elsewhere and save it as\n"
        f"  {path}\n"
        "or set CHAINER_DATASET_ROOT to a directory that has it already."
    )


def _receive(url: str, path: Path) -> str:
    """Write what a URL holds to a file; return its MD5."""
    digest = hashlib.md5(usedforsecurity=False)
    request = urllib.request.Request(url, headers={"User-Agent": "catenary"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as source, path.open("wb") as target:  # noqa: S310
        expected = source.headers.get("Content-Length")
        received = 0
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
            received += len(block)
    if expected is not None and received != int(expected):
        raise ConnectionError(f"the connection ended after {received} of {expected} bytes")
    return digest.hexdigest()


def cache_or_load_file(
    path: str, creator: Callable[[str], Content], loader: Callable[[str], Content]
) -> Content:
    """Load a file, or make it if it is not there.

    The file gets its name when it is complete, however many processes make it at the same time.

    Args:
        path: Path of the file, in a directory that exists.
        creator: Makes the file at the path that it is given, which is a temporary one with the
            same last part, and returns the content.
        loader: Reads the file at the path that it is given, and returns the content.
    """
    target = Path(path)
    if target.exists():
        return loader(path)
    Path(_dataset_root).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        fresh = Path(directory, target.name)
        content = creator(str(fresh))
        with _locked(Path(_dataset_root, "_create_lock")):
            if not target.exists():
                fresh.replace(target)
    return content


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[Any]:
    with filelock.FileLock(path):
        yield
