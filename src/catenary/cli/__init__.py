"""The command `catenary`: `run`, `check`, `convert` and `info`, one module each.

It may call the front door, and modules by their names, each when its command is asked for: help
loads no torch. Called by the user's shell.
"""

from __future__ import annotations

from catenary.cli.command import main

__all__ = ["main"]
