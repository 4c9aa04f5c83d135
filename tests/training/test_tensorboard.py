"""Event files for TensorBoard, read back with its own library."""

from __future__ import annotations

import sys

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from catenary import serializers
from catenary.training import extensions
from tests.training.loops import trainer_of


def watched(out, board, iterations):
    trainer = trainer_of(out, iterations)

    def observe(trainer):
        iteration = trainer.updater.iteration
        trainer.observation.update({"a": iteration / 8, "b": -iteration, "text": "no number"})

    trainer.extend(observe, "observe", priority=500)
    trainer.extend(board)
    return trainer


def read(folder):
    """Values by name: lists of (step, value)."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        name: [(event.step, event.value) for event in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }


def test_everything_observed_is_written(tmp_path):
    watched(tmp_path, extensions.TensorBoard(), 3).run()
    assert read(tmp_path / "tensorboard") == {
        "a": [(1, 0.125), (2, 0.25), (3, 0.375)],
        "b": [(1, -1.0), (2, -2.0), (3, -3.0)],
    }


def test_means_of_chosen_values_in_a_folder_of_ones_own(tmp_path):
    board = extensions.TensorBoard(["b", "c"], (2, "iteration"), folder="events")
    watched(tmp_path, board, 5).run()
    assert read(tmp_path / "events") == {"b": [(2, -1.5), (4, -3.5)]}


def test_a_resumed_run_takes_back_what_came_after_the_snapshot(tmp_path):
    """The first run's snapshot says 5; it goes on a little and is never closed, as if killed."""
    board = extensions.TensorBoard(trigger=(2, "iteration"))
    first = watched(tmp_path, board, 5)
    board.finalize = lambda: None
    first.run()
    serializers.save_npz(tmp_path / "state.npz", first)
    written = [(2, -1.5), (4, -3.5)]
    assert read(tmp_path / "tensorboard")["b"] == written
    board._writer.add_scalar("b", 999, 6)
    board._writer.flush()
    second = watched(tmp_path, extensions.TensorBoard(trigger=(2, "iteration")), 8)
    serializers.load_npz(tmp_path / "state.npz", second)
    second.run()
    board._writer.close()
    assert read(tmp_path / "tensorboard")["b"] == [*written, (6, -5.5), (8, -7.5)]


def test_what_is_in_memory_is_written_before_a_snapshot(tmp_path, monkeypatch):
    board = extensions.TensorBoard()
    trainer = watched(tmp_path, board, 1)
    serializers.npz.serialize(trainer)
    flushed = []

    def look(trainer):
        monkeypatch.setattr(board._writer, "flush", lambda: flushed.append(True))
        serializers.npz.serialize(trainer)

    trainer.extend(look, "look", priority=-1)
    trainer.run()
    assert flushed


def test_without_the_library_one_is_told_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(RuntimeError, match="pip install tensorboard"):
        extensions.TensorBoard()
