"""Values by path, into a dictionary and back."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catenary.errors import MissingKeyError, SnapshotError
from catenary.serializer import Deserializer, Serializer
from catenary.serializers import DictionarySerializer, NpzDeserializer, load_npz, save_npz
from tests.serializers.nested import names_in


class Record:
    """An object that keeps what its serializers return."""

    def __init__(self, **values):
        self.values = values

    def serialize(self, serializer):
        for name in self.values:
            self.values[name] = serializer(name, self.values[name])


# ---- DictionarySerializer
def test_paths_are_joined_by_slashes():
    serializer = DictionarySerializer()
    serializer("/a", 1)
    serializer["/b/"]["c"]("d", 2)
    assert list(serializer.target) == ["a", "b/c/d"]
    assert isinstance(serializer["b"], Serializer)


def test_a_target_and_a_prefix_can_be_given():
    target = {"x": np.ones(1)}
    DictionarySerializer(target, "p/")("y", 2)
    assert sorted(target) == ["p/y", "x"]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (True, "bool"),
        (1, "int64"),
        (1.5, "float64"),
        (1j, "complex128"),
        ("abc", "<U3"),
        (b"xy", "S2"),
        (np.float32(2), "float32"),
        (np.bool_(True), "bool"),
    ],
)
def test_scalars_become_arrays_without_axes(value, dtype):
    serializer = DictionarySerializer()
    assert serializer("k", value) is value
    array = serializer.target["k"]
    assert (array.dtype, array.shape, array[()]) == (np.dtype(dtype), (), value)


def test_arrays_are_kept_and_lists_converted():
    array, serializer = np.ones(2), DictionarySerializer()
    serializer("array", array)
    serializer("list", [1, 2])
    assert serializer.target["array"] is array
    assert serializer.target["list"].tolist() == [1, 2]


@pytest.mark.parametrize(
    "value", [{}, Ellipsis, len, {1}, np.array([None]), np.array(1, object), [{}], 2**70], ids=repr
)
def test_what_would_need_a_pickle_is_refused(tmp_path, value):
    with pytest.raises(TypeError, match="the value 'a/k'"):
        DictionarySerializer(path="a/")("k", value)
    with pytest.raises(TypeError, match="the value 'k'"):
        save_npz(tmp_path / "a.npz", {"k": value})
    assert names_in(tmp_path) == []


# ---- NpzDeserializer
@pytest.mark.parametrize(
    ("given_value", "stored", "expected"),
    [
        (1.5, 2, 2.0),
        (1.5, np.float32(0.1), 0.10000000149011612),
        (1, True, 1),
        (1, 7, 7),
        (1, np.uint8(7), 7),
        (True, False, False),
        (np.bool_(True), False, np.bool_(False)),
        (np.int64(1), np.int32(7), np.int64(7)),
        (np.float32(1), np.float16(0.5), np.float32(0.5)),
        ("x", "abc", "abc"),
        ("x", 5, "5"),
        (b"x", b"yz", b"yz"),
        (1.0, "2.5", 2.5),
        ([1], [3, 4], [3, 4]),
        ((1,), [3, 4], (3, 4)),
        (1j, 2.0, 2 + 0j),
    ],
)
def test_scalars_come_back_in_the_type_of_what_is_there(given_value, stored, expected):
    result = NpzDeserializer({"k": np.asarray(stored)})("k", given_value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("given_value", "stored"),
    [
        (1, 2.5),
        (True, 5),
        (np.int32(1), 7),
        (np.float32(1), 0.1),
        (np.bool_(True), 1),
        (1.0, "abc"),
        (1.0, 1j),
        (1, [3]),
        (1.0, [1.0, 2.0]),
        ("x", ["a"]),
    ],
)
def test_scalars_that_do_not_convert_are_refused(given_value, stored):
    with pytest.raises(SnapshotError, match=r"'p/k': the file has .* does not convert to"):
        NpzDeserializer({"p/k": np.asarray(stored)}, "p/")("k", given_value)


def test_arrays_are_written_into_and_cast_within_their_kind():
    value = np.zeros((2, 2), np.float32, order="F")
    stored = np.arange(4.0).reshape(2, 2)
    assert NpzDeserializer({"k": stored})("k", value) is value
    np.testing.assert_array_equal(value, stored)
    assert value.flags.f_contiguous


@pytest.mark.parametrize(
    ("value", "stored", "words"),
    [
        (np.zeros(2), np.zeros(1), r"shape \(1,\), the object \(2,\)"),
        (np.zeros((2, 3)), np.zeros(3), "shape"),
        (np.zeros(1), np.zeros(()), "shape"),
        (np.zeros(()), np.zeros(1), "shape"),
        (np.zeros(2, int), np.zeros(2), "dtype float64"),
        (np.zeros(2), np.array(["a", "b"]), "dtype <U1"),
        (np.zeros(2), np.zeros(2, complex), "dtype complex128"),
        (np.broadcast_to(0.0, (2,)), np.ones(2), "read-only"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(value, stored, words):
    before = value.copy()
    with pytest.raises(SnapshotError, match=words):
        NpzDeserializer({"k": stored})("k", value)
    np.testing.assert_array_equal(value, before)


def test_none_takes_what_is_stored_as_an_array_of_its_own():
    stored = np.arange(3)
    result = NpzDeserializer({"k": stored})("k", None)
    np.testing.assert_array_equal(result, stored)
    result[0] = 5
    assert stored[0] == 0


def test_missing_values():
    deserializer = NpzDeserializer({"a/b": np.ones(1)}, "a")
    with pytest.raises(KeyError) as caught:
        deserializer("b", 1)
    assert isinstance(caught.value, MissingKeyError)
    message = str(caught.value)
    assert "no value called 'ab'. It holds 1: a/b" in message
    assert "no slash at its end; is a/ meant?" in message
    assert NpzDeserializer({}, strict=False)("b", 1) == 1


def test_long_files_are_not_listed_whole():
    deserializer = NpzDeserializer({f"k{i:03}": np.ones(1) for i in range(100)})
    with pytest.raises(MissingKeyError, match=r"It holds 100: k000.*k007, \.\.\.\n"):
        deserializer("x", 1)


@pytest.mark.parametrize(
    "names", ["p/a", ["p/a"], lambda key: key == "p/a", ("x", lambda key: key.endswith("a"))]
)
def test_ignored_names_keep_what_they_have(names):
    stored = {"p/a": np.asarray(1), "p/b": np.asarray(2)}
    part = NpzDeserializer(stored, ignore_names=names)["p"]
    assert (part("a", 0), part("b", 0)) == (0, 2)


@pytest.mark.parametrize("names", [3, ["a", 3], {"a"}])
def test_other_ignore_names_are_refused(names):
    with pytest.raises(ValueError, match="ignore_names takes"):
        NpzDeserializer({}, ignore_names=names)


class Bomb:
    went_off = False

    def __reduce__(self):
        return (setattr, (Bomb, "went_off", True))


@pytest.mark.parametrize("allow_pickle", [True, False])
def test_no_pickle_is_ever_run(tmp_path, allow_pickle):
    path = tmp_path / "bomb.npz"
    np.savez(path, a=np.ones(2), k=np.array(Bomb(), object))
    record = Record(a=np.zeros(2), k=1)
    with pytest.raises(SnapshotError, match=r"bomb\.npz holds a pickled Python object in k\.npy"):
        load_npz(path, record)
    with (
        np.load(path, allow_pickle=allow_pickle) as file,
        pytest.raises(SnapshotError, match="pickled"),
    ):
        NpzDeserializer(file).load(record)
    assert record.values["a"].tolist() == [0, 0]
    assert not Bomb.went_off
    load_npz(path, record, ignore_names="k")
    assert record.values["a"].tolist() == [1, 1]


@pytest.mark.parametrize("allow_pickle", [True, False])
def test_what_numpy_load_opens_is_read_with_its_nones(tmp_path, allow_pickle):
    save_npz(tmp_path / "a.npz", {"p/x": np.ones(2), "p/none": None})
    with np.load(tmp_path / "a.npz", allow_pickle=allow_pickle) as file:
        part = NpzDeserializer(file)["p"]
        assert part("none", 3) is None
        assert part("x", np.zeros(2)).tolist() == [1, 1]
        with pytest.raises(MissingKeyError, match=r"a\.npz holds no value"):
            part("y", 1)


# ---- files
def test_strings_are_names_and_paths_get_their_suffix(tmp_path):
    save_npz(str(tmp_path / "a"), {"x": 1})
    save_npz(tmp_path / "b", {"x": 1})
    save_npz(tmp_path / "c.npz", {"x": 1})
    assert names_in(tmp_path) == ["a", "b.npz", "c.npz"]
    for name in tmp_path.iterdir():
        for path in (str(name), name):
            record = Record(x=0)
            load_npz(path, record)
            assert record.values["x"] == 1


def test_file_objects(tmp_path):
    memory = io.BytesIO()
    save_npz(memory, Record(x=np.arange(3), y=None))
    memory.seek(0)
    record = Record(x=np.zeros(3, int), y=2)
    load_npz(memory, record)
    assert not memory.closed
    assert record.values["x"].tolist() == [0, 1, 2]
    assert record.values["y"] is None
    with (tmp_path / "a.npz").open("wb") as stream:
        save_npz(stream, Record(x=np.arange(3)), compression=False)
    load_npz(tmp_path / "a.npz", record, strict=False)


def test_other_things_are_no_files(tmp_path):
    with pytest.raises(TypeError, match="path or a binary file object, not int"):
        save_npz(3, {})
    with pytest.raises(FileNotFoundError):
        load_npz(tmp_path / "missing.npz", Record())


def test_equal_objects_give_equal_files():
    def content(**values):
        stream = io.BytesIO()
        save_npz(stream, values)
        return stream.getvalue()

    assert content(a=1, b="x") == content(b="x", a=1)


def test_keys_that_are_arguments_of_numpy_savez():
    stream = io.BytesIO()
    save_npz(stream, {"file": 1, "args": 2, "compress": 3})
    record = Record(file=0, args=0, compress=0)
    load_npz(stream, record)
    assert record.values == {"file": 1, "args": 2, "compress": 3}


@given(
    values=st.dictionaries(
        st.text("abc/", min_size=1).filter(lambda key: "//" not in key and key.strip("/") == key),
        hnp.arrays(
            st.one_of(
                hnp.scalar_dtypes().filter(lambda dtype: dtype.kind not in "Mm"),
                hnp.unicode_string_dtypes(max_len=4),
            ),
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
        ),
        max_size=4,
    ),
    compression=st.booleans(),
)
def test_every_array_comes_back_bit_for_bit(values, compression):
    stream = io.BytesIO()
    save_npz(
        stream, {key: np.array(array, order="F") for key, array in values.items()}, compression
    )
    stream.seek(0)
    with np.load(stream) as numpys:
        assert sorted(numpys.files) == sorted(values)
    record = Record(**dict.fromkeys(values))
    load_npz(stream, record)
    for key, array in values.items():
        loaded = record.values[key]
        assert (loaded.dtype, loaded.shape) == (array.dtype, array.shape)
        assert loaded.tobytes() == array.tobytes()


def test_headers_of_the_second_version():
    array, member, stream = np.arange(6).reshape(2, 3), io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(member, array, version=(2, 0))
    with zipfile.ZipFile(stream, "w") as members:
        members.writestr("x.npy", member.getvalue())
    record = Record(x=None)
    load_npz(stream, record)
    np.testing.assert_array_equal(record.values["x"], array)


def test_a_part_is_loaded_by_its_path():
    stream = io.BytesIO()
    save_npz(stream, {"model/x": 1, "x": 2})
    record = Record(x=0)
    load_npz(stream, record, path="model/")
    assert record.values["x"] == 1


def test_the_base_class_is_for_all_formats():
    assert isinstance(NpzDeserializer({}), Deserializer)
    for method in (lambda s: s["a"], lambda s: s("a", 1)):
        with pytest.raises(NotImplementedError, match="Deserializer does not define"):
            method(Deserializer())
    record = Record()
    Deserializer().load(record)
    Serializer().save(record)
