"""None is recognised in every spelling, and nothing else is; no pickle runs."""

import io
import pickle

import numpy as np
import pytest

from catenary.serializers.pickled_none import NPY_OF_NONE, is_none

PICKLE = NPY_OF_NONE[128:]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("module", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_every_protocol_of_both_generations_of_numpy(protocol, module):
    text = pickle.dumps(np.asarray(None), protocol)
    for known in (b"numpy._core.multiarray", b"numpy.core.multiarray"):
        length = bytes([len(known)])
        text = text.replace(length + known, bytes([len(module)]) + module)
        text = text.replace(b"c" + known, b"c" + module)
    assert module in text
    assert is_none(text)


def test_the_spelling_of_python_2():
    old = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b"
        b"\x87Rq\x03(K\x01)cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNN"
        b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\x06Natb."
    )
    assert pickle.loads(old, encoding="latin1")[()] is None
    assert is_none(old)


def test_what_we_write_is_none_to_numpy():
    assert np.load(io.BytesIO(NPY_OF_NONE), allow_pickle=True)[()] is None


@pytest.mark.parametrize(
    "value", [1, "x", [None], (None,), False, {}, np.asarray(None), print], ids=repr
)
def test_other_objects_are_not_none(value):
    array = np.empty((), object)
    array[()] = value
    assert not is_none(pickle.dumps(array))


@pytest.mark.parametrize("shape", [(1,), (0,), (1, 1)])
def test_arrays_with_axes_are_not_none(shape):
    assert not is_none(pickle.dumps(np.full(shape, None)))


def test_broken_pickles_are_not_none():
    for end in range(len(PICKLE)):
        assert not is_none(PICKLE[:end])
    assert not is_none(b"\xff" * 50)
    assert not is_none(PICKLE[:-1] + b"0" * 2000 + b".")
