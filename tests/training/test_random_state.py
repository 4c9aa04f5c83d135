"""The generators that a run draws from go on where they were."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from catenary import serializers
from catenary.training.random_state import serialize_random_state


class States:
    """What a trainer does with them."""

    def serialize(self, serializer):
        serialize_random_state(serializer)


def draw():
    return (
        np.random.rand(3).tolist(),
        np.random.randn(1).tolist(),
        random.random(),
        random.gauss(0, 1),
        torch.rand(2).tolist(),
    )


@pytest.mark.parametrize("half_a_pair", [False, True])
@pytest.mark.parametrize("kind", ["npz", "hdf5"])
def test_what_is_drawn_after_loading_is_what_was_drawn_after_saving(kind, half_a_pair, tmp_path):
    save, load = (getattr(serializers, f"{verb}_{kind}") for verb in ("save", "load"))
    if half_a_pair:  # normal numbers are made two at a time
        np.random.seed(4)
        np.random.randn(1)
        random.seed(4)
        random.gauss(0, 1)
    save(str(tmp_path / "s"), States())
    first = draw()
    assert draw() != first
    load(str(tmp_path / "s"), States())
    assert draw() == first


def test_a_file_without_states_leaves_the_generators_alone():
    np.random.seed(1)
    expected = np.random.rand()
    np.random.seed(1)
    serializers.NpzDeserializer({}).load(States())
    serializers.NpzDeserializer({}, strict=False).load(States())
    assert np.random.rand() == expected
