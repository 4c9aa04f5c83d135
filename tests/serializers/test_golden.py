"""Files of the original Chainer, read and written."""

import json
import zipfile

import numpy as np
import pytest

from catenary.errors import SnapshotError
from catenary.serializers import NpzDeserializer, load_npz, save_npz
from catenary.serializers.archive import open_archive
from tests.serializers.nested import SNAPSHOTS, Nested, values_of

NESTED = SNAPSHOTS / "nested_model"
INDEX = json.loads((SNAPSHOTS / "index.json").read_text())["files"]
FILES = sorted(SNAPSHOTS.glob("*/*.npz"))


def stored(path):
    with np.load(path, allow_pickle=True) as arrays:
        return {key: arrays[key] for key in arrays.files}


@pytest.mark.parametrize("file", ["model.npz", "model_nocompress.npz"])
def test_a_nested_model_is_read(file):
    np.random.seed(0)
    model = Nested()
    load_npz(str(NESTED / file), model)
    expected = stored(NESTED / file)
    for path, param in model.namedparams():
        if path == "/lazy/W":
            assert not param.is_initialized
        else:
            np.testing.assert_array_equal(param.array, expected[path[1:]])
    assert model.conv.W.array.ravel().tolist() == list(range(18))
    assert (model.count, type(model.count)) == (7, np.int32)
    assert (model.tag, type(model.tag)) == ("hello", str)
    assert model.nothing is None
    assert (model.bn.N, type(model.bn.N)) == (0, int)
    np.testing.assert_array_equal(model.bn.avg_var, expected["bn/avg_var"])


def test_a_parameter_with_a_shape_keeps_its_values_where_the_file_has_none():
    model = Nested()
    model.lazy.W.initialize((2, 5))
    before = model.lazy.W.array.copy()
    load_npz(NESTED / "model.npz", model)
    np.testing.assert_array_equal(model.lazy.W.array, before)


@pytest.mark.parametrize("compression", [True, False])
def test_the_same_keys_dtypes_and_shapes_are_written(tmp_path, compression):
    model = Nested()
    load_npz(NESTED / "model.npz", model)
    save_npz(tmp_path / "model.npz", model, compression)
    written = stored(tmp_path / "model.npz")
    forms = {key: [array.dtype.str, list(array.shape)] for key, array in written.items()}
    assert forms == INDEX["nested_model"]["model.npz"]
    ours, theirs = (zipfile.ZipFile(folder / "model.npz") for folder in (tmp_path, NESTED))
    with ours, theirs:
        for name in theirs.namelist():
            assert ours.read(name) == theirs.read(name)
        method = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
        assert {member.compress_type for member in ours.infolist()} == {method}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_of_the_original_is_readable(path):
    index = INDEX.get(path.parent.name, {}).get(path.name)
    with open_archive(path) as archive:
        forms = {key: [array.dtype.str, list(array.shape)] for key, array in archive.items()}
    assert forms
    assert index is None or forms == index


def test_none_is_none_whatever_it_is_loaded_into():
    with open_archive(NESTED / "model.npz") as archive:
        for value in (None, 3, "x", np.ones(2)):
            assert NpzDeserializer(archive)("nothing", value) is None
            assert NpzDeserializer(archive)["lazy"]("W", value) is None


def test_a_wrong_model_is_refused_and_left_alone():
    model = Nested()
    model.seq[2].W.array = np.zeros((2, 4), np.float32)
    before = values_of(model)
    with pytest.raises(SnapshotError, match=r"seq/1/W.*shape \(2, 3\), the object \(2, 4\)"):
        load_npz(NESTED / "model.npz", model)
    assert values_of(model) == before


ASK = """
import numpy as np, sys
import chainer.functions as F, chainer.links as L


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
        self.add_persistent("tag", "")
        self.add_persistent("nothing", 1)


model = Nested()
chainer.serializers.load_npz(sys.argv[1], model)
assert model.nothing is None and model.lazy.W.array is None
outputs.update({path: param.array for path, param in model.namedparams(False)})
outputs.update(count=model.count, tag=model.tag, mean=model.bn.avg_mean)
"""


@pytest.mark.oracle
@pytest.mark.parametrize("compression", [True, False])
def test_the_original_reads_what_we_write(oracle, tmp_path, compression):
    model, path = Nested(), str(tmp_path / "model.npz")
    load_npz(NESTED / "model.npz", model)
    model.bn.avg_mean[...] = [1, 2]
    save_npz(path, model, compression)
    read = oracle(ASK, path)
    for name, param in model.namedparams(include_uninit=False):
        np.testing.assert_array_equal(read[name], param.array)
    assert (read["count"], read["count"].dtype, read["tag"]) == (7, np.int32, "hello")
    assert read["mean"].tolist() == [1, 2]
