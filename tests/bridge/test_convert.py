"""Names of arrays, Chainer's and torch's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenary.bridge.convert import chainer_names, check_shapes, torch_names
from catenary.errors import SnapshotError

PAIRS = {
    "l1/W": "l1.weight",
    "l1/b": "l1.bias",
    "bn/gamma": "bn.weight",
    "bn/beta": "bn.bias",
    "bn/avg_mean": "bn.running_mean",
    "bn/avg_var": "bn.running_var",
    "bn/N": "bn.num_batches_tracked",
    "norm/gamma": "norm.weight",
    "norm/beta": "norm.bias",
    "block/0/conv/W": "block.0.conv.weight",
    "prelu/W": "prelu.weight",
    "rnn/upward/W": "rnn.upward.weight",
    "counter/N": "counter.N",
    "scale": "scale",
}
SHAPES = {
    **dict.fromkeys(PAIRS, (3,)),
    "l1/W": (2, 3),
    "l1/b": (2,),
    "block/0/conv/W": (2, 3, 1, 1),
    "rnn/upward/W": (2, 3),
    "bn/N": (),
}


def test_names_are_translated_both_ways():
    assert dict(torch_names(SHAPES)) == PAIRS
    there = {PAIRS[name]: shape for name, shape in SHAPES.items()}
    assert dict(chainer_names(there)) == {torch: chainer for chainer, torch in PAIRS.items()}


def test_a_slash_in_front_does_not_matter():
    names = dict(torch_names({"/l1/W": (2, 2), "/W": (2, 2)}))
    assert names == {"/l1/W": "l1.weight", "/W": "weight"}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.booleans())
def test_a_linear_layer_at_any_depth_comes_back(above, has_bias):
    shapes = {"/".join([*above, "W"]): (2, 3), "/".join([*above, "b"]): (2,)}
    if not has_bias:
        del shapes["/".join([*above, "b"])]
    there = dict(torch_names(shapes))
    back = dict(chainer_names({there[name]: shape for name, shape in shapes.items()}))
    assert [back[there[name]] for name in shapes] == list(shapes)


def test_two_arrays_of_one_name_are_refused():
    with pytest.raises(SnapshotError, match=r"l/W and l/gamma would both be called l\.weight"):
        torch_names({"l/W": (2, 2), "l/gamma": (2,)})


def test_shapes_that_agree_pass():
    check_shapes({"a": (1, 2)}, {"a": (1, 2)})
