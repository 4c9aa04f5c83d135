"""The page of all names of Chainer 7.8.1 and whether catenary has them, asked of the code.

mkdocs runs this while it builds; `python tools/supported_names.py` prints the page.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from catenary import __version__
from catenary.standin import importing, names, resolving

PAGE = "chainer-names.md"
# The modules that Chainer's documentation describes; deep paths lead to the same objects.
MODULES = (
    "chainer",
    "chainer.functions",
    "chainer.links",
    "chainer.links.caffe",
    "chainer.optimizer",
    "chainer.optimizers",
    "chainer.optimizer_hooks",
    "chainer.initializers",
    "chainer.distributions",
    "chainer.dataset",
    "chainer.dataset.tabular",
    "chainer.datasets",
    "chainer.iterators",
    "chainer.training",
    "chainer.training.extensions",
    "chainer.training.triggers",
    "chainer.training.updaters",
    "chainer.serializers",
    "chainer.function_hooks",
    "chainer.link_hooks",
    "chainer.computational_graph",
    "chainer.gradient_check",
    "chainer.backend",
    "chainer.backends.cuda",
    "chainer.utils",
    "chainer.utils.type_check",
    "chainer.testing",
    "chainermn",
    "chainermn.datasets",
    "chainermn.extensions",
    "chainermn.functions",
    "chainermn.iterators",
    "chainermn.links",
)


def public_names(module: str) -> list[str]:
    """The functions, classes and values of one of Chainer's modules; its modules are listed apart.

    A name that Chainer has from another of its modules counts where that is part of its public
    face: in a package, whose `__init__` gathers names.
    """
    package = names.is_package(module)
    return [
        name
        for name, home in names.chainer_names(module).items()
        if home not in names.chainer_modules() and (package or home == f"{module}.{name}")
    ]


def is_here(path: str) -> bool:
    """Whether a program that names this path gets something."""
    try:
        found = resolving.find(path)
    except (AttributeError, ImportError):
        return False
    return not inspect.ismodule(found)


def page() -> str:
    """The page, in Markdown."""
    importing.install()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are deprecated, here as there
        found = {
            module: {name: is_here(f"{module}.{name}") for name in public_names(module)}
            for module in MODULES
        }
    total = sum(map(len, found.values()))
    here = sum(sum(one.values()) for one in found.values())
    return "\n".join([*_head(here, total), *_overview(found), *_lists(found)]) + "\n"


def _head(here: int, total: int) -> Iterator[str]:
    yield "# Chainer's names"
    yield ""
    yield (
        f"catenary {__version__} has {here} of the {total} public names of Chainer 7.8.1 below. "
        "This page is made from the code. Deep paths, such as "
        "`chainer.functions.activation.relu.relu`, lead to the same objects; "
        "`catenary check` says which names of a program are lacking, line by line."
    )
    yield ""


def _overview(found: dict[str, dict[str, bool]]) -> Iterator[str]:
    yield "| module | here | of | lacking |"
    yield "|---|---:|---:|---|"
    for module, entries in found.items():
        lacking = ", ".join(f"`{name}`" for name, here in entries.items() if not here)
        yield f"| `{module}` | {sum(entries.values())} | {len(entries)} | {lacking or '–'} |"
    yield ""


def _lists(found: dict[str, dict[str, bool]]) -> Iterator[str]:
    for module, entries in found.items():
        yield f"## {module}"
        yield ""
        yield ", ".join(f"`{name}`" for name, here in entries.items() if here) or "None yet."
        yield ""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page; mkdocs calls this."""
    files.append(File.generated(config, PAGE, content=page()))
    return files


if __name__ == "__main__":
    print(page(), end="")
