"""Snapshots of the original continue here, and ours are files that the original proved it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catenary import Sequential, functions, links, optimizers
from catenary.errors import CatenaryError, MissingKeyError, SnapshotError
from catenary.serializers import load_hdf5, load_npz, save_hdf5, save_npz
from tests.optimizers import golden

SNAPSHOTS = golden.FOLDER / "snapshots"
INDEX = json.loads((SNAPSHOTS / "index.json").read_text())
TAKEN_AFTER = INDEX["taken_after"]
LABELS = sorted(
    label for label, entry in INDEX["files"].items() if "model.npz" in entry and "class" in entry
)
OURS = golden.FOLDER / "ours"
"""Written here and proved to load and continue in the original (tests/oracle/test_snapshots.py)."""


def make(label: str) -> tuple[Any, Any]:
    entry = INDEX["files"][label]
    net = golden.Net("float32")
    return net, getattr(optimizers, entry["class"])(**entry["kwargs"]).setup(net)


def case_of(label: str) -> str:
    name = {"Adam_amsgrad_adabound": "Adam.v5"}.get(label, f"{label}.default")
    return f"{name}/float32"


def run(net: Any, opt: Any, start: int, stop: int) -> None:
    for step in range(start, stop):
        golden.set_grads(net, step, "plain")
        opt.update()


def values(net: Any) -> dict[str, np.ndarray]:
    return {path.lstrip("/"): param.array for path, param in net.namedparams()}


@pytest.mark.parametrize("label", LABELS)
def test_a_snapshot_of_the_original_continues(label: str) -> None:
    net, opt = make(label)
    load_npz(SNAPSHOTS / label / "model.npz", net)
    load_npz(SNAPSHOTS / label / "optimizer.npz", opt)
    assert (opt.t, opt.epoch) == (TAKEN_AFTER, 1)
    want = golden.arrays()[f"{case_of(label)}|param"]
    for step in range(TAKEN_AFTER, 20):
        run(net, opt, step, step + 1)
        for p in golden.index()["params"]:
            found = values(net)[p["name"]]
            expected = want[step, p["start"] : p["stop"]].reshape(p["shape"])
            if p["name"] == "s":
                np.testing.assert_allclose(found, expected, rtol=2e-5)
            else:
                np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("label", LABELS)
def test_what_we_write_is_what_the_original_reads(label: str, tmp_path: Path) -> None:
    net, opt = make(label)
    run(net, opt, 0, TAKEN_AFTER)
    opt.new_epoch()
    for part, obj in (("model", net), ("optimizer", opt)):
        save_npz(tmp_path / f"{part}.npz", obj)
        proved = np.load(OURS / label / f"{part}.npz")
        theirs = np.load(SNAPSHOTS / label / f"{part}.npz")
        with np.load(tmp_path / f"{part}.npz") as written:
            assert sorted(written.files) == sorted(proved.files)
            assert set(theirs.files) <= set(written.files)
            for key in written.files:
                np.testing.assert_array_equal(written[key], proved[key], err_msg=key)
                assert written[key].dtype == proved[key].dtype
            for key in theirs.files:
                # SMORMS3's 0-d states were float64 under NumPy 1 by accident of promotion.
                if (label, key[:2]) != ("SMORMS3", "s/"):
                    assert written[key].dtype == theirs[key].dtype, key
                assert written[key].shape == theirs[key].shape, key


def test_a_snapshot_taken_before_the_first_update_loads() -> None:
    net = golden.Net("float32")
    opt = optimizers.Adam().setup(net)
    load_npz(SNAPSHOTS / "Adam_untouched" / "optimizer.npz", opt)
    assert net.w.update_rule.state is None
    run(net, opt, 0, 20)
    want = golden.arrays()["Adam.default/float32|param"][-1]
    np.testing.assert_array_equal(net.w.array.ravel(), want[12:24])


def test_loading_is_all_or_nothing(tmp_path: Path) -> None:
    net, opt = make("Adam")
    run(net, opt, 0, 3)
    save_npz(tmp_path / "opt.npz", opt)
    with np.load(tmp_path / "opt.npz") as stored:
        whole = dict(stored)
    run(net, opt, 3, 4)
    before = {
        n: {k: v.copy() for k, v in p.update_rule.state.items()} for n, p in net.namedparams()
    }

    broken = {
        "missing": {k: v for k, v in whole.items() if k != "w/v"},
        "wrong shape": {**whole, "w/v": np.zeros((2, 2), np.float32)},
        "wrong dtype": {**whole, "w/v": np.array("text")},
    }
    for what, content in broken.items():
        np.savez(tmp_path / "broken.npz", **content)
        with pytest.raises(CatenaryError) as caught:
            load_npz(tmp_path / "broken.npz", opt)
        assert isinstance(caught.value, MissingKeyError if what == "missing" else SnapshotError)
        assert "w/v" in str(caught.value)
        assert opt.t == 4, what
        for name, param in net.namedparams():
            assert param.update_rule.t == 4
            for key, value in before[name].items():
                np.testing.assert_array_equal(param.update_rule.state[key], value)


def test_a_fresh_optimizer_refuses_another_models_states(tmp_path: Path) -> None:
    net, opt = make("Adam")
    run(net, opt, 0, 3)
    save_npz(tmp_path / "opt.npz", opt)
    with np.load(tmp_path / "opt.npz") as stored:
        np.savez(tmp_path / "other.npz", **{**stored, "w/m": np.zeros((9, 9), np.float32)})
    fresh_net, fresh = make("Adam")
    with pytest.raises(CatenaryError, match="shape"):
        load_npz(tmp_path / "other.npz", fresh)
    assert fresh.t == 0
    assert all(p.update_rule.state is None for p in fresh_net.params())


@pytest.mark.parametrize(("save", "load"), [(save_npz, load_npz), (save_hdf5, load_hdf5)])
def test_a_model_that_grew_takes_what_the_file_has(tmp_path: Path, save: Any, load: Any) -> None:
    """Where the file has nothing, a rule begins anew, as in the original."""
    small = Sequential(links.Linear(3, 3))
    old = optimizers.Adam().setup(small)
    for _ in range(3):
        old.update(lambda: functions.sum(small(np.ones((2, 3), "f")) ** 2))
    save(tmp_path / "old.npz", old)
    grown = Sequential(small[0].copy("copy"), links.Linear(3, 3))
    new = optimizers.Adam().setup(grown)
    load(tmp_path / "old.npz", new, strict=False)
    rules = [grown[place].W.update_rule for place in (0, 1)]
    assert (new.t, [rule.t for rule in rules]) == (3, [3, 0])
    np.testing.assert_array_equal(rules[0].state["m"], small[0].W.update_rule.state["m"])
    assert rules[1].state is None
    new.update(lambda: functions.sum(grown(np.ones((2, 3), "f")) ** 2))
    assert [rule.t for rule in rules] == [4, 1]
