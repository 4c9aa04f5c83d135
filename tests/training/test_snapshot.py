"""Snapshots: which files there are, what is in them, and which one a run goes on from."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from catenary import links as L
from catenary import serializers, training
from catenary.errors import SnapshotWriteError
from catenary.training import extensions
from catenary.training.extensions import _snapshot_seal, snapshot_writers
from tests.training.loops import trainer_of
from tests.training.snapshots import names, starts_of, train

WRITERS = [
    snapshot_writers.SimpleWriter,
    snapshot_writers.ThreadWriter,
    snapshot_writers.ProcessWriter,
    snapshot_writers.ThreadQueueWriter,
    snapshot_writers.ProcessQueueWriter,
]


# ---- what is written
def test_the_name_is_made_from_the_trainer(tmp_path):
    train(tmp_path, 2)
    assert names(tmp_path) == ["snapshot_iter_1", "snapshot_iter_2"]
    train(tmp_path / "other", 2, filename="at_{0.updater.iteration:03d}.npz")
    assert names(tmp_path / "other") == ["at_001.npz", "at_002.npz"]
    train(tmp_path / "third", 1, filename=lambda trainer: f"epoch{trainer.updater.epoch}")
    assert names(tmp_path / "third") == ["epoch0"]


def test_once_an_epoch_after_everything_else(tmp_path):
    extension = extensions.snapshot()
    assert extension.trigger == (1, "epoch")
    assert extension.priority == -1000
    assert extensions.snapshot_object(L.Linear(1, 1), "model").priority == -100
    trainer = trainer_of(tmp_path, 10, per_epoch=5, extensions=[extension])
    trainer.run()
    assert names(tmp_path) == ["snapshot_iter_10", "snapshot_iter_5"]


def test_an_object_is_saved_and_loaded_by_itself(tmp_path):
    model, twin = L.Linear(2, 3), L.Linear(2, 3)
    trainer = trainer_of(tmp_path, 2)
    trainer.extend(
        extensions.snapshot_object(model, "model_{.updater.iteration}"), trigger=(1, "iteration")
    )
    trainer.run()
    serializers.load_npz(tmp_path / "model_2", twin)
    assert (twin.W.array == model.W.array).all()
    other = L.Linear(2, 3)
    again = trainer_of(tmp_path, 1)
    again.extend(extensions.snapshot_object(other, "model_{.updater.iteration}", autoload=True))
    again.run()
    assert (other.W.array == model.W.array).all()


def test_a_condition_may_forbid_it(tmp_path):
    allowed = iter([True, False, True])
    train(tmp_path, 3, condition=lambda: next(allowed))
    assert names(tmp_path) == ["snapshot_iter_1", "snapshot_iter_3"]


def test_a_file_says_its_iteration_and_its_checksum(tmp_path):
    train(tmp_path, 2)
    with np.load(tmp_path / "snapshot_iter_2") as values:
        assert values["catenary/iteration"] == 2
        checksum = values["catenary/checksum"]
        rest = {key: values[key] for key in values.files if key != "catenary/checksum"}
    assert checksum.tobytes() == _snapshot_seal.checksum(rest).tobytes()
    assert rest["updater/iteration"] == 2


def test_how_to_save_is_ones_own_choice(tmp_path):
    train(tmp_path, 1, savefun=serializers.save_hdf5)
    assert (tmp_path / "snapshot_iter_1").read_bytes()[1:4] == b"HDF"
    writer = snapshot_writers.SimpleWriter(serializers.save_npz, compression=False)
    train(tmp_path, 1, writer=writer, filename="plain")
    assert b"catenary/iteration" in (tmp_path / "plain").read_bytes()


def test_a_writer_may_be_any_callable(tmp_path):
    calls = []
    train(tmp_path, 2, writer=lambda *args: calls.append(args), n_retains=1)
    assert [(name, out) for name, out, _ in calls] == [
        ("snapshot_iter_1", str(tmp_path)),
        ("snapshot_iter_2", str(tmp_path)),
    ]
    assert calls[1][2]["updater/iteration"] == 2


def test_an_older_file_of_the_same_name_is_replaced_and_not_written_over(tmp_path):
    train(tmp_path, 1, filename="state")
    old = (tmp_path / "state").read_bytes()
    with (tmp_path / "state").open("rb") as stream:
        train(tmp_path, 2, filename="state")
        assert stream.read() == old
    assert (tmp_path / "state").read_bytes() != old


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(TypeError, match="give one"):
        extensions.snapshot(serializers.save_npz, writer=snapshot_writers.SimpleWriter())
    with pytest.raises(TypeError, match="'nretains'"):
        extensions.snapshot(nretains=3)
    with pytest.raises(ValueError, match="'raise' or 'warn'"):
        extensions.snapshot(on_write_error="ignore")


def test_an_older_word_still_works(tmp_path):
    with pytest.warns(DeprecationWarning, match="n_retains"):
        extension = extensions.snapshot(num_retain=1)
    trainer_of(tmp_path, 5, per_epoch=1, extensions=[extension]).run()
    assert names(tmp_path) == ["snapshot_iter_5"]


# ---- which ones stay
@pytest.mark.parametrize("writer", WRITERS)
def test_only_the_newest_are_kept(writer, tmp_path):
    (tmp_path / "snapshot_iter_notes").write_text("mine")
    train(tmp_path, 5, writer=writer(), n_retains=2)
    assert names(tmp_path) == ["snapshot_iter_4", "snapshot_iter_5", "snapshot_iter_notes"]


def test_other_files_are_no_snapshots_however_general_the_name(tmp_path):
    (tmp_path / "log").write_text("mine")
    (tmp_path / "7").mkdir()
    train(tmp_path, 3, filename="{.updater.iteration}", n_retains=1)
    assert names(tmp_path) == ["3", "7", "log"]
    again = train(tmp_path, 4, filename="{.updater.iteration}", autoload=True)
    assert again.updater.iteration == 4


# ---- when the loop fails
def failing(out, at, **kwargs):
    trainer = trainer_of(out, 10)

    @training.make_extension(trigger=(at, "iteration"))
    def fail(trainer):
        raise ZeroDivisionError

    trainer.extend(extensions.snapshot(**kwargs), trigger=(2, "iteration"))
    trainer.extend(fail)
    with pytest.raises(ZeroDivisionError):
        trainer.run(show_loop_exception_msg=False)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_snapshot_on_error(writer, tmp_path):
    failing(tmp_path, 3, snapshot_on_error=True, writer=writer())
    assert names(tmp_path) == ["snapshot_iter_2", "snapshot_iter_3"]
    assert starts_of(tmp_path) == 3


def test_no_snapshot_on_error_unless_asked_for(tmp_path):
    failing(tmp_path, 3)
    assert names(tmp_path) == ["snapshot_iter_2"]


def test_a_snapshot_on_error_does_not_replace_a_good_one(tmp_path):
    """The updater fails in iteration 3: what is in memory is neither iteration 2 nor 3."""
    trainer = trainer_of(tmp_path, 10)
    taken = []
    trainer.extend(
        extensions.snapshot(writer=lambda *args: taken.append(args[0]), snapshot_on_error=True),
        trigger=(2, "iteration"),
    )
    update = trainer.updater.update

    def fail():
        if trainer.updater.iteration == 2:
            raise ZeroDivisionError
        update()

    trainer.updater.update = fail
    with pytest.raises(ZeroDivisionError):
        trainer.run(show_loop_exception_msg=False)
    assert taken == ["snapshot_iter_2"]


# ---- when the system refuses
class Full:
    """A disk that is full from one iteration to another."""

    def __init__(self, *iterations):
        self.iterations = iterations

    def __call__(self, path, values):
        serializers.save_npz(path, values)
        if values["catenary/iteration"] in self.iterations:
            raise OSError(28, "No space left on device")


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_stops_the_training_and_says_so(writer, tmp_path):
    with pytest.raises(SnapshotWriteError) as caught:
        train(tmp_path, 5, writer=writer(Full(2)), on_write_error="raise")
    said = str(caught.value)
    assert f"{tmp_path / 'snapshot_iter_2'} (iteration 2) could not be written" in said
    assert "No space left on device" in said
    assert "on_write_error" in said
    assert "snapshot_iter_1" in names(tmp_path)
    assert "snapshot_iter_2" not in names(tmp_path)
    assert names(tmp_path, ".*") == []


@pytest.mark.parametrize("writer", WRITERS)
def test_or_training_goes_on(writer, tmp_path):
    with pytest.warns(RuntimeWarning, match=r"snapshot_iter_2 \(iteration 2\) could not be"):
        trainer = train(tmp_path, 5, writer=writer(Full(2)), on_write_error="warn")
    assert trainer.updater.iteration == 5
    assert names(tmp_path) == [f"snapshot_iter_{i}" for i in (1, 3, 4, 5)]


def test_a_real_limit_leaves_nothing_behind(tmp_path):
    """The limit of this process's files stands for the end of a disk."""
    model = L.Linear(200, 200)
    trainer = trainer_of(tmp_path, 2)
    trainer.extend(
        extensions.snapshot_object(model, "m{.updater.iteration}", on_write_error="warn"),
        trigger=(1, "iteration"),
    )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.warns(RuntimeWarning, match="File too large"):
            trainer.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_the_systems_refusal_too(tmp_path):
    with pytest.raises(SnapshotWriteError, match="No such file"):
        train(tmp_path, 1, filename="nowhere/{.updater.iteration}")


@pytest.mark.parametrize("writer", WRITERS)
def test_an_error_of_ones_own_function_keeps_its_type(writer, tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        train(tmp_path, 1, writer=writer(divide_by_zero), on_write_error="warn")
    assert "snapshot_iter_1 (iteration 1)" in "".join(caught.value.__notes__)
    assert names(tmp_path) == []


def divide_by_zero(path, values):
    return 1 / 0
