"""Reporter, and the summaries of what it collects."""

import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from catenary import functions as F
from catenary.config import using_config
from catenary.errors import MissingKeyError
from catenary.link import Chain, Link
from catenary.reporter import (
    DictSummary,
    Reporter,
    Summary,
    get_current_reporter,
    report,
    report_scope,
)
from catenary.serializers import NpzDeserializer, load_npz, save_npz
from catenary.serializers.npz import serialize
from catenary.variable import Variable

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "links.json").read_text())["summary"]


# ---- Reporter
def test_names_are_prefixed_by_the_observer():
    reporter, observer = Reporter(), object()
    reporter.add_observer("main", observer)
    reporter.report({"x": 1}, observer)
    reporter.report({"x": 2})
    assert reporter.observation == {"main/x": 1, "x": 2}


def test_a_hierarchy_of_observers():
    chain = Chain(a=Link(), b=Chain(c=Link()))
    reporter = Reporter()
    reporter.add_observer("main", chain)
    reporter.add_observers("main", chain.namedlinks(skipself=True))
    with reporter:
        report({"x": 1}, chain.b.c)
        report({"x": 2}, chain)
    assert reporter.observation == {"main/b/c/x": 1, "main/x": 2}


def test_strangers_are_refused():
    reporter = Reporter()
    with reporter, pytest.raises(KeyError, match="Link reports x"):
        report({"x": 1}, Link())
    assert reporter.observation == {}


def test_reporting_to_nobody():
    report({"x": 1}, object())
    with pytest.raises(IndexError, match="no reporter is current"):
        get_current_reporter()
    with pytest.raises(IndexError), report_scope({}):
        pass


def test_reporters_nest():
    outer, inner = Reporter(), Reporter()
    with outer:
        with inner:
            assert get_current_reporter() is inner
            report({"x": 1})
        assert get_current_reporter() is outer
    assert (inner.observation, outer.observation) == ({"x": 1}, {})


@pytest.mark.parametrize("make", [lambda reporter: reporter.scope, lambda reporter: report_scope])
def test_scopes_end_after_an_exception_too(make):
    reporter, observation = Reporter(), {}
    before = reporter.observation
    with reporter:
        with pytest.raises(ZeroDivisionError), make(reporter)(observation):
            report({"x": 1})
            raise ZeroDivisionError
        assert get_current_reporter() is reporter
        assert reporter.observation is before
    assert observation == {"x": 1}


def test_each_thread_has_its_own_reporter():
    other = []
    with Reporter() as nothing:
        assert nothing is None
        thread = threading.Thread(target=lambda: other.append(report({"x": 1})))
        thread.start()
        thread.join()
        assert get_current_reporter().observation == {}


def test_the_graph_is_not_kept():
    x = Variable(np.ones(1, np.float32))
    y = F.sum(x)
    reporter = Reporter()
    reporter.report({"y": y})
    kept = reporter.observation["y"]
    assert kept.creator is None
    assert y.creator is not None
    assert kept.array == y.array
    with using_config("keep_graph_on_report", True):
        reporter.report({"y": y})
    assert reporter.observation["y"] is y


# ---- summaries
def filled():
    values = [np.float32(0.1), np.array(0.3, np.float32), 0.7, np.array(2.5), 3]
    summary = DictSummary()
    for value, weight in zip(values, [1, 2, 1, 3, 1], strict=True):
        summary.add({"plain": value, "weighted": (value, weight), "text": np.zeros(2)})
    return summary


def test_golden():
    summary = filled()
    assert summary.compute_mean() == GOLDEN["mean"]
    assert summary.make_statistics() == GOLDEN["statistics"]
    saved = {key: [array.dtype.str, list(array.shape)] for key, array in serialize(summary).items()}
    assert saved == GOLDEN["saved"]


def test_a_summary_of_the_original_is_loaded():
    summary = DictSummary()
    summary.add({"old": 1})
    load_npz(FOLDER / "summary.npz", summary)
    assert summary.make_statistics() == GOLDEN["statistics"]


def test_variables_and_tensors():
    summary = DictSummary()
    summary.add({"v": Variable(np.array(2.0)), "w": (1.0, Variable(np.array(3.0)))})
    summary.add({"v": torch.tensor(4.0, dtype=torch.bfloat16), "w": (5.0, 1)})
    assert summary.compute_mean() == {"v": 3, "w": 2}
    assert summary.make_statistics()["v.std"] == 1


def test_what_is_no_scalar_is_passed_over():
    summary = DictSummary()
    summary.add({"array": np.ones(1), "text": "x", "none": None, "list": [1], "int": np.int32(3)})
    assert summary.compute_mean() == {"int": 3}
    with pytest.raises(ValueError, match="the weight of 'x' is no scalar"):
        summary.add({"x": (1.0, np.ones(1))})


def test_rounding_does_not_make_the_deviation_nan():
    summary = Summary()
    for _ in range(3):
        summary.add(0.1)
    assert summary._x2 / 3 < (summary._x / 3) ** 2
    assert summary.make_statistics()[1] == 0
    summary.add(float("nan"))
    assert np.isnan(summary.make_statistics()).all()


def test_weights_that_are_floats_come_back():
    summary, again, stream = Summary(), Summary(), io.BytesIO()
    summary.add(2.0, 0.5)
    summary.add(4.0, 1.5)
    save_npz(stream, summary)
    load_npz(stream, again)
    assert again.make_statistics() == summary.make_statistics()


def test_files_without_statistics():
    summary = filled()
    before = summary.make_statistics()
    with pytest.warns(UserWarning, match="the file holds no statistics"):
        NpzDeserializer({}).load(summary._summaries["plain"])
    assert summary.make_statistics() == before
    NpzDeserializer({}, strict=False).load(summary._summaries["plain"])
    assert summary.make_statistics() == before
    with pytest.warns(UserWarning, match="no names of statistics"):
        NpzDeserializer({}).load(summary)
    assert summary.make_statistics() == {}


def test_a_rehearsal_changes_no_summary():
    class Both:
        def __init__(self):
            self.summary = filled()

        def serialize(self, serializer):
            self.summary.serialize(serializer["summary"])
            serializer("missing", 0)

    both = Both()
    before = both.summary.make_statistics()
    stored = serialize(Both())
    stored["summary/_summaries/0/_x"] = np.asarray(100.0)
    del stored["missing"]
    with pytest.raises(MissingKeyError):
        NpzDeserializer(stored).load(both)
    assert both.summary.make_statistics() == before
