"""What golden values do not show of triggers: errors, warnings, time, and files that lack keys."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import serializers
from catenary.training import triggers
from tests.training.loops import Ticks, trainer_of


def load(values, trigger):
    serializers.NpzDeserializer({k: np.asarray(v) for k, v in values.items()}).load(trigger)


def fires(trigger, trainer, iterations):
    fired = []
    for trainer.updater.iteration in iterations:
        if trigger(trainer):
            fired.append(trainer.updater.iteration)
    return fired


@pytest.mark.parametrize("unit", ["iteration", "epoch"])
def test_a_span_guesses_what_a_file_does_not_say(unit, tmp_path):
    trainer = trainer_of(tmp_path, per_epoch=1)
    for trigger in (
        triggers.IntervalTrigger(3, unit),
        triggers.ManualScheduleTrigger([3, 6, 9], unit),
    ):
        with pytest.warns(UserWarning, match="the file does not say") as caught:
            load({}, trigger)
        assert len(caught) == (2 if isinstance(trigger, triggers.IntervalTrigger) else 3)
        assert fires(trigger, trainer, [6, 7, 8, 9, 10]) == [6, 9]
        if isinstance(trigger, triggers.ManualScheduleTrigger):
            assert trigger.finished


def test_a_schedule_that_was_over_is_found_out(tmp_path):
    trigger = triggers.ManualScheduleTrigger([2], "iteration")
    with pytest.warns(UserWarning, match="finished"):
        load({"previous_iteration": 5, "previous_epoch_detail": 1.0}, trigger)
    assert not trigger.finished
    assert fires(trigger, trainer_of(tmp_path), [6]) == []
    assert trigger.finished


def test_once_counts_as_fired_where_a_file_does_not_say(tmp_path):
    trigger = triggers.OnceTrigger()
    assert not trigger.finished
    with pytest.warns(UserWarning, match="counts as fired") as caught:
        load({}, trigger)
    assert len(caught) == 1
    assert trigger.finished


def test_an_interval_says_what_it_is_and_counts():
    trigger = triggers.IntervalTrigger(2, "epoch")
    assert str(trigger) == "IntervalTrigger(2, 'epoch')"
    trainer = trainer_of(".", per_epoch=1)
    assert fires(trigger, trainer, range(1, 8)) == [2, 4, 6]
    assert trigger.count == 3


def test_a_previous_epoch_may_not_be_known(tmp_path):
    class First(Ticks):
        previous_epoch_detail = None

    trainer = trainer_of(tmp_path)
    trainer.updater = First()
    trigger = triggers.IntervalTrigger(1, "epoch")
    trigger._previous_epoch_detail = -1.0
    assert fires(trigger, trainer, [4, 5]) == [5]


def test_time_fires_once_a_period(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    trainer, fired = trainer_of(tmp_path, 10), []

    def tick(trainer):
        now[0] += 1.0

    trainer.extend(tick, priority=300)
    trigger = triggers.TimeTrigger(2.5)
    trainer.extend(lambda t: fired.append(t.updater.iteration), "x", trigger=trigger)
    trainer.run()
    assert fired == [3, 6, 8]


def test_a_best_value_that_was_never_observed_is_explained(tmp_path):
    trainer = trainer_of(tmp_path)
    trainer.observation = {"loss": 1.0}
    trigger = triggers.MinValueTrigger("los", trigger=(1, "iteration"))
    with pytest.raises(KeyError, match=r"'los', which MinValueTrigger watches.*has loss"):
        fires(trigger, trainer, [1])


def test_best_is_what_one_says(tmp_path):
    trainer = trainer_of(tmp_path)
    close = lambda best, new: abs(new - 3) < abs(best - 3)  # noqa: E731
    trigger = triggers.BestValueTrigger("x", close, trigger=(1, "iteration"))
    fired = []
    for i, x in enumerate([9, 10, 5, 2, 2, 3], 1):
        trainer.observation = {"x": x}
        fired += fires(trigger, trainer, [i])
    assert fired == [1, 3, 4, 6]


def test_early_stopping_speaks_and_warns(tmp_path, capsys):
    trainer = trainer_of(tmp_path, per_epoch=1)
    trigger = triggers.EarlyStoppingTrigger(patience=1, verbose=True)
    assert trigger.get_training_length() == (100, "epoch")
    with pytest.warns(UserWarning, match="'main/loss', which was not observed"):
        assert fires(trigger, trainer, [1]) == []
    trainer.observation = {"main/loss": 1.0}
    assert fires(trigger, trainer, [2, 3]) == [3]
    assert capsys.readouterr().out == (
        "early stopping: smaller main/loss is better\nearly stopping in epoch 3\n"
    )
    assert (trigger.best, trigger.count) == (1.0, 1)


def test_early_stopping_names_what_is_near_and_not_everything(tmp_path):
    trainer = trainer_of(tmp_path, per_epoch=1)
    trainer.observation = {f"statistics/{i}": 1.0 for i in range(100)} | {"val/main/loss": 1.0}
    trigger = triggers.EarlyStoppingTrigger(monitor="validation/main/loss")
    with pytest.warns(UserWarning, match=r"; there is val/main/loss, .* and 97 more$"):
        assert fires(trigger, trainer, [1]) == []


def test_early_stopping_takes_one_patience():
    assert triggers.EarlyStoppingTrigger().patience == 3
    assert triggers.EarlyStoppingTrigger(patients=5).patience == 5
    assert triggers.EarlyStoppingTrigger(patience=0).patience == 0
    with pytest.raises(TypeError, match="older word"):
        triggers.EarlyStoppingTrigger(patience=1, patients=2)
    with pytest.raises(TypeError, match="'speed'"):
        triggers.EarlyStoppingTrigger(speed=2)


def test_early_stopping_reads_a_file_of_chainer_which_has_nothing_of_it():
    trigger = triggers.EarlyStoppingTrigger()
    trigger.count = 2
    load({}, trigger)
    assert (trigger.count, trigger.best) == (2, float("inf"))
