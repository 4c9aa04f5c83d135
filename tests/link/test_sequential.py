"""Sequential: a list of callables with links among them."""

import functools
import pickle

import numpy as np
import pytest

from catenary import functions as F
from catenary import links as L
from catenary.link import ChainList
from catenary.sequential import Sequential


def numbers(sequential):
    """Check that children and layers agree; return the paths of the children."""
    links = [layer for layer in sequential if isinstance(layer, L.Linear | Sequential)]
    assert list(sequential.children()) == links
    assert [link.name for link in links] == [str(i) for i in range(len(links))]
    return len(links)


def test_layers_are_called_one_after_the_other():
    first = L.Linear(2, 3)
    model = Sequential(first, F.relu, lambda y: y * 2)
    x = np.ones((1, 2), np.float32)
    np.testing.assert_array_equal(model(x).array, 2 * np.maximum(first(x).array, 0))


def test_tuples_are_several_arguments():
    assert Sequential(lambda a, b: (b, a), lambda a, b: a - b)(1, 3) == 2


def test_no_layers():
    with pytest.raises(RuntimeError, match="no layer to call"):
        Sequential()(1)


def test_the_list():
    a, b, c = (L.Linear(1, 1) for _ in range(3))
    model = Sequential(a, F.relu, b)
    assert isinstance(model, ChainList)
    assert (len(model), model[1], model[-1], list(model)) == (3, F.relu, b, [a, F.relu, b])
    assert F.relu in model
    assert F.tanh not in model
    assert model.index(b) == 2
    assert model.count(a) == 1
    assert list(reversed(model)) == [b, F.relu, a]
    assert numbers(model) == 2
    model.insert(1, c)
    assert list(model) == [a, c, F.relu, b]
    assert [path for path, _ in model.namedlinks(skipself=True)] == ["/0", "/1", "/2"]
    assert numbers(model) == 3
    model.insert(-1, F.tanh)
    assert list(model) == [a, c, F.relu, F.tanh, b]
    assert model.pop() is b
    model[0] = F.sigmoid
    assert numbers(model) == 1
    model.remove(c)
    del model[0]
    assert list(model) == [F.relu, F.tanh]
    model.extend([a, F.relu])
    del model[:2]
    model[:1] = [b, c]
    assert list(model) == [b, c, F.relu]
    assert numbers(model) == 2
    model.clear()
    assert (len(model), list(model.params())) == (0, [])


def test_wrong_layers_and_places():
    model = Sequential(F.relu)
    for action in (model.append, lambda layer: model.__setitem__(0, layer), Sequential):
        with pytest.raises(ValueError, match="3 cannot"):
            action(3)
    for index in (2, -2):
        with pytest.raises(IndexError, match="outside a Sequential of 1 layers"):
            model.insert(index, F.relu)
    with pytest.raises(ValueError, match="outside a Sequential of 1 layers"):
        model[1] = F.relu
    with pytest.raises(ValueError):
        model.remove(F.tanh)
    assert list(model) == [F.relu]


def test_adding():
    a, b = Sequential(L.Linear(1, 1), F.relu), Sequential(L.Linear(1, 1))
    both = a + b
    assert list(both) == [*a, *b]
    assert numbers(both) == 2
    a += b
    assert list(a) == list(both)
    for add in (lambda: a.__add__([F.relu]), lambda: a.__iadd__([F.relu])):
        with pytest.raises(ValueError, match="not list"):
            add()


def test_layers_by_type():
    model = Sequential(L.Linear(1, 1), F.relu, L.Linear(1, 1), functools.partial(F.relu))
    assert model.count_by_layer_type("Linear") == 2
    assert model.count_by_layer_type("relu") == 1
    model.remove_by_layer_type("Linear")
    assert len(model) == 2
    assert numbers(model) == 0


def test_flatten():
    a, b = L.Linear(1, 1), L.Linear(1, 1)
    flat = Sequential(a, Sequential(F.relu, Sequential(b)), F.tanh).flatten()
    assert list(flat) == [a, F.relu, b, F.tanh]
    assert numbers(flat) == 2


@pytest.mark.parametrize("mode", ["share", "copy", "init"])
def test_copies_of_every_kind_of_layer(mode):
    class Mine(Sequential):
        pass

    model = Mine(L.Linear(2, 2), lambda x: x, functools.partial(F.relu), Sequential(L.Linear(2, 2)))
    twin = model.copy(mode)
    assert type(twin) is Mine
    assert twin[0] is not model[0]
    assert twin[3][0] is not model[3][0]
    assert [type(layer) for layer in twin] == [type(layer) for layer in model]
    assert numbers(twin) == numbers(model) == 2
    twin.append(F.tanh)
    assert len(model) == 4


def test_pickles():
    model = Sequential(L.Linear(2, 2), F.relu)
    twin = pickle.loads(pickle.dumps(model))
    assert list(twin.children()) == [twin[0]]
    x = np.ones((1, 2), np.float32)
    np.testing.assert_array_equal(twin(x).array, model(x).array)


def test_text():
    lines = str(Sequential(L.Linear(2, 3), F.relu)).splitlines()
    assert lines[:2] == ["Sequential(", "  (0): Linear(in_size=2, out_size=3, nobias=False),"]
    assert lines[2].startswith("  (1): <function relu at ")
    assert str(Sequential()) == "Sequential()"


def test_children_have_the_numbers_that_snapshots_of_chainer_have():
    first, second, third = L.Linear(2, 2), L.Bias(1, (2,)), L.Scale(1, (2,))
    for layers, expected in (
        ((first, F.relu, second, third), [first, third, second]),
        ((F.relu, first, second, third), [first, second, third]),
    ):
        model = Sequential(*layers)
        assert list(model.children()) == expected
        assert list(model) == list(layers)
        assert [path for path, _ in model.namedlinks(skipself=True)] == ["/0", "/1", "/2"]
