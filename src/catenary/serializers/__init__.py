"""Serializers: a file's paths and arrays on one side, `obj.serialize(serializer)` on the other.

May import numpy, `errors`, `config` and `serializer`; knows nothing of links, optimizers or torch.
Called by users, by `training` for snapshots and by the command line.
"""

from __future__ import annotations

from catenary.serializers.hdf5 import HDF5Deserializer, HDF5Serializer, load_hdf5, save_hdf5
from catenary.serializers.npz import (
    DictionarySerializer,
    NpzDeserializer,
    load_npz,
    save_npz,
)
from catenary.serializers.safetensors import load_safetensors, save_safetensors

__all__ = [
    "DictionarySerializer",
    "HDF5Deserializer",
    "HDF5Serializer",
    "NpzDeserializer",
    "load_hdf5",
    "load_npz",
    "load_safetensors",
    "save_hdf5",
    "save_npz",
    "save_safetensors",
]
