"""Evaluator on Links: means, names, modes, hooks, progress."""

from __future__ import annotations

import io

import numpy as np
import pytest

from catenary import Chain, config, reporter
from catenary import functions as F
from catenary import links as L
from catenary.datasets import DictDataset, TupleDataset
from catenary.iterators import SerialIterator
from catenary.training import extensions
from catenary.training.extensions.evaluator import _IteratorProgressBar
from tests.training.loops import trainer_of


class Half(Chain):
    """Reports the batch's mean, and notes how it was called."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.part = L.Linear(1, 1)

    def forward(self, x):
        self.seen = (config.train, config.enable_backprop, type(x))
        y = F.sum(x) / len(x)
        reporter.report({"mean": y, "size": len(x), "list": [1]}, self)
        reporter.report({"deep": 1.0}, self.part)
        return y


def batches(batch=2, n=5, **kwargs):
    return SerialIterator(np.arange(n, dtype="f"), batch, repeat=False, shuffle=False, **kwargs)


def test_the_result_is_the_mean_over_batches():
    model = Half()
    evaluator = extensions.Evaluator(batches(), model)
    expected = {"main/mean": (0.5 + 2.5 + 4) / 3, "main/size": 5 / 3, "main/part/deep": 1.0}
    assert evaluator() == pytest.approx(expected)
    assert model.seen == (False, False, np.ndarray)
    assert (config.train, config.enable_backprop) == (True, True)
    assert evaluator() == pytest.approx(expected), "the iterator was rewound"


def test_in_a_trainer_names_begin_with_the_evaluators(tmp_path):
    trainer = trainer_of(tmp_path, 5)
    trainer.extend(extensions.Evaluator(batches(), Half()))
    trainer.extend(extensions.Evaluator(batches(), Half()), name="test")
    trainer.extend(extensions.Evaluator(batches(), Half()))
    trainer.run()
    assert set(trainer.observation) == {
        f"{name}/main/{key}"
        for name in ("validation", "test", "validation_1")
        for key in ("mean", "size", "part/deep")
    }


def test_targets_and_iterators_may_be_many_for_a_subclass():
    class Two(extensions.Evaluator):
        def evaluate(self):
            found = {}
            for name in self.get_all_iterators():
                with reporter.report_scope(found):
                    self.get_target(name)(next(self.get_iterator(name)))
            return found

    iterators, done = {"a": batches(1), "b": batches(2)}, []
    for name, each in iterators.items():
        each.finalize = lambda name=name: done.append(name)
    targets = {"a": lambda x: reporter.report({"x": 1}), "b": lambda x: reporter.report({"y": 2})}
    evaluator = Two(iterators, targets)
    assert evaluator.get_all_targets() == targets
    assert evaluator() == {"x": 1, "y": 2}
    evaluator.finalize()
    assert done == ["a", "b"]


def test_hook_function_converter_and_device_are_used():
    seen = []

    def converter(batch, device):
        seen.append(device)
        return {"x": np.array(batch), "twice": 2}

    model = Half()
    evaluator = extensions.Evaluator(
        batches(5),
        model,
        converter,
        "@numpy",
        eval_hook=seen.append,
        eval_func=lambda x, twice: reporter.report({"sum": x.sum() * twice}, model),
    )
    assert evaluator() == {"main/sum": 20}
    assert seen == [evaluator, -1]


def test_an_evaluation_function_needs_no_target():
    model = Half()
    own = reporter.Reporter()
    own.add_observer("it", model)
    evaluator = extensions.Evaluator(
        batches(4), {}, eval_func=lambda x: reporter.report({"sum": x.sum()}, model)
    )
    with own:
        assert evaluator.evaluate() == {"it/sum": 5}


def test_dictionaries_are_unpacked():
    data = DictDataset(x=np.ones((2, 3), "f"), t=np.zeros(2, "i"))
    model = L.Classifier(L.Linear(3, 2), label_key="t")
    iterator = SerialIterator(data, 2, repeat=False, shuffle=False)
    result = extensions.Evaluator(iterator, model)()
    assert set(result) == {"main/loss", "main/accuracy"}


def test_an_iterator_that_never_ends_is_warned_about():
    with pytest.warns(UserWarning, match="iterator 'main' repeats for ever"):
        extensions.Evaluator(SerialIterator(np.zeros(3), 1), Half())


def test_an_evaluation_that_would_never_end_is_refused():
    class FirstOnly(extensions.Evaluator):
        def evaluate(self):
            return {"first": float(next(self.get_iterator("main"))[0])}

    endless = SerialIterator(np.ones(3, "f"), 1)
    with pytest.warns(UserWarning, match="repeats for ever"):
        evaluator, own = extensions.Evaluator(endless, Half()), FirstOnly(endless, Half())
    with pytest.raises(ValueError, match=r"SerialIterator\(dataset, batch_size, repeat=False"):
        evaluator()
    assert own() == {"first": 1.0}


def test_an_iterator_that_cannot_be_rewound_is_copied():
    class Once(list):
        pass

    evaluator = extensions.Evaluator(Once([[np.float32(1)]]), Half())
    with pytest.warns(DeprecationWarning, match="Once has no reset method"):
        assert evaluator()["main/mean"] == 1


def test_a_bar_shows_how_far_an_evaluation_is(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    iterator = batches(2, 4)
    out = io.StringIO()
    bar = _IteratorProgressBar(iterator, bar_length=4, out=out)
    next(iterator)
    bar.get_lines()
    now[0] += 2
    next(iterator)
    assert bar.get_lines() == [
        "validation [####] 100.00%\n",
        "         4 / 4 examples\n",
        "         1 examples/sec. Estimated time to finish: 0:00:00.\n",
    ]
    assert extensions.Evaluator(batches(), Half(), progress_bar=True)()["main/size"] > 1
    assert capsys.readouterr().out == ""
    with pytest.raises(TypeError, match="'current_position', which list lacks"):
        _IteratorProgressBar([])


def test_a_labelled_dataset_gives_loss_and_accuracy(tmp_path):
    np.random.seed(0)
    model = L.Classifier(L.Linear(2, 2))
    data = TupleDataset(np.eye(2, dtype="f"), np.array([0, 1], "i"))
    result = extensions.Evaluator(SerialIterator(data, 2, repeat=False, shuffle=False), model)()
    y = np.eye(2, dtype="f") @ model.predictor.W.array.T
    loss = np.mean(np.log(np.exp(y).sum(1)) - np.diag(y))
    assert float(result["main/loss"]) == pytest.approx(loss, rel=1e-6)
    assert float(result["main/accuracy"]) == np.mean(y.argmax(1) == [0, 1])
