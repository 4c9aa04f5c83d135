"""Graphs of computations as text."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

import catenary
from catenary import Variable, computational_graph, serializers, training
from catenary import functions as F
from catenary import links as L
from catenary.computational_graph import build_computational_graph
from catenary.training import extensions
from tests.training.loops import trainer_of

NODE = re.compile(r'(\d+) \[label="((?:[^"\\]|\\.)*)",([^\]]*)\];')
EDGE = re.compile(r"(\d+) -> (\d+);")


def read(text):
    """Nodes (label and style) and edges (between labels), each sorted; whatever the numbers."""
    label = {number: f"{name}|{style}" for number, name, style in NODE.findall(text)}
    assert text.startswith("digraph graphname{rankdir=")
    assert text.endswith("}")
    edges = [(label[head], label[tail]) for head, tail in EDGE.findall(text)]
    return sorted(label.values()), sorted(edges)


def labels(text):
    return sorted(node.partition("|")[0] for node in read(text)[0])


class Net(catenary.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(3, 4)
            self.l2 = L.Linear(4, 2)

    def forward(self, x):
        return self.l2(F.dropout(F.relu(self.l1(x)) * 0.5))


@pytest.fixture
def loss():
    net, x = Net(), Variable(np.ones((5, 3), "f"), name="x")
    y = net(x)
    # Not returned: `net` and `x` stay alive, or their nodes would lose the names.
    yield F.softmax_cross_entropy(y, np.zeros(5, "i")) + F.sum(y * y)  # noqa: PT022


def test_everything_behind_an_output_is_drawn(loss):
    x = Variable(np.ones(3, "f"), name="x")
    y = F.exp(x)
    text = build_computational_graph(y).dump()
    variable = "octagon"
    assert text == (
        "digraph graphname{rankdir=TB;"
        f'0 [label="(3), float32",shape="{variable}",fillcolor="#E0E0E0",style="filled"];'
        '1 [label="exp",shape="record",fillcolor="#6495ED",style="filled"];'
        f'2 [label="x: (3), float32",shape="{variable}",fillcolor="#E0E0E0",style="filled"];'
        "1 -> 0;2 -> 1;}"
    )


def test_equal_graphs_give_equal_text(loss):
    assert build_computational_graph([loss]).dump() == build_computational_graph(loss.node).dump()


def test_a_node_that_is_read_twice_appears_once(loss):
    nodes, edges = read(build_computational_graph(loss).dump())
    assert len([node for node in nodes if node.startswith("x: ")]) == 1
    assert len(nodes) == 24
    assert len(edges) == 24


def test_variables_can_be_left_out(loss):
    text = build_computational_graph(loss, remove_variable=True, rankdir="LR").dump()
    assert "rankdir=LR" in text
    ours = ["LinearFunction", "ReLU", "_ * 0.5", "Dropout", "LinearFunction"]
    assert labels(text) == sorted([*ours, "SoftmaxCrossEntropy", "_ * _", "Sum", "_ + _"])
    assert len(EDGE.findall(text)) == 9


def test_several_outputs_and_functions_are_starts():
    x = Variable(np.ones(2, "f"))
    y, z = F.exp(x), F.log(x)
    both = build_computational_graph([y, z.creator_node])
    assert labels(both.dump()) == ["(2), float32", "(2), float32", "exp", "log"]
    assert labels(build_computational_graph(y).dump()) == ["(2), float32", "(2), float32", "exp"]


def test_styles_and_names():
    x = Variable(np.ones(2, "f"), name='a "b"')
    plain = build_computational_graph(x, variable_style=None).dump()
    assert (
        plain == 'digraph graphname{rankdir=TB;0 [label="a \\"b\\": (2), float32",shape="oval"];}'
    )
    mine = build_computational_graph(
        F.exp(x), True, {"color": "red"}, {"shape": "star"}, show_name=False
    ).dump()
    assert 'label="(2), float32",shape="oval",color="red"' in mine
    assert 'label="exp",shape="star"' in mine
    assert 'a "b"' not in mine


def test_what_is_no_graph_is_refused(loss):
    with pytest.raises(TypeError, match="not from ndarray"):
        build_computational_graph([np.ones(2)])
    with pytest.raises(ValueError, match="remove_split"):
        build_computational_graph(loss, remove_split=False)
    with pytest.raises(ValueError, match="'UP'"):
        build_computational_graph(loss, rankdir="UP")
    with pytest.raises(NotImplementedError, match="'svg'"):
        build_computational_graph(loss).dump("svg")


def test_a_graph_ends_where_it_was_cut():
    x = Variable(np.ones(2, "f"))
    y = F.exp(x)
    z = F.log(y)
    y.unchain()
    assert labels(build_computational_graph(z).dump()) == ["(2), float32", "(2), float32", "log"]


def test_a_graph_can_be_made_by_hand():
    x = Variable(np.ones(2, "f"))
    function = F.exp(x).creator_node
    graph = computational_graph.ComputationalGraph([x.node, function], [(x.node, function)])
    assert EDGE.findall(graph.dump()) == [("0", "1")]


# ---- DumpGraph
def test_the_first_iteration_is_written_down(tmp_path):
    trainer = watched(tmp_path, extensions.DumpGraph("main/loss"))
    kept = []
    trainer.extend(lambda trainer: kept.append(trainer.observation["main/loss"].creator), "spy")
    trainer.run()
    text = (tmp_path / "cg.dot").read_text()
    assert "SoftmaxCrossEntropy" in labels(text)
    assert (tmp_path / "cg.png").exists() == (shutil.which("dot") is not None)
    assert [creator is None for creator in kept] == [False, True, True]
    assert catenary.config.keep_graph_on_report is False


def watched(out, graph, iterations=3):
    trainer = trainer_of(out, iterations)
    net = L.Classifier(Net())
    trainer.reporter.add_observer("main", net)
    update = trainer.updater.update

    def update_and_report():
        update()
        net(np.ones((5, 3), "f"), np.zeros(5, "i"))

    trainer.updater.update = update_and_report
    trainer.extend(graph, priority=200)
    return trainer


def test_name_and_style_are_ones_choice(tmp_path):
    graph = extensions.dump_graph("main/loss", out_name="g.txt", variable_style={"shape": "egg"})
    watched(tmp_path, graph).run()
    assert 'shape="egg"' in (tmp_path / "g.txt").read_text()
    with pytest.raises(TypeError, match="'name'"):
        extensions.DumpGraph("main/loss", name="x")


def test_a_picture_is_made_where_graphviz_is(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\n[ "$1" = -Tpng ] && cp "$2" "$4"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    watched(tmp_path / "out", extensions.DumpGraph("main/loss")).run()
    assert (tmp_path / "out/cg.png").read_bytes() == (tmp_path / "out/cg.dot").read_bytes()


def test_what_is_no_variable_is_an_error_and_the_flag_goes_back(tmp_path):
    trainer = trainer_of(tmp_path, 1, extensions=[extensions.DumpGraph("main/loss")])
    trainer.extend(lambda t: t.observation.update({"main/loss": 1.0}), "one", priority=500)
    with pytest.raises(TypeError, match="'main/loss' is a float"):
        trainer.run(show_loop_exception_msg=False)
    assert catenary.config.keep_graph_on_report is False


@pytest.mark.parametrize("load_first", [True, False])
def test_a_resumed_run_draws_nothing_and_keeps_no_graphs(load_first, tmp_path):
    first = watched(tmp_path, extensions.DumpGraph("main/loss"), 2)
    first.extend(extensions.snapshot(), trigger=(1, "iteration"))
    first.run()
    (tmp_path / "cg.dot").unlink()
    trainer = watched(tmp_path, extensions.DumpGraph("main/loss"), 4)
    trainer.extend(extensions.snapshot(autoload=not load_first), trigger=(9, "iteration"))
    if load_first:
        serializers.load_npz(tmp_path / "snapshot_iter_2", trainer)
    flags = []
    trainer.extend(
        lambda trainer: flags.append(catenary.config.keep_graph_on_report),
        "spy",
        trigger=lambda trainer: True,
    )
    trainer.run()
    assert flags == [False, False]
    assert not (tmp_path / "cg.dot").exists()


ASK = """
import chainer.functions as F, chainer.links as L
from chainer.computational_graph import build_computational_graph as build


class Net(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(3, 4)
            self.l2 = L.Linear(4, 2)

    def forward(self, x):
        return self.l2(F.dropout(F.relu(self.l1(x)) * 0.5))


y = Net()(chainer.Variable(numpy.ones((5, 3), "f"), name="x"))
loss = F.softmax_cross_entropy(y, numpy.zeros(5, "i")) + F.sum(y * y)
outputs["plain"] = build([loss]).dump()
outputs["functions"] = build([loss], remove_variable=True, rankdir="BT").dump()
outputs["old"] = build([y], variable_style=None, function_style=None, show_name=False).dump()
"""


@pytest.mark.oracle
def test_graphs_are_the_originals(oracle, loss):
    said = {key: str(value) for key, value in oracle(ASK).items()}
    net = Net()
    y = net(Variable(np.ones((5, 3), "f"), name="x"))
    assert read(build_computational_graph([loss]).dump()) == read(said["plain"])
    functions = build_computational_graph([loss], remove_variable=True, rankdir="BT").dump()
    assert read(functions) == read(said["functions"])
    assert "rankdir=BT" in functions
    assert "rankdir=BT" in said["functions"]
    old = build_computational_graph(
        [y], variable_style=None, function_style=None, show_name=False
    ).dump()
    assert read(old) == read(said["old"])


def test_triggered_once():
    graph = extensions.DumpGraph("x")
    assert [training.get_trigger(graph.trigger)(None) for _ in range(3)] == [True, False, False]
