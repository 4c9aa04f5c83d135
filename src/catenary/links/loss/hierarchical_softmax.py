"""BinaryHierarchicalSoftmax: a choice among many as a walk down a binary tree."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from catenary import initializers
from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, reject
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["BinaryHierarchicalSoftmax"]


class BinaryHierarchicalSoftmax(Link):
    """Loss −Σ log σ(±wₑ · x) over the inner nodes e on the way to the right leaf.

    It costs a walk down the tree instead of a product with every choice.

    Args:
        in_size: Length of an input.
        tree: Pairs of pairs whose leaves are the choices, numbers from 0: ``((1, 2), 0)``.
        dtype: Without effect; the loss is computed in the dtype of the input.

    Raises:
        ValueError: A node has not two children.

    Attributes:
        W: Parameter of shape (inner node, in_size), uniform in [−1, 1) at first.
    """

    def __init__(self, in_size: int, tree: Any, dtype: Any = None) -> None:
        super().__init__()
        ways = dict(_ways(tree))
        self._nodes = max((max(way[0], default=-1) for way in ways.values()), default=-1) + 1
        size = max(ways) + 1
        lengths = [len(ways[leaf][0]) if leaf in ways else 0 for leaf in range(size)]
        self._ends = np.cumsum([0, *lengths])
        self._path = np.array([n for leaf in sorted(ways) for n in ways[leaf][0]], np.int64)
        self._turns = np.array([s for leaf in sorted(ways) for s in ways[leaf][1]], np.int64)
        with self.init_scope():
            self.W = Parameter(initializers.Uniform(1), (self._nodes, in_size))

    @staticmethod
    def create_huffman_tree(word_counts: dict[Any, Any]) -> Any:
        """Return the tree in which frequent choices are near the root.

        Args:
            word_counts: Number of occurrences by choice: ``{0: 8, 1: 5, 2: 6, 3: 4}`` gives
                ``((3, 1), (2, 0))``.

        Raises:
            ValueError: There is no choice.
        """
        if not word_counts:
            raise ValueError("word_counts is empty; a tree needs a leaf")
        # The second entry decides between equal counts, so that trees are never compared.
        heap = [(count, age, word) for age, (word, count) in enumerate(word_counts.items())]
        heapq.heapify(heap)
        while len(heap) > 1:
            (count1, age1, tree1), (count2, age2, tree2) = heapq.heappop(heap), heapq.heappop(heap)
            heapq.heappush(heap, (count1 + count2, min(age1, age2), (tree1, tree2)))
        return heap[0][2]

    def forward(self, x: Any, t: Any) -> Variable:
        """Return the sum of the losses.

        Args:
            x: Vectors, floating, shape (batch, in_size).
            t: Right choices, int32, shape (batch,); −1 is ignored.

        Raises:
            IndexError: The tree has no such choice.
            InvalidType: The shapes do not fit.
        """
        return apply("BinaryHierarchicalSoftmaxFunction", self._loss, x, t, self.W, check=_check)

    def _loss(self, x: torch.Tensor, t: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
        targets = t.cpu().numpy()
        begins = self._ends[targets]
        lengths = np.maximum(self._ends[targets + 1] - begins, 0)
        rows = np.repeat(np.arange(len(targets)), lengths)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(begins, lengths) + steps
        node, row = (tensor_of(a).to(x.device) for a in (self._path[places], rows))
        turn = tensor_of(self._turns[places]).to(x.device, x.dtype)
        scores = (W[node] * x[row]).sum(1)
        return torch.nn.functional.softplus(-turn * scores).sum()


def _ways(tree: Any) -> Iterator[tuple[int, tuple[list[int], list[int]]]]:
    """Yield each leaf with the nodes above it and the turns there: 1 to the left, −1 to the right.

    Nodes are numbered as one meets them, left before right.
    """
    nodes = 0
    waiting: list[tuple[Any, list[int], list[int]]] = [(tree, [], [])]
    while waiting:
        node, path, turns = waiting.pop()
        if not isinstance(node, tuple):
            yield node, (path, turns)
            continue
        if len(node) != 2:
            raise ValueError(f"an inner node is a pair, got {len(node)} children: {node!r}")
        for child, turn in ((node[1], -1), (node[0], 1)):
            waiting.append((child, [*path, nodes], [*turns, turn]))
        nodes += 1


def _check(label: str, x: torch.Tensor, t: torch.Tensor, W: torch.Tensor) -> None:
    fits = x.is_floating_point() and x.ndim == 2 and x.shape[1] == W.shape[1]
    if not fits or t.dtype != torch.int32 or t.shape != x.shape[:1] or x.dtype != W.dtype:
        reject(label, "x (batch, in_size) of the dtype of W and int32 t (batch,)", x, t, W)
