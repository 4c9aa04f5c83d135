"""`catenary check` finds what will not run, and nothing else, without running it."""

from __future__ import annotations

import json
import textwrap

import pytest

HEAD = """
import numpy as np
import chainer
import chainer.functions as F
import chainer.links as L
from chainer import training
"""


@pytest.fixture(scope="module")
def check(python, tmp_path_factory):
    """Findings of a program, as `(line, kind, name)`; each test module pays for one process."""

    def run(programs):
        folder = tmp_path_factory.mktemp("programs")
        for name, text in programs.items():
            head = HEAD if text.startswith(HEAD) else ""
            (folder / name).write_text(head + textwrap.dedent(text.removeprefix(head)))
        code = f"from catenary.cli import main; main(['check', '--json', {str(folder)!r}])"
        found = json.loads(python(code).stdout)
        return {
            name: [
                (one["line"], one["kind"], one["name"])
                for one in found
                if one["file"] == str(folder / name)
            ]
            for name in programs
        }

    return run


CLEAN = {
    "uses.py": HEAD
    + """
    from chainer.functions.activation.relu import relu
    from chainer.training import extensions
    class M(chainer.Chain):
        def __init__(self):
            super(M, self).__init__()
            with self.init_scope():
                self.l = L.Linear(None, 3, initialW=chainer.initializers.HeNormal())
        def __call__(self, x):
            return F.dropout(relu(self.l(x)), ratio=0.2)
    if chainer.cuda.available:
        chainer.cuda.cupy.random.seed(0)
        chainer.backends.cuda.Stream.null.synchronize()
    with chainer.using_config('train', False), chainer.no_backprop_mode():
        np.zeros(3, np.float32); chainer.config.my_own_flag
    """,
    "own_names.py": HEAD
    + """
    def f(F, x):
        L = []
        L.append(F.no_such(x))
        for np in x:
            np.int
        return [training.no_such for training in x] if x else L.Nonsense
    class K:
        F = 3
        def g(self):
            np = self
            np.float
    """,
    "guarded.py": """
    try:
        from collections.abc import Iterable
    except ImportError:
        from collections import Iterable
    try:
        import cupy
        from chainer import FunctionSet
    except (ImportError, ValueError):
        cupy = None
    """,
    "elsewhere.py": """
    from .chainer import FunctionSet
    import mychainer.functions as F
    F.no_such, np.int
    """,
}


@pytest.fixture(scope="module")
def clean(check):
    return check(CLEAN)


@pytest.mark.parametrize("name", CLEAN)
def test_a_program_that_runs_has_no_findings(clean, name):
    assert clean[name] == []


FOUND = {
    "lacking.py": (
        HEAD
        + """
        F.no_such(1)
        F.relu.no_such
        from chainer import FunctionSet
        import chainer.no_such_module
        from chainer.functions import relu, no_such_2
        L.Linear(3, 2).W.no_such
        G = F
        G.no_such_3
        """,
        [
            (8, "lacking", "chainer.functions.no_such"),
            (9, "lacking", "chainer.functions.relu.no_such"),
            (10, "lacking", "chainer.FunctionSet"),
            (11, "lacking", "chainer.no_such_module"),
            (12, "lacking", "chainer.functions.no_such_2"),
            (15, "lacking", "chainer.functions.no_such_3"),
        ],
    ),
    "arguments.py": (
        HEAD
        + """
        F.dropout(1, train=True)
        L.Linear(3, 2, wscale=1)
        chainer.Variable(1, volatile='on')
        F.relu(1, **{})
        """,
        [
            (8, "argument", "chainer.functions.dropout(train=)"),
            (9, "argument", "chainer.links.Linear(wscale=)"),
            (10, "argument", "chainer.Variable(volatile=)"),
        ],
    ),
    "gone.py": (
        """
        import numpy, numpy as np, time
        import collections
        from collections import Mapping, OrderedDict
        from numpy import float, int32
        np.int; numpy.math.pi
        time.clock(); collections.Iterable
        def f(self, x):
            xp = get(x)
            xp.asscalar(self.xp.NaN)
            x.itemset(0, 1); y.ptp()
            lambda d=np.object: d
        @np.float
        def g(): pass
        """,
        [
            (4, "gone", "collections.Mapping"),
            (5, "gone", "numpy.float"),
            (6, "gone", "numpy.int"),
            (6, "gone", "numpy.math"),
            (7, "gone", "time.clock"),
            (7, "gone", "collections.Iterable"),
            (10, "gone", "numpy.NaN"),
            (10, "gone", "numpy.asscalar"),
            (11, "gone", "ndarray.itemset"),
            (11, "gone", "ndarray.ptp"),
            (12, "gone", "numpy.object"),
            (13, "gone", "numpy.float"),
        ],
    ),
    "differs.py": (
        """
        import chainermn
        comm = chainermn.create_communicator('naive')
        optimizer.loss_scaling()
        from chainer.graph_optimizations.static_graph import static_graph
        """,
        [
            (3, "differs", "chainermn.create_communicator"),
            (4, "differs", "Optimizer.loss_scaling"),
            (5, "differs", "chainer.graph_optimizations.static_graph.static_graph"),
        ],
    ),
    "python2.py": ("\nprint 'hello'\n", [(2, "syntax", None)]),
    "branches.py": (
        """
        import numpy as np
        async def f():
            np.int
        class A:
            x = np.float
        try:
            np.object
        except KeyError:
            np.complex
        else:
            np.str
        """,
        [
            (4, "gone", "numpy.int"),
            (6, "gone", "numpy.float"),
            (8, "gone", "numpy.object"),
            (10, "gone", "numpy.complex"),
            (12, "gone", "numpy.str"),
        ],
    ),
}


@pytest.fixture(scope="module")
def found(check):
    return check({name: text for name, (text, _) in FOUND.items()})


@pytest.mark.parametrize("name", FOUND)
def test_what_will_not_run_is_found_where_it_stands(found, name):
    expected = FOUND[name][1]
    seen = found[name]
    if name == "python2.py":
        seen = [(line, kind, None) for line, kind, _ in seen]
    assert sorted(seen, key=str) == sorted(expected, key=str)


NEITHER = "Chainer 7 has no such name either"
ELU = "chainer.functions.elu"


def run(python, *words):
    code = f"import sys\nfrom catenary.cli import main\nsys.exit(main(['check', *{words!r}]))"
    return python(code, check=False)


def test_the_text_says_where_what_and_what_to_do(python, tmp_path):
    path = tmp_path / "train.py"
    path.write_text("import numpy as np\nimport chainer.functions as F\nnp.int\nF.eluu\nF.Linear\n")
    done = run(python, str(path))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{path}:3: gone: numpy.int: gone since NumPy 1.24; write int; `catenary run` supplies it",
        f"{path}:4: lacking: chainer.functions.eluu: {NEITHER}; did you mean {ELU}?",
        f"{path}:5: lacking: chainer.functions.Linear: {NEITHER}; write chainer.links.Linear",
        "3 findings in 1 of 1 file",
    ]


def test_folders_are_searched_and_nothing_is_run(python, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").write_text("import numpy\nnumpy.int\nraise SystemExit(9)")
    for hidden in (".git", "__pycache__", "venv"):
        (tmp_path / hidden).mkdir()
        (tmp_path / hidden / "c.py").write_text("import numpy\nnumpy.int")
    (tmp_path / "notes.txt").write_text("import numpy\nnumpy.int")
    (tmp_path / "latin.py").write_bytes(b"x = '\xff'\n")
    done = run(python, str(tmp_path))
    lines = done.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        f"{tmp_path}/a/b.py:2",
        f"{tmp_path}/latin.py:1",
    ]
    assert lines[-1] == "2 findings in 2 of 2 files"
    assert done.returncode == 1


def test_a_program_without_findings_is_0(python, tmp_path):
    path = tmp_path / "train.py"
    path.write_text("import chainer\nchainer.Variable(1.0)\n")
    done = run(python, str(path))
    assert (done.returncode, done.stdout) == (0, "0 findings in 0 of 1 file\n")


def test_packages_that_came_with_chainer_are_named_where_they_lack(python, tmp_path):
    path = tmp_path / "train.py"
    path.write_text(
        "import six.moves\nfrom google.protobuf import text_format\nimport numpy.linalg\n"
    )
    out = run(python, str(path)).stdout
    for package, line in (("six", 1), ("google.protobuf", 2)):
        code = f"import importlib.util as u; print(u.find_spec({package.split('.')[0]!r}) is None)"
        if python(code).stdout.strip() == "True":
            assert f"{path}:{line}: lacking: {package}: it came with Chainer; pip install" in out


def _notebook(*cells, magic="%matplotlib inline\n"):
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    text = {"cell_type": "markdown", "source": ["import nothing"]}
    first = {"cell_type": "code", "source": magic}
    return json.dumps({"cells": [first, text, *code], "nbformat": 4})


@pytest.mark.parametrize("older", [False, True])
def test_a_notebook_is_read_cell_by_cell(python, tmp_path, older):
    text = _notebook(
        "import chainer.links as L\n!pip install chainer\nfiles = !ls\nL.Linear?\n",
        "%%bash\nrm -r {",
        "print 'of Python 2'",
        "%%time\nif L:\n    %timeit L.NoSuchLink(3)\n    L.NoSuchLink(3)",
    )
    if older:  # format 3
        text = text.replace('"source"', '"input"').replace('{"cells"', '{"worksheets": [{"cells"')
        text = text.replace('], "nbformat": 4}', ']}], "nbformat": 3}')
    (tmp_path / "a.ipynb").write_text(text)
    code = f"from catenary.cli import main; main(['check', {str(tmp_path)!r}])"
    lines = python(code).stdout.replace(str(tmp_path), "").splitlines()
    assert [line.partition(": ")[0] for line in lines[:2]] == [
        "/a.ipynb:cell 5:1",
        "/a.ipynb:cell 6:4",
    ]
    assert "syntax: Missing parentheses" in lines[0]
    assert "chainer.links.NoSuchLink" in lines[1]
    assert lines[2:] == ["2 findings in 1 of 1 file"]


@pytest.mark.parametrize("text", ["{not json", "{}", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_what_is_no_notebook_is_told(check, text):
    assert check({"a.ipynb": text}) == {"a.ipynb": [(1, "syntax", "this is no Jupyter notebook")]}


def test_a_file_that_cannot_be_read_is_a_finding_and_others_are_read(python, tmp_path):
    (tmp_path / "a.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b.py").write_text("import chainer\nchainer.nothing_of_it")
    code = f"from catenary.cli import main; main(['check', {str(tmp_path)!r}])"
    found = python(code).stdout
    assert "a.py:1: unreadable: No such file or directory" in found
    assert "b.py:2: lacking: chainer.nothing_of_it" in found
    assert "2 findings in 2 of 2 files" in found
