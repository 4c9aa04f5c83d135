"""After `import catenary.as_chainer`, `import chainer` is catenary. Each test has a process."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

MODULES = {
    "chainer.serializers": "catenary.serializers",
    "chainer.serializers.npz": "catenary.serializers.npz",
    "chainer.configuration": "catenary.config",
    "chainer.cuda": "catenary.backends.cuda",
    "chainer.backends.cuda": "catenary.backends.cuda",
    "chainer.optimizer": "catenary.optimizer",
    "chainer.optimizers.momentum_sgd": "catenary.optimizers.momentum_sgd",
    "chainer.optimizer_hooks.weight_decay": "catenary.optimizer_hooks.weight_decay",
    "chainer.links.connection.linear": "catenary.links.connection.linear",
    "chainer.functions.activation.relu": "catenary.functions.activation.relu",
    "chainer.dataset.convert": "catenary.dataset.convert",
    "chainer.iterators.serial_iterator": "catenary.iterators.serial_iterator",
}


def test_a_name_is_the_same_object(python):
    code = """
import catenary.as_chainer
import chainer, catenary
print(chainer.__version__)
print(*(name for name in catenary.__all__ if getattr(chainer, name) is not getattr(catenary, name)))
"""
    assert python(code).stdout.split() == ["7.8.1"]


def test_a_module_is_the_same_object_under_both_paths(python):
    code = f"""
import importlib, catenary.as_chainer
for theirs, ours in {MODULES!r}.items():
    module = importlib.import_module(theirs)
    assert module is importlib.import_module(ours), theirs
    print(theirs, module.__spec__.name)
"""
    assert dict(line.split() for line in python(code).stdout.splitlines()) == MODULES


def test_moved_modules_are_attributes_too(python):
    code = """
import catenary.as_chainer, chainer
print(chainer.cuda.__name__, chainer.configuration.__name__, chainer.chainerx.is_available())
print({"cuda", "configuration", "chainerx", "__version__", "Variable"} <= set(dir(chainer)))
"""
    assert python(code).stdout.split() == [
        "catenary.backends.cuda",
        "catenary.config",
        "False",
        "True",
    ]


def test_an_import_by_the_original_does_not_disturb_our_packages(python):
    """The import system sets a submodule on its parent: no name of ours may change by that."""
    code = """
import importlib, pkgutil, sys
import catenary, catenary.functions, catenary.links, catenary.optimizers
def seen():
    return {(m, k): id(v) for m in sorted(sys.modules) if m.startswith("catenary")
            for k, v in vars(sys.modules[m]).items() if not k.startswith("__")}
import catenary.as_chainer
paths = [m for m in sys.modules if m.startswith(("catenary.functions", "catenary.links"))]
before = seen()
for path in paths:
    importlib.import_module("chainer" + path.removeprefix("catenary"))
after = seen()
print(len(paths) > 5, [key for key, value in before.items() if after[key] != value])
"""
    assert python(code).stdout.strip() == "True []"


def test_pickles_made_under_chainers_names_load(python):
    code = """
import catenary.as_chainer, pickle, catenary
print(pickle.loads(b"cchainer.link\\nChainList\\n.") is catenary.ChainList)
print(pickle.loads(b"cchainer.optimizers.adam\\nAdamRule\\n.") is catenary.optimizers.adam.AdamRule)
print(pickle.loads(b"cchainer\\nVariable\\n.") is catenary.Variable)
"""
    assert python(code).stdout.split() == ["True", "True", "True"]


LACKING = {
    "import chainer.no_such_module": "chainer.no_such_module",
    "import chainer.functions.no_such_module.deeper": "chainer.functions.no_such_module",
    "import chainer.serializers.no_such_module": "chainer.serializers.no_such_module",
    "from chainer import NoSuchName": "chainer.NoSuchName",
}


def test_what_we_lack_is_an_import_error_that_names_it(python):
    code = f"""
import catenary.as_chainer
for statement in {list(LACKING)!r}:
    try:
        exec(statement)
    except ImportError as error:
        print(error)
"""
    assert python(code).stdout.splitlines() == [
        f"{name}: neither catenary 0.1.0 nor Chainer 7.8.1 has it." for name in LACKING.values()
    ]


def test_an_attribute_that_we_lack_is_an_attribute_error(python):
    code = """
import catenary.as_chainer, chainer
print(hasattr(chainer, "NoSuchName"))
chainer.NoSuchName
"""
    failed = python(code, check=False)
    assert failed.stdout.strip() == "False"
    assert "AttributeError: chainer.NoSuchName: neither catenary 0.1.0 nor" in failed.stderr


def test_chainerx_is_importable_and_not_available(python):
    code = """
import catenary.as_chainer, chainerx, numpy
print(chainerx.is_available(), isinstance(numpy.zeros(1), chainerx.ndarray))
for action in (chainerx.ndarray, lambda: chainerx.array([1])):
    try:
        action()
    except (RuntimeError, AttributeError) as error:
        print(type(error).__name__, "available" in str(error))
"""
    out = python(code).stdout.split()
    assert out == ["False", "False", "RuntimeError", "True", "AttributeError", "True"]


@pytest.fixture
def original(tmp_path):
    """A folder with something else that is called chainer."""
    (tmp_path / "chainer").mkdir()
    (tmp_path / "chainer" / "__init__.py").write_text("__version__ = 'the original'")
    return tmp_path


def test_an_imported_original_is_refused_with_the_way_out(python, original):
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import chainer
path = list(sys.path)
try:
    import catenary.as_chainer
except ImportError as error:
    print(type(error).__name__, error)
print(sys.path == path, chainer.__version__)
"""
    out = python(code, str(original)).stdout
    assert out.startswith("StandInError chainer is imported already, from " + str(original))
    assert "before the first `import chainer`" in out
    assert out.endswith("True the original\n")


def test_an_original_that_is_only_installed_gives_way(python, original):
    code = """
import sys, catenary.as_chainer
sys.path.insert(0, sys.argv[1])
import chainer
print(chainer.__version__)
"""
    assert python(code, str(original)).stdout.split() == ["7.8.1"]


def test_a_second_time_changes_nothing(python):
    code = """
import os, sys, catenary.as_chainer
def state():
    return list(sys.path), list(sys.meta_path), os.environ["PYTHONPATH"]
before = state()
catenary.as_chainer.install()
print(state() == before, before[2].count("standin"), before[2].split(os.pathsep)[1:])
"""
    out = python(code, env={"PYTHONPATH": "/somewhere"}).stdout
    assert out.split() == ["True", "1", "['/somewhere']"]


CHILD = "import chainer.serializers; print(chainer.__version__, chainer.serializers.__name__)"


def test_a_child_process_follows(python):
    code = f"""
import catenary.as_chainer, subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}], check=True)
"""
    assert python(code).stdout.split() == ["7.8.1", "catenary.serializers"]


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_a_worker_follows_however_it_is_started(tmp_path, method):
    if method not in __import__("multiprocessing").get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    script = tmp_path / "program.py"
    script.write_text(
        textwrap.dedent(f"""
        import multiprocessing

        def work():
            {CHILD}

        if __name__ == "__main__":
            import catenary.as_chainer

            worker = multiprocessing.get_context({method!r}).Process(target=work)
            worker.start()
            worker.join(60)
            raise SystemExit(worker.exitcode)
        """)
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.split() == ["7.8.1", "catenary.serializers"], done.stderr


def test_a_child_whose_python_lacks_catenary_says_so(python):
    code = """
import catenary.as_chainer, subprocess, sys
command = [sys.executable, "-S", "-c", "import chainer"]
bare = subprocess.run(command, capture_output=True, text=True)
print(bare.returncode, bare.stderr)
"""
    out = python(code).stdout
    assert out.startswith("1 ")
    assert "this Python has no catenary. Install catenary here, or take" in out


def test_pytest_takes_it_as_a_plugin(tmp_path):
    (tmp_path / "test_program.py").write_text(
        "import chainer\n\ndef test_it():\n    assert chainer.__version__ == '7.8.1'\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "catenary.as_chainer", "-W", "error", "-q"]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
