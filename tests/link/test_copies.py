"""Copies of links, and copies of values between links."""

from pathlib import Path

import numpy as np
import pytest

from catenary import functions as F
from catenary import links as L
from catenary.link import Chain, ChainList, Link
from catenary.sequential import Sequential
from catenary.variable import Parameter

with np.load(Path(__file__).parents[1] / "golden" / "links.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}


def make(kind):
    inner = {
        "Chain": lambda: Chain(l=L.Linear(2, 2)),
        "ChainList": lambda: ChainList(L.Linear(2, 2)),
    }
    inner["Sequential"] = lambda: Sequential(L.Linear(2, 2), F.relu)
    inner["Linear"] = lambda: L.Linear(2, 2)
    return Chain(x=inner[kind](), bn=L.BatchNormalization(2))


KINDS = ["Chain", "ChainList", "Sequential", "Linear"]


@pytest.mark.parametrize("kind", KINDS)
def test_share(kind):
    chain = make(kind)
    for param in chain.params():
        param.grad = np.ones_like(param.array)
    twin = chain.copy()
    assert type(twin.x) is type(chain.x)
    assert twin.x is not chain.x
    assert (twin.name, twin.x.name) == (None, "x")
    assert [path for path, _ in twin.namedparams()] == [path for path, _ in chain.namedparams()]
    for ours, theirs in zip(chain.params(), twin.params(), strict=True):
        assert ours is not theirs
        assert np.shares_memory(ours.array, theirs.array)
        assert theirs.grad is None
        assert (ours.grad == 1).all()
    assert twin.bn.avg_mean is chain.bn.avg_mean
    with twin.init_scope():
        twin.extra = Link()
    twin.bn.add_persistent("p", 1)
    assert not hasattr(chain, "extra")
    assert "p" not in chain.bn._persistent


@pytest.mark.parametrize("kind", KINDS)
def test_copy(kind):
    chain = make(kind)
    chain.name = "old"
    twin = chain.copy("copy")
    assert twin.name is None
    assert chain.name == "old"
    for ours, theirs in zip(chain.params(), twin.params(), strict=True):
        np.testing.assert_array_equal(ours.array, theirs.array)
        assert not np.shares_memory(ours.array, theirs.array)
    assert not np.shares_memory(twin.bn.avg_mean, chain.bn.avg_mean)


@pytest.mark.parametrize("kind", KINDS)
def test_init(kind):
    np.random.seed(1)
    chain = make(kind)
    twin = chain.copy(mode="init")
    (ours,), (theirs,) = ([p for p in link.params() if p.ndim == 2] for link in (chain, twin))
    assert (ours.array != theirs.array).all()
    np.random.seed(1)
    np.testing.assert_array_equal(ours.array, L.Linear(2, 2).W.array)
    np.testing.assert_array_equal(theirs.array, L.Linear(2, 2).W.array)


def test_a_parameter_held_twice_stays_one():
    chain = Chain(a=L.Linear(2, 2), b=L.Linear(2, 2))
    chain.b.W = chain.a.W
    for mode in ("copy", "init"):
        twin = chain.copy(mode)
        assert twin.a.W is twin.b.W
        assert twin.a.W is not chain.a.W


def test_shared_parameters_without_a_shape_get_one_together():
    link = L.Linear(None, 2)
    twin = link.copy()
    twin(np.ones((1, 3), np.float32))
    assert np.shares_memory(link.W.array, twin.W.array)
    assert not np.shares_memory(link.copy("copy").W.array, link.W.array)


def test_unknown_modes():
    with pytest.raises(ValueError, match="must be one of init, copy, share"):
        Link().copy("deep")
    with pytest.raises(ValueError, match="must be one of init, copy, share"):
        Link().repeat(2, "deep")


def test_repeat_draws_as_the_original_does():
    np.random.seed(7)
    copies = Sequential(L.Linear(2, 3), F.relu, L.Linear(3, 2)).repeat(2, mode="init")
    found = {f"repeat|{path}": param.array for path, param in copies.namedparams()}
    np.random.seed(7)
    linears = L.Linear(2, 3).repeat(3)
    found |= {f"repeat Linear|{i}": link.W.array for i, link in enumerate(linears)}
    expected = {key: array for key, array in GOLDEN.items() if key.startswith("repeat")}
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array)


def test_repeat_in_other_modes():
    link = L.Linear(2, 2)
    shared, copied = link.repeat(2, "share"), link.repeat(2, "copy")
    assert np.shares_memory(shared[0].W.array, link.W.array)
    assert not np.shares_memory(copied[0].W.array, copied[1].W.array)
    assert len(link.repeat(0)) == len(link.repeat(-1)) == 0


# ---- copyparams
def filled(value, link):
    for param in link.params():
        param.array[...] = value
    link.bn.avg_mean[...] = value
    link.bn.N = value
    return link


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("persistent", [True, False])
def test_values_are_copied_in_place(kind, persistent):
    chain, other = filled(1, make(kind)), filled(2, make(kind))
    arrays = [param.array for param in chain.params()]
    mean = chain.bn.avg_mean
    chain.copyparams(other, persistent)
    assert all((array == 2).all() for array in arrays)
    assert all(param.array is a for param, a in zip(chain.params(), arrays, strict=True))
    expected = 2 if persistent else 1
    assert (mean[0], chain.bn.N) == (expected, expected)
    assert chain.bn.avg_mean is mean


def test_persistent_values_that_are_no_arrays_are_copied_deeply():
    link, other = Link(), Link()
    for each in (link, other):
        each.add_persistent("p", None)
    other.p = [1]
    link.copyparams(other)
    assert link.p == [1]
    assert link.p is not other.p


@pytest.mark.parametrize("spoil", ["shape", "missing parameter", "missing link", "persistent"])
def test_other_structures_are_refused_and_nothing_is_copied(spoil):
    chain, other = filled(1, make("Linear")), filled(2, make("Linear"))
    if spoil == "shape":
        other.x.b.array = np.zeros(1, np.float32)
    elif spoil == "missing parameter":
        del other.x.b
    elif spoil == "missing link":
        del other.x
    else:
        other.bn.avg_var = np.zeros(3, np.float32)
    with pytest.raises((ValueError, KeyError), match="nothing was copied"):
        chain.copyparams(other)
    assert all((param.array == 1).all() for param in chain.params())
    assert chain.bn.N == 1


def test_parameters_without_a_shape_get_one():
    link, other = L.Linear(None, 2), L.Linear(3, 2)
    link.copyparams(other)
    np.testing.assert_array_equal(link.W.array, other.W.array)
    empty = L.Linear(None, 2)
    empty.copyparams(L.Linear(None, 2))
    assert not empty.W.is_initialized


def test_a_sequential_copies_from_a_sequential():
    with pytest.raises(ValueError, match="goes together with a Sequential, not ChainList"):
        Sequential(L.Linear(1, 1)).copyparams(ChainList(L.Linear(1, 1)))


def test_a_parameter_of_ones_own_keeps_its_class():
    class Special(Parameter):
        pass

    link = Link()
    with link.init_scope():
        link.p = Special(np.ones(1, np.float32))
    for mode in ("share", "copy", "init"):
        assert type(link.copy(mode).p) is Special
