"""`catenary run` is plain Python, but for what `chainer` means and what 2019 had."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

RUN = [sys.executable, "-m", "catenary", "run"]


@pytest.fixture
def program(tmp_path):
    """Write a program and run it: `program(code, *args).stdout`."""

    def run(code, *args, before=(), python=False, env=None):
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(code))
        start = [sys.executable] if python else [*RUN, *before]
        return subprocess.run(
            [*start, str(path), *args],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={**os.environ, **(env or {})},
        )

    return run


STATE = """
    import json, sys
    main = sys.modules["__main__"]
    print(json.dumps([sys.argv, sys.path[0], main.__file__, main.__name__, main.__spec__ is None,
                      main.__builtins__ is __builtins__, sorted(vars(main)),
                      sys.flags.interactive]))
"""


def test_a_program_sees_what_plain_python_shows_it(program):
    args = ("a b", "--flag", "-m", "--strict")
    ours, plain = program(STATE, *args), program(STATE, *args, python=True)
    assert json.loads(ours.stdout) == json.loads(plain.stdout)
    assert json.loads(ours.stdout)[0][1:] == list(args)
    assert ours.stderr == ""


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(7)",
        "import sys; sys.exit('sorry')",
        "def f():\n    raise ValueError('what')\nf()",
        "print(1",
        "import no_such_module",
    ],
)
def test_exit_status_and_traceback_are_plain_pythons(program, code):
    ours, plain = program(code), program(code, python=True)
    assert (ours.returncode, ours.stdout, ours.stderr) == (
        plain.returncode,
        plain.stdout,
        plain.stderr,
    )


def test_a_signal_reaches_the_program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    running = subprocess.Popen([*RUN, str(path)], stdout=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == -signal.SIGTERM
    running.stdout.close()


def test_input_is_passed_on(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("print(input()[::-1])")
    done = subprocess.run(
        [*RUN, str(path)], input="abc\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == "cba\n"


def test_chainer_is_catenary(program):
    code = """
    import chainer, chainerx, chainermn
    import chainer.functions.activation.relu
    print(chainer.__version__, chainer.Variable.__module__)
    """
    assert program(code).stdout.split() == ["7.8.1", "catenary.variable"]


def test_an_original_beside_the_program_gives_way(program, tmp_path):
    (tmp_path / "chainer").mkdir()
    (tmp_path / "chainer" / "__init__.py").write_text("__version__ = 'the original'")
    assert program("import chainer; print(chainer.__version__)").stdout.strip() == "7.8.1"


def test_a_module_is_run_with_m(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "train.py").write_text(
        "import sys, chainer; print(__name__, __package__, sys.argv[1:], chainer.__version__)"
    )
    done = subprocess.run(
        [*RUN, "-m", "package.train", "-x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "__main__ package ['-x'] 7.8.1\n"


OF_2019 = """
    import numpy as np
    from collections import Iterable
    print(np.int(2.5), np.asscalar(np.ones(1)), Iterable.__name__)
"""


def test_what_2019_had_is_supplied_and_announced(program):
    done = program(OF_2019)
    assert done.stdout.split() == ["2", "1.0", "Iterable"]
    said = done.stderr.splitlines()
    assert [line.split()[2:4] for line in said] == [
        ["program.py:3:", "collections.Iterable"],
        ["program.py:4:", "numpy.int"],
        ["program.py:4:", "numpy.asscalar"],
    ]


def test_strict_supplies_nothing(program):
    done = program(OF_2019, before=["--strict"])
    assert done.returncode == 1
    assert "cannot import name 'Iterable'" in done.stderr
    assert "Supplied" not in done.stderr
    chainer = program("import chainer; print(chainer.__version__)", before=["--strict"])
    assert chainer.stdout.strip() == "7.8.1"


def test_workers_follow_however_they_are_started(program):
    code = """
    from collections import Iterable
    import multiprocessing
    import subprocess
    import sys
    import numpy as np

    def work(method):
        import chainer.serializers.npz as npz
        print(method, np.int, npz.__name__, Iterable.__name__, flush=True)

    if __name__ == "__main__":
        for method in ("fork", "spawn", "forkserver"):
            worker = multiprocessing.get_context(method).Process(target=work, args=(method,))
            worker.start()
            worker.join(60)
            assert worker.exitcode == 0
        child = "import chainer, numpy; print('subprocess', numpy.float)"
        subprocess.run([sys.executable, "-c", child], check=True)
    """
    done = program(code)
    assert done.stdout.splitlines() == [
        *(
            f"{method} <class 'int'> catenary.serializers.npz Iterable"
            for method in ("fork", "spawn", "forkserver")
        ),
        "subprocess <class 'float'>",
    ]
    assert done.stderr.count("collections.Iterable is gone") == 1


def test_a_sitecustomize_that_is_hidden_runs_all_the_same(program, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import builtins; builtins.CUSTOM = 'mine'")
    code = "import sys, sitecustomize; print(CUSTOM, sitecustomize.__file__)"
    out = program(code, env={"PYTHONPATH": str(folder)}).stdout.split()
    assert out == ["mine", str(folder / "sitecustomize.py")]


def test_interpreter_flags_are_passed_on(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import sys; print(sys.flags.optimize, sys.warnoptions)")
    done = subprocess.run(
        [sys.executable, "-O", "-W", "error", "-m", "catenary", "run", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1 ['error']\n"


def test_a_python_that_ignores_the_environment_is_refused(tmp_path):
    path = tmp_path / "program.py"
    path.touch()
    done = subprocess.run(
        [sys.executable, "-E", "-m", "catenary", "run", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "-E or -I and ignores the environment" in done.stderr
