"""Recurrent networks over sequences: an array a gate in Chainer, all gates in one array in torch.

    rnn/0/w0 … w3  →  rnn.weight_ih_l0        rnn/0/b0 … b3  →  rnn.bias_ih_l0
    rnn/0/w4 … w7  →  rnn.weight_hh_l0        rnn/0/b4 … b7  →  rnn.bias_hh_l0

NStepLSTM has four gates, NStepGRU three and NStepRNNTanh and NStepRNNReLU one, in the order in
which torch.nn.LSTM, GRU and RNN stack theirs. Of two directions the second is the next child.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from catenary.errors import SnapshotError

__all__ = ["chainer_parts", "torch_parts"]

Shape = tuple[int, ...]
Pairs = list[tuple[str, str]]

_GATES = (1, 3, 4)
_KINDS = {"w": "weight", "b": "bias"}
_THERE = re.compile(r"(weight|bias)_(ih|hh|hr)_l(\d+)(_reverse)?")


def torch_parts(shapes: Mapping[str, Shape], wanted: Collection[str]) -> Pairs:
    """Return (Chainer's name, torch's name) for every array of an N-step link.

    The arrays with one name in torch, put below each other as they come, are its array.

    Args:
        shapes: Shape by name in Chainer.
        wanted: Names in torch, which tell one layer of two directions from two layers where
            shapes do not; may be empty.

    Raises:
        SnapshotError: If nothing tells them.
    """
    given = {tuple(name.strip("/").split("/")): name for name in shapes}
    networks: dict[tuple[str, ...], dict[int, dict[str, Shape]]] = defaultdict(dict)
    for (*above, leaf), name in given.items():
        if above and above[-1].isdigit():
            children = networks[tuple(above[:-1])]
            children.setdefault(int(above[-1]), {})[leaf] = shapes[name]
    pairs = []
    for path, children in networks.items():
        if not _is_n_step(children):
            continue
        start = ".".join((*path, ""))
        directions = _directions(start, [children[i]["w0"] for i in sorted(children)], wanted)
        for child, arrays in children.items():
            half = len(arrays) // 4
            layer, second = divmod(child, directions)
            for kind, word in _KINDS.items():
                for i in range(2 * half):
                    side = "ih" if i < half else "hh"
                    old = (*path, str(child), f"{kind}{i}")
                    new = f"{start}{word}_{side}_l{layer}{'_reverse' * second}"
                    pairs.append((given[old], new))
    return pairs


def _is_n_step(children: Mapping[int, Mapping[str, Shape]]) -> bool:
    if set(children) != set(range(len(children))):
        return False
    half = len(children[0]) // 4
    if half not in _GATES:
        return False
    leaves = {f"{kind}{i}" for kind in _KINDS for i in range(2 * half)}
    size = len(children[0].get("w0", ()))
    return size == 2 and all(set(arrays) == leaves for arrays in children.values())


def _directions(start: str, inputs: list[Shape], wanted: Collection[str]) -> int:
    """Return how many directions the children read in, by the shapes of their `w0`."""
    if len(inputs) % 2:
        return 1
    if f"{start}weight_ih_l0" in wanted:
        return 2 if f"{start}weight_ih_l0_reverse" in wanted else 1
    size, width = inputs[0]
    if len(inputs) > 2:
        return 2 if inputs[2][1] == 2 * size else 1
    if inputs[1][1] != size:
        return 2
    if width != size:
        return 1
    raise SnapshotError(
        f"{start or 'the model'} is two layers or one layer in two directions; its shapes fit both."
        "\nGive the file of such a model in torch with --like."
    )


def chainer_parts(shapes: Mapping[str, Shape]) -> Pairs:
    """Return (torch's name, Chainer's name) for every array of torch.nn.RNN, GRU and LSTM.

    An array with several names in Chainer, cut into equal parts from above, is its arrays.

    Raises:
        SnapshotError: If an N-step link could not hold the network.
    """
    networks: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
    for name in shapes:
        start, dot, leaf = name.rpartition(".")
        found = _THERE.fullmatch(leaf)
        if found:
            networks[start + dot][found.groups("")] = name
    pairs = []
    for start, arrays in networks.items():
        _check(start, arrays)
        directions = 2 if any(second for *_, second in arrays) else 1
        above = start.replace(".", "/")
        for (word, side, layer, second), name in arrays.items():
            size = shapes[arrays["weight", "hh", layer, second]][1]
            gates = shapes[name][0] // size
            child = int(layer) * directions + bool(second)
            first = gates if side == "hh" else 0
            pairs += [(name, f"{above}{child}/{word[0]}{first + i}") for i in range(gates)]
    return pairs


def _check(start: str, arrays: Iterable[tuple[str, ...]]) -> None:
    """Refuse what N-step links have no place for."""
    there = set(arrays)
    network = start.rstrip(".") or "the model"
    if any(side == "hr" for _, side, *_ in there):
        raise SnapshotError(f"{network} projects its output, which N-step links do not.")
    for _, _, *place in there:
        for word in ("weight", "bias"):
            for side in ("ih", "hh"):
                if (word, side, *place) not in there:
                    missing = f"{start}{word}_{side}_l{''.join(place)}"
                    raise SnapshotError(f"N-step links need an array that is missing: {missing}.")
