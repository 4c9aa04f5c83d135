"""A file is replaced as a whole or not at all."""

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from catenary.serializers import load_npz, save_npz
from catenary.serializers.atomic import replacing
from tests.serializers.nested import names_in

SRC = Path(__file__).parents[2] / "src"


class Part:
    """An object of one array; `before` runs when it is asked to serialize."""

    def __init__(self, value, before=lambda: None):
        self.x = np.full(3, value)
        self.before = before

    def serialize(self, serializer):
        self.before()
        self.x = serializer("x", self.x)


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "a.npz"
    save_npz(path, Part(1.0))
    return path


def holds(path, value):
    part = Part(0.0)
    load_npz(path, part)
    return part.x.tolist() == [value] * 3


def test_an_exception_while_serializing_leaves_the_old_file(old):
    def fail():
        raise RuntimeError("no")

    content = old.read_bytes()
    with pytest.raises(RuntimeError, match="no"):
        save_npz(old, Part(2.0, fail))
    assert old.read_bytes() == content
    assert names_in(old.parent) == ["a.npz"]


def test_an_exception_while_writing_leaves_the_old_file(old):
    with pytest.raises(KeyboardInterrupt), replacing(old) as stream:
        stream.write(b"half")
        stream.flush()
        raise KeyboardInterrupt
    assert holds(old, 1.0)
    assert names_in(old.parent) == ["a.npz"]


@pytest.mark.parametrize("moment", ["numpy.lib.format.write_array", "os.fsync"])
def test_a_process_that_dies_while_saving_leaves_the_old_file(old, moment):
    module, _, name = moment.rpartition(".")
    program = f"""
        import os, {module}
        import numpy as np
        from catenary.serializers import save_npz

        calls, original = [], {moment}
        def die(*args, **kwargs):
            calls.append(1)
            if len(calls) == 2 or {name!r} == "fsync":
                os._exit(7)
            return original(*args, **kwargs)
        {moment} = die
        save_npz({str(old)!r}, {{"x": np.full(3, 2.0), "y": np.ones(1000)}})
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        check=False,
    )
    assert done.returncode == 7
    assert holds(old, 1.0)
    assert len(names_in(old.parent)) == 2, "the process died while it wrote the temporary file"


def test_the_disk_has_the_content_before_the_name(old, monkeypatch):
    events = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("fsync"), fsync(fd)))
    monkeypatch.setattr(
        Path, "replace", lambda self, to: (events.append("replace"), replace(self, to))
    )
    save_npz(old, Part(2.0))
    assert events[:2] == ["fsync", "replace"]
    assert holds(old, 2.0)


def test_systems_whose_folders_cannot_be_opened(old, monkeypatch):
    monkeypatch.delattr(os, "O_DIRECTORY")
    save_npz(old, Part(2.0))
    assert holds(old, 2.0)


def test_file_systems_that_do_not_sync_folders(old, monkeypatch):
    fsync = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    save_npz(old, Part(2.0))
    assert holds(old, 2.0)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_gets_its_mode_from_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        save_npz(tmp_path / "a.npz", Part(1.0))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.npz").stat().st_mode) == 0o666 & ~umask


def test_a_replaced_file_keeps_its_mode_from_the_beginning(old):
    old.chmod(0o640)
    with replacing(old) as stream:
        assert stat.S_IMODE(os.fstat(stream.fileno()).st_mode) == 0o640
        stream.write(b"x")
    save_npz(old, Part(2.0))
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert holds(old, 2.0)


def test_symbolic_links_are_followed(tmp_path):
    (tmp_path / "real").mkdir()
    target, first, second = tmp_path / "real" / "a.npz", tmp_path / "b.npz", tmp_path / "c.npz"
    first.symlink_to(target)
    second.symlink_to("b.npz")
    for value in (1.0, 2.0):
        save_npz(second, Part(value))
        assert second.is_symlink()
        assert first.is_symlink()
        assert holds(target, value)
    assert names_in(tmp_path / "real") == ["a.npz"]


def test_what_is_no_regular_file_is_written_in_place(tmp_path):
    save_npz(os.devnull, Part(1.0))
    assert not Path(os.devnull).is_file()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    save_npz(str(pipe), Part(1.0))
    content, _ = reader.communicate(timeout=20)
    (tmp_path / "copy.npz").write_bytes(content)
    assert holds(tmp_path / "copy.npz", 1.0)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        save_npz(tmp_path / "missing" / "a.npz", Part(1.0))
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        save_npz(str(tmp_path / "folder"), Part(1.0))
    assert names_in(tmp_path) == ["folder"]
