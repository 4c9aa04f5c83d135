"""Datasets that lie in files: images, lines of text, pickles."""

import io
import os
import pickle
import sys
import zipfile

import numpy as np
import PIL.Image
import pytest

from catenary import datasets
from catenary.config import using_config
from catenary.datasets import (
    ImageDataset,
    LabeledImageDataset,
    LabeledZippedImageDataset,
    MultiZippedImageDataset,
    PickleDataset,
    TextDataset,
    ZippedImageDataset,
    open_pickle_dataset,
    open_pickle_dataset_writer,
)

pytestmark = pytest.mark.filterwarnings("ignore:This process.* is multi-threaded")

COLOUR = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
GREY = np.arange(6, dtype=np.uint8).reshape(3, 2)


@pytest.fixture
def images(tmp_path):
    for name, pixels in (("colour.png", COLOUR), ("grey.png", GREY)):
        PIL.Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "paths.txt").write_text("colour.png\n grey.png \n")
    (tmp_path / "pairs.txt").write_text("grey.png 7\ncolour.png\t-1\n")
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.mkdir("folder") if hasattr(archive, "mkdir") else archive.writestr("folder/", "")
        for name in ("colour.png", "grey.png"):
            archive.write(tmp_path / name, name)
    return tmp_path


def test_images(images):
    for paths in (["colour.png", "grey.png"], str(images / "paths.txt")):
        data = ImageDataset(paths, root=str(images))
        assert len(data) == 2
        colour, grey = data[:]
        assert (colour.shape, grey.shape, colour.dtype) == ((3, 2, 4), (1, 3, 2), np.float32)
        np.testing.assert_array_equal(colour, COLOUR.transpose(2, 0, 1))
        np.testing.assert_array_equal(grey, GREY[np.newaxis])
    assert ImageDataset(["grey.png"], str(images), np.uint8)[0].dtype == np.uint8
    with using_config("dtype", np.dtype(np.float64)):
        assert ImageDataset(["grey.png"], str(images))[0].dtype == np.float64


def test_labelled_images(images):
    for pairs in ([("grey.png", 7), ("colour.png", -1)], str(images / "pairs.txt")):
        data = LabeledImageDataset(pairs, root=str(images))
        assert len(data) == 2
        image, label = data[0]
        np.testing.assert_array_equal(image, GREY[np.newaxis])
        assert (type(label), label.dtype, label.shape, int(label)) == (np.ndarray, np.int32, (), 7)
        assert data[1][1] == -1
    assert LabeledImageDataset([("grey.png", 1)], str(images), None, "f8")[0][1].dtype == "f8"


def test_lines_that_are_no_pairs(images):
    (images / "bad.txt").write_text("grey.png 7\nlonely.png\n")
    for make in (
        LabeledImageDataset,
        lambda p: LabeledZippedImageDataset(images / "images.zip", p),
    ):
        with pytest.raises(ValueError, match=r"bad\.txt, line 2: 'lonely\.png'"):
            make(str(images / "bad.txt"))


def fork_reads_for_itself(data, expected, file):
    """A forked process reads all examples and leaves the position of our open file alone."""
    os.lseek(file.fileno(), 1, os.SEEK_SET)
    pid = os.fork()
    if pid == 0:
        try:
            fine = all(np.array_equal(data[i], e) for i, e in enumerate(expected))
            os._exit(0 if fine else 1)
        finally:
            os._exit(2)
    return os.waitpid(pid, 0)[1] == 0 and os.lseek(file.fileno(), 0, os.SEEK_CUR) == 1


def test_zipped_images(images):
    data = ZippedImageDataset(str(images / "images.zip"))
    assert len(data) == 2
    np.testing.assert_array_equal(data[0], COLOUR.transpose(2, 0, 1))
    np.testing.assert_array_equal(data.get_example("grey.png"), GREY[np.newaxis])
    np.testing.assert_array_equal(data[np.int64(1)], GREY[np.newaxis])
    again = pickle.loads(pickle.dumps(data))
    np.testing.assert_array_equal(again[1], GREY[np.newaxis])
    expected = [COLOUR.transpose(2, 0, 1), GREY[np.newaxis]]
    assert fork_reads_for_itself(data, expected, data._opened[1].fp)
    for each in (data, again):
        each.close()
        np.testing.assert_array_equal(each[1], GREY[np.newaxis])
        each.close()


def test_labelled_zipped_images(images):
    data = LabeledZippedImageDataset(
        str(images / "images.zip"), str(images / "pairs.txt"), np.uint8, np.int64
    )
    assert len(data) == 2
    image, label = data[0]
    np.testing.assert_array_equal(image, GREY[np.newaxis])
    assert (image.dtype, label.dtype, int(label)) == (np.uint8, np.int64, 7)
    data._zipfile.close()


def test_several_archives(images):
    name = str(images / "images.zip")
    data = MultiZippedImageDataset([name, name, name])
    assert len(data) == 6
    for i in range(6):
        np.testing.assert_array_equal(data[i], [COLOUR.transpose(2, 0, 1), GREY[np.newaxis]][i % 2])
    for i in (-1, 6):
        with pytest.raises(IndexError):
            data[i]
    assert len(MultiZippedImageDataset([])) == 0
    for archive in data._archives:
        archive.close()


def test_without_pillow(images, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for make in (
        lambda: ImageDataset([]),
        lambda: LabeledImageDataset([]),
        lambda: ZippedImageDataset(str(images / "images.zip")),
    ):
        with pytest.raises(ImportError, match=r"pip install catenary\[image\]"):
            make()


# ---- text
def test_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\nzwölf\n\nlast", encoding="utf-8")
    data = TextDataset(str(path), encoding="utf-8")
    assert len(data) == 4
    assert data[:] == ["one\n", "zwölf\n", "\n", "last"]
    assert [data[3], data[1]] == ["last", "zwölf\n"]
    for i in (-1, 4):
        with pytest.raises(IndexError):
            data[i]
    again = pickle.loads(pickle.dumps(data))
    assert again[1] == "zwölf\n"
    assert fork_reads_for_itself(data, ["one\n", "zwölf\n", "\n", "last"], data._opened[1][0])
    for each in (data, again):
        each.close()
        assert each[0] == "one\n"
        each.close()


def test_lines_side_by_side(tmp_path):
    (tmp_path / "a").write_bytes(b"a1\na2\na3\n")
    (tmp_path / "b").write_bytes("ä1\r\nb2\r\nb3\r\n".encode("latin-1"))
    names = [str(tmp_path / "a"), str(tmp_path / "b")]
    data = TextDataset(
        names, [None, "latin-1"], "strict", ["\n", ""], filter_func=lambda a, b: "2" not in a
    )
    assert data[:] == [("a1\n", "ä1\r\n"), ("a3\n", "b3\r\n")]
    data.close()
    (tmp_path / "b").write_bytes(b"b1\n")
    with pytest.raises(ValueError, match=r"different numbers of lines: .*b ends first"):
        TextDataset(names)
    with pytest.raises(ValueError, match="encoding has 1 entries for 2 files"):
        TextDataset(names, encoding=["utf-8"])
    with pytest.raises(ValueError, match="at least one"):
        TextDataset([])


# ---- pickles
def test_pickles(tmp_path):
    path = str(tmp_path / "data.pkl")
    examples = [(1, 2.0, "hello"), {"a": np.arange(3)}, None]
    with open_pickle_dataset_writer(path) as writer:
        for example in examples:
            writer.write(example)
        writer.flush()
    with open_pickle_dataset(path) as data:
        assert isinstance(data, PickleDataset)
        assert len(data) == 3
        assert data[0] == examples[0]
        assert data[1]["a"].tolist() == [0, 1, 2]
        again = pickle.loads(pickle.dumps(data))
        assert again[2] is None
        again.close()
    with pytest.raises(ValueError, match="closed"):
        data[0]


def test_pickles_read_by_a_fork(tmp_path):
    path = str(tmp_path / "data.pkl")
    with open_pickle_dataset_writer(path, protocol=2) as writer:
        for i in range(4):
            writer.write(i * np.ones(5000))
    with open_pickle_dataset(path) as data:
        assert fork_reads_for_itself(data, [i * np.ones(5000) for i in range(4)], data._reader)
        assert data[3][0] == 3


def test_a_reader_of_ones_own():
    stream = io.BytesIO(pickle.dumps(1) + pickle.dumps([2]))
    assert PickleDataset(stream)[:] == [1, [2]]
    read, write = os.pipe()
    os.close(write)
    with os.fdopen(read, "rb") as pipe, pytest.raises(ValueError, match="cannot seek"):
        PickleDataset(pipe)


def test_all_names_are_there():
    assert sorted(datasets.__all__) == datasets.__all__
    assert all(hasattr(datasets, name) for name in datasets.__all__)
