"""Stand-ins for modules that are gone. Loaded by their paths here, so that real ones stay."""

from __future__ import annotations

import importlib.metadata
import os

import pytest

from catenary.legacy.modules import imp, pipes, pkg_resources
from catenary.legacy.modules.distutils import dir_util, spawn, util, version


@pytest.mark.parametrize("kind", [version.LooseVersion, version.StrictVersion])
def test_versions_are_compared_by_their_numbers(kind):
    assert kind("1.10.0") > kind("1.9.3")
    assert kind("7.8.1") >= "7.8.1"
    assert kind("2.0") < "10.0"
    assert kind("1.0") != kind("1.1")
    assert str(kind("1.0")) == "1.0"


def test_loose_versions_may_have_words():
    assert version.LooseVersion("7.0.0rc1") < version.LooseVersion("7.0.1")
    assert version.LooseVersion("2.13.0+cpu") > "2.6"
    assert version.LooseVersion("1.0rc1") < "1.0.1"


def test_strict_versions_may_not():
    assert version.StrictVersion("1.0a2") < version.StrictVersion("1.0")
    assert version.StrictVersion("1.0b1") > version.StrictVersion("1.0a2")
    with pytest.raises(ValueError, match=r"invalid version number '1\.0rc1'"):
        version.StrictVersion("1.0rc1")


def test_words_for_true_and_false():
    assert [util.strtobool(word) for word in ("yes", "ON", "0", "f")] == [1, 1, 0, 0]
    with pytest.raises(ValueError, match="invalid truth value 'maybe'"):
        util.strtobool("maybe")


def test_folders(tmp_path):
    inner = tmp_path / "a" / "b"
    dir_util.mkpath(str(inner))
    dir_util.mkpath(str(inner))
    (inner / "file").write_text("x")
    copied = dir_util.copy_tree(str(tmp_path / "a"), str(tmp_path / "c"))
    assert copied == [str(tmp_path / "c" / "b" / "file")]
    dir_util.remove_tree(str(tmp_path / "a"))
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_programs(tmp_path):
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert spawn.find_executable("tool", str(tmp_path)) == os.fspath(program)
    assert spawn.find_executable("no-such-tool", str(tmp_path)) is None


def test_imp_loads_a_file_by_its_path(tmp_path):
    path = tmp_path / "settings.py"
    path.write_text("VALUE = 1")
    module = imp.load_source("test_imp_settings", str(path))
    assert (module.VALUE, module.__name__, module.__file__) == (1, "test_imp_settings", str(path))
    path.write_text("VALUE = 22")
    assert imp.load_source("test_imp_settings", str(path)) is module
    assert module.VALUE == 22


def test_imp_finds_and_loads_modules_and_packages(tmp_path):
    (tmp_path / "one.py").write_text("VALUE = 1")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "__init__.py").write_text("VALUE = 2")
    found = imp.find_module("one", [str(tmp_path)])
    with found[0]:
        assert imp.load_module("test_imp_one", *found).VALUE == 1
    assert found[2] == (".py", "r", imp.PY_SOURCE)
    found = imp.find_module("two", [str(tmp_path)])
    assert found[0] is None
    assert imp.load_module("test_imp_two", *found).VALUE == 2
    with pytest.raises(ImportError, match="No module named 'three'"):
        imp.find_module("three", [str(tmp_path)])
    assert imp.new_module("empty").__name__ == "empty"


def test_pkg_resources():
    found = pkg_resources.get_distribution("numpy")
    assert found.version == importlib.metadata.version("numpy")
    assert found.parsed_version >= pkg_resources.parse_version("1.26")
    with pytest.raises(pkg_resources.DistributionNotFound):
        pkg_resources.get_distribution("no-such-distribution")
    assert pkg_resources.resource_exists("catenary", "py.typed")
    assert not pkg_resources.resource_exists("catenary", "no.such.file")
    assert pkg_resources.resource_filename("catenary", "py.typed").endswith("py.typed")
    assert pkg_resources.resource_string("catenary", "py.typed") == b""
    with pkg_resources.resource_stream("catenary", "errors.py") as file:
        assert file.read(3) == b'"""'
    assert "errors.py" in pkg_resources.resource_listdir("catenary", "")
    assert "pytest" in {one.name for one in pkg_resources.iter_entry_points("console_scripts")}
    (one,) = pkg_resources.iter_entry_points("console_scripts", "pytest")
    assert one.name == "pytest"


def test_pipes():
    assert pipes.quote("a b") == "'a b'"
