"""What is gone is supplied when asked for, announced once, and only that."""

from __future__ import annotations

import sys

import pytest

INSTALL = "from catenary.legacy import supplying; supplying.install(); supplying.install()\n"


def announced(done):
    prefix = "catenary run: "
    return [line.removeprefix(prefix) for line in done.stderr.splitlines() if prefix in line]


def test_names_are_supplied_and_announced_once(python):
    code = """
import numpy as np
from collections import Iterable, Mapping
import fractions, time, collections.abc
print(np.int is int, np.int is int, np.float is float, np.asscalar(np.ones(1)), np.NaN != np.NaN)
print(np.zeros(2, np.int).dtype.kind, Iterable is collections.abc.Iterable, fractions.gcd(6, 4))
print(time.clock() <= time.clock())
"""
    done = python(INSTALL + code)
    assert done.stdout.split() == ["True", "True", "True", "1.0", "True", "i", "True", "2", "True"]
    said = [line.partition(" is gone since ")[0] for line in announced(done)]
    names = ["Iterable", "Mapping"]
    assert said == [
        *(f"collections.{name}" for name in names),
        *("numpy.int", "numpy.float", "numpy.asscalar", "numpy.NaN"),
        *("fractions.gcd", "time.clock"),
    ]


def test_the_line_that_asks_is_named(tmp_path, python):
    program = tmp_path / "program.py"
    program.write_text("import numpy\n\nnumpy.float\n")
    done = python(f"{INSTALL}import runpy; runpy.run_path({str(program)!r})")
    assert announced(done) == [
        "program.py:3: numpy.float is gone since NumPy 1.24; write float. Supplied for this run."
    ]


def test_modules_loaded_before_are_supplied_too(python):
    code = "import numpy, collections\nprint(numpy.int, collections.Iterable.__name__)"
    assert python(f"import numpy\n{INSTALL}{code}").stdout.split() == [
        "<class",
        "'int'>",
        "Iterable",
    ]


def test_what_never_was_stays_an_error(python):
    code = """
import numpy, collections
for module in (numpy, collections):
    try:
        module.no_such_name
    except AttributeError as error:
        print(error)
"""
    assert python(INSTALL + code).stdout.splitlines() == [
        "module 'numpy' has no attribute 'no_such_name'",
        "module 'collections' has no attribute 'no_such_name'",
    ]


def test_what_is_there_is_left_alone(python):
    code = """
import numpy, threading
print(numpy.bool is numpy.bool_, numpy.__loader__ is numpy.__spec__.loader)
print(type(numpy.__loader__).__name__)
"""
    done = python(INSTALL + code)
    assert done.stdout.split() == ["True", "True", "SourceFileLoader"]
    assert announced(done) == []


def test_methods_keep_their_old_names(python):
    done = python(f"{INSTALL}import threading; print(threading.Thread().isAlive())")
    assert done.stdout.strip() == "False"
    assert announced(done)[0].startswith("threading.Thread.isAlive is gone since Python 3.9")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="they are there before Python 3.12")
def test_assertions_keep_their_old_names(python):
    done = python(f"{INSTALL}import unittest; unittest.TestCase().assertEquals(1, 1)")
    assert announced(done)[0].startswith("unittest.TestCase.assertEquals is gone since")


def test_modules_are_supplied(python):
    # As on a Python that has none of them, wherever this test runs.
    code = """
import sys
hidden = {"imp", "distutils", "pkg_resources", "pipes"}
def hide(find_spec):
    return lambda name, *args: None if name in hidden else find_spec(name, *args)
for name in hidden:
    sys.modules.pop(name, None)
path_finder, ours = sys.meta_path[-2:]
class Hiding:
    find_spec = staticmethod(hide(path_finder.find_spec))
sys.meta_path[:] = [sys.meta_path[0], *sys.meta_path[-4:-2], Hiding, ours]
import imp, distutils.version, pkg_resources, pipes
print(imp.__file__, distutils.version.LooseVersion("1.2") < "1.10", pipes.quote("a"))
"""
    done = python(INSTALL + code)
    assert "legacy" in done.stdout.split()[0]
    assert done.stdout.split()[1:] == ["True", "a"]
    said = [line.split(" is gone")[0].rpartition(" ")[2] for line in announced(done)]
    assert said == ["imp", "distutils", "pkg_resources", "pipes"]


def test_child_processes_do_not_announce_again(python):
    code = """
import numpy, subprocess, sys
numpy.int
child = "from catenary.legacy import supplying; supplying.install(); import numpy; numpy.int"
subprocess.run([sys.executable, "-c", child], check=True)
"""
    assert len(announced(python(INSTALL + code))) == 1


def test_a_package_that_was_part_of_another_is_found_alone(python, tmp_path):
    (tmp_path / "joblib.py").write_text("VALUE = 1")
    (tmp_path / "sklearn" / "externals").mkdir(parents=True)
    for package in ("sklearn", "sklearn/externals"):
        (tmp_path / package / "__init__.py").touch()
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from sklearn.externals import joblib
import joblib as alone
print(joblib is alone)
"""
    done = python(INSTALL + code, str(tmp_path))
    assert done.stdout.strip() == "True"
    assert announced(done)[0].endswith("write import joblib. Supplied for this run.")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="imp is there before Python 3.12")
def test_imp_is_supplied_where_python_has_none(python):
    assert "legacy" in python(f"{INSTALL}import imp; print(imp.__file__)").stdout
