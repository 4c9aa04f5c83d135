"""Networks over sequences: names and arrays in Chainer and in torch, and the same numbers."""

from __future__ import annotations

import numpy
import pytest
import torch

from catenary import Chain, links, serializers
from catenary.bridge.convert import chainer_names, torch_names
from catenary.cli import main
from catenary.errors import SnapshotError

SIZES = [(1, 3, 4), (2, 3, 4), (3, 3, 4), (2, 4, 4), (1, 3, 3)]  # layers, input, output
KINDS = {
    "LSTM": (torch.nn.LSTM, {}),
    "GRU": (torch.nn.GRU, {}),
    "RNNTanh": (torch.nn.RNN, {}),
    "RNNReLU": (torch.nn.RNN, {"nonlinearity": "relu"}),
}


def shapes_of(link):
    return {path: param.shape for path, param in link.namedparams()}


def convert(*words):
    return main(["convert", *map(str, words)])


class Ours(Chain):
    def __init__(self, link):
        super().__init__()
        with self.init_scope():
            self.rnn = link
            self.out = links.Linear(2, 2)


class Theirs(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.rnn = module
        self.out = torch.nn.Linear(2, 2)


def pair(kind, way, sizes):
    """Return a link and a module of one form, each in a model; their values differ."""
    layers, width, out = sizes
    make, options = KINDS[kind]
    link = getattr(links, f"NStep{way}{kind}")(layers, width, out, 0.0, initial_bias=0.3)
    for i, param in enumerate(link.params()):
        param.array[...] = numpy.random.RandomState(i).normal(size=param.shape)
    module = make(width, out, layers, bidirectional=bool(way), **options)
    return Ours(link), Theirs(module)


def outputs(ours, theirs, width):
    """Return the outputs and last states of both for one sequence."""
    x = numpy.random.RandomState(9).normal(size=(5, width)).astype("float32")
    states = [None, None] if "LSTM" in type(ours.rnn).__name__ else [None]
    *last, (ys,) = ours.rnn(*states, [x])
    with torch.no_grad():
        y, after = theirs.rnn(torch.from_numpy(x)[:, None])
    after = after if isinstance(after, tuple) else (after,)
    return [ys, *last], [y[:, 0], *after]


def check_same(ours, theirs, width):
    for here, there in zip(*outputs(ours, theirs, width), strict=True):
        numpy.testing.assert_allclose(here.array, there.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("way", ["", "Bi"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_numbers_there_and_back(tmp_path, kind, way, sizes):
    ours, theirs = pair(kind, way, sizes)
    serializers.save_npz(str(tmp_path / "ours.npz"), ours)
    torch.save(theirs.state_dict(), tmp_path / "like.pt")
    source, target = tmp_path / "ours.npz", tmp_path / "theirs.pt"
    assert convert(source, target, "--like", tmp_path / "like.pt") == 0
    theirs.load_state_dict(torch.load(target, weights_only=True))
    check_same(ours, theirs, sizes[1])
    again, _ = pair(kind, way, sizes)
    for param in again.params():
        param.array[...] = 0
    assert convert(target, tmp_path / "back.npz", "--like", source) == 0
    serializers.load_npz(str(tmp_path / "back.npz"), again)
    check_same(again, theirs, sizes[1])


@pytest.mark.parametrize("sizes", [(1, 3, 4), (2, 3, 4), (3, 3, 4), (4, 4, 4)], ids=str)
@pytest.mark.parametrize("way", ["", "Bi"])
def test_shapes_tell_layers_from_directions(way, sizes):
    ours, theirs = pair("GRU", way, sizes)
    names = {new for _, new in torch_names(shapes_of(ours))}
    assert names == set(theirs.state_dict())


def test_what_shapes_do_not_tell_is_asked_for(tmp_path, capsys):
    for link in (links.NStepLSTM(2, 4, 4, 0), links.NStepBiLSTM(1, 4, 4, 0)):
        with pytest.raises(SnapshotError, match=r"two layers or one layer in two directions"):
            torch_names(shapes_of(link))
    assert len(torch_names(shapes_of(link), ["weight_ih_l0", "weight_ih_l0_reverse"])) == 32
    serializers.save_npz(str(tmp_path / "rnn.npz"), link)
    assert convert(tmp_path / "rnn.npz", tmp_path / "rnn.pt") != 0
    assert "--like" in capsys.readouterr().err
    assert not (tmp_path / "rnn.pt").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [({"proj_size": 2}, "projects its output"), ({"bias": False}, "missing: rnn.bias_ih_l0")],
)
def test_what_links_cannot_hold_is_refused(options, words):
    state = Theirs(torch.nn.LSTM(3, 4, **options)).state_dict()
    with pytest.raises(SnapshotError, match=words):
        chainer_names({name: tuple(array.shape) for name, array in state.items()})


@pytest.mark.parametrize(
    "shapes",
    [
        {"0/w0": (2, 3), "0/b0": (2,)},  # half a network
        {"1/w0": (2, 3), "1/w1": (2, 2), "1/b0": (2,), "1/b1": (2,)},  # no first child
        {"0/w0": (2,), "0/w1": (2,), "0/b0": (2,), "0/b1": (2,)},  # no matrices
        {"a/w0": (2, 3), "a/w1": (2, 2), "a/b0": (2,), "a/b1": (2,)},  # no list
        {"w0": (2, 3)},
    ],
)
def test_what_only_looks_alike_keeps_its_names(shapes):
    names = torch_names(shapes)
    assert names == [(name, name.replace("/", ".")) for name in shapes]
    back = chainer_names({new: shapes[name] for name, new in names})
    assert back == [(new, name) for name, new in names]


def test_a_cell_of_torch_is_no_network():
    state = torch.nn.LSTMCell(3, 4).state_dict()
    names = chainer_names({name: tuple(array.shape) for name, array in state.items()})
    assert names == [(name, name) for name in state]
