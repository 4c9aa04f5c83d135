"""`static_graph` and `static_code` leave functions as they are, and the first says so once."""

from __future__ import annotations


def test_they_do_nothing_and_say_so_once(python):
    code = """
import warnings
import catenary.as_chainer, chainer
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    def f(x):
        return x + 1
    print(chainer.static_graph(f) is f, chainer.static_graph(verbosity_level=1)(f) is f)
    print(chainer.static_code(f) is f, chainer.static_code(unique_return_object=True)(f) is f)
print(len(caught), caught[0].category.__name__, str(caught[0].message)[:25], caught[0].filename)
from chainer.graph_optimizations.static_graph import static_graph
from chainer import static_code
print(static_graph is chainer.static_graph)
"""
    assert python(code).stdout.splitlines() == [
        "True True",
        "True True",
        "1 UserWarning static_graph does nothing <string>",
        "True",
    ]
