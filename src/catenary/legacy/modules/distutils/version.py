"""Versions that can be compared."""

from __future__ import annotations

import functools
import re

__all__ = ["LooseVersion", "StrictVersion", "Version"]


@functools.total_ordering
class Version:
    """A version, compared part by part: numbers as numbers, words as words."""

    def __init__(self, vstring: str | None = None) -> None:
        if vstring is not None:
            self.parse(vstring)

    def parse(self, vstring: str) -> None:
        """Read a version."""
        self.vstring = vstring
        parts = re.findall(r"\d+|[a-z]+", vstring)
        self.version: list[int | str] = [int(p) if p.isdigit() else p for p in parts]

    def __str__(self) -> str:
        return self.vstring

    def __repr__(self) -> str:
        return f"{type(self).__name__} ('{self}')"

    def _parts(self) -> list[tuple[bool, int, str]]:
        """Numbers after words, so that 1.0rc1 comes before 1.0.1."""
        return [(True, p, "") if isinstance(p, int) else (False, 0, p) for p in self.version]

    def _other(self, other: object) -> Version | None:
        return (
            type(self)(other)
            if isinstance(other, str)
            else other
            if isinstance(other, Version)
            else None
        )

    def __eq__(self, other: object) -> bool:
        known = self._other(other)
        return known is not None and self._parts() == known._parts()

    def __lt__(self, other: object) -> bool:
        known = self._other(other)
        if known is None:
            return NotImplemented
        return self._parts() < known._parts()

    def __hash__(self) -> int:
        return hash(tuple(self.version))


class LooseVersion(Version):
    """Any version."""


class StrictVersion(Version):
    """A version of two or three numbers, with `a` or `b` and a number at the end or without.

    Raises:
        ValueError: For any other.
    """

    _form = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?")

    def parse(self, vstring: str) -> None:
        """Read a version; one without `a` or `b` comes after those with it."""
        found = self._form.fullmatch(vstring)
        if found is None:
            raise ValueError(f"invalid version number {vstring!r}")
        major, minor, patch, phase, number = found.groups()
        self.vstring = vstring
        self.version = [int(major), int(minor), int(patch or 0), phase or "final", int(number or 0)]
