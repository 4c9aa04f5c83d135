"""Extension and make_extension: what a trainer reads of them."""

from __future__ import annotations

import pytest

from catenary import training
from catenary.training import extensions, triggers, util


def test_priorities_are_chainers():
    given = training.PRIORITY_WRITER, training.PRIORITY_EDITOR, training.PRIORITY_READER
    assert given == (300, 200, 100)
    assert extensions.Evaluator.priority == training.PRIORITY_WRITER
    assert extensions.MicroAverage.priority == training.PRIORITY_EDITOR
    assert extensions.LogReport.priority == training.PRIORITY_READER
    assert extensions.observe_lr().priority == training.PRIORITY_WRITER


def test_an_extension_has_defaults():
    extension = training.Extension()
    assert extension.trigger == (1, "iteration")
    assert extension.priority == training.PRIORITY_READER
    assert (extension.name, extension.default_name) == (None, "Extension")
    for call in (lambda: extension.initialize(None), extension.finalize):
        assert call() is None
    with pytest.raises(NotImplementedError, match="Extension does not define __call__"):
        extension(None)
    with pytest.raises(AttributeError, match=r"has no attribute 'colour'$"):
        extension.colour
    with pytest.raises(AttributeError, match="use initialize"):
        extension.invoke_before_training


def test_a_function_becomes_an_extension():
    def start(trainer):
        pass

    @training.make_extension(
        (2, "epoch"), "shown", 7, finalizer=print, initializer=start, on_error=repr
    )
    def function(trainer):
        return trainer

    assert function("itself") == "itself"
    assert (function.trigger, function.default_name, function.priority) == (
        (2, "epoch"),
        "shown",
        7,
    )
    assert (function.finalize, function.initialize, function.on_error) == (print, start, repr)


def test_words_of_older_versions_are_explained():
    with pytest.raises(ValueError, match="initializer="):
        training.make_extension(invoke_before_training=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        training.make_extension(colour="red")


def test_get_trigger():
    made = training.get_trigger((3, "epoch"))
    assert isinstance(made, triggers.IntervalTrigger)
    assert (made.period, made.unit) == (3, "epoch")
    assert made.get_training_length() == (3, "epoch")
    assert training.get_trigger(made) is made
    assert util.get_trigger(None)(object()) is False
    for wrong in (5, (1,), ("epoch", 1, 2)):
        with pytest.raises(TypeError, match="is no trigger; give a pair such as"):
            training.get_trigger(wrong)
    with pytest.raises(ValueError, match="not 'year'"):
        training.get_trigger((1, "year"))
    with pytest.raises(ValueError, match="above 0"):
        training.get_trigger((0, "epoch"))


def test_an_updater_says_what_it_lacks():
    updater = training.Updater()
    assert updater.connect_trainer(None) is None
    for call in (
        updater.finalize,
        updater.update,
        updater.get_all_optimizers,
        lambda: updater.get_optimizer("main"),
        lambda: updater.serialize(None),
    ):
        with pytest.raises(NotImplementedError, match="Updater does not define"):
            call()


PLACES = [
    ("training.trainer", "Trainer"),
    ("training.updater", "StandardUpdater"),
    ("training.updater", "ParallelUpdater"),
    ("training.updater", "Updater"),
    ("training.updaters.standard_updater", "StandardUpdater"),
    ("training.updaters.multiprocess_parallel_updater", "gather_grads"),
    ("training.updaters.multiprocess_parallel_updater", "scatter_params"),
    ("training.extension", "make_extension"),
    ("training.extension", "PRIORITY_WRITER"),
    ("training.extensions.evaluator", "Evaluator"),
    ("training.extensions.evaluator", "_IteratorProgressBar"),
    ("training.extensions.log_report", "LogReport"),
    ("training.extensions.value_observation", "observe_value"),
    ("training.extensions.util", "ProgressBar"),
    ("training.extensions.variable_unchain", "unchain_variables"),
    ("training.trigger", "get_trigger"),
    ("training.triggers.interval_trigger", "IntervalTrigger"),
    ("training.triggers.minmax_value_trigger", "BestValueTrigger"),
    ("training.util", "get_trigger"),
]


def test_modules_stand_where_programs_look_for_them(python):
    python("\n".join(f"from catenary.{path} import {name}" for path, name in PLACES))
