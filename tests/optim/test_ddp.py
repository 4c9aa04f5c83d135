"""DistributedDataParallel in two processes against one process; see `programs.py`."""

from __future__ import annotations

import pytest
import torch

from tests.optim import programs
from tests.optim.processes import of_two_processes

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", programs.WORDS)
def test_equals_one_process(kind: str) -> None:
    wanted = programs.trained(kind, programs.model_of())
    first, second = (found[kind] for found in of_two_processes("ddp_trains"))
    torch.testing.assert_close(first["losses"], wanted["losses"], rtol=1e-9, atol=1e-11)
    assert first["weights"].keys() == wanted["weights"].keys()
    for name, held in first["weights"].items():
        torch.testing.assert_close(held, wanted["weights"][name], rtol=1e-9, atol=1e-11)
        assert torch.equal(held, second["weights"][name])


def test_names_are_the_models_own() -> None:
    wanted = [name for name, _ in programs.model_of().named_parameters()]
    for found in of_two_processes("ddp_trains"):
        assert sorted(found["SGD"]["names"]) == sorted(wanted)
