"""Drawings of the graph behind a Variable: which functions made it, from what, as text in DOT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from catenary._variable_graph import Operation, VariableNode
from catenary.variable import Variable

__all__ = ["ComputationalGraph", "build_computational_graph"]

Node = VariableNode | Operation
Edge = tuple[Node, Node]
Style = Mapping[str, str] | Literal["default"] | None

_VARIABLE_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}
_FUNCTION_STYLE = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}
_DIRECTIONS = ("TB", "BT", "LR", "RL")


class ComputationalGraph:
    """A graph of Variables and functions that can be written down.

    Args:
        nodes: VariableNodes and functions.
        edges: Pairs of nodes, from what was read to who read it and from function to result.
        variable_style: Attributes of Variables in DOT. ``"default"`` draws grey octagons, None
            plain ovals.
        function_style: Attributes of functions. ``"default"`` draws blue boxes, None plain ones.
        rankdir: Direction of the drawing: ``"TB"`` (top to bottom), ``"BT"``, ``"LR"`` or ``"RL"``.
        remove_variable: Whether to draw functions only, joined where one reads another's result.
        show_name: Whether to write a Variable's name before its shape and dtype.

    Attributes:
        nodes: The nodes.
        edges: The edges.

    Raises:
        ValueError: If `rankdir` is none of the four.

    Differs:
        Nodes are numbered in the order of `nodes`, so equal graphs give equal text (Chainer prints
        addresses); quotes in names are escaped.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        edges: Iterable[Edge],
        variable_style: Style = "default",
        function_style: Style = "default",
        rankdir: str = "TB",
        remove_variable: bool = False,
        show_name: bool = True,
    ) -> None:
        if rankdir not in _DIRECTIONS:
            raise ValueError(f"rankdir must be one of {', '.join(_DIRECTIONS)}, not {rankdir!r}")
        self.nodes = list(nodes)
        self.edges = list(edges)
        self.variable_style = _style(variable_style, _VARIABLE_STYLE)
        self.function_style = _style(function_style, _FUNCTION_STYLE)
        self.rankdir = rankdir
        self.remove_variable = remove_variable
        self.show_name = show_name

    def dump(self, format: str = "dot") -> str:
        """Return the graph as text.

        Args:
            format: The language; ``"dot"`` is the only one.

        Raises:
            NotImplementedError: If `format` is another.
        """
        if format != "dot":
            raise NotImplementedError(f"graphs are written as 'dot', not as {format!r}")
        nodes, edges = self.nodes, self.edges
        if self.remove_variable:
            nodes = [node for node in nodes if isinstance(node, Operation)]
            edges = _between_functions(edges)
        number = {node: index for index, node in enumerate(nodes)}
        lines = [f"{number[node]} [{self._attributes(node)}];" for node in nodes]
        lines += [f"{number[head]} -> {number[tail]};" for head, tail in dict.fromkeys(edges)]
        return "".join([f"digraph graphname{{rankdir={self.rankdir};", *lines, "}"])

    def _attributes(self, node: Node) -> str:
        label = node.label
        if isinstance(node, VariableNode):
            if self.show_name and node.name is not None:
                label = f"{node.name}: {label}"
            attributes = {"label": label, "shape": "oval", **self.variable_style}
        else:
            attributes = {"label": label, "shape": "box", **self.function_style}
        return ",".join(f'{name}="{_escape(value)}"' for name, value in attributes.items())


def build_computational_graph(
    outputs: Variable | Node | Iterable[Variable | Node],
    remove_split: bool = True,
    variable_style: Style = "default",
    function_style: Style = "default",
    rankdir: str = "TB",
    remove_variable: bool = False,
    show_name: bool = True,
) -> ComputationalGraph:
    """Gather everything that `outputs` were computed from.

    Args:
        outputs: Variable, VariableNode or function, or several of them.
        remove_split: Must be True; Chainer keeps it for old programs, and so do we.
        variable_style: As for :class:`ComputationalGraph`, like all that follow.
        function_style: Attributes of functions in DOT.
        rankdir: Direction of the drawing.
        remove_variable: Whether to draw functions only.
        show_name: Whether to write Variables' names.

    Returns:
        The graph. It ends where `unchain_backward` cut.

    Raises:
        ValueError: If `remove_split` is False, or `rankdir` unknown.
        TypeError: If an output is none of the three.
    """
    if not remove_split:
        raise ValueError("remove_split=False: graphs have had no split nodes since Chainer 2")
    starts = [outputs] if isinstance(outputs, (Variable, VariableNode, Operation)) else [*outputs]
    nodes: dict[Node, None] = {}
    edges: list[Edge] = []
    waiting = [_start(output) for output in starts]
    while waiting:
        node = waiting.pop()
        if node in nodes:
            continue
        nodes[node] = None
        sources = _sources(node)
        edges += [(source, node) for source in sources]
        waiting += reversed(sources)
    return ComputationalGraph(
        nodes, edges, variable_style, function_style, rankdir, remove_variable, show_name
    )


def _start(output: Any) -> Node:
    if isinstance(output, Variable):
        return output.node
    if isinstance(output, (VariableNode, Operation)):
        return output
    raise TypeError(
        "a graph is built from Variables, VariableNodes and functions, "
        f"not from {type(output).__name__}"
    )


def _sources(node: Node) -> list[Node]:
    if isinstance(node, Operation):
        return list(node.inputs or ())
    return [] if node.creator_node is None else [node.creator_node]


def _between_functions(edges: list[Edge]) -> list[Edge]:
    """Join functions where one reads what another made."""
    return [
        (head.creator_node, tail)
        for head, tail in edges
        if isinstance(head, VariableNode) and head.creator_node is not None
    ]


def _style(style: Style, default: dict[str, str]) -> dict[str, str]:
    return default if style == "default" else dict(style or {})


def _escape(text: str) -> str:
    return str(text).replace('"', '\\"')
