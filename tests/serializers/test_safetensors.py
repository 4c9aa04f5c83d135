"""Optimizers' checkpoints as safetensors."""

from __future__ import annotations

import copy
import json

import pytest
import safetensors
import torch
from torch import nn

from catenary.errors import SnapshotError, StateError
from catenary.optim import SGD, AdamW, NAdam
from catenary.serializers import load_safetensors, save_safetensors
from tests.optim.test_optimizer import learn, make, same


def test_a_run_goes_on_to_the_bit(tmp_path):
    model = make()
    opt = NAdam(model, lr=1e-2)
    opt.select("*.bias").set(lr=torch.tensor(0.5), betas=(0.8, 0.9))
    learn(model, opt)
    save_safetensors(tmp_path / "opt.safetensors", opt)
    twin = copy.deepcopy(model)
    again = NAdam(twin)
    assert not load_safetensors(tmp_path / "opt.safetensors", again)
    assert again.param_groups[1]["betas"] == (0.8, 0.9)
    learn(model, opt)
    learn(twin, again)
    assert same(model, twin)


def test_arrays_are_keyed_by_name_and_words_are_beside(tmp_path):
    model = make()
    opt = AdamW(model, lr=0.25)
    learn(model, opt)
    save_safetensors(tmp_path / "opt.safetensors", opt)
    with safetensors.safe_open(tmp_path / "opt.safetensors", framework="numpy") as file:
        assert "0.weight.exp_avg_sq" in file.keys()  # noqa: SIM118
        assert file.get_tensor("2.bias.step").item() == 5
        (group,) = json.loads(file.metadata()["param_groups"])
    assert group["lr"] == 0.25
    assert group["params"] == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_torchs_own_optimizers_can_be_saved(tmp_path):
    model = make()
    theirs = torch.optim.AdamW(model.named_parameters())
    learn(model, theirs)
    save_safetensors(tmp_path / "opt.safetensors", theirs)
    ours = AdamW(model, lr=0.5)
    load_safetensors(tmp_path / "opt.safetensors", ours, keep=("lr",))
    assert ours.lr == 0.5
    assert torch.equal(
        ours.state[model[0].weight]["exp_avg"], theirs.state[model[0].weight]["exp_avg"]
    )


def test_layouts_and_bfloat16_come_back(tmp_path):
    torch.manual_seed(0)
    model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last, dtype=torch.bfloat16)
    opt = SGD(model, momentum=0.9)
    for tensor in model.parameters():
        tensor.grad = torch.ones_like(tensor)
    opt.step()
    save_safetensors(tmp_path / "opt.safetensors", opt)
    again = SGD(model)
    load_safetensors(tmp_path / "opt.safetensors", again)
    buffer = again.state[model.weight]["momentum_buffer"]
    assert buffer.dtype == torch.bfloat16
    assert torch.equal(buffer, opt.state[model.weight]["momentum_buffer"])


def test_what_does_not_fit_changes_nothing(tmp_path):
    model = make()
    opt = AdamW(model)
    learn(model, opt)
    save_safetensors(tmp_path / "opt.safetensors", opt)
    other = AdamW(nn.Sequential(nn.Linear(4, 9)))
    with pytest.raises(StateError, match=r"only in the checkpoint: 2\.weight"):
        load_safetensors(tmp_path / "opt.safetensors", other)
    assert not other.state
    report = load_safetensors(tmp_path / "opt.safetensors", other, strict=False)
    assert report.unexpected == ("2.weight", "2.bias")


def test_damaged_and_foreign_files_are_named(tmp_path):
    path = tmp_path / "opt.safetensors"
    opt = AdamW(make())
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(SnapshotError, match=r"opt\.safetensors is damaged"):
        load_safetensors(path, opt)
    import safetensors.torch

    path.write_bytes(safetensors.torch.save({"weight": torch.zeros(2)}))
    with pytest.raises(SnapshotError, match="Is it a model's"):
        load_safetensors(path, opt)


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "opt.safetensors"
    path.write_bytes(b"old")
    with pytest.raises(StateError, match="knows none"):
        save_safetensors(path, AdamW(make().parameters()))
    opt = AdamW(make())
    opt.param_groups[0]["callback"] = print
    with pytest.raises(StateError, match="callback"):
        save_safetensors(path, opt)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
