"""How every benchmark writes its table down."""

from __future__ import annotations

import platform
import time
from pathlib import Path

import torch

__all__ = ["write"]


def write(path: Path, title: str, about: str, lines: list[str]) -> None:
    """Write a file of results, in a folder that is made where it is not there.

    Args:
        path: The file.
        title: Its heading.
        about: How it was measured; the machine and the day are added.
        lines: The table, in Markdown.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, torch {torch.__version__}, {time.strftime('%Y-%m-%d')}"
    text = "\n".join([f"# {title}", "", f"{machine}; {about}.", "", *lines, ""])
    path.write_text(text, encoding="utf-8")
