"""HDF5 snapshots: the original's read, ours written, and what is refused."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
import torch

from catenary import optimizers
from catenary.errors import MissingKeyError, SnapshotError
from catenary.link import Link
from catenary.serializers import (
    HDF5Deserializer,
    HDF5Serializer,
    load_hdf5,
    load_npz,
    save_hdf5,
)
from catenary.variable import Parameter
from tests.serializers.nested import SNAPSHOTS, Nested, names_in, values_of
from tests.serializers.test_npz import Record

h5py = pytest.importorskip("h5py")
NESTED = SNAPSHOTS / "nested_model"
OURS = SNAPSHOTS.parent / "ours" / "nested_model" / "model.h5"  # written here, read by the original
FILES = sorted(path for path in SNAPSHOTS.glob("*/*.h5") if path.with_suffix(".npz").exists())


class Untagged(Nested):
    """The model of model.h5, which lacks the text that the original cannot write."""

    def __init__(self):
        super().__init__()
        self._persistent.discard("tag")


def round_trip(tmp_path, stored, given):
    save_hdf5(tmp_path / "a.h5", Record(k=stored))
    record = Record(k=given)
    load_hdf5(tmp_path / "a.h5", record)
    return record.values["k"]


def damaged(path, target):
    """Overwrite the compressed bytes of the first large dataset."""
    content = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        place = file["x"].id.get_chunk_info(0).byte_offset
    content[place : place + 8] = b"\0" * 8
    target.write_bytes(content)


# ---- files of the original
def test_a_nested_model_is_read():
    model, other = Untagged(), Nested()
    load_hdf5(NESTED / "model.h5", model)
    load_npz(NESTED / "model.npz", other)
    assert not model.lazy.W.is_initialized
    other._persistent.discard("tag")
    assert values_of(model) == values_of(other)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_of_the_original_holds_what_its_npz_holds(path):
    with h5py.File(path) as file, np.load(path.with_suffix(".npz"), allow_pickle=True) as npz:
        store = HDF5Deserializer(file)._arrays
        # The h5 files lack the empty parameter and the text; see golden/README.md.
        for key in store:
            np.testing.assert_array_equal(store[key], npz[key])
            assert store[key].dtype == npz[key].dtype
        lacking = {key for key in npz.files if key not in store}
        assert all(key.split("/")[0] in ("e", "tag") for key in lacking)
        assert len(store) > 0


def test_an_array_without_elements_is_read():
    with h5py.File(SNAPSHOTS / "Adam" / "with_empty.h5") as file:
        assert HDF5Deserializer(file)("e", np.ones((0,), "f")).shape == (0,)


# ---- what we write
def test_the_same_datasets_are_written(tmp_path):
    model = Untagged()
    load_hdf5(NESTED / "model.h5", model)
    save_hdf5(tmp_path / "model.h5", model)
    with h5py.File(tmp_path / "model.h5") as ours, h5py.File(NESTED / "model.h5") as theirs:
        forms = [{}, {}]
        for form, file in zip(forms, (ours, theirs), strict=True):
            file.visititems(
                lambda name, item, form=form: form.update(
                    {name: getattr(item, "shape", 0) and (item.dtype, item.shape, item.compression)}
                )
            )
        assert forms[0] == forms[1]
    again = Untagged()
    load_hdf5(tmp_path / "model.h5", again)
    assert values_of(again) == values_of(model)


def test_what_we_write_is_what_the_original_has_read(tmp_path):
    model = Untagged()
    load_hdf5(OURS, model)
    assert model.bn.avg_mean.tolist() == [1, 2]
    save_hdf5(tmp_path / "model.h5", model)
    with h5py.File(tmp_path / "model.h5") as now, h5py.File(OURS) as then:
        stores = [HDF5Deserializer(file)._arrays for file in (now, then)]
        assert list(stores[0]) == list(stores[1])
        for key, array in stores[0].items():
            assert (array.dtype, array.tolist()) == (stores[1][key].dtype, stores[1][key].tolist())


def test_an_optimizer_is_saved_and_loaded(tmp_path):
    def training():
        link = Link()
        with link.init_scope():
            link.w = Parameter(np.ones(3, "f"))
        link.w.grad = np.ones(3, "f")
        return link, optimizers.Adam().setup(link)

    link, first = training()
    first.update()
    save_hdf5(tmp_path / "a.h5", first)
    _, second = training()
    load_hdf5(tmp_path / "a.h5", second)
    assert second.t == 1
    np.testing.assert_array_equal(
        second.target.w.update_rule.state["m"], link.w.update_rule.state["m"]
    )


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ("text, ä", "x"),
        ("", "x"),
        (b"bytes", b"x"),
        (True, False),
        (3, 1),
        (2.5, 0.0),
        (1 + 2j, 0j),
        (np.float16(1.5), np.float16(0)),
        ([1, 2], [0]),
        ((1.5,), (0.0,)),
        (None, 3),
    ],
)
def test_values_come_back(tmp_path, stored, given):
    result = round_trip(tmp_path, stored, given)
    assert result == stored
    assert type(result) is type(stored)


@pytest.mark.parametrize("dtype", ["float16", "int8", "uint64", "bool", "complex64", ">f4", "S3"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (3, 2)])
def test_arrays_come_back(tmp_path, dtype, shape):
    array = np.ones(shape, dtype)
    into = np.zeros(shape, dtype)
    assert round_trip(tmp_path, array, into) is into
    np.testing.assert_array_equal(into, array)
    loaded = round_trip(tmp_path, array, None)
    np.testing.assert_array_equal(loaded, array)
    assert loaded.dtype == array.dtype


def test_arrays_of_text_come_back(tmp_path):
    array = np.array([["a", "bcd"], ["", "é"]])
    np.testing.assert_array_equal(round_trip(tmp_path, array, None), array)


def test_text_of_python_2_is_decoded(tmp_path):
    assert round_trip(tmp_path, b"abc", "x") == "abc"


def test_bfloat16_is_saved_as_float32(tmp_path):
    link = Link()
    with link.init_scope():
        link.w = Parameter.from_tensor(torch.tensor([1.5, 2.0], dtype=torch.bfloat16))
    save_hdf5(tmp_path / "a.h5", link)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["w"].dtype == np.float32
    link.w.array.fill_(0)
    load_hdf5(tmp_path / "a.h5", link)
    assert link.w.array.tolist() == [1.5, 2.0]
    with pytest.raises(TypeError, match="the value 'k' is a Tensor"):
        save_hdf5(tmp_path / "b.h5", {"k": torch.ones(2, dtype=torch.bfloat16)})
    assert names_in(tmp_path) == ["a.h5"]


def test_dictionaries_and_groups(tmp_path):
    save_hdf5(tmp_path / "a.h5", {"/a/b": np.ones(2), "c": 3})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        HDF5Serializer(file["a"])["/part/"]("/x", 7)
        assert file["a/part/x"][()] == 7
        assert HDF5Deserializer(file["a"])["part"]("x", 0) == 7
    record = Record(x=0)
    load_hdf5(tmp_path / "a.h5", record, path="a/part/")
    assert record.values == {"x": 7}


@pytest.mark.parametrize(("level", "expected"), [(4, ("gzip", 4)), (None, (None, None))])
def test_compression(tmp_path, level, expected):
    save_hdf5(tmp_path / "a.h5", {"x": np.ones(9), "one": np.ones(1)}, compression=level)
    with h5py.File(tmp_path / "a.h5") as file:
        assert (file["x"].compression, file["x"].compression_opts) == expected
        assert file["one"].compression is None


def test_file_objects():
    stream = io.BytesIO()
    save_hdf5(stream, {"x": np.arange(3)})
    record = Record(x=np.zeros(3, np.int64))
    load_hdf5(stream, record)
    assert record.values["x"].tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="path or a binary file object"):
        save_hdf5(3, {})


def test_equal_objects_give_equal_bytes(tmp_path):
    for name in ("a.h5", "b.h5"):
        save_hdf5(tmp_path / name, {"x": np.arange(9.0), "s": "text"})
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


# ---- refusals
def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.h5"
    save_hdf5(path, {"x": 1})
    before = path.read_bytes()
    for wrong in ({"x": object()}, {"x": 1, "x/y": 2}):
        with pytest.raises((TypeError, ValueError)):
            save_hdf5(path, wrong)
        assert path.read_bytes() == before
        assert names_in(tmp_path) == ["a.h5"]


def test_what_is_missing_or_does_not_fit_changes_nothing(tmp_path):
    model = Nested()
    before = values_of(model)
    with pytest.raises(MissingKeyError, match="'tag'"):
        load_hdf5(NESTED / "model.h5", model)
    assert values_of(model) == before
    load_hdf5(NESTED / "model.h5", model, strict=False)
    assert values_of(model) != before
    wrong = Untagged()
    wrong.seq[2].W.array = np.zeros((2, 4), np.float32)
    before = values_of(wrong)
    with pytest.raises(SnapshotError, match=r"seq/1/W.*shape \(2, 3\)"):
        load_hdf5(NESTED / "model.h5", wrong)
    assert values_of(wrong) == before
    load_hdf5(NESTED / "model.h5", wrong, ignore_names="seq/1/W")
    with pytest.raises(MissingKeyError, match="'conv'"):  # a group is no value
        load_hdf5(NESTED / "model.h5", Record(conv=1))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off(tmp_path, share):
    content = (NESTED / "model.h5").read_bytes()
    path = tmp_path / "cut.h5"
    path.write_bytes(content[: int(len(content) * share)])
    model = Untagged()
    before = values_of(model)
    with pytest.raises(SnapshotError, match=r"cut\.h5"):
        load_hdf5(path, model)
    assert values_of(model) == before


def test_a_damaged_dataset(tmp_path):
    save_hdf5(tmp_path / "good.h5", {"x": np.arange(100.0), "a": 1})
    damaged(tmp_path / "good.h5", tmp_path / "bad.h5")
    record = Record(a=0, x=np.zeros(100))
    with pytest.raises(SnapshotError, match=r"bad\.h5 is damaged: x"):
        load_hdf5(tmp_path / "bad.h5", record)
    assert record.values["a"] == 0
    assert not record.values["x"].any()


def test_a_compound_value_that_is_no_array(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = file.ref
    with pytest.raises(SnapshotError, match="other than an array"):
        load_hdf5(tmp_path / "a.h5", Record(x=None))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_hdf5(tmp_path / "none.h5", Record(x=1))
    with pytest.raises(SnapshotError, match="file object"):
        load_hdf5(io.BytesIO(b"no"), Record(x=1))


def test_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    for call in (
        lambda: save_hdf5(tmp_path / "a.h5", {}),
        lambda: load_hdf5(tmp_path / "a.h5", Record()),
        lambda: HDF5Serializer(None),
        lambda: HDF5Deserializer(None),
    ):
        with pytest.raises(RuntimeError, match="pip install h5py"):
            call()


# ---- both ways
ASK = """
import sys
import chainer.functions as F, chainer.links as L, numpy as np


class Nested(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(1, 2, 3)
            self.bn = L.BatchNormalization(2)
            self.lst = chainer.ChainList(L.Linear(3, 2), L.Linear(2, 2, nobias=True))
            self.seq = chainer.Sequential(L.Linear(4, 3), F.relu, L.Linear(3, 2))
            self.lazy = L.Linear(None, 2)
            self.embed = L.EmbedID(3, 2, ignore_label=-1)
        self.add_persistent("count", np.int32(0))
        self.add_persistent("nothing", 1)


model = Nested()
chainer.serializers.load_hdf5(sys.argv[1], model)
assert model.nothing is None and model.lazy.W.array is None
outputs.update({path: param.array for path, param in model.namedparams(False)})
outputs.update(count=model.count, mean=model.bn.avg_mean)
"""


@pytest.mark.oracle
@pytest.mark.parametrize("compression", [4, None, "kept"])
def test_the_original_reads_what_we_write(oracle, tmp_path, compression):
    model, path = Untagged(), tmp_path / "model.h5"
    load_hdf5(NESTED / "model.h5", model)
    model.bn.avg_mean[...] = [1, 2]
    if compression == "kept":
        path = OURS
    else:
        save_hdf5(path, model, compression)
    read = oracle(ASK, str(path))
    for name, param in model.namedparams(include_uninit=False):
        np.testing.assert_array_equal(read[name], param.array)
    assert (read["count"], read["count"].dtype) == (7, np.int32)
    assert read["mean"].tolist() == [1, 2]


def test_a_part_of_the_reader_knows_its_group(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.create_group("model/layer")
        reader = HDF5Deserializer(file, strict=False)
        assert reader.group == file
        assert reader["model"].group.name == "/model"
        assert reader["model"]["layer"].group.name == "/model/layer"
        assert reader["other"].group is None
