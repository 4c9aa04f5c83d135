"""Link, Chain and ChainList: what they hold and how it is walked."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from catenary import changes
from catenary import functions as F
from catenary import links as L
from catenary.link import Chain, ChainList, Link
from catenary.sequential import Sequential
from catenary.serializers.npz import serialize
from catenary.variable import Parameter, Variable

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "links.json").read_text())


class Nested(Chain):
    def __init__(self):
        super().__init__(z=L.Linear(2, 2))
        with self.init_scope():
            self.b = Parameter(0, (2,))
            self.a = Parameter()
            self.list = ChainList(L.Linear(2, 3), L.Linear(3, 2, nobias=True))
            self.seq = Sequential(L.Linear(2, 2), F.relu, L.Linear(None, 2), F.tanh)


def announced(action):
    """Whether `action` told the plans that something changed."""
    before = changes.now()
    action()
    return changes.now() != before


# ---- walks
def test_the_walks_are_the_original_ones():
    nested, golden = Nested(), GOLDEN["Nested"]
    assert [path for path, _ in nested.namedparams()] == golden["namedparams"]
    assert [p for p, _ in nested.namedparams(include_uninit=False)] == golden["initialized"]
    assert [path for path, _ in nested.namedlinks()] == golden["namedlinks"]
    assert [type(link).__name__ for link in nested.links(skipself=True)] == golden["links"]
    assert [child.name for child in nested.children()] == golden["children"]
    assert sorted(serialize(nested)) == golden["keys"]


def test_pairs_and_walks_agree():
    nested = Nested()
    for uninit in (True, False):
        pairs = list(nested.namedparams(uninit))
        params = list(nested.params(uninit))
        assert all(a is b for (_, a), b in zip(pairs, params, strict=True))
    assert [link for _, link in nested.namedlinks()] == list(nested.links())
    assert next(nested.links()) is nested
    assert next(nested.namedlinks(skipself=True))[0] == "/list"


def test_what_is_held_twice_comes_twice():
    shared = L.Linear(2, 2)
    chain = Chain(a=shared, b=shared)
    assert len(list(chain.params())) == 4
    assert shared.name == "b"


def test_a_subclass_may_change_a_walk():
    class Half(Link):
        def params(self, include_uninit=True):
            return iter([self.W])

    half = Half(W=2, b=2)
    assert list(map(id, Chain(x=half).params())) == [id(half.W)]


def test_values_are_counted():
    link = Link(a=(2, 3), b=4)
    assert link.count_params() == 10
    link.add_param("c")
    with pytest.warns(UserWarning, match="/c has no shape yet"):
        assert link.count_params() == 10


# ---- registering
def test_parameters_are_registered_in_the_scope_only():
    link = Link()
    link.outside = Parameter(0, (1,))
    assert not link.within_init_scope
    with link.init_scope():
        assert link.within_init_scope
        with link.init_scope():
            link.inside = Parameter(0, (1,))
        link.after = Parameter(0, (1,))
        link.number = 3
    assert [path for path, _ in link.namedparams()] == ["/after", "/inside"]
    assert (link.inside.name, link.outside.name) == ("inside", None)
    with pytest.raises(ZeroDivisionError), link.init_scope():
        raise ZeroDivisionError
    assert not link.within_init_scope


def test_parameters_from_arguments():
    link = Link(a=3, b=(2, 0), c=((2,), np.float64), d=(4, "e"), e=None)
    assert {p: param.shape for p, param in link.namedparams(False)} == {
        "/a": (3,),
        "/b": (2, 0),
        "/c": (2,),
        "/d": (4,),
    }
    assert link.c.dtype == np.float64
    assert link.d.dtype == np.float16
    assert not link.e.is_initialized
    assert np.isnan(link.a.array).all()


def test_add_param():
    link = Link()
    link.add_param("a", (2, 2), initializer=np.eye(2, dtype=np.float32))
    link.add_param("b", 2, dtype=np.float16)
    link.add_param("c", (2,), initializer=3)
    assert link.a.array.tolist() == [[1, 0], [0, 1]]
    assert (link.b.dtype, link.c.array.tolist()) == (np.float16, [3, 3])
    with pytest.raises(AttributeError, match="has an attribute 'a' already"):
        link.add_param("a", 1)


def test_persistent_values():
    link = Link(W=1)
    link.add_persistent("count", 3)
    link.plain = np.ones(1)
    link.register_persistent("plain")
    assert sorted(serialize(link)) == ["W", "count", "plain"]
    link.register_persistent("W")
    assert list(link.params()) == []
    with pytest.raises(TypeError, match="'W' is a Parameter"):
        serialize(link)
    del link.W
    with pytest.raises(AttributeError, match="no attribute 'gone'"):
        link.register_persistent("gone")
    with pytest.raises(AttributeError, match="has an attribute 'count' already"):
        link.add_persistent("count", 4)
    del link.count
    assert sorted(serialize(link)) == ["plain"]
    with link.init_scope():
        link.plain = Parameter(0, 1)
    assert [path for path, _ in link.namedparams()] == ["/plain"]


def test_children_of_a_chain():
    chain = Chain(a=L.Linear(1, 1))
    assert chain["a"] is chain.a
    assert chain.a.name == "a"
    chain.outside = L.Linear(1, 1)
    with chain.init_scope():
        chain.b = ChainList()
    assert [child.name for child in chain.children()] == ["a", "b"]
    with pytest.raises(AttributeError, match="has an attribute 'a' already"):
        chain.add_link("a", L.Linear(1, 1))
    with pytest.raises(TypeError, match="not a int"):
        chain.add_link("c", 3)
    with chain.init_scope(), pytest.raises(AttributeError, match="'outside' already"):
        chain.outside = L.Linear(1, 1)
    del chain.a
    assert [child.name for child in chain.children()] == ["b"]
    with pytest.raises(AttributeError):
        del chain.a


def test_children_of_a_chain_list():
    first, second, third = (L.Linear(1, 1) for _ in range(3))
    links = ChainList(first, second)
    links.add_link(third)
    assert list(links) == [first, second, third]
    assert (len(links), links[-1], links[:2]) == (3, third, [first, second])
    links.insert(0, links.pop())
    assert [(link.name, link) for link in links] == [("0", third), ("1", first), ("2", second)]
    links[1] = fresh = L.Linear(1, 1)
    links[2:] = [first]
    assert list(links) == [third, fresh, first]
    links.reverse()
    del links[0]
    links.remove(third)
    assert list(links) == [fresh]
    assert fresh.name == "0"
    with pytest.raises(TypeError, match="not a int"):
        links.append(3)
    with links.init_scope(), pytest.raises(TypeError, match="use append"):
        links.x = first
    assert list(links) == [fresh]


def test_a_link_without_init_says_so():
    class Forgot(Chain):
        def __init__(self):
            with self.init_scope():
                self.l = L.Linear(1, 1)

    with pytest.raises(RuntimeError, match=r"call super\(\).__init__\(\) first"):
        Forgot()

    class Late(Link):
        def __init__(self):
            self.x = 3

    with pytest.raises(RuntimeError, match="Late has not been initialized"):
        Late()()


def test_calling():
    class Forward(Link):
        def forward(self, x, *, y=0):
            return x + y

    class Mixin:
        def __call__(self, x):
            return -x

    class Mixed(Link, Mixin):
        pass

    assert Forward()(1, y=2) == 3
    assert Mixed()(1) == -1
    with pytest.raises(AttributeError, match="forward"):
        Link()(1)


# ---- announcements
def test_changes_of_structure_are_announced():
    link, other, chain, links = Link(W=1), Link(W=1), Chain(a=Link(W=1)), ChainList(Link())
    assert announced(lambda: link.add_param("b", 1))
    assert announced(lambda: setattr(link, "W", other.W))
    assert announced(lambda: delattr(link, "b"))
    assert announced(lambda: link.register_persistent("W"))
    assert announced(lambda: chain.add_link("b", Link()))
    assert announced(lambda: setattr(chain, "a", Link(W=2)))
    assert announced(lambda: delattr(chain, "a"))
    for action in (links.append, lambda link: links.__setitem__(0, link)):
        assert announced(lambda action=action: action(Link()))
    assert announced(links.pop)
    assert not announced(lambda: setattr(link, "number", 3))
    assert not announced(lambda: setattr(chain, "number", 3))


# ---- gradients
def test_gradients():
    chain, other = Chain(a=Link(W=2)), Chain(a=Link(W=2))
    chain.cleargrads()
    assert chain.a.W.grad is None
    with pytest.warns(DeprecationWarning, match="use Link.cleargrads") as caught:
        chain.zerograds()
    assert len(caught) == 1
    assert chain.a.W.grad.tolist() == [0, 0]
    chain.a.W.grad = np.float32([1, 2])
    other.a.W.grad = np.float32([10, 20])
    chain.addgrads(other)
    assert chain.a.W.grad.tolist() == [11, 22]
    links, more = ChainList(Link(W=1)), ChainList(Link(W=1))
    links.cleargrads()
    more[0].W.grad = np.float32([3])
    links.addgrads(more)
    assert links[0].W.grad.tolist() == [3]


class Rule:
    enabled = True


def test_updates_are_enabled_and_disabled():
    chain = Chain(a=Link(W=1, b=1), c=Link(W=1))
    assert not chain.update_enabled
    for param in chain.a.params():
        param.update_rule = Rule()
    assert chain.update_enabled
    chain.disable_update()
    assert [rule.update_rule.enabled for rule in chain.a.params()] == [False, False]
    assert not chain.update_enabled
    chain.a.W.update_rule.enabled = True
    assert chain.update_enabled
    chain.disable_update()
    chain.enable_update()
    assert chain.a.b.update_rule.enabled


# ---- devices
def test_sending_to_the_cpu():
    chain = Chain(a=L.BatchNormalization(2))
    array, mean = chain.a.gamma.array, chain.a.avg_mean
    assert chain.to_device("@numpy") is chain.to_cpu() is chain
    assert (chain.xp, chain.a.xp, chain.device.name) == (np, np, "@numpy")
    assert chain.a.gamma.array is array
    assert chain.a.avg_mean is mean


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_sending_to_a_gpu_that_is_not_there():
    link = Link(W=1)
    with pytest.raises(RuntimeError):
        link.to_gpu()
    assert link.device.name == "@numpy"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_and_back():
    chain = Chain(a=L.BatchNormalization(2), b=L.Linear(None, 2))
    values = serialize(chain.to_gpu())
    assert chain.a.gamma.tensor.is_cuda
    assert chain.a.device.name.startswith("@cupy")
    assert type(values["a/gamma"]) is np.ndarray
    chain.to_cpu()
    np.testing.assert_array_equal(chain.a.gamma.array, values["a/gamma"])
    assert type(chain.a.avg_mean) is np.ndarray


def test_sending_to_nowhere_changes_nothing():
    with pytest.raises(ValueError, match="names no device"):
        Link(W=1).to_device("@moon")


# ---- text, pickles
def test_text():
    assert {
        "Linear": str(L.Linear(2, 3)),
        "Convolution2D": str(L.Convolution2D(2, 4, 3, nobias=True)),
        "BatchNormalization": str(L.BatchNormalization(3)),
        "Chain": str(Chain(l=L.Linear(2, 3), m=Chain(n=L.Linear(None, 1)))),
        "ChainList": str(ChainList(L.Linear(2, 3), ChainList())),
    } == GOLDEN["str"]
    assert str(Link()) == "Link()"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_deep_copies_and_pickles(duplicate):
    chain = Chain(a=L.Linear(2, 2), b=ChainList(L.BatchNormalization(2)))
    chain.a.W.grad = np.ones((2, 2), np.float32)
    twin = duplicate(chain)
    assert [path for path, _ in twin.namedparams()] == [path for path, _ in chain.namedparams()]
    for ours, theirs in zip(chain.params(), twin.params(), strict=True):
        np.testing.assert_array_equal(ours.array, theirs.array)
        assert not np.shares_memory(ours.array, theirs.array)
    assert twin.a.W.grad.tolist() == [[1, 1], [1, 1]]
    assert twin.b[0].avg_mean is not chain.b[0].avg_mean
    with twin.init_scope():
        twin.c = Link()
    assert not hasattr(chain, "c")
    assert Link.__module__ == "catenary.link"


def test_a_link_can_hold_a_variable_that_is_no_parameter():
    link = L.Linear(2, 1, nobias=True)
    link.W = Variable(np.ones((1, 2), np.float32))
    assert link(np.ones((1, 2), np.float32)).array.tolist() == [[2]]
