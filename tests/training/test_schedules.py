"""Schedules: arguments, resumption, hyperparameters that a snapshot restores."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import links as L
from catenary import optimizers, serializers, training
from catenary.datasets import TupleDataset
from catenary.iterators import SerialIterator
from catenary.training import extensions
from tests.training.loops import Box, trainer_of

SCHEDULES = {
    "exponential": lambda init: extensions.ExponentialShift("lr", 0.5, init),
    "inverse": lambda init: extensions.InverseShift("lr", 0.1, 0.75, init),
    "linear": lambda init: extensions.LinearShift("lr", (1.0, 0.1), (1, 6)),
    "multistep": lambda init: extensions.MultistepShift("lr", 0.5, [2, 5], init),
    "polynomial": lambda init: extensions.PolynomialShift("lr", 0.5, 9, init),
    "step": lambda init: extensions.StepShift("lr", 0.5, 2, init),
    "warmup": lambda init: extensions.WarmupShift("lr", init, 6, 3.0),
}


def build(out, schedule, init, log):
    """A real, small training whose schedule acts every second iteration."""
    np.random.seed(0)
    model = L.Classifier(L.Linear(2, 2))
    optimizer = optimizers.SGD(lr=1.0).setup(model)
    x = np.arange(8, dtype="f").reshape(4, 2) / 10
    iterator = SerialIterator(TupleDataset(x, np.array([0, 1, 0, 1])), 2)
    updater = training.StandardUpdater(iterator, optimizer)
    trainer = training.Trainer(updater, (8, "iteration"), str(out))
    trainer.extend(SCHEDULES[schedule](init), trigger=(2, "iteration"))

    def note(trainer):
        log.append((optimizer.lr, float(trainer.observation["main/loss"].array)))

    trainer.extend(note, priority=-1)
    return trainer


@pytest.mark.parametrize("init", [None, 0.7])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_resumed_schedule_goes_on_as_if_it_had_not_been_stopped(schedule, init, tmp_path):
    whole = []
    build(tmp_path, schedule, init, whole).run()
    assert len({lr for lr, _ in whole}) > 1
    for stop in (1, 4, 7):
        log, snapshots = [], []
        first = build(tmp_path, schedule, init, log)

        def keep(trainer, snapshots=snapshots):
            snapshots.append(serializers.npz.serialize(trainer))
            snapshots[-1] = {key: value.copy() for key, value in snapshots[-1].items()}

        first.extend(keep, priority=-2)
        first.run()
        second = build(tmp_path, schedule, init, log)
        del log[stop:]
        serializers.NpzDeserializer(snapshots[stop - 1]).load(second)
        second.run()
        assert log == whole, stop


def test_a_new_learning_rate_can_be_kept(tmp_path):
    trainer = build(tmp_path, "step", None, [])
    trainer.run()
    serializers.save_npz(str(tmp_path / "s"), trainer)
    again = build(tmp_path, "step", None, [])
    again.updater.get_optimizer("main").lr = 3.0
    serializers.load_npz(str(tmp_path / "s"), again)
    assert again.updater.get_optimizer("main").lr == 0.25
    again.updater.get_optimizer("main").lr = 3.0
    serializers.load_npz(str(tmp_path / "s"), again, ignore_names=lambda key: "/hyperparam/" in key)
    assert again.updater.get_optimizer("main").lr == 3.0


@pytest.mark.parametrize("name", ["ExponentialShift", "InverseShift"])
def test_negative_rates_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} got .*=-0.5"):
        getattr(extensions, name)("lr", -0.5, *([1.0] if name == "InverseShift" else []))


def test_a_schedule_acts_on_the_optimizer_that_one_says(tmp_path):
    main, other = Box(), Box()
    trainer = trainer_of(tmp_path, 2, optimizers={"main": main})
    trainer.extend(extensions.ExponentialShift("lr", 0.5, optimizer=other))
    trainer.run()
    assert (main.lr, other.lr) == (1.0, 0.25)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (extensions.ExponentialShift("lr", 0.5, target=0), 0.125),
        (extensions.ExponentialShift("lr", 0.5, init=-1.0, target=-0.3), -0.3),
        (extensions.ExponentialShift("lr", 2, init=-1.0, target=-3.0), -3.0),
        (extensions.PolynomialShift("lr", -1, 4, target=3.0), 3.0),
    ],
)
def test_targets_bound_values_of_either_sign(schedule, expected, tmp_path):
    main = Box()
    trainer = trainer_of(tmp_path, 3, optimizers={"main": main})
    trainer.extend(schedule)
    trainer.run()
    assert main.lr == expected


def test_warmup_leaves_the_value_alone_once_it_is_done(tmp_path):
    main = Box()
    trainer = trainer_of(tmp_path, 6, optimizers={"main": main})
    trainer.extend(extensions.WarmupShift("lr", 0.0, 2, 1.0))
    trainer.extend(lambda t: setattr(main, "lr", main.lr * 2), "other", priority=1)
    trainer.run()
    assert main.lr == 2.0**5
    resumed = trainer_of(tmp_path, 7, optimizers={"main": main})
    resumed.extend(extensions.WarmupShift("lr", 0.0, 2, 1.0))
    resumed.extend(lambda t: None, "other")
    serializers.NpzDeserializer(serializers.npz.serialize(trainer)).load(resumed)
    resumed.run()
    assert main.lr == 2.0**5
