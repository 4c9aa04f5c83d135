"""`pkg_resources`, as far as training programs used it, on `importlib.metadata`."""

from __future__ import annotations

import importlib
import importlib.metadata
from pathlib import Path
from typing import IO, Any

from catenary.legacy.modules.distutils.version import LooseVersion

__all__ = [
    "DistributionNotFound",
    "get_distribution",
    "iter_entry_points",
    "parse_version",
    "resource_exists",
    "resource_filename",
    "resource_listdir",
    "resource_stream",
    "resource_string",
]

parse_version = LooseVersion
DistributionNotFound = importlib.metadata.PackageNotFoundError


class Distribution:
    """An installed distribution.

    Attributes:
        project_name: Its name.
        version: Its version.
        location: The folder that it is installed in.
    """

    def __init__(self, name: str) -> None:
        found = importlib.metadata.distribution(name)
        self.project_name = self.key = found.metadata["Name"]
        self.version = found.version
        self.parsed_version = parse_version(found.version)
        self.location = str(found.locate_file(""))


def get_distribution(dist: str) -> Distribution:
    """Return an installed distribution.

    Raises:
        DistributionNotFound: If it is not installed.
    """
    return Distribution(dist)


def iter_entry_points(group: str, name: str | None = None) -> Any:
    """Return the entry points of a group, those of one name where it is given."""
    found = importlib.metadata.entry_points(group=group)
    return iter([one for one in found if name in {None, one.name}])


def resource_filename(package_or_requirement: str, resource_name: str) -> str:
    """Return the path of a file that lies beside a package's code."""
    return str(_path(package_or_requirement, resource_name))


def resource_exists(package_or_requirement: str, resource_name: str) -> bool:
    """Return whether a package has a file or folder of this name."""
    return _path(package_or_requirement, resource_name).exists()


def resource_listdir(package_or_requirement: str, resource_name: str) -> list[str]:
    """Return the names in a package's folder."""
    return [path.name for path in _path(package_or_requirement, resource_name).iterdir()]


def resource_string(package_or_requirement: str, resource_name: str) -> bytes:
    """Return the bytes of a package's file."""
    return _path(package_or_requirement, resource_name).read_bytes()


def resource_stream(package_or_requirement: str, resource_name: str) -> IO[bytes]:
    """Open a package's file."""
    return _path(package_or_requirement, resource_name).open("rb")


def _path(package: str, resource: str) -> Path:
    file = importlib.import_module(package).__file__
    if file is None:
        raise ValueError(f"{package} has no file, so no files beside it")
    return Path(file).parent / resource
