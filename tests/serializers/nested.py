"""The model of `golden/snapshots/nested_model`, built from our links."""

from pathlib import Path

import numpy as np

from catenary import functions as F
from catenary import links as L
from catenary.link import Chain, ChainList
from catenary.sequential import Sequential

SNAPSHOTS = Path(__file__).parents[1] / "golden" / "snapshots"


class Nested(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(1, 2, 3)
            self.bn = L.BatchNormalization(2)
            self.lst = ChainList(L.Linear(3, 2), L.Linear(2, 2, nobias=True))
            self.seq = Sequential(L.Linear(4, 3), F.relu, L.Linear(3, 2))
            self.lazy = L.Linear(None, 2)
            self.embed = L.EmbedID(3, 2, ignore_label=-1)
        self.add_persistent("count", np.int32(0))
        self.add_persistent("tag", "")
        self.add_persistent("nothing", None)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def values_of(link):
    """Everything that a snapshot of `link` holds, copied: bytes for arrays, repr for the rest."""
    values = {path: _value(param.array) for path, param in link.namedparams()}
    for path, part in link.namedlinks():
        values |= {f"{path}:{name}": _value(getattr(part, name)) for name in part._persistent}
    return values


def _value(value):
    return (value.dtype, value.shape, value.tobytes()) if hasattr(value, "tobytes") else value
