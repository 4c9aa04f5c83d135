"""Serializers: a file's paths and arrays on one side, `obj.serialize(serializer)` on the other.

May import numpy, `errors`, `config` and `serializer`; knows nothing of links, optimizers or torch.
Called by users, by `training` for snapshots and by the command line.
"""

from __future__ import annotations

from catenary.serializers.npz import (
    DictionarySerializer,
    NpzDeserializer,
    load_npz,
    save_npz,
)

__all__ = ["DictionarySerializer", "NpzDeserializer", "load_npz", "save_npz"]
