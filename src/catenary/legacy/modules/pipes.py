"""`pipes`, as far as programs used it: `quote`."""

from __future__ import annotations

from shlex import quote

__all__ = ["quote"]
