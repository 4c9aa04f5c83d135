"""Which snapshot a run goes on from, and which ones it passes over."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from catenary import serializers, training
from catenary.errors import MissingKeyError, SnapshotError
from catenary.training import extensions
from catenary.training.extensions import _snapshot_seal
from tests.training.loops import trainer_of
from tests.training.snapshots import names, starts_of, train

KEYS = ["updater/iteration", "random_state/numpy/0", "random_state/torch/0"]


def damage(path):
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[:third] + bytes(len(content) - third))


def age(folder, *order):
    """Let files be written one second after the other."""
    for index, name in enumerate(order):
        os.utime(Path(folder, name), (1000 + index, 1000 + index))


def test_the_newest_is_loaded(tmp_path):
    assert starts_of(tmp_path) == 0
    train(tmp_path, 12)
    assert starts_of(tmp_path) == 12
    age(tmp_path, *(f"snapshot_iter_{i}" for i in (1, 2, 12, 7)))
    assert starts_of(tmp_path) in range(3, 12)  # 1, 2, 12 and 7 are of 1970 now
    age(tmp_path, *(f"snapshot_iter_{i}" for i in (*range(1, 9), *range(10, 13), 9)))
    assert starts_of(tmp_path) == 9


def test_of_equally_old_ones_the_greater_number_is_loaded(tmp_path):
    train(tmp_path, 12)
    for path in tmp_path.iterdir():
        os.utime(path, (5, 5))
    assert starts_of(tmp_path) == 12


def test_a_folder_in_the_name_is_found_again(tmp_path):
    (tmp_path / "saved").mkdir()
    filename = "saved/iter_{.updater.iteration}"
    train(tmp_path, 4, filename=filename, n_retains=2)
    assert names(tmp_path / "saved") == ["iter_3", "iter_4"]
    assert starts_of(tmp_path, filename=filename) == 4


def test_a_name_may_hold_what_is_only_there_in_the_loop(tmp_path):
    filename = "at_{0.updater.iteration}_{0.observation[x]}"
    trainer = trainer_of(tmp_path, 3)
    trainer.extend(lambda t: t.observation.update(x=t.updater.iteration / 4), "x", priority=500)
    trainer.extend(extensions.snapshot(filename=filename), trigger=(1, "iteration"))
    trainer.run()
    assert names(tmp_path) == ["at_1_0.25", "at_2_0.5", "at_3_0.75"]
    assert starts_of(tmp_path, filename=filename) == 3


def test_hdf5_is_loaded_as_well(tmp_path):
    train(tmp_path, 2, savefun=serializers.save_hdf5)
    assert starts_of(tmp_path) == 2


@pytest.mark.parametrize("savefun", [serializers.save_npz, serializers.save_hdf5])
@pytest.mark.parametrize("harm", [damage, lambda path: path.write_bytes(path.read_bytes()[:-40])])
def test_a_damaged_one_is_passed_over_and_named(harm, savefun, tmp_path):
    train(tmp_path, 3, savefun=savefun)
    harm(tmp_path / "snapshot_iter_3")
    with pytest.warns(RuntimeWarning, match=r"snapshot_iter_3 is passed over"):
        assert starts_of(tmp_path) == 2


@pytest.mark.parametrize("savefun", [serializers.save_npz, serializers.save_hdf5])
def test_a_flipped_bit_is_found_or_changes_nothing(savefun, tmp_path):
    class Content:
        def serialize(self, serializer):
            self.values = {key: serializer(key, None).tobytes() for key in KEYS}

    train(tmp_path, 1, savefun=savefun)
    path = tmp_path / "snapshot_iter_1"
    load = _snapshot_seal.loader_of(path)
    whole = Content()
    load(path, whole)
    content = path.read_bytes()
    found = 0
    for place in np.random.RandomState(0).choice(len(content) * 8, 150, replace=False):
        broken = bytearray(content)
        broken[place // 8] ^= 1 << place % 8
        path.write_bytes(broken)
        try:
            _snapshot_seal.verify(path)
        except SnapshotError:
            found += 1
        else:
            same = Content()
            load(path, same)
            assert same.values == whole.values
    assert found > 10


def test_the_checksum_covers_names_dtypes_and_shapes():
    array = np.arange(4, dtype="i4")
    variants = [
        {"a": array},
        {"b": array},
        {"a": array.view("f4")},
        {"a": array.reshape(2, 2)},
        {"a": array, "b": array[:0]},
        {"a": np.asarray("text")},
        {"a": np.asarray(None)},
    ]
    sums = {_snapshot_seal.checksum(values).tobytes() for values in variants}
    assert len(sums) == len(variants)
    fortran = {"a": np.asfortranarray(array.reshape(2, 2))}
    assert _snapshot_seal.checksum(fortran).tobytes() in sums


def test_damage_that_the_decompressor_takes_for_an_error_of_the_disk(tmp_path):
    """One bit makes bzip2 of deflate, and Python's bz2 says OSError."""
    train(tmp_path, 2)
    path = tmp_path / "snapshot_iter_2"
    content = bytearray(path.read_bytes())
    method = content.index(b"PK\x01\x02") + 10
    assert content[method] == 8
    content[method] = 12
    path.write_bytes(content)
    with pytest.warns(RuntimeWarning, match=r"snapshot_iter_2 cannot be read \(OSError"):
        assert starts_of(tmp_path) == 1


def test_a_value_that_went_missing_is_damage(tmp_path):
    train(tmp_path, 2)
    with np.load(tmp_path / "snapshot_iter_2") as file:
        values = dict(file)
    values["extra"] = values.pop("updater/iteration")
    serializers.save_npz(str(tmp_path / "snapshot_iter_2"), values)
    with pytest.warns(RuntimeWarning, match="does not match the checksum"):
        assert starts_of(tmp_path) == 1


def test_a_file_without_a_checksum_has_to_be_readable_only(tmp_path):
    """The original's files have none."""
    train(tmp_path, 2)
    for path in tmp_path.iterdir():
        with np.load(path) as file:
            values = {key: file[key] for key in file.files if not key.startswith("catenary/")}
        serializers.save_npz(str(path), values)
    assert starts_of(tmp_path) == 2
    content = bytearray((tmp_path / "snapshot_iter_2").read_bytes())
    content[content.index(b"random_state/numpy/0") + 500] ^= 1
    (tmp_path / "snapshot_iter_2").write_bytes(content)
    with pytest.warns(RuntimeWarning, match="snapshot_iter_2 is passed over"):
        assert starts_of(tmp_path) == 1


def test_an_hdf5_file_without_a_checksum_may_have_lost_more(tmp_path):
    serializers.save_hdf5(tmp_path / "snapshot_iter_1", {"updater/iteration": np.asarray(1)})
    with (
        pytest.warns(RuntimeWarning, match="passed over"),
        pytest.raises(SnapshotError, match="none of the 1"),
    ):
        starts_of(tmp_path)


def test_the_others_find_what_was_loaded(tmp_path):
    """Extensions are initialized after the snapshot is loaded, whatever their priority."""
    train(tmp_path, 2)
    trainer = trainer_of(tmp_path, 3)
    found = []

    @training.make_extension(initializer=lambda trainer: found.append(trainer.updater.iteration))
    def look(trainer):
        """Do nothing."""

    trainer.extend(look, priority=10_000, trigger=lambda trainer: False)
    trainer.extend(extensions.snapshot(autoload=True), trigger=(1, "iteration"))
    trainer.run()
    assert found == [2]


def test_if_all_are_damaged_nothing_is_begun_anew(tmp_path):
    train(tmp_path, 2)
    for path in tmp_path.iterdir():
        path.write_bytes(b"nonsense")
    with (
        pytest.warns(RuntimeWarning, match="passed over"),
        pytest.raises(SnapshotError, match="none of the 2 snapshots can be read"),
    ):
        starts_of(tmp_path)


def test_one_that_does_not_fit_is_an_error_and_no_damage(tmp_path):
    serializers.save_npz(str(tmp_path / "snapshot_iter_1"), {"a": np.ones(1)})
    with pytest.raises(MissingKeyError):
        starts_of(tmp_path)


def test_what_killed_processes_left_is_removed(tmp_path):
    for name in (".snapshot_iter_3.abc_12.tmp", ".model_iter_3.abc_12.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "snapshot_iter_3").write_bytes(b"half")
    train(tmp_path, 1)
    assert names(tmp_path, ".*") == [".model_iter_3.abc_12.tmp"]
