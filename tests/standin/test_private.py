"""Names that Chainer kept for itself and programs import nonetheless."""

from __future__ import annotations

import json

import numpy as np
import pytest

import catenary.functions as F
from catenary import Variable
from catenary.standin import private, resolving
from catenary.utils import type_check

IMPORTS = """
import json
import catenary.as_chainer
import chainer
from chainer import types, memory_layouts
from chainer._version import __version__
from chainer.backend import ChainerxDevice, from_chx, to_chx
from chainer.exporters import caffe
from chainer.functions.math.matmul import _check_ndim, _get_check_index, _matmul
from chainer.functions.rnn.n_step_lstm import _lstm
from chainer.iterators._statemachine import IteratorState, iterator_statemachine
from chainer.links.caffe import CaffeFunction
from chainer.links.caffe.caffe_function import CaffeFunction as same, _get_num, _layer
from chainer.links.model.vision.resnet import _retrieve
from chainer.optimizers.adam import _default_hyperparam as adam
from chainer.optimizers.momentum_sgd import _default_hyperparam
from chainer.testing.attr import check_available
from chainer.types import TYPE_CHECKING
import chainer.optimizers.momentum_sgd
assert CaffeFunction is same and not TYPE_CHECKING
assert chainer.optimizers.momentum_sgd._default_hyperparam is _default_hyperparam
rule = chainer.optimizers.momentum_sgd.MomentumSGDRule(_default_hyperparam, momentum=0.5)
check_available()
print(json.dumps([__version__, _default_hyperparam.lr, _default_hyperparam.momentum,
                  adam.beta2, rule.hyperparam.lr, rule.hyperparam.momentum,
                  repr(chainer.Fallback), chainer._get_link_hooks()]))
for lacking in ("chainer.optimizers._default_hyperparam", "chainer.optimizers.adam._no"):
    try:
        print(eval(lacking))
    except AttributeError:
        pass
"""


def test_programs_find_them(python):
    said = json.loads(python(IMPORTS).stdout)
    assert said == ["7.8.1", 0.01, 0.9, 0.999, 0.01, 0.5, "Fallback", {}]


MODULES = ["ada_delta", "ada_grad", "adam", "msvag", "nesterov_ag", "rmsprop", "sgd", "smorms3"]


@pytest.mark.parametrize("module", MODULES)
def test_each_module_of_optimizers_has_its_defaults(module):
    found = private.default_hyperparam(f"chainer.optimizers.{module}")
    assert found.get_dict()
    assert found is resolving.attribute(f"chainer.optimizers.{module}", "_default_hyperparam")
    assert resolving.may_have(f"chainer.optimizers.{module}._default_hyperparam")


def test_a_module_without_optimizers_has_none():
    with pytest.raises(AttributeError, match="defines no optimizer"):
        private.default_hyperparam("chainer.links.caffe")


@pytest.mark.parametrize("transa", [False, True])
@pytest.mark.parametrize("transb", [False, True])
def test_matmul(transa, transb):
    a = np.random.RandomState(0).normal(size=(2, 3, 3))
    b = a[::-1]
    left, right = (a.swapaxes(1, 2) if transa else a), (b.swapaxes(1, 2) if transb else b)
    expected = np.einsum("nij,njk->nik", left, right)
    np.testing.assert_allclose(private.matmul(a, b, transa, transb), expected)
    found = private.matmul(a, b, transa, transb, transout=True)
    np.testing.assert_allclose(found, expected.swapaxes(1, 2))


def test_matmul_of_vectors():
    v = np.arange(3.0)
    assert private.matmul(v, v, True, True) == 5
    axes = [private.get_check_index(t, r) for t in (False, True) for r in (False, True)]
    assert axes == [1, 0, 0, 1]
    assert private.get_check_index(False, False, row_idx=-2, col_idx=-1) == -1


def test_a_number_of_axes_is_expected():
    private.check_ndim(type_check.Variable(np.ones((2, 2)), "x"))
    with pytest.raises(type_check.InvalidType, match=r"x\.ndim <= 2"):
        private.check_ndim(type_check.Variable(np.ones((2, 2, 2)), "x"))
    with pytest.raises(type_check.InvalidType, match=r"x\.ndim"):
        private.check_ndim(type_check.Variable(np.ones(2), "x"), lower=2)


def test_lstm_is_a_step_of_n_step_lstm():
    random = np.random.RandomState(0)
    w = [Variable(random.normal(size=(4, 3 if i < 4 else 4))) for i in range(8)]
    b = [Variable(random.normal(size=4)) for _ in range(8)]
    x, h, c = (Variable(random.normal(size=(2, n))) for n in (3, 4, 4))
    h_next, c_next = private.lstm(x, h, c, w, b)
    hy, cy, _ = F.n_step_lstm(1, 0.0, h[None], c[None], [w], [b], [x])
    np.testing.assert_allclose(h_next.array, hy.array[0], rtol=1e-6)
    np.testing.assert_allclose(c_next.array, cy.array[0], rtol=1e-6)


# ---- the state machine of iterators
WALKS = [(5, 2, True, False), (5, 2, False, True), (4, 2, True, True), (3, 7, True, True)]
WALKS += [(3, 7, False, False), (4, 4, False, True), (0, 2, False, False)]


def walk(machine, state, size, batch, repeat, ordered):
    """Five batches: each state and its indices."""
    state = state(0, 0, False, np.arange(size)[::-1] if ordered else None)
    said = []
    for _ in range(5):
        state, indices = machine(state, batch, repeat, lambda order, i: np.roll(order, i + 1), size)
        order = None if state.order is None else state.order.tolist()
        found = None if indices is None else indices.tolist()
        said.append([int(state[0]), int(state[1]), bool(state[2]), order, found])
    return said


@pytest.mark.parametrize(("size", "batch", "repeat", "ordered"), WALKS)
def test_every_sweep_sees_everything_once(size, batch, repeat, ordered):
    said = walk(private.iterator_statemachine, private.IteratorState, size, batch, repeat, ordered)
    seen = [i for *_, found in said if found is not None for i in found]
    assert sorted(seen[:size]) == list(range(size))
    if repeat:
        assert len(seen) == 5 * batch
        assert said[-1][:2] == [5 * batch % size, 5 * batch // size]
    else:
        assert len(seen) == size
        assert said[-1][:2] + said[-1][4:] == [0, 1, None]
    if not ordered:
        assert seen == [i % size for i in range(len(seen))]


def test_a_state_machine_refuses_what_leads_nowhere():
    state = private.IteratorState(0, 0, False, None)
    with pytest.raises(ValueError, match="at least one example"):
        private.iterator_statemachine(state, 1, True, None, 0)
    state = state._replace(order=np.arange(3))
    with pytest.raises(ValueError, match="3 examples was followed by 2"):
        private.iterator_statemachine(state, 3, True, lambda order, i: order[:2], 3)


@pytest.mark.oracle
def test_it_walks_as_the_original(oracle):
    import inspect

    code = inspect.getsource(walk) + (
        "\nimport json\nimport numpy as np\nfrom chainer.iterators import _statemachine as s\n"
        f"outputs['said'] = json.dumps([walk(s.iterator_statemachine, s.IteratorState, *w) "
        f"for w in {WALKS}])"
    )
    own = [walk(private.iterator_statemachine, private.IteratorState, *w) for w in WALKS]
    assert json.loads(str(oracle(code)["said"])) == own
