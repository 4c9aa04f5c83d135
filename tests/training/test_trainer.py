"""The loop: order, names, triggers, errors, time, and what is saved."""

from __future__ import annotations

import functools
import sys

import numpy as np
import pytest

from catenary import reporter, serializers, training
from catenary.training import extensions, triggers
from tests.training.loops import Box, Ticks, trainer_of


def saved(trainer):
    target = serializers.DictionarySerializer()
    trainer.serialize(target)
    return target.target


def test_extensions_are_called_by_priority_then_in_order_of_registration(tmp_path):
    trainer, calls = trainer_of(tmp_path, 2), []
    for name, priority in (("a", 100), ("b", 300), ("c", 100), ("d", None), ("e", 200)):
        trainer.extend(lambda t, name=name: calls.append(name), name, priority=priority)
    trainer.run()
    assert calls == list("beacd") * 2


def test_triggers_decide_when(tmp_path):
    trainer, calls = trainer_of(tmp_path, 12, per_epoch=4), {}

    def note(name):
        return lambda t: calls.setdefault(name, []).append(t.updater.iteration)

    trainer.extend(note("always"), "always")
    trainer.extend(note("epoch"), "epoch", trigger=(1, "epoch"))
    trainer.extend(note("5"), "5", trigger=(5, "iteration"))
    trainer.extend(note("odd"), "odd", trigger=lambda t: t.updater.iteration % 2)
    trainer.run()
    assert calls["always"] == list(range(1, 13))
    assert (calls["epoch"], calls["5"], calls["odd"]) == ([4, 8, 12], [5, 10], [1, 3, 5, 7, 9, 11])


def test_names_come_from_the_extension_and_are_made_unique(tmp_path):
    trainer = trainer_of(tmp_path)

    @training.make_extension(default_name="mine")
    def extension(trainer):
        pass

    class Named(training.Extension):
        name = "christened"

    def plain(trainer):
        pass

    for each in (extension, Named(), plain, training.Extension(), training.Extension()):
        trainer.extend(each)
    trainer.extend(lambda t: None, name="mine")
    names = ["mine", "christened", "plain", "Extension", "Extension_1", "mine_1"]
    assert list(trainer._extensions) == names
    assert [trainer.get_extension(name).name for name in names] == names
    with pytest.raises(ValueError, match="extension other not found; registered are: mine, chr"):
        trainer.get_extension("other")


def test_an_extension_needs_a_name_that_is_not_reserved(tmp_path):
    trainer = trainer_of(tmp_path)
    with pytest.raises(TypeError, match="has no name"):
        trainer.extend(functools.partial(print, "x"))
    with pytest.raises(TypeError, match=r"the class LogReport.*extend\(LogReport\(\.\.\.\)\)"):
        trainer.extend(training.extensions.LogReport)
    with pytest.raises(TypeError, match="5 is no extension: it cannot be called"):
        trainer.extend(5, name="five")
    with pytest.raises(ValueError, match="'training'"):
        trainer.extend(print, name="training")
    with pytest.raises(ValueError, match="call_before_training"):
        trainer.extend(lambda t: None, invoke_before_training=True)
    with pytest.raises(TypeError, match="'speed'"):
        trainer.extend(lambda t: None, speed=1)
    assert not trainer._extensions


def test_call_before_training_is_for_a_training_that_begins(tmp_path):
    for begun, expected in ((0, [0, 1, 2]), (1, [2])):
        trainer, seen = trainer_of(tmp_path, 2), []
        trainer.updater.iteration = begun
        trainer.extend(
            lambda t, seen=seen: seen.append(t.updater.iteration), "x", call_before_training=True
        )
        trainer.run()
        assert seen == expected


def test_initialize_and_finalize_are_called_once(tmp_path):
    calls = []

    @training.make_extension(
        initializer=lambda t: calls.append(t.updater.iteration),
        finalizer=lambda: calls.append("end"),
    )
    def extension(trainer):
        pass

    trainer = trainer_of(tmp_path, 3, extensions=[extension])
    trainer.run()
    assert calls == [0, "end"]
    assert trainer.updater.finalized == 1
    with pytest.raises(RuntimeError, match="has run already"):
        trainer.run()


def test_an_extension_whose_trigger_is_finished_is_not_initialized(tmp_path):
    trigger = triggers.OnceTrigger()
    trigger(None)
    extension = training.make_extension(initializer=lambda t: pytest.fail("called"))(lambda t: None)
    trainer = trainer_of(tmp_path, 1)
    trainer.extend(extension, "x", trigger=trigger)
    trainer.run()


def test_what_is_reported_in_an_iteration_is_its_observation(tmp_path):
    trainer, seen = trainer_of(tmp_path, 3), []

    @training.make_extension(priority=training.PRIORITY_WRITER)
    def write(trainer):
        reporter.report({"x": trainer.updater.iteration})

    trainer.extend(write)
    trainer.extend(lambda t: seen.append(dict(t.observation)), "read")
    trainer.run()
    assert seen == [{"x": 1}, {"x": 2}, {"x": 3}]


def failing(tmp_path, error, **kwargs):
    """A trainer whose extension `boom` raises in iteration 3."""
    trainer = trainer_of(tmp_path, 9, per_epoch=4)

    def boom(trainer):
        if trainer.updater.iteration == 3:
            raise error

    trainer.extend(training.make_extension(**kwargs)(boom))
    return trainer


@pytest.mark.parametrize("show", [True, False])
def test_an_error_says_where_and_keeps_its_type(tmp_path, capsys, show):
    class MyError(KeyError):
        pass

    error = MyError("lost")
    trainer = failing(tmp_path, error)
    with pytest.raises(MyError) as caught:
        trainer.run(show_loop_exception_msg=show)
    assert caught.value is error
    where = "in iteration 3 (epoch 0.750) of the training loop, by the extension 'boom'"
    assert error.__notes__ == [f"raised {where}"]
    said = capsys.readouterr().err
    if show or sys.version_info < (3, 11):
        assert said.startswith("Exception in main training loop: 'lost'\nTraceback (most recent")
        assert "raise error" in said
        assert where in said
    else:
        assert said == ""


def test_an_error_of_the_updater_counts_the_iteration_that_was_begun(tmp_path, capsys):
    trainer = trainer_of(tmp_path)
    trainer.updater.iteration = 4
    trainer.updater.update = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError) as caught:
        trainer.run()
    assert caught.value.__notes__ == [
        "raised in iteration 5 (epoch 0.800) of the training loop, by the updater"
    ]
    assert trainer.updater.finalized == 1


def test_errors_before_the_first_update_say_so_too(tmp_path, capsys):
    trainer = trainer_of(tmp_path)
    trainer.extend(lambda t: 1 / 0, "x", call_before_training=True)
    with pytest.raises(ZeroDivisionError) as caught:
        trainer.run()
    assert "in iteration 0" in caught.value.__notes__[0]
    trainer = trainer_of(tmp_path)
    extension = training.make_extension(initializer=lambda t: 1 / 0)(lambda t: None)
    trainer.extend(extension, "x")
    with pytest.raises(ZeroDivisionError) as caught:
        trainer.run()
    assert caught.value.__notes__ == ["while the extension 'x' was initialized"]
    trainer = training.Trainer(Ticks(), lambda t: 1 / 0, str(tmp_path))
    trainer.updater.iteration = 7
    with pytest.raises(ZeroDivisionError) as caught:
        trainer.run()
    assert "in iteration 7 (epoch 1.400)" in caught.value.__notes__[0]
    assert "by the stop trigger" in caught.value.__notes__[0]


def test_every_error_handler_and_every_finalizer_is_called(tmp_path, capsys):
    calls, error = [], ValueError("boom")

    def handler(trainer, exc, tb):
        calls.append((exc is error, tb is not None))
        raise OSError("handler")

    def finalizer():
        calls.append("finalized")
        raise OSError("finalizer")

    trainer = failing(tmp_path, error, on_error=handler, finalizer=finalizer)
    another = training.make_extension(on_error=handler, finalizer=finalizer)(lambda t: None)
    trainer.extend(another, "another")
    with pytest.raises(ValueError, match="boom"):
        trainer.run()
    assert calls == [(True, True)] * 2 + ["finalized"] * 2
    assert trainer.updater.finalized == 1
    said = capsys.readouterr().err
    assert "Exception in the error handler of 'boom': handler" in said
    assert "Exception while the extension 'another' was finalized: finalizer" in said


def test_an_error_of_a_finalizer_is_raised_after_all_are_called(tmp_path):
    trainer = trainer_of(tmp_path, 1)
    bad = training.make_extension(finalizer=lambda: 1 / 0)(lambda t: None)
    trainer.extend(bad, "bad", priority=1000)
    done = []
    good = training.make_extension(finalizer=lambda: done.append(1))(lambda t: None)
    trainer.extend(good, "good")
    with pytest.raises(ZeroDivisionError) as caught:
        trainer.run()
    assert done == [1]
    assert trainer.updater.finalized == 1
    assert caught.value.__notes__ == ["while the extension 'bad' was finalized"]


def test_an_interrupt_finalizes_and_goes_on(tmp_path, capsys):
    done = []
    trainer = failing(tmp_path, KeyboardInterrupt(), finalizer=lambda: done.append(1))
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert done == [1]
    assert capsys.readouterr().err == ""
    trainer = failing(tmp_path, KeyboardInterrupt(), finalizer=lambda: 1 / 0)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert "Exception while the extension 'boom' was finalized" in capsys.readouterr().err
    assert trainer.updater.finalized == 1


def test_a_bound_method_is_an_extension(tmp_path):
    trainer = trainer_of(tmp_path, 2)
    calls = []
    trainer.extend(calls.append)
    trainer.run()
    assert list(trainer._extensions) == ["append"]
    assert calls == [trainer, trainer]


def test_the_folder_is_made_when_training_begins(tmp_path):
    trainer = trainer_of(tmp_path / "a" / "b", 1)
    assert not (tmp_path / "a").exists()
    trainer.run()
    assert (tmp_path / "a" / "b").is_dir()


def test_time_goes_on_after_a_resume(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    trainer = trainer_of(tmp_path, 3)
    with pytest.raises(RuntimeError, match="has not begun"):
        trainer.elapsed_time
    times = []

    def tick(trainer):
        now[0] += 2.0
        times.append(trainer.elapsed_time)

    trainer.extend(tick)
    trainer.run()
    assert times == [2.0, 4.0, 6.0]
    assert trainer.elapsed_time == 6.0
    now[0] = 500.0
    assert trainer.elapsed_time == 6.0
    other = trainer_of(tmp_path, 4)
    other.extend(tick)
    serializers.NpzDeserializer(saved(trainer)).load(other)
    other.run()
    assert times[3:] == [8.0]


def test_a_trainer_can_be_saved_before_it_runs(tmp_path):
    trainer = trainer_of(tmp_path)
    trainer.extend(extensions.LogReport())
    values = saved(trainer)
    assert values["_snapshot_elapsed_time"] == 0
    other = trainer_of(tmp_path, extensions=[extensions.LogReport()])
    serializers.NpzDeserializer(values).load(other)
    assert other.observation == {}


def test_the_last_observation_is_saved_so_that_a_stop_trigger_can_see_it(tmp_path):
    def build():
        trainer = trainer_of(tmp_path, per_epoch=2)
        trainer.stop_trigger = triggers.EarlyStoppingTrigger(
            monitor="value", patience=2, max_trigger=(20, "iteration")
        )
        write = training.make_extension(priority=300)(
            lambda t: t.observation.update(value=np.float32(abs(t.updater.iteration - 5)), text="x")
        )
        trainer.extend(write, "write")
        return trainer

    whole = build()
    whole.run()
    assert whole.updater.iteration == 10
    for stop in range(1, 10):
        first = build()
        snapshots = []
        first.extend(lambda t, s=snapshots: s.append(saved(t)), "save", priority=-100)
        first.run()
        second = build()
        serializers.NpzDeserializer(snapshots[stop - 1]).load(second)
        assert second.observation == {"value": abs(stop - 5)}
        second.run()
        assert second.updater.iteration == 10, stop


def with_everything(tmp_path):
    """A trainer of extensions and triggers that save something."""
    trainer = trainer_of(tmp_path, 5, extensions=[extensions.LogReport(trigger=(2, "iteration"))])
    trainer.extend(extensions.ExponentialShift("lr", 0.5, optimizer=Box()))
    trainer.extend(extensions.MultistepShift("lr", 0.5, [2, 3], None, optimizer=Box()))
    trainer.extend(extensions.MicroAverage("a", "b", "c", (99, "epoch")))
    for name, trigger in (
        ("once", triggers.OnceTrigger()),
        ("best", triggers.MaxValueTrigger("v", trigger=(99, "epoch"))),
        ("points", triggers.ManualScheduleTrigger([1], "epoch")),
        ("time", triggers.TimeTrigger(1e-9)),
        ("stop", triggers.EarlyStoppingTrigger(check_trigger=(99, "epoch"), monitor="v")),
    ):
        trainer.extend(lambda t: None, name, trigger=trigger)
    writer = training.make_extension(priority=300)(lambda t: t.observation.update(a=2, b=3, v=1.5))
    trainer.extend(writer, "writer")
    return trainer


def test_a_rehearsal_changes_nothing_and_loading_everything(tmp_path):
    def texts(trainer):
        return {key: repr(value.tolist()) for key, value in saved(trainer).items()}

    trainer = with_everything(tmp_path)
    trainer.run()
    np.random.seed(1)
    values, expected = saved(trainer), texts(trainer)
    other = with_everything(tmp_path)
    np.random.seed(2)
    before = texts(other)
    assert {key for key in expected if before.get(key) != expected[key]} > {
        "updater/iteration",
        "_observation",
        "extensions/ExponentialShift/_last_value",
        "extensions/MultistepShift/_current_step",
        "extensions/MultistepShift/_init",
        "extensions/MicroAverage/_numerator",
        "extension_triggers/once/_flag_first",
        "extension_triggers/points/finished",
        "extension_triggers/time/next_time",
        "extension_triggers/stop/summary/_names",
        "random_state/numpy/0",
    }
    reading = serializers.NpzDeserializer(values)
    reading.checking = True
    other.serialize(reading)
    assert texts(other) == before
    reading.checking = False
    other.serialize(reading)
    assert texts(other) == expected
