"""Statistics of parameters: the numbers, the samples, the pictures."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import image

import catenary
from catenary import links as L
from catenary import serializers
from catenary.training import extensions
from catenary.training.extensions.variable_statistics_plot import Reservoir
from tests.training.loops import trainer_of

SIGMAS = (0.13, 2.28, 15.87, 50, 84.13, 97.72, 99.87)


@pytest.fixture
def model():
    """A chain whose values and gradients are known."""
    np.random.seed(1)
    chain = catenary.Chain(inner=L.Linear(3, 2))
    chain.name = "net"
    for param in chain.params():
        param.grad = np.random.randn(*param.shape).astype("f")
    return chain


class Walk:
    """An extension that moves parameters and gradients, so that iterations differ."""

    name = "walk"
    priority = 500

    def __init__(self, model):
        self.model = model

    def __call__(self, trainer):
        for param in self.model.params():
            param.array[...] = np.sin(trainer.updater.iteration + np.arange(param.size)).reshape(
                param.shape
            )
            param.grad = param.array * 2


def run(out, extension, model, iterations=4, trigger=None):
    """Run; return the observations of the last iteration."""
    trainer = trainer_of(out, iterations, per_epoch=2)
    trainer.extend(Walk(model))
    trainer.extend(extension, trigger=trigger)
    trainer.run()
    return trainer


# ---- ParameterStatistics
def test_statistics_are_reported_as_means_over_an_interval(model, tmp_path):
    trainer = run(tmp_path, extensions.ParameterStatistics(model), model)
    seen = []
    for iteration in (3, 4):
        w = np.sin(iteration + np.arange(6, dtype="f"), dtype="f")
        seen.append([w.mean(), w.std(), w.min(), w.max(), (w == 0).sum()])
    expected = np.mean(seen, axis=0)
    names = ("mean", "std", "min", "max", "zeros")
    start = "net/inner/W/data/"
    found = [trainer.observation[start + name] for name in names]
    assert found == pytest.approx(expected.tolist(), rel=1e-5)
    percentile = [trainer.observation[f"{start}percentile/{i}"] for i in range(7)]
    assert percentile == sorted(percentile)
    assert trainer.observation["net/inner/b/grad/mean"] == pytest.approx(
        2 * trainer.observation["net/inner/b/data/mean"]
    )
    assert len(trainer.observation) == 2 * 2 * 12


def test_what_is_reported_can_be_chosen(model, tmp_path):
    statistics = extensions.ParameterStatistics(
        [model.inner],
        {"size": lambda x: x.size, "pair": lambda x: x[:2]},
        report_grads=False,
        prefix="my",
        trigger=(1, "iteration"),
    )
    statistics.register_statistics("one", lambda x: x[:1])
    trainer = run(tmp_path, statistics, model, 1)
    w = model.inner.W.array.ravel()
    assert {name: value for name, value in trainer.observation.items() if "/W/" in name} == {
        "my/inner/W/data/size": 6,
        "my/inner/W/data/pair/0": pytest.approx(w[0]),
        "my/inner/W/data/pair/1": pytest.approx(w[1]),
    }


def test_a_gradient_that_is_not_there_is_passed_over(model, tmp_path):
    model.cleargrads()
    statistics = extensions.ParameterStatistics(model, trigger=(1, "iteration"))
    trainer = trainer_of(tmp_path, 1, extensions=[statistics])
    trainer.run()
    assert not [name for name in trainer.observation if "grad" in name]
    assert len(trainer.observation) == 24


@pytest.mark.parametrize("skip", [True, False])
def test_nan_may_be_taken_as_the_answer(skip, model, tmp_path):
    calls = []
    model.inner.b.array[0] = np.nan
    statistics = extensions.ParameterStatistics(
        model,
        {"first": lambda x: calls.append(1) or x[1]},
        report_grads=False,
        trigger=(1, "iteration"),
        skip_nan_params=skip,
    )
    trainer = trainer_of(tmp_path, 1, extensions=[statistics])
    trainer.run()
    assert np.isnan(trainer.observation["net/inner/b/data/first"]) == skip
    assert len(calls) == 2 - skip


def test_no_statistics_report_nothing(model, tmp_path):
    statistics = extensions.ParameterStatistics(model, None, trigger=(1, "iteration"))
    assert run(tmp_path, statistics, model, 1).observation == {}


def test_a_resumed_run_reports_the_same(model, tmp_path):
    whole = run(tmp_path, extensions.ParameterStatistics(model), model, 4)
    first = run(tmp_path, extensions.ParameterStatistics(model), model, 3)
    serializers.save_npz(tmp_path / "state.npz", first)
    second = trainer_of(tmp_path, 4, per_epoch=2)
    second.extend(Walk(model))
    second.extend(extensions.ParameterStatistics(model))
    serializers.load_npz(tmp_path / "state.npz", second)
    second.run()
    assert second.observation == whole.observation


# ---- Reservoir and VariableStatisticsPlot
def test_a_reservoir_keeps_a_uniform_sample():
    np.random.seed(0)
    counts = np.zeros(20)
    for _ in range(2000):
        reservoir = Reservoir(5, ())
        for entry in range(20):
            reservoir.add(entry, entry)
        idxs, data = reservoir.get_data()
        assert idxs.tolist() == data.tolist() == sorted(set(idxs.tolist()))
        counts[idxs] += 1
    assert abs(counts - 500).max() < 100  # five standard deviations


def test_a_reservoir_that_is_not_full_has_what_came():
    reservoir = Reservoir(4, (2,))
    reservoir.add([1, 2], 7)
    reservoir.add([3, 4])
    idxs, data = reservoir.get_data()
    assert idxs.tolist() == [1, 7]
    assert data.tolist() == [[3, 4], [1, 2]]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"plot_mean": False},
        {"plot_std": False, "report_grad": False},
        {"plot_mean": False, "plot_std": False, "report_data": False, "percentile_sigmas": 50},
        {"percentile_sigmas": (), "marker": "o", "grid": False, "figsize": (4, 3)},
        {"percentile_sigmas": (0, 25, 75, 100), "max_sample_size": 2},
    ],
)
def test_a_picture_is_drawn(options, model, tmp_path):
    plot = extensions.VariableStatisticsPlot(model, **options)
    run(tmp_path, plot, model)
    assert image.imread(tmp_path / "statistics.png").std() > 0.05


def test_samples_are_the_statistics_of_all_variables_together(model, tmp_path):
    plot = extensions.VariableStatisticsPlot([model.inner.W, [model.inner.b]], file_name="x.png")
    run(tmp_path, plot, model, 1)
    values = np.concatenate([model.inner.W.array.ravel(), model.inner.b.array])
    idxs, data = plot._samples.get_data()
    sigmas = (0, *SIGMAS, 100)
    for row, x in enumerate((values, 2 * values)):
        expected = [x.mean(), x.std(), *np.percentile(x, sigmas)]
        np.testing.assert_allclose(data[0, row], expected, rtol=1e-6)
    assert idxs.tolist() == [1]


def test_what_has_no_gradient_counts_as_zero(tmp_path):
    plot = extensions.VariableStatisticsPlot(catenary.Variable(np.ones(3, "f")))
    trainer_of(tmp_path, 1, extensions=[plot]).run()
    assert plot._samples.data[0, 0, 0] == 1
    assert not plot._samples.data[0, 1].any()


def test_nothing_to_draw_is_refused(model):
    with pytest.raises(ValueError, match="no Variable"):
        extensions.VariableStatisticsPlot([])
    with pytest.raises(ValueError, match="Nothing to plot"):
        extensions.VariableStatisticsPlot(
            model, plot_mean=False, plot_std=False, percentile_sigmas=None
        )
    with pytest.raises(ValueError, match="Nothing to plot"):
        extensions.VariableStatisticsPlot(model, report_data=False, report_grad=False)
    with pytest.raises(TypeError, match="'size'"):
        extensions.VariableStatisticsPlot(model, size=3)


@pytest.mark.parametrize("stop", [1, 4, 5])
def test_a_resumed_sample_is_the_same(stop, model, tmp_path):
    """Six iterations into three places: chance has a say from the fourth on."""

    def built():
        return extensions.VariableStatisticsPlot(model, 3, trigger=(100, "epoch"))

    np.random.seed(5)
    whole = built()
    run(tmp_path, whole, model, 6)
    np.random.seed(5)
    first = run(tmp_path, built(), model, stop)
    serializers.save_npz(tmp_path / "state.npz", first)
    np.random.seed(6)
    plot = built()
    second = trainer_of(tmp_path, 6, per_epoch=2)
    second.extend(Walk(model))
    second.extend(plot)
    serializers.load_npz(tmp_path / "state.npz", second)
    second.run()
    for mine, theirs in zip(plot._samples.get_data(), whole._samples.get_data(), strict=True):
        assert mine.tolist() == theirs.tolist()


def test_a_file_of_chainer_has_no_sample(model):
    plot = extensions.VariableStatisticsPlot(model)
    serializers.NpzDeserializer({}).load(plot)
    assert plot._samples.counter == 0


ASK = """
from chainer.training.extensions.variable_statistics_plot import Reservoir, Statistician
numpy.random.seed(3)
reservoir = Reservoir(4, (2,))
for index, entry in enumerate(inputs["entries"]):
    reservoir.add(entry, index)
outputs["idxs"], outputs["data"] = reservoir.get_data()
outputs["random"] = numpy.random.rand(3)

import chainer.training.extensions as X
model = chainer.Chain(inner=chainer.links.Linear(3, 2))
model.name = "net"
model.inner.W.array[...] = inputs["W"]
model.inner.b.array[...] = inputs["b"]
model.inner.W.grad, model.inner.b.grad = 2 * inputs["W"], 3 * inputs["b"]
class Trainer:
    updater = type("U", (), dict(iteration=1, epoch=0))
reporter = chainer.Reporter()
with reporter.scope(reporter.observation):
    X.ParameterStatistics(model, prefix="p", trigger=lambda t: True)(Trainer)
outputs.update({"report/" + k: v for k, v in reporter.observation.items()})
"""


@pytest.mark.oracle
def test_samples_and_reports_are_the_originals(oracle, tmp_path):
    entries = np.random.RandomState(0).randn(30, 2).astype("f")
    w, b = entries[:3].reshape(2, 3), entries[3]
    said = oracle(ASK, entries=entries, W=w, b=b)
    np.random.seed(3)
    reservoir = Reservoir(4, (2,))
    for index, entry in enumerate(entries):
        reservoir.add(entry, index)
    idxs, data = reservoir.get_data()
    assert idxs.tolist() == said["idxs"].tolist()
    assert data.tolist() == said["data"].tolist()
    assert np.random.rand(3).tolist() == said["random"].tolist()
    model = catenary.Chain(inner=L.Linear(3, 2))
    model.name = "net"
    model.inner.W.array[...], model.inner.b.array[...] = w, b
    model.inner.W.grad, model.inner.b.grad = 2 * w, 3 * b
    statistics = extensions.ParameterStatistics(model, prefix="p", trigger=(1, "iteration"))
    trainer = trainer_of(tmp_path, 1, extensions=[statistics])
    trainer.run()
    expected = {k.removeprefix("report/"): v for k, v in said.items() if k.startswith("report/")}
    assert trainer.observation.keys() == expected.keys()
    for name, value in expected.items():
        assert trainer.observation[name] == pytest.approx(float(value), rel=1e-6, abs=1e-7), name
