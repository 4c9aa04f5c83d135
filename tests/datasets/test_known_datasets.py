"""MNIST and the others: small files of the right format, from a server on this machine."""

import gzip
import hashlib
import io
import pickle
import re
import struct
import sys
import tarfile
import types
from pathlib import Path

import numpy as np
import pytest

from catenary import datasets
from catenary.config import using_config
from catenary.dataset.download import Remote
from catenary.datasets import cifar, fashion_mnist, kuzushiji_mnist, mnist, ptb, svhn
from catenary.errors import DownloadError

RANDOM = np.random.RandomState(0)
PIXELS = RANDOM.randint(0, 256, (5, 28, 28)).astype(np.uint8)
PIXELS[0, 0, :2] = 0, 255
DIGITS = np.array([7, 0, 9, 9, 1], np.uint8)


def idx(array):
    head = struct.pack(f">2xBB{array.ndim}i", 8, array.ndim, *array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)


def moved(remote, server, content):
    """The same file on our server, with the MD5 that it has there."""
    name = remote.url.rpartition("/")[2]
    server.files[f"/{name}"] = content
    url = f"{server.url}/{name}"
    return Remote(url, hashlib.md5(content).hexdigest())


@pytest.fixture(params=["mnist", "fashion_mnist", "kuzushiji_mnist"])
def mnist_like(request, monkeypatch, server, root):
    module = {"mnist": mnist, "fashion_mnist": fashion_mnist, "kuzushiji_mnist": kuzushiji_mnist}[
        request.param
    ]
    parts = {"train": (PIXELS, DIGITS), "test": (PIXELS[:2], DIGITS[:2])}
    files = {
        part: tuple(
            moved(r, server, idx(a)) for r, a in zip(module._FILES[part], arrays, strict=True)
        )
        for part, arrays in parts.items()
    }
    monkeypatch.setattr(module, "_FILES", files)
    return getattr(datasets, f"get_{request.param}")


def test_images_and_labels(mnist_like, root):
    train, test = mnist_like()
    assert (len(train), len(test)) == (5, 2)
    image, label = train[2]
    assert (image.shape, image.dtype, label, label.dtype) == ((784,), np.float32, 9, np.int32)
    np.testing.assert_array_equal(image, PIXELS[2].ravel().astype("f") * (1 / 255.0))
    home = {"get_mnist": "mnist", "get_fashion_mnist": "fashion-mnist"}.get(
        mnist_like.__name__, "kuzushiji_mnist"
    )
    with np.load(root / "pfnet/chainer" / home / "train.npz") as stored:
        np.testing.assert_array_equal(stored["x"], PIXELS.reshape(5, 784))
        np.testing.assert_array_equal(stored["y"], DIGITS)


def test_the_second_time_nothing_is_downloaded(mnist_like, server):
    first = mnist_like(withlabel=False)
    asked = list(server.asked)
    server.files.clear()
    for one, other in zip(first, mnist_like(withlabel=False), strict=True):
        np.testing.assert_array_equal(one, other)
    assert server.asked == asked
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("ndim", "rgb", "shape"),
    [(1, True, (784,)), (2, False, (28, 28)), (3, False, (1, 28, 28)), (3, True, (3, 28, 28))],
)
def test_axes_scale_and_dtypes(mnist_like, ndim, rgb, shape):
    train, _ = mnist_like(
        ndim=ndim, scale=255.0, dtype=np.float64, label_dtype=np.int8, rgb_format=rgb
    )
    image, label = train[0]
    assert (image.shape, image.dtype, label.dtype) == (shape, np.float64, np.int8)
    assert image.reshape(-1, 784)[-1, :2].tolist() == [0, 255]
    with using_config("dtype", np.dtype(np.float16)):
        assert mnist_like(withlabel=False)[1].dtype == np.float16


def test_axes_that_there_are_not(server, root):
    for get in (datasets.get_mnist, datasets.get_fashion_mnist, datasets.get_kuzushiji_mnist):
        with pytest.raises(ValueError, match="1, 2 or 3 axes"):
            get(ndim=4)
    for get in (datasets.get_cifar10, datasets.get_cifar100):
        with pytest.raises(ValueError, match="1 or 3 axes"):
            get(ndim=2)
    assert server.asked == []


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ((idx(PIXELS), idx(DIGITS[:3])), "no pair of MNIST's files"),
        ((idx(PIXELS[:, :20]), idx(DIGITS)), "no pair"),
        ((idx(PIXELS)[:-9], idx(DIGITS)), "is damaged"),
        ((b"no gzip", idx(DIGITS)), "is damaged"),
        ((gzip.compress(b"text"), idx(DIGITS)), "not in MNIST's format"),
        ((gzip.compress(gzip.decompress(idx(PIXELS))[:-1]), idx(DIGITS)), "not in MNIST's format"),
    ],
)
def test_files_that_are_no_such_files(server, root, monkeypatch, contents, message):
    files = tuple(moved(r, server, c) for r, c in zip(mnist._FILES["train"], contents, strict=True))
    monkeypatch.setattr(mnist, "_FILES", {"train": files})
    with pytest.raises(DownloadError, match=message):
        datasets.get_mnist()
    assert not (root / "pfnet/chainer/mnist/train.npz").exists()


# ---- CIFAR
COLOURS = RANDOM.randint(0, 256, (12, 3072)).astype(np.uint8)


def archive(members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else pickle.dumps(content, 2)
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def serve_cifar(server, monkeypatch, name, content):
    remote = moved(cifar._REMOTES[name], server, content)
    monkeypatch.setitem(cifar._REMOTES, name, remote)


def test_cifar10(server, root, monkeypatch):
    members = {
        f"cifar-10-batches-py/data_batch_{i}": {
            "data": COLOURS[2 * i - 2 : 2 * i],
            "labels": [i, i + 1],
        }
        for i in range(1, 6)
    }
    members["cifar-10-batches-py/test_batch"] = {"data": COLOURS[10:], "labels": [3, 4]}
    serve_cifar(server, monkeypatch, "cifar-10", archive(members))
    train, test = datasets.get_cifar10()
    assert (len(train), len(test)) == (10, 2)
    image, label = train[3]
    assert (image.shape, image.dtype, label, label.dtype) == ((3, 32, 32), np.float32, 3, np.int32)
    np.testing.assert_array_equal(image.ravel(), COLOURS[3].astype("f") * (1 / 255.0))
    flat, _ = datasets.get_cifar10(withlabel=False, ndim=1, scale=255.0, dtype=np.float64)
    np.testing.assert_array_equal(flat, COLOURS[:10])
    assert server.asked == ["/cifar-10-python.tar.gz"]
    with np.load(root / "pfnet/chainer/cifar/cifar-10.npz") as stored:
        assert sorted(stored) == ["test_x", "test_y", "train_x", "train_y"]
        assert stored["train_y"].dtype == np.uint8


def test_cifar100(server, root, monkeypatch):
    members = {
        "cifar-100-python/train": {"data": COLOURS[:7], "fine_labels": list(range(93, 100))},
        "cifar-100-python/test": {"data": COLOURS[7:], "fine_labels": [5] * 5},
    }
    serve_cifar(server, monkeypatch, "cifar-100", archive(members))
    train, test = datasets.get_cifar100()
    assert (len(train), len(test), train[6][1]) == (7, 5, 99)


class Evil:
    def __reduce__(self):
        return print, ("this must not be printed",)


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        archive({"another": {}}),
        archive({"cifar-100-python/train": b"no pickle"}),
        archive({"cifar-100-python/train": {"data": COLOURS}}),
        archive({"cifar-100-python/train": Evil()}),
    ],
)
def test_archives_that_are_not_cifar(server, root, monkeypatch, capsys, content):
    serve_cifar(server, monkeypatch, "cifar-100", content)
    with pytest.raises(DownloadError, match="is not the archive of cifar-100"):
        datasets.get_cifar100()
    assert "printed" not in capsys.readouterr().out


# ---- SVHN
def test_svhn(server, root, monkeypatch):
    house = RANDOM.randint(0, 256, (32, 32, 3, 4)).astype(np.uint8)
    numbers = np.array([[10], [1], [9], [10]], np.uint8)
    for part in ("train", "test", "extra"):
        remote = moved(svhn._REMOTES[part], server, part.encode())
        monkeypatch.setitem(svhn._REMOTES, part, remote)

    def loadmat(path):
        assert Path(path).read_text() in ("train", "test", "extra")
        return {"X": house, "y": numbers}

    module = types.ModuleType("scipy.io")
    module.loadmat = loadmat
    monkeypatch.setitem(sys.modules, "scipy", types.ModuleType("scipy"))
    monkeypatch.setitem(sys.modules, "scipy.io", module)
    train, test = datasets.get_svhn()
    image, label = train[2]
    assert (image.shape, image.dtype, label, label.dtype) == ((3, 32, 32), np.float32, 9, np.int32)
    np.testing.assert_array_equal(image[1], house[:, :, 1, 2].astype("f") * (1 / 255.0))
    assert [int(label) for _, label in test] == [0, 1, 9, 0]
    *_, extra = datasets.get_svhn(withlabel=False, scale=255.0, add_extra=True)
    assert extra.max() <= 255
    assert len(server.asked) == 3


def test_svhn_without_scipy(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(RuntimeError, match=r"pip install catenary\[svhn\]"):
        datasets.get_svhn()


# ---- PTB
def test_ptb(server, root, monkeypatch):
    texts = {"train": " the cat \n sat\n", "valid": "the cat\n", "test": "cat the sat\n"}
    remotes = {p: moved(ptb._REMOTES[p], server, t.encode()) for p, t in texts.items()}
    monkeypatch.setattr(ptb, "_REMOTES", remotes)
    vocabulary = {"the": 0, "cat": 1, "<eos>": 2, "sat": 3}
    for _ in range(2):
        assert datasets.get_ptb_words_vocabulary() == vocabulary
        train, valid, test = datasets.get_ptb_words()
        assert (train.tolist(), valid.tolist(), test.tolist()) == (
            [0, 1, 2, 3, 2],
            [0, 1, 2],
            [1, 0, 3, 2],
        )
        assert train.dtype == valid.dtype == test.dtype == np.int32
    assert (root / "pfnet/chainer/ptb/vocab.txt").read_text() == "the\ncat\n<eos>\nsat\n"
    assert len(server.asked) == 3


def test_ptb_with_words_that_nobody_knows(server, root, monkeypatch):
    texts = {"train": "the\n", "valid": "dog\n", "test": "the\n"}
    remotes = {p: moved(ptb._REMOTES[p], server, t.encode()) for p, t in texts.items()}
    monkeypatch.setattr(ptb, "_REMOTES", remotes)
    with pytest.raises(DownloadError, match=r"words that the vocabulary lacks \(\['dog'\]\)"):
        datasets.get_ptb_words()


# ---- where they really are
def remotes():
    for module in (mnist, fashion_mnist, kuzushiji_mnist):
        for part in module._FILES.values():
            yield from part
    for module in (cifar, svhn, ptb):
        yield from module._REMOTES.values()


def test_every_real_file_has_a_published_checksum_and_a_safe_place():
    known = list(remotes())
    assert len(known) == len({r.md5 for r in known}) == len({r.url for r in known}) == 20
    for remote in known:
        assert re.fullmatch("[0-9a-f]{32}", remote.md5)
        first = (remote.mirrors or (remote.url,))[0]
        assert first.startswith("https://")
        name = remote.url.rpartition("/")[2]
        assert all(mirror.endswith(f"/{name}") for mirror in remote.mirrors)
