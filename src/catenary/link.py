"""Links: parameters held by name, and links held by links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any

from catenary import changes
from catenary._link_base import Link

__all__ = ["Chain", "ChainList", "Link"]

Link.__module__ = __name__  # for readers, tracebacks and pickles


class Chain(Link):
    """A link that holds links by name.

    A link assigned to an attribute inside ``with self.init_scope():`` becomes a child: all that is
    done to the chain is done to it too.

    Args:
        links: Children by name.

    Example:
        >>> from catenary import Chain, functions, links
        >>> class Net(Chain):
        ...     def __init__(self):
        ...         super().__init__()
        ...         with self.init_scope():
        ...             self.l1 = links.Linear(4, 3)
        ...             self.l2 = links.Linear(3, 2)
        ...
        ...     def forward(self, x):
        ...         return self.l2(functions.relu(self.l1(x)))
        >>> [path for path, _ in Net().namedparams()]
        ['/l1/W', '/l1/b', '/l2/W', '/l2/b']
    """

    def __init__(self, **links: Link) -> None:
        super().__init__()
        self._children: set[str] = set()
        for name, link in links.items():
            self.add_link(name, link)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Link):
            if hasattr(self, name):
                raise AttributeError(
                    f"{type(self).__name__} has an attribute {name!r} already; delete it before a "
                    "link is registered under that name"
                )
            value.name = name
            self._children.add(name)
        super().__setattr__(name, value)
        if name in vars(self).get("_children", ()):
            changes.structure()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._children.discard(name)

    def add_link(self, name: str, link: Link) -> None:
        """Register a child under a new attribute.

        Args:
            name: Name of the attribute.
            link: The child.

        Raises:
            AttributeError: If the attribute exists.
            TypeError: If `link` is no link.
        """
        self._require_new(name)
        if not isinstance(link, Link):
            raise TypeError(f"a child of a Chain is a Link, not a {type(link).__name__}")
        with self.init_scope():
            setattr(self, name, link)

    def children(self) -> Iterator[Link]:
        """Yield the child links, in the order of their names."""
        held = self.__dict__
        return map(held.__getitem__, sorted(held["_children"]))

    def _named_children(self) -> Iterator[tuple[str, Link]]:
        held = vars(self)
        return iter([(name, held[name]) for name in sorted(self._children)])

    def _share(self) -> Any:
        twin = super()._share()
        twin._children = set(self._children)
        for name, child in self._named_children():
            vars(twin)[name] = child.copy("share")
            vars(twin)[name].name = name
        return twin


class ChainList(Link, MutableSequence[Any]):
    """A link that holds links in a list; their names are their positions.

    Args:
        links: Children.
    """

    def __init__(self, *links: Link) -> None:
        super().__init__()
        self._children: list[Link] = []
        for link in links:
            self.add_link(link)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Link):
            raise TypeError(
                f"a ChainList holds links by position; use append instead of assigning {name!r}"
            )
        super().__setattr__(name, value)

    def __setitem__(self, index: Any, value: Any) -> None:
        links = list(self._children)
        links[index] = list(value) if isinstance(index, slice) else value
        self._hold(links)

    def __getitem__(self, index: Any) -> Any:
        return self._children[index]

    def __delitem__(self, index: Any) -> None:
        links = list(self._children)
        del links[index]
        self._hold(links)

    def __iter__(self) -> Iterator[Link]:
        return iter(self._children)

    def __len__(self) -> int:
        return len(self._children)

    def insert(self, index: int, link: Link) -> None:
        """Insert a child before position `index`."""
        links = list(self._children)
        links.insert(index, link)
        self._hold(links)

    def add_link(self, link: Link) -> None:
        """Append a child."""
        self.append(link)

    def _hold(self, links: Iterable[Link]) -> None:
        """Take `links` as the children and number them."""
        links = list(links)
        for link in links:
            if not isinstance(link, Link):
                raise TypeError(f"a child of a ChainList is a Link, not a {type(link).__name__}")
        self._children = links
        for index, link in enumerate(links):
            link.name = str(index)
        changes.structure()

    def children(self) -> Iterator[Link]:
        """Yield the child links in order."""
        return iter(self._children)

    def _named_children(self) -> Iterator[tuple[str, Link]]:
        return ((str(index), child) for index, child in enumerate(self._children))

    def _share(self) -> Any:
        twin = super()._share()
        twin._hold(child.copy("share") for child in self._children)
        return twin
