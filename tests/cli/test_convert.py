"""`catenary convert`: names translated, shapes checked, nothing unpickled, nothing half written."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy
import pytest
import safetensors.torch
import torch

from catenary import Chain, links, serializers
from catenary.cli import main

GOLDEN = Path(__file__).parents[1] / "golden"


class Net(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv = links.Convolution2D(1, 2, 3)
            self.bn = links.BatchNormalization(2)
            self.embed = links.EmbedID(5, 2)
            self.norm = links.LayerNormalization(4)
            self.deconv = links.Deconvolution2D(2, 3, 2)
            self.out = links.Linear(4, 2)


class TorchNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.bn = torch.nn.BatchNorm2d(2)
        self.embed = torch.nn.Embedding(5, 2)
        self.norm = torch.nn.LayerNorm(4)
        self.deconv = torch.nn.ConvTranspose2d(2, 3, 2)
        self.out = torch.nn.Linear(4, 2)


@pytest.fixture
def net(tmp_path):
    """A model of ours in a file, and the model."""
    model = Net()
    model.bn(numpy.random.RandomState(0).rand(3, 2, 4, 4).astype("float32"))
    serializers.save_npz(str(tmp_path / "net.npz"), model)
    return tmp_path / "net.npz", model


def convert(*words):
    return main(["convert", *map(str, words)])


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
def test_a_model_of_ours_loads_in_torch(net, tmp_path, suffix):
    source, model = net
    target = tmp_path / f"net{suffix}"
    assert convert(source, target) == 0
    load = (
        torch.load
        if suffix != ".safetensors"
        else lambda path, **_: safetensors.torch.load_file(path)
    )
    theirs = TorchNet()
    theirs.load_state_dict(load(target, weights_only=True))
    x = numpy.random.RandomState(1).rand(2, 1, 6, 6).astype("float32")
    with torch.no_grad():
        there = theirs.deconv(theirs.bn.eval()(theirs.conv(torch.from_numpy(x))))
        normed = theirs.norm(torch.ones(3, 4) * torch.arange(4))
    from catenary import using_config

    with using_config("train", False):
        here = model.deconv(model.bn(model.conv(x))).array
    # The two differ in ε: 2e-5 in Chainer's batch normalization, 1e-5 in torch's.
    assert numpy.allclose(here, there.numpy(), atol=1e-4)
    ours = model.norm(numpy.ones((3, 4), "float32") * numpy.arange(4, dtype="float32"))
    assert numpy.allclose(ours.array, normed.numpy(), atol=1e-4)


@pytest.mark.parametrize("middle", ["a.pt", "a.safetensors", "a.h5"])
def test_there_and_back_is_the_same_file(net, tmp_path, middle):
    source, _ = net
    assert convert(source, tmp_path / middle) == 0
    assert convert(tmp_path / middle, tmp_path / "back.npz", "--like", source) == 0
    with numpy.load(source) as first, numpy.load(tmp_path / "back.npz") as last:
        assert sorted(first) == sorted(last)
        for name in first:
            assert first[name].dtype == last[name].dtype, name
            assert numpy.array_equal(first[name], last[name]), name


def test_a_converted_model_loads_into_a_link(tmp_path):
    theirs = TorchNet()
    torch.save({"epoch": 3, "model": theirs.state_dict()}, tmp_path / "theirs.pt")
    assert convert(tmp_path / "theirs.pt", tmp_path / "ours.npz", "--prefix", "model") == 0
    model = Net()
    serializers.load_npz(str(tmp_path / "ours.npz"), model)
    assert numpy.array_equal(model.out.W.array, theirs.out.weight.detach().numpy())
    assert numpy.array_equal(model.norm.gamma.array, theirs.norm.weight.detach().numpy())


def test_files_of_the_original_convert(tmp_path, capsys):
    (source,) = GOLDEN.glob("snapshots/**/nested_model/model.npz")
    assert convert(source, tmp_path / "model.pt") == 0
    out = capsys.readouterr().out
    assert "bn/avg_mean  ->  bn.running_mean         float32 (2,)" in out
    assert "lazy/W       left out: no array of numbers" in out
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    assert state["bn.num_batches_tracked"].shape == ()
    assert convert(source, tmp_path / "model.h5") == 0
    with h5py.File(tmp_path / "model.h5") as file:
        assert file["tag"].asstr()[()] == str(numpy.load(source)["tag"])
        assert file["nothing"].shape is None


def test_a_dry_run_prints_the_map_and_writes_nothing(net, tmp_path, capsys):
    assert convert(net[0], tmp_path / "a.pt", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "out/W        ->  out.weight              float32 (2, 4)\n" in out
    assert out.endswith(f"nothing written: {tmp_path / 'a.pt'} would hold 14 arrays\n")
    assert not (tmp_path / "a.pt").exists()


def test_shapes_are_checked_before_anything_is_written(net, tmp_path, capsys):
    state = TorchNet().state_dict()
    state["out.weight"] = torch.zeros(3, 4)
    del state["conv.bias"]
    state["extra"] = torch.zeros(1)
    torch.save(state, tmp_path / "like.pt")
    (tmp_path / "a.pt").write_bytes(b"as it was")
    assert convert(net[0], tmp_path / "a.pt", "--like", tmp_path / "like.pt") == 1
    error = capsys.readouterr().err
    assert "extra is missing: (1,)" in error
    assert "conv.bias is not wanted: (2,)" in error
    assert "out.weight is (2, 4) and should be (3, 4)" in error
    assert (tmp_path / "a.pt").read_bytes() == b"as it was"


def test_a_pickled_program_is_not_run(tmp_path, capsys):
    class Harm:
        def __reduce__(self):
            return Path.touch, (tmp_path / "harm",)

    torch.save({"a": Harm()}, tmp_path / "evil.pt")
    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Harm()))
    for name in ("evil.pt", "evil.pth"):
        assert convert(tmp_path / name, tmp_path / "a.npz") == 1
        error = capsys.readouterr().err
        assert "cannot be read as a state dict" in error
        assert "save model.state_dict()" in error
    assert not (tmp_path / "harm").exists()
    assert not (tmp_path / "a.npz").exists()


def test_why_a_file_of_torchs_is_not_read(tmp_path, capsys):
    """torch's own reasons are cut off in a line, and advise to read it unsafely."""
    torch.save(torch.nn.Linear(2, 3), tmp_path / "module.pt")
    (tmp_path / "junk.pt").write_text("x")
    for name, reason in (
        ("module.pt", "it holds a torch.nn.modules.linear.Linear."),
        ("junk.pt", "it is damaged, or not by torch.save."),
    ):
        assert convert(tmp_path / name, tmp_path / "a.npz") == 1
        first = capsys.readouterr().err.splitlines()[0]
        assert first.endswith(f"{name} cannot be read as a state dict: {reason}")


def test_a_name_below_an_array_fits_into_no_hdf5_file(tmp_path, capsys):
    torch.save({"a.b": torch.ones(2), "a": torch.ones(1)}, tmp_path / "a.pt")
    assert convert(tmp_path / "a.pt", tmp_path / "a.h5") == 1
    assert "'a' would be an array and 'a/b' lie below it" in capsys.readouterr().err
    assert not (tmp_path / "a.h5").exists()
    assert convert(tmp_path / "a.pt", tmp_path / "a.npz") == 0


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".safetensors", ".pt"])
def test_a_damaged_file_is_a_sentence(net, tmp_path, capsys, suffix):
    whole = tmp_path / f"whole{suffix}"
    assert convert(net[0], whole) == 0
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[:200])
    assert convert(cut, tmp_path / "a.npz") == 1
    assert capsys.readouterr().err.startswith(f"catenary convert: {cut} ")
    assert not (tmp_path / "a.npz").exists()


def test_bfloat16_is_widened_and_said_so(tmp_path, capsys):
    torch.save({"a.weight": torch.ones(2, 2, dtype=torch.bfloat16)}, tmp_path / "a.pt")
    assert convert(tmp_path / "a.pt", tmp_path / "a.npz") == 0
    assert "a.weight  ->  a/W  float32 (2, 2) (was bfloat16)" in capsys.readouterr().out


def test_an_optimizers_file_is_no_model(tmp_path, capsys):
    serializers.save_npz(str(tmp_path / "o.npz"), {"t": 1, "epoch": 0, "l1/W/m": numpy.ones(2)})
    assert convert(tmp_path / "o.npz", tmp_path / "o.pt") == 1
    assert "holds an optimizer's state" in capsys.readouterr().err


def test_a_prefix_that_is_not_there_is_named_with_those_that_are(net, tmp_path, capsys):
    assert convert(net[0], tmp_path / "a.pt", "--prefix", "predictor") == 1
    error = capsys.readouterr().err
    assert "nothing below 'predictor'; its names begin with bn, conv, deconv, embed" in error


def test_a_file_that_is_none_of_ours_is_refused(tmp_path, capsys):
    (tmp_path / "notes").write_text("hello, this is text")
    assert convert(tmp_path / "notes", tmp_path / "a.pt") == 1
    assert "is no file of arrays that is known here" in capsys.readouterr().err
    torch.save([1, 2], tmp_path / "list.pt")
    assert convert(tmp_path / "list.pt", tmp_path / "a.npz") == 1
    assert "holds a list, no state dict" in capsys.readouterr().err


def test_pickled_values_are_left_out_where_others_are_and_refused_elsewhere(tmp_path, capsys):
    odd = numpy.asarray([{}], object)
    numpy.savez(tmp_path / "a.npz", **{"m/W": numpy.ones((2, 3)), "odd": odd})
    assert convert(tmp_path / "a.npz", tmp_path / "a.pt") == 0
    assert "odd  left out: no array of numbers" in capsys.readouterr().out
    assert convert(tmp_path / "a.npz", tmp_path / "a.h5") == 1
    assert "pickled Python objects: odd" in capsys.readouterr().err
    assert not (tmp_path / "a.h5").exists()
    assert convert(tmp_path / "a.npz", tmp_path / "a.h5", "--prefix", "m") == 0
