"""matplotlib, where it is installed: pictures are drawn without its global state and windows."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

from catenary.serializers.atomic import replacing

__all__ = ["available", "new_figure", "save_figure"]


def available() -> bool:
    """Return whether matplotlib is installed; warn where it is not."""
    if importlib.util.find_spec("matplotlib") is not None:
        return True
    warnings.warn(
        "matplotlib is not installed, so nothing will be plotted: pip install matplotlib",
        stacklevel=3,
    )
    return False


def new_figure(**options: Any) -> Any:
    """Return an empty figure that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(**options)


def save_figure(figure: Any, path: Path, **options: Any) -> None:
    """Save a figure in the format that the file's name says, PNG where it says none."""
    with replacing(path) as stream:
        figure.savefig(stream, format=path.suffix[1:] or "png", **options)
