"""Loading changes an object as a whole or not at all."""

import copy
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenary import links as L
from catenary.errors import MissingKeyError, SnapshotError
from catenary.serializers import NpzDeserializer, load_npz, save_npz
from tests.serializers.nested import SNAPSHOTS, Nested, values_of

MODEL = SNAPSHOTS / "nested_model" / "model.npz"


def content_of(path=MODEL):
    with np.load(path, allow_pickle=True) as arrays:
        return {key: arrays[key] for key in arrays.files}


def refused(content, error=SnapshotError, **kwargs):
    """Load `content` into a fresh model; check that it is refused and nothing changed."""
    model = Nested()
    before = values_of(model)
    stream = io.BytesIO(content)
    with pytest.raises(error) as caught:
        load_npz(stream, model, **kwargs)
    assert values_of(model) == before
    assert not model.lazy.W.is_initialized
    return str(caught.value)


def packed(**values):
    stream = io.BytesIO()
    save_npz(stream, values)
    return stream.getvalue()


def opened(stream):
    stream.seek(0)
    return np.load(stream)


@pytest.mark.parametrize("key", sorted(content_of()))
def test_a_missing_value(key):
    values = content_of()
    del values[key]
    assert repr(key) in refused(packed(**values), MissingKeyError)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("seq/1/W", np.ones((3, 2), np.float32), "shape"),
        ("seq/1/b", np.ones(1, np.float32), "shape"),
        ("seq/1/b", np.ones((), np.float32), "shape"),
        ("seq/1/b", np.ones(2, np.complex64), "complex64"),
        ("count", np.int64(3), "int32"),
        ("bn/N", np.float64(3), "int"),
        ("lazy/W", np.ones((2, 3), np.complex64), "complex64"),
        ("tag", np.array(["a", "b"]), "str"),
    ],
)
def test_a_value_that_does_not_fit(key, value, words):
    message = refused(packed(**{**content_of(), key: value}))
    assert key in message
    assert words in message


def test_values_are_written_when_everything_fits():
    values = {**content_of(), "lazy/W": np.ones((2, 3), np.float32)}
    model = Nested()
    load_npz(io.BytesIO(packed(**values)), model)
    assert model.lazy.W.array.tolist() == [[1, 1, 1]] * 2
    assert model.count == 7


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b"\x89HDF\r\n\x1a\n" * 9, bytes(99)])
def test_what_is_no_npz_file(content):
    assert "is no npz file, or one that was cut off" in refused(content)


def test_a_file_that_was_cut_off_names_itself(tmp_path):
    path = tmp_path / "cut.npz"
    path.write_bytes(MODEL.read_bytes()[:-30])
    with pytest.raises(SnapshotError, match=r"cut\.npz is no npz file"):
        load_npz(path, Nested())


def test_a_npy_file_is_no_npz_file(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(3))
    with pytest.raises(SnapshotError, match=r"a\.npy is no npz file"):
        load_npz(tmp_path / "a.npy", Nested())


def test_every_length_of_a_cut_file():
    content = MODEL.read_bytes()
    for length in range(0, len(content), 7):
        refused(content[:length])


def test_a_flipped_bit_is_noticed_by_its_checksum():
    content = bytearray(packed(**content_of()))
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        info = members.getinfo("seq/1/W.npy")
    content[info.header_offset + 30 + len(info.filename) + 40] ^= 1
    message = refused(bytes(content))
    assert "is damaged: seq/1/W.npy cannot be read" in message


@given(st.data())
def test_any_damage_is_refused_or_harmless(data):
    content = bytearray(packed(**content_of()))
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(content) - 1))
        content[where] = data.draw(st.integers(0, 255))
    model = Nested()
    before = values_of(model)
    try:
        load_npz(io.BytesIO(bytes(content)), model)
    except SnapshotError:
        assert values_of(model) == before
    else:
        whole = Nested()
        load_npz(MODEL, whole)
        assert values_of(model) == values_of(whole)


MEMBER = io.BytesIO()
np.save(MEMBER, np.zeros((2, 3), np.float32))


@given(st.data())
def test_any_damage_of_a_member_with_a_right_checksum(data):
    member = bytearray(MEMBER.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.integers(0, len(member) - 1))
        member[where] = data.draw(st.integers(0, 255))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as members:
        members.writestr("W.npy", bytes(member[: data.draw(st.integers(0, len(member)))]))
    link = L.Linear(3, 2, nobias=True)
    before = link.W.array.copy()
    try:
        load_npz(stream, link)
    except SnapshotError:
        np.testing.assert_array_equal(link.W.array, before)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        b"{'descr': 'nonsense', 'fortran_order': False, 'shape': (3,), }",
        b"{'descr': '<f4', 'shape': (3,), }",
        b"((((",
        b"'''",
    ],
)
def test_headers_that_lie(header):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as members:
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
        members.writestr("x.npy", start + header + bytes(12))
    with pytest.raises(SnapshotError, match=r"x\.npy cannot be read") as caught:
        NpzDeserializer(opened(stream))("x", None)
    assert "closed" not in str(caught.value)


def test_an_unknown_npy_version():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as members:
        members.writestr("x.npy", b"\x93NUMPY\x03\x00" + bytes(12))
    with pytest.raises(SnapshotError, match=r"version \(3, 0\)"):
        NpzDeserializer(opened(stream))("x", None)


# ---- the rehearsal
class Log:
    """An object that remembers what it was given back, and whether that was a rehearsal."""

    def __init__(self, **values):
        self.values = values
        self.seen = []

    def serialize(self, serializer):
        results = {name: serializer(name, value) for name, value in self.values.items()}
        assert serializer["part"].checking == serializer.checking
        self.seen.append((serializer.checking, copy.deepcopy(results)))


def test_a_rehearsal_gives_back_what_it_is_given():
    array = np.zeros(2)
    log = Log(array=array, number=1, text="a", empty="", none=None, gone=5)
    stored = {"array": np.ones(2), "number": 2, "text": "b", "empty": "c", "none": 7, "gone": None}
    load_npz(io.BytesIO(packed(**stored)), log)
    (first, rehearsed), (second, loaded) = log.seen
    assert (first, second) == (True, False)
    assert rehearsed["array"].tolist() == [0, 0]
    assert loaded["array"].tolist() == [1, 1]
    assert array.tolist() == [1, 1]
    del rehearsed["array"], loaded["array"]
    assert rehearsed == {"number": 1, "text": "a", "empty": "c", "none": 7, "gone": 5}
    assert loaded == {"number": 2, "text": "b", "empty": "c", "none": 7, "gone": None}


def test_a_deserializer_rehearses_too():
    log = Log(x=1)
    NpzDeserializer({"x": np.asarray(2)}).load(log)
    assert [checking for checking, _ in log.seen] == [True, False]


def test_a_nested_load_does_not_write_during_a_rehearsal():
    class Outer:
        def __init__(self):
            self.inner = Log(x=1)

        def serialize(self, serializer):
            serializer["inner"].load(self.inner)
            serializer("missing", 1)

    outer = Outer()
    with pytest.raises(MissingKeyError):
        NpzDeserializer({"inner/x": np.asarray(2)}).load(outer)
    assert [checking for checking, _ in outer.inner.seen] == [True]


def test_an_error_of_the_object_itself_says_how_far_loading_went():
    class Fails:
        def serialize(self, serializer):
            if not serializer.checking:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        load_npz(io.BytesIO(packed(x=1)), Fails())
    assert "the object may hold a part of it" in caught.value.__notes__[0]


def test_an_optional_value_can_be_asked_for():
    class Optional:
        x = 0

        def serialize(self, serializer):
            try:
                self.x = serializer("new", self.x)
            except KeyError:
                self.x = serializer("old", self.x)

    optional = Optional()
    load_npz(io.BytesIO(packed(old=3)), optional)
    assert optional.x == 3


def test_memory_held_for_the_second_walk_is_released():
    stream = io.BytesIO(packed(x=np.ones(3)))
    with opened(stream) as file:
        deserializer = NpzDeserializer(file)
        deserializer.load(Log(x=np.zeros(3)))
        assert deserializer.npz._held == {}
