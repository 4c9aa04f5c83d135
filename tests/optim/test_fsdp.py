"""`fully_shard` in two processes against one process; see `programs.py`."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import torch

from catenary import optim
from tests.optim import programs
from tests.optim.processes import folder_of_two_processes, of_two_processes

pytestmark = pytest.mark.slow
EXACT = {"rtol": 1e-9, "atol": 1e-11}


@functools.cache
def alone(kind: str) -> dict[str, Any]:
    return programs.trained(kind, programs.model_of())


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    torch.testing.assert_close(found["losses"], wanted["losses"], **EXACT)
    assert_same_weights(found["weights"], wanted["weights"])
    for mine, theirs in zip(found["states"], wanted["states"], strict=True):
        assert_same_weights(mine, theirs)


def assert_same_weights(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, held in found.items():
        torch.testing.assert_close(held, wanted[name], **EXACT)


@pytest.mark.parametrize("kind", programs.WORDS)
def test_equals_one_process(kind: str) -> None:
    first, second = of_two_processes("fsdp_trains")
    assert_same(first[kind], alone(kind))
    for name, held in first[kind]["weights"].items():
        assert torch.equal(held, second[kind]["weights"][name])


def test_the_comparison_can_fail() -> None:
    found = of_two_processes("fsdp_trains")[0]["AdamW"]
    model = programs.model_of()
    without_clipping = optim.AdamW(model, **programs.WORDS["AdamW"])
    programs.train(model, without_clipping, range(programs.STEPS))
    with pytest.raises(AssertionError):
        assert_same_weights(found["weights"], programs.weights(model))


@pytest.mark.parametrize("shape", [(2, 1), (1, 2)])
@pytest.mark.parametrize("kind", ["AdamW", "LAMB"])
def test_copies_count_once(shape: tuple[int, int], kind: str) -> None:
    for found in of_two_processes("fsdp_replicates"):
        assert_same(found[shape][kind], alone(kind))


def test_offloaded_to_the_host() -> None:
    for found in of_two_processes("fsdp_offloads"):
        assert_same(found, alone("AdamW"))


def test_states_lie_like_their_parameters() -> None:
    for found in of_two_processes("fsdp_shows"):
        assert found["like"] == [(True, True)] * 2
        assert found["step"]
        assert found["shapes"] == [(5, 6), (5, 6)]


def test_views_of_a_sharded_model() -> None:
    model = programs.model_of()
    opt = programs.optimizer_of("AdamW", model)
    opt.collect_stats()
    programs.train(model, opt, range(1))
    for found in of_two_processes("fsdp_shows"):
        assert found["stats"] == pytest.approx(opt.stats(each=True), rel=1e-9)
        assert found["selection"] == str(opt.select("*.bias"))
        assert len(found["within"]) == 6
        assert "compiled for this processor" in found["explained"]
        assert "alone" not in found["explained"]


def test_gradients_stay_with_the_parameter() -> None:
    for found in of_two_processes("fsdp_shows"):
        assert found["leftover"] == [None] * 6
        assert found["cleared"] == [None] * 6
        assert found["announced"] == [True] * 5 + [False]
        assert found["rested"]
        assert found["zeros"] == [True] * 6
        assert found["moved"] == ["2.weight", "2.bias", "3.weight", "3.bias"]


@pytest.mark.parametrize("way", ["formula", "plain"])
def test_all_processes_skip_what_one_must_skip(way: str) -> None:
    for found in of_two_processes("fsdp_skips"):
        same, heard = found[way]
        assert same
        assert any("2.weight" in said for said in heard), heard


@pytest.mark.parametrize("kind", ["AdamW", "LAMB"])
def test_formulas_that_run_alone_see_whole_norms(kind: str) -> None:
    wanted = programs.with_plain_hooks(kind, programs.model_of())
    for found in of_two_processes("fsdp_hooks"):
        assert_same_weights(found[kind], wanted)


@pytest.mark.parametrize("kind", ["AdamW", "LAMB", "Muon"])
def test_tensor_parallel_beside_whole_layers(kind: str) -> None:
    model = programs.even_model()
    wanted = programs.on_one_batch(model, programs.optimizer_of(kind, model))
    for found in of_two_processes("tensor_parallel"):
        assert_same_weights(found[kind], wanted)


def test_matrices_whose_parts_look_alike() -> None:
    model = programs.Fork()
    wanted = programs.on_one_batch(model, programs.optimizer_of("Muon", model))
    for found in of_two_processes("fsdp_forks"):
        assert_same_weights(found, wanted)


def test_averaged_weights() -> None:
    wanted = programs.averaged(programs.model_of())
    for found in of_two_processes("fsdp_averages"):
        assert_same_weights(found, wanted)


@pytest.mark.parametrize("kind", programs.RESHARDED)
def test_from_two_processes_to_one(kind: str) -> None:
    of_two_processes("fsdp_saves")
    place = folder_of_two_processes() / f"two-{kind}"
    found = programs.resumed(kind, programs.model_of(seed=7), place)
    assert_same_weights(found["weights"], alone(kind)["weights"])
    torch.testing.assert_close(found["losses"], alone(kind)["losses"][programs.HALF :], **EXACT)


@pytest.mark.parametrize("kind", programs.RESHARDED)
def test_from_one_process_to_two(kind: str) -> None:
    for found in of_two_processes("fsdp_takes_over"):
        assert_same_weights(found[kind]["weights"], alone(kind)["weights"])


@pytest.mark.parametrize("kind", programs.RESHARDED)
def test_a_whole_checkpoint_is_cut_by_itself(kind: str) -> None:
    for found in of_two_processes("fsdp_takes_whole_states"):
        assert_same_weights(found[kind], alone(kind)["weights"])


def test_torchs_checkpoint_of_many_processes_is_taken_over() -> None:
    """torch's AdamW writes it, ours goes on."""
    place = folder_of_two_processes() / "torchs-AdamW"
    words = programs.WORDS["AdamW"]
    model = programs.model_of()
    theirs = torch.optim.AdamW(model.named_parameters(), **words)
    programs.train(model, theirs, range(programs.HALF))
    programs.save(model, theirs, place)
    programs.train(model, theirs, range(programs.HALF, programs.STEPS))
    ours = programs.model_of(seed=7)
    opt = optim.AdamW(ours, **words)
    programs.load(ours, opt, place)
    programs.train(ours, opt, range(programs.HALF, programs.STEPS))
    assert_same_weights(programs.weights(ours), programs.weights(model))
