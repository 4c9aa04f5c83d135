"""Plots: the right numbers, in pictures that can be opened, and the same ones after a resume."""

from __future__ import annotations

import importlib.util
import json
import math

import numpy as np
import pytest
import torch
from matplotlib import image

import catenary
from catenary import functions as F
from catenary import links as L
from catenary import optim, optimizers, serializers, training
from catenary.iterators import SerialIterator
from catenary.training import extensions
from tests.training.loops import trainer_of

W = catenary.Parameter(np.zeros(1, "f"))
LOSSES = [4.0, 2.0, 1.0, 3.0, 0.5, 0.25]


@pytest.fixture
def undrawn(monkeypatch):
    """Curves without pictures, which take time."""
    monkeypatch.setattr(extensions.PlotReport, "_draw", lambda *args: None)


def report_losses(trainer):
    trainer.observation["loss"] = LOSSES[trainer.updater.iteration - 1]


def watched(out, plot, iterations=6, per_epoch=2):
    trainer = trainer_of(out, iterations, per_epoch)
    trainer.extend(report_losses, "losses", priority=300)
    trainer.extend(plot, "plot")
    return trainer


def curves(plot):
    return json.loads(serializers.npz.serialize(plot)[f"_plot_{plot._file_name}"].item())


def picture(path):
    """Height, width and number of colours of a picture."""
    pixels = image.imread(path)
    assert pixels.std() > 0.01, "the picture is empty"
    return pixels.shape


def test_means_over_intervals_are_drawn(tmp_path):
    plot = extensions.PlotReport(["loss", "nothing"], "epoch")
    watched(tmp_path, plot).run()
    assert curves(plot) == {"loss": [[1, 3.0], [2, 2.0], [3, 0.375]], "nothing": []}
    assert picture(tmp_path / "plot.png")[0] > 300


def test_by_iteration_with_another_interval(tmp_path):
    plot = extensions.PlotReport("loss", trigger=(3, "iteration"), file_name="a.svg", marker=None)
    watched(tmp_path, plot).run()
    assert curves(plot) == {"loss": [[3, pytest.approx(7 / 3)], [6, 1.25]]}
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def test_a_value_may_be_the_axis(tmp_path):
    plot = extensions.PlotReport(["loss"], "loss", grid=False, filename="b")
    watched(tmp_path, plot, 2).run()
    assert curves(plot) == {"loss": [[3.0, 3.0]]}
    assert (tmp_path / "b").read_bytes()[1:4] == b"PNG"


def test_a_picture_can_be_changed_before_it_is_saved(tmp_path):
    seen = []

    def postprocess(figure, axes, summary):
        axes.set_title("mine")
        seen.append((figure is axes.figure, axes.lines[0].get_ydata().tolist()))
        seen.append(summary.compute_mean())

    watched(tmp_path, extensions.PlotReport(["loss"], postprocess=postprocess), 2).run()
    assert seen == [(True, [3.0]), {"loss": 3.0}]


def test_nothing_is_drawn_of_nothing(tmp_path):
    for keys in (None, ["accuracy"]):
        watched(tmp_path, extensions.PlotReport(keys)).run()
    assert list(tmp_path.iterdir()) == []


def test_unknown_words_are_refused():
    with pytest.raises(TypeError, match="'log_name'"):
        extensions.PlotReport(["loss"], log_name="x")


@pytest.mark.parametrize(
    "make", [lambda: extensions.PlotReport(["loss"]), lambda: extensions.VariableStatisticsPlot(W)]
)
def test_without_matplotlib_there_is_a_warning_and_no_error(make, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.warns(UserWarning, match="pip install matplotlib"):
        assert not type(make()).available()
    with pytest.warns(UserWarning, match="nothing will be plotted"):
        watched(tmp_path, make(), 2).run()
    assert list(tmp_path.iterdir()) == []


def test_matplotlib_is_there():
    assert extensions.PlotReport.available()
    assert extensions.VariableStatisticsPlot.available()


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_a_resumed_plot_has_the_same_curves(stop, tmp_path, undrawn):
    whole = extensions.PlotReport(["loss"])
    watched(tmp_path, whole).run()
    first = watched(tmp_path, extensions.PlotReport(["loss"]), stop)
    first.run()
    serializers.save_npz(tmp_path / "state.npz", first)
    plot = extensions.PlotReport(["loss"])
    second = watched(tmp_path, plot)
    serializers.load_npz(tmp_path / "state.npz", second)
    second.run()
    assert curves(plot) == curves(whole)


def test_a_file_of_chainer_has_the_curves_alone():
    plot = extensions.PlotReport(["loss"])
    serializers.NpzDeserializer({"_plot_plot.png": np.asarray('{"loss": [[1, 2.0]]}')}).load(plot)
    assert curves(plot) == {"loss": [[1, 2.0]]}


# ---- the plots of one call
class Net(catenary.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.inner = L.Linear(3, 4)
            self.scale = catenary.Parameter(np.ones((), "f"))

    def forward(self, x):
        loss = self.scale * F.sum(self.inner(x) ** 2)
        catenary.report({"loss": loss}, self)
        return loss


def module_loss(module):
    return lambda x: (module(x) ** 2).sum()


def trainer_with(out, *plots, module=False, iterations=6):
    np.random.seed(0)
    torch.manual_seed(0)
    data = np.random.randn(12, 3).astype("f")
    if module:
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
        loss = module_loss(model)
    else:
        model, loss = Net(), None
    optimizer = optimizers.SGD(lr=0.01).setup(model)
    updater = training.StandardUpdater(SerialIterator(data, 4), optimizer, loss_func=loss)
    trainer = training.Trainer(updater, (iterations, "iteration"), str(out))
    for plot in plots:
        trainer.extend(plot)
    return trainer, model


def test_five_plots_take_one_call_each(tmp_path):
    plots = [
        extensions.plot_loss(),
        extensions.plot_accuracy(),
        extensions.plot_lr(),
        extensions.plot_gradient_norms(),
        extensions.plot_update_ratios(),
    ]
    trainer, _ = trainer_with(tmp_path, *plots)
    accuracy = training.make_extension(priority=300)(
        lambda trainer: trainer.observation.update({"main/accuracy": 0.5})
    )
    trainer.extend(accuracy, name="accuracy")
    trainer.run()
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn == {
        *("loss.png", "accuracy.png", "lr.png", "gradient_norms.png", "update_ratios.png")
    }
    for name in drawn:
        picture(tmp_path / name)
    assert curves(plots[1])["main/accuracy"] == [[3, 0.5], [6, 0.5]]


def test_the_learning_rate_is_that_of_the_schedule(tmp_path, undrawn):
    plot = extensions.plot_lr(trigger=(2, "iteration"))
    trainer, _ = trainer_with(tmp_path, plot)
    trainer.extend(extensions.ExponentialShift("lr", 0.5), priority=500)
    trainer.run()
    rates = [0.01 * 0.5**k for k in range(1, 7)]
    means = [[i, pytest.approx((rates[i - 2] + rates[i - 1]) / 2)] for i in (2, 4, 6)]
    assert curves(plot) == {"lr": means}


def test_adams_learning_rate_is_alpha(tmp_path, undrawn):
    plot = extensions.plot_lr(trigger=(1, "iteration"))
    optimizer = optimizers.Adam(alpha=0.25).setup(Net())
    trainer_of(tmp_path, 1, optimizers={"main": optimizer}, extensions=[plot]).run()
    assert curves(plot) == {"alpha": [[1, 0.25]]}


@pytest.mark.parametrize("module", [False, True])
def test_gradient_norms_by_layer(module, tmp_path, undrawn):
    plot = extensions.plot_gradient_norms(trigger=(1, "iteration"))
    trainer, model = trainer_with(tmp_path, plot, module=module, iterations=1)
    trainer.run()
    if module:
        layers = {f"/{i}": list(model[i].parameters()) for i in (0, 2)}
        grads = {name: [p.grad.numpy() for p in params] for name, params in layers.items()}
    else:
        grads = {"/": [model.scale.grad], "/inner": [model.inner.W.grad, model.inner.b.grad]}
    norms = {name: math.sqrt(sum((g**2).sum() for g in gs)) for name, gs in grads.items()}
    norms["all"] = math.sqrt(sum(norm**2 for norm in norms.values()))
    assert curves(plot) == {name: [[1, pytest.approx(norm)]] for name, norm in norms.items()}


def test_update_ratios_are_lr_times_gradient_over_weight(tmp_path, undrawn):
    plot = extensions.plot_update_ratios(trigger=(1, "iteration"))
    trainer, model = trainer_with(tmp_path, plot, iterations=3)
    expected = []

    @training.make_extension(priority=500)
    def compare(trainer):
        w, g = model.scale.array, model.scale.grad
        expected.append(0.01 * abs(g) / abs(w))

    trainer.extend(compare)
    trainer.run()
    found = curves(plot)
    assert found.keys() == {"/", "/inner", "all"}
    assert [y for _, y in found["/"]] == pytest.approx(expected, rel=1e-4)


def test_what_rests_is_passed_over(tmp_path, undrawn):
    plot = extensions.plot_gradient_norms(trigger=(1, "iteration"))
    trainer, model = trainer_with(tmp_path, plot, module=True, iterations=1)
    model[0].requires_grad_(False)
    trainer.run()
    assert curves(plot).keys() == {"/2", "all"}


def test_optimizers_that_measure_nothing_are_named(tmp_path):
    model = torch.nn.Linear(3, 1)
    updater = training.StandardUpdater(
        SerialIterator(np.zeros((4, 3), "f"), 4),
        torch.optim.SGD(model.parameters()),
        model=model,
        loss_func=module_loss(model),
    )
    trainer = training.Trainer(updater, (1, "iteration"), str(tmp_path))
    trainer.extend(extensions.plot_update_ratios())
    with pytest.raises(TypeError, match=r"SGD does not measure.*catenary\.optim\.SGD"):
        trainer.run()


def test_optimizers_in_torchs_words_are_drawn(tmp_path, undrawn):
    model = torch.nn.Linear(3, 1)
    updater = training.StandardUpdater(
        SerialIterator(np.ones((4, 3), "f"), 4),
        optim.SGD(model, lr=0.5),
        model=model,
        loss_func=module_loss(model),
    )
    trainer = training.Trainer(updater, (2, "iteration"), str(tmp_path))
    plot = extensions.plot_gradient_norms(trigger=(1, "iteration"))
    trainer.extend(plot)
    trainer.run()
    assert curves(plot)["/"] == curves(plot)["all"]


@pytest.mark.parametrize("load_first", [True, False])
def test_a_resumed_run_measures_the_same_update_ratios(load_first, tmp_path, undrawn):
    def plotted(iterations):
        plot = extensions.plot_update_ratios(trigger=(2, "iteration"))
        trainer, _ = trainer_with(tmp_path, plot, iterations=iterations)
        if not load_first:
            snapshot = extensions.snapshot(autoload=True)
            trainer.extend(snapshot, trigger=(3, "iteration"))
        return trainer, plot

    whole, expected = plotted(6)
    whole.run()
    for path in tmp_path.glob("snapshot*"):
        path.unlink()
    first, _ = plotted(3)
    first.run()
    second, plot = plotted(6)
    if load_first:
        serializers.save_npz(tmp_path / "state.npz", first)
        serializers.load_npz(tmp_path / "state.npz", second)
    second.run()
    assert curves(plot) == curves(expected)
