"""Downloads: once, checked, in Chainer's places, and in words when they fail."""

import hashlib
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from catenary.dataset import (
    cache_or_load_file,
    cached_download,
    get_dataset_directory,
    get_dataset_root,
    set_dataset_root,
)
from catenary.dataset.download import Remote, fetch
from catenary.errors import DownloadError

pytestmark = pytest.mark.filterwarnings("ignore:This process.* is multi-threaded")


def md5(content):
    return hashlib.md5(content).hexdigest()


def files_below(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once_to_the_place_that_chainer_gives_it(server, root, capsys):
    server.files["/a"] = b"content" * 10**5
    path = cached_download(f"{server.url}/a")
    assert path == str(root / "_dl_cache" / md5(f"{server.url}/a".encode()))
    assert capsys.readouterr().err == f"Downloading from {server.url}/a...\n"
    assert cached_download(f"{server.url}/a") == path
    assert server.asked == ["/a"]
    assert Path(path).read_bytes() == b"content" * 10**5
    assert [name for name in files_below(root) if not name.endswith("_lock")] == [
        os.path.relpath(path, root)
    ]


def test_the_first_mirror_that_has_the_right_file_is_taken(server, root):
    server.files |= {"/wrong": b"wrong", "/short": (10, b"right"), "/good": b"right"}
    mirrors = tuple(f"{server.url}/{name}" for name in ("none", "wrong", "short", "good", "late"))
    path = fetch(Remote("http://old.invalid/a", md5(b"right"), mirrors))
    assert path == str(root / "_dl_cache" / md5(b"http://old.invalid/a"))
    assert Path(path).read_bytes() == b"right"
    assert server.asked == ["/none", "/wrong", "/short", "/good"]


def test_what_failed_is_told_and_leaves_nothing(server, root):
    server.files |= {"/wrong": b"wrong", "/short": (10, b"short")}
    mirrors = tuple(f"{server.url}/{name}" for name in ("none", "wrong", "short"))
    with pytest.raises(DownloadError) as error:
        fetch(Remote(f"{server.url}/none", md5(b"right"), mirrors))
    text = str(error.value)
    assert f"{server.url}/none: HTTP Error 404" in text
    assert f"sent another file (MD5 {md5(b'wrong')}, not {md5(b'right')})" in text
    assert "5 of 10 bytes" in text or "IncompleteRead" in text
    place = str(root / "_dl_cache" / md5(f"{server.url}/none".encode()))
    assert f"save it as\n  {place}\n" in text
    assert "CHAINER_DATASET_ROOT" in text
    assert isinstance(error.value, OSError)
    assert files_below(root) == []
    assert list((root / "_dl_cache").iterdir()) == []


def test_without_a_server(root):
    with pytest.raises(DownloadError, match=r"http://127.0.0.1:9/a: .*refused"):
        cached_download("http://127.0.0.1:9/a")
    with pytest.raises(DownloadError, match="unknown url type"):
        cached_download("no url")


def test_a_file_put_there_by_hand_is_taken(root):
    place = root / "_dl_cache" / md5(b"http://nowhere.invalid/a")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"by hand")
    assert fetch(Remote("http://nowhere.invalid/a", md5(b"another"))) == str(place)


def test_directories(root):
    assert get_dataset_root() == str(root)
    path = get_dataset_directory("one/two", create_directory=False)
    assert path == str(root / "one" / "two")
    assert not Path(path).exists()
    assert get_dataset_directory("one/two") == path
    assert Path(path).is_dir()
    set_dataset_root("elsewhere")
    assert get_dataset_directory("a", create_directory=False) == str(Path("elsewhere", "a"))


def test_the_environment_names_the_root(tmp_path):
    ask = "from catenary.dataset import get_dataset_root; print(get_dataset_root())"
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("CHAINER_DATASET_ROOT", None)
    for more, expected in (
        ({}, tmp_path / ".chainer" / "dataset"),
        ({"CHAINER_DATASET_ROOT": "/some/where"}, "/some/where"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env=environment | more,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(expected)


def create(path):
    assert not Path(path).exists()
    Path(path).write_text("made")
    return "created"


def load(path):
    return Path(path).read_text()


def test_a_file_is_made_once(root):
    path = str(Path(get_dataset_directory("things"), "thing.txt"))
    assert cache_or_load_file(path, create, load) == "created"
    assert cache_or_load_file(path, create, load) == "made"
    assert files_below(root) == ["_create_lock", "things/thing.txt"]


def test_whoever_is_first_has_made_the_file(root):
    path = str(Path(get_dataset_directory("things"), "thing.txt"))

    def overtaken(fresh):
        Path(path).write_text("of another process")
        return create(fresh)

    assert cache_or_load_file(path, overtaken, load) == "created"
    assert load(path) == "of another process"


def test_a_file_that_cannot_be_made_is_not_there(root):
    path = str(Path(get_dataset_directory("things"), "thing.txt"))

    def fail(path):
        create(path)
        raise RuntimeError("half of it")

    with pytest.raises(RuntimeError, match="half of it"):
        cache_or_load_file(path, fail, load)
    assert files_below(root) == []
    assert cache_or_load_file(path, create, load) == "created"


def ask_for_all(url, barrier, answers):
    barrier.wait()
    path = str(Path(get_dataset_directory("things"), "thing.txt"))
    made = cache_or_load_file(path, create, load)
    answers.put((cached_download(f"{url}/a"), made in ("created", "made")))


def test_many_processes_at_the_same_time(server, root):
    server.files["/a"] = b"content" * 10**5
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(4), context.Queue()
    asking = [
        context.Process(target=ask_for_all, args=(server.url, barrier, answers)) for _ in range(4)
    ]
    for process in asking:
        process.start()
    said = {answers.get(timeout=20) for _ in asking}
    for process in asking:
        process.join()
    answers.close()
    answers.join_thread()
    ((path, fine),) = said
    assert fine
    assert Path(path).read_bytes() == b"content" * 10**5
    assert len(files_below(root)) == 4  # two files and two locks
