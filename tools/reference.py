"""The API reference: mkdocs runs this while it builds, and a public name left out stops the build.

One page a room. What a room's package exports comes first, under its shortest path; what else its
modules export follows under their own. A name is public where a public module's `__all__` has it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

PACKAGE = "catenary"
SRC = Path(__file__).parents[1] / "src"
NO_REFERENCE = {"cli", "demo", "legacy", "standin"}  # programs and stand-ins: nothing to call

WHAT_IT_IS = {
    "optimizers": "Chainer's optimizers",
    "optimizer": "how optimizers work",
    "optimizer_hooks": "hooks",
    "expr": "formulas as data",
    "kernel": "formulas made to run",
    "as_chainer": "standing in for Chainer",
}


class Entry(NamedTuple):
    """A public name: the path to write, and the object's own path."""

    path: str
    canonical: str
    has_docstring: bool


def load(src: Path = SRC, package: str = PACKAGE) -> Any:
    """Read the package's source without importing it."""
    return griffe.load(package, search_paths=[src])


def rooms(tree: Any) -> dict[str, list[Entry]]:
    """The public names of each room, each object once, under its shortest path."""
    found: dict[str, list[Entry]] = {}
    for name, room in sorted(tree.modules.items()):
        if not _is_private(name) and name not in NO_REFERENCE:
            entries: dict[str, Entry] = {}
            for entry in sorted(_exports(room), key=lambda e: (e.path.count("."), e.path)):
                entries.setdefault(entry.canonical, entry)
            found[name] = list(entries.values())
    return found


def _exports(module: Any) -> Iterator[Entry]:
    for name in _public_names(module):
        member = module.members.get(name)
        if member is None:
            raise PluginError(f"{module.path}.__all__ names {name!r}, which the module lacks.")
        target = _resolve(member)
        if target is not None and not target.is_module:
            yield Entry(f"{module.path}.{name}", target.path, _has_docstring(target))
    for name, inner in module.modules.items():
        if not _is_private(name) and not inner.is_alias:
            yield from _exports(inner)


def _public_names(module: Any) -> list[str]:
    if module.exports is not None:
        return [str(name) for name in module.exports]
    return [
        name
        for name, member in module.members.items()
        if not _is_private(name) and not member.is_alias and (member.is_class or member.is_function)
    ]


def _has_docstring(target: Any) -> bool:
    if target.is_attribute:
        return True  # a constant is shown with its value, which often says all
    lineage = [target, *target.mro()] if target.is_class else [target]
    return any(one.docstring for one in lineage)


def _resolve(member: Any) -> Any:
    """The object behind a name, or None where it is another library's."""
    try:
        return member.final_target if member.is_alias else member
    except griffe.AliasResolutionError:
        return None


def _is_private(name: str) -> bool:
    return name.startswith("_")


def page(room: Any, entries: list[Entry]) -> str:
    """The page of one room, in mkdocstrings' words."""
    head = [f"# {room.path}", "", f"::: {room.path}", "    options:", "      members: false"]
    head += ["      show_root_heading: false", "      show_root_toc_entry: false", ""]
    return "\n".join(head + [f"::: {entry.path}\n" for entry in entries])


def formulas() -> str:
    """The page of every rule's and hook's formula, spelled from the code that runs."""
    from catenary import optimizer_hooks, optimizers
    from catenary.optimizer import FormulaHook

    text = ["# Formulas", "", "As traced from the code that runs; `h.t` is t, the update's number."]
    for name in optimizers.__all__:
        made = getattr(optimizers, name)()
        rule = made.create_update_rule()
        spelled = type(rule).formula(**dict(rule.flags))
        text += ["", f"## {name}", "", "```text", spelled, "```"]
    for name in optimizer_hooks.__all__:
        hook = getattr(optimizer_hooks, name)
        if isinstance(hook, type) and issubclass(hook, FormulaHook):
            text += ["", f"## {name} (hook)", "", "```text", hook.formula(), "```"]
    return "\n".join(text) + "\n"


def check_docstrings(found: dict[str, list[Entry]]) -> None:
    """Stop the build over functions and classes without a docstring, own or inherited."""
    silent = [e.path for entries in found.values() for e in entries if not e.has_docstring]
    if silent:
        raise PluginError("public names without a docstring:\n  " + "\n  ".join(silent))


def check_inventory(found: dict[str, list[Entry]], inventory: bytes) -> None:
    """Stop the build over public names that the built site does not have."""
    compressed = inventory.split(b"\n", 4)[4]
    built = {line.split(" ", 1)[0] for line in zlib.decompress(compressed).decode().splitlines()}
    missing = [e.path for entries in found.values() for e in entries if e.path not in built]
    if missing:
        raise PluginError("public names missing from the docs:\n  " + "\n  ".join(missing))


# --- what mkdocs calls ---------------------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the package and give each room its place in the navigation."""
    tree = load()
    found = rooms(tree)
    check_docstrings(found)
    config.extra["reference"] = found
    config.extra["pages"] = {name: page(tree[name], entries) for name, entries in found.items()}
    config.extra["pages"]["formulas"] = formulas()
    titles: list[Any] = [{"all formulas": "reference/formulas.md"}]
    titles += [{WHAT_IT_IS.get(name, name): f"reference/{name}.md"} for name in found]
    config.nav = [*(config.nav or []), {"Reference": titles}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for name, text in config.extra["pages"].items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Compare the built site with the public names."""
    inventory = Path(config.site_dir, "objects.inv").read_bytes()
    check_inventory(config.extra["reference"], inventory)
