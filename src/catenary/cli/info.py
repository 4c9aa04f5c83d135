"""`catenary info`: what this machine has, or what a file holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy

from catenary._runtime_info import runtime_info
from catenary.cli import files

__all__ = ["work"]


def work(options: argparse.Namespace) -> int:
    """Print it, as text or as JSON."""
    found = runtime_info() if options.file is None else _file(options.file)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(_text(found)))
    return 0


def _file(path: Path) -> dict[str, Any]:
    content = files.read(path)
    arrays = [
        {"name": name, "dtype": content.dtypes[name], "shape": list(array.shape)}
        for name, array in content.arrays.items()
    ]
    found: dict[str, Any] = {
        "file": str(path),
        "format": content.kind,
        "values": sum(array.size for array in content.arrays.values()),
        "arrays": arrays,
        "others": {name: _other(value) for name, value in content.others.items()},
    }
    optimizers = _optimizers(content.arrays)
    if "updater/iteration" in content.arrays:
        found["iteration"] = int(content.arrays["updater/iteration"])
    if optimizers:
        found["optimizers"] = optimizers
    return found


def _other(value: Any) -> str:
    if isinstance(value, numpy.ndarray):
        value = value.item() if value.shape == () else value.tolist()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _optimizers(arrays: dict[str, Any]) -> dict[str, Any]:
    """Each optimizer's count, hyperparameters, and the states of its parameters."""
    found = {}
    for name in arrays:
        above, _, leaf = name.rpartition("/")
        place = f"{above}/" if above else ""
        if leaf == "epoch" and f"{place}t" in arrays and "iterator:" not in above:
            inside = {k.removeprefix(place): v for k, v in arrays.items() if k.startswith(place)}
            found[above or "."] = _optimizer(inside)
    return found


def _optimizer(inside: dict[str, Any]) -> dict[str, Any]:
    states = [name.rpartition("/") for name in inside if "/" in name]
    own = [(above, leaf) for above, _, leaf in states if not above.startswith("hyperparam")]
    return {
        "t": int(inside["t"]),
        "epoch": int(inside["epoch"]),
        "hyperparameters": {
            name.removeprefix("hyperparam/"): inside[name].item()
            for name in inside
            if name.startswith("hyperparam/") and inside[name].size == 1
        },
        "states": sorted({leaf for above, leaf in own if "hyperparam" not in above} - {"t"}),
        "parameters": len({above for above, leaf in own if leaf == "t"}),
    }


def _text(found: dict[str, Any]) -> list[str]:
    lines = []
    width = max(len(key) for key in found)
    for key, value in found.items():
        if key == "arrays":
            lines += _table(value)
        elif key == "others":
            lines += [f"  {name}  {text}" for name, text in value.items()]
        elif key == "optimizers":
            for place, one in value.items():
                lines.append(f"optimizer {place}")
                lines += [f"  {word}: {_words(what)}" for word, what in one.items()]
        else:
            lines.append(f"{key:<{width}}  {_words(value)}")
    return lines


def _table(arrays: list[dict[str, Any]]) -> list[str]:
    width = max((len(one["name"]) for one in arrays), default=0)
    return [f"  {a['name']:<{width}}  {a['dtype']:<8}  {tuple(a['shape'])}" for a in arrays]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {one}" for name, one in value.items()) or "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
