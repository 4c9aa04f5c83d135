"""Runs, resumptions, schedules and triggers, compared with those of the original."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import catenary as chainer
from catenary import functions as F
from catenary import links as L
from catenary import optimizer_hooks, optimizers, serializers, training
from catenary.training import extensions, triggers
from tests.training.loops import Ticks, trainer_of

GOLDEN = Path(__file__).parents[1] / "golden" / "training"
RUNS = json.loads((GOLDEN / "trainer.json").read_text(encoding="utf-8"))
SCHEDULES = json.loads((GOLDEN / "schedules.json").read_text(encoding="utf-8"))
TRIGGERS = json.loads((GOLDEN / "triggers.json").read_text(encoding="utf-8"))
VALUES = [5, 4, 4.5, 6, 3, 7, 2, 2, 2, 9, 8, 1, 1, 3, 12, 0, 2, 1, 5, 6]


class MLP(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(4, 6)
            self.l2 = L.Linear(6, 3)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))


def build(out, shuffle, snapshots=True):
    """The original's run, and the list that its record will be in."""
    np.random.seed(11)
    with np.load(GOLDEN / "trainer.npz") as arrays:
        x, t = arrays["x"], arrays["t"]
    model = L.Classifier(MLP())
    optimizer = optimizers.Adam(alpha=0.02).setup(model)
    optimizer.add_hook(optimizer_hooks.WeightDecay(1e-3))
    optimizer.add_hook(optimizer_hooks.GradientClipping(1.0))
    data = chainer.datasets.TupleDataset(x, t)
    test = chainer.datasets.TupleDataset(x[:10], t[:10])
    iterator = chainer.iterators.SerialIterator(data, 8, shuffle=shuffle)
    test_iterator = chainer.iterators.SerialIterator(test, 4, repeat=False, shuffle=False)
    updater = training.StandardUpdater(iterator, optimizer)
    trainer = training.Trainer(updater, (6, "epoch"), out=str(out))
    trainer.extend(extensions.Evaluator(test_iterator, model))
    trainer.extend(extensions.ExponentialShift("alpha", 0.5), trigger=(2, "epoch"))
    trainer.extend(extensions.LogReport())
    if snapshots:
        trainer.extend(extensions.snapshot(), trigger=(1, "epoch"))
    found = []

    @training.make_extension(trigger=(1, "iteration"), priority=training.PRIORITY_EDITOR)
    def record(trainer):
        seen = trainer.observation
        loss, accuracy = float(seen["main/loss"].array), float(seen["main/accuracy"].array)
        detail = updater.epoch_detail
        found.append([updater.iteration, updater.epoch, detail, loss, accuracy, optimizer.alpha])

    trainer.extend(record)
    return trainer, found


def params(trainer):
    model = trainer.updater.get_optimizer("main").target
    return {path: param.array.copy() for path, param in model.namedparams()}


def assert_log(trainer, log):
    ours = trainer.get_extension("LogReport").log
    assert [entry.keys() - {"elapsed_time"} for entry in ours] == [e.keys() for e in log]
    for mine, theirs in zip(ours, log, strict=True):
        assert {key: mine[key] for key in theirs} == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("run", ["shuffled", "unshuffled"])
def test_a_run_is_the_originals(run, tmp_path):
    trainer, found = build(tmp_path, run == "shuffled")
    trainer.run()
    np.testing.assert_allclose(found, RUNS[run]["iterations"], rtol=1e-6, atol=1e-6)
    assert_log(trainer, RUNS[run]["log"])
    with np.load(GOLDEN / "trainer.npz") as arrays:
        for path, array in params(trainer).items():
            np.testing.assert_allclose(array, arrays[f"{run}/final{path}"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("run", ["shuffled", "unshuffled"])
def test_the_originals_snapshot_is_resumed(run, tmp_path):
    trainer, found = build(tmp_path, run == "shuffled")
    serializers.load_npz(str(GOLDEN / f"{run}_iter_12"), trainer)
    assert trainer.updater.iteration == 12
    assert trainer.get_extension("ExponentialShift")._last_value == 0.01
    trainer.run()
    assert [row[0] for row in found] == list(range(13, 24))
    if run == "unshuffled":
        expected = RUNS["resumed"]
        np.testing.assert_allclose(found, expected["iterations"], rtol=1e-6, atol=1e-6)
        assert_log(trainer, expected["log"])
    assert len(trainer.get_extension("LogReport").log) == 6


def test_our_snapshot_has_what_the_original_reads(tmp_path):
    trainer, _ = build(tmp_path, shuffle=True)
    trainer.run()
    with (
        np.load(GOLDEN / "shuffled_iter_12", allow_pickle=True) as theirs,
        np.load(tmp_path / "snapshot_iter_12", allow_pickle=True) as ours,
    ):
        assert set(theirs.files) <= set(ours.files)
        for key in theirs.files:
            if key != "extensions/LogReport/_log":  # seconds are in there
                assert theirs[key].dtype == ours[key].dtype, key
                assert theirs[key].shape == ours[key].shape, key


@pytest.mark.parametrize("case", SCHEDULES, ids=lambda case: case["extension"])
def test_a_schedule_is_the_originals(case, tmp_path):
    optimizer = optimizers.SGD(lr=1.0).setup(L.Linear(1, 1))
    trainer = trainer_of(tmp_path, 15, optimizers={"main": optimizer})
    schedule = getattr(extensions, case["extension"])("lr", **case["arguments"])
    trainer.extend(schedule, trigger=tuple(case["trigger"]))
    values = []
    trainer.extend(lambda trainer: values.append(optimizer.lr), name="record", priority=-1000)
    trainer.run()
    known = len(case["lr"])
    np.testing.assert_allclose(values[:known], case["lr"], rtol=1e-14)
    if case["raises"]:  # the original's formula divides by zero, ours stays at the target
        assert set(values[known:]) == {case["arguments"]["target"]}
    else:
        assert len(values) == known == 15


def ask(trigger, trainer, iterations):
    fired = []
    for iteration in iterations:
        trainer.updater.iteration = iteration
        value = VALUES[iteration - 1]
        trainer.observation = {"value": value, "accuracy": np.float32(value)}
        fired.append(bool(trigger(trainer)))
    return fired


def trigger_of(case):
    given = {k: tuple(v) if "trigger" in k else v for k, v in case["arguments"].items()}
    return getattr(triggers, case["trigger"])(**given)


@pytest.mark.parametrize("case", TRIGGERS, ids=lambda case: case["trigger"])
def test_a_trigger_fires_when_the_originals_does(case):
    trainer = training.Trainer(Ticks(per_epoch=4))
    assert ask(trigger_of(case), trainer, case["asked"]) == case["fired"]


@pytest.mark.parametrize("case", TRIGGERS, ids=lambda case: case["trigger"])
def test_a_saved_trigger_goes_on_as_if_it_had_not_been(case):
    trainer = training.Trainer(Ticks(per_epoch=4))
    half = len(case["asked"]) // 2
    first, second = trigger_of(case), trigger_of(case)
    ask(first, trainer, case["asked"][:half])
    saved = serializers.DictionarySerializer()
    first.serialize(saved)
    serializers.NpzDeserializer(saved.target).load(second)
    expected = case.get("resumed", case["fired"][half:])  # the original's EarlyStopping forgets
    assert ask(second, trainer, case["asked"][half:]) == expected
    for key, value in case.get("saved", {}).items():
        assert saved.target[key] == pytest.approx(value)


@pytest.mark.parametrize("case", [c for c in TRIGGERS if "saved" in c], ids=lambda c: c["trigger"])
def test_a_trigger_saved_by_the_original_is_read(case):
    trainer = training.Trainer(Ticks(per_epoch=4))
    trigger = trigger_of(case)
    saved = {key: np.asarray(value) for key, value in case["saved"].items()}
    serializers.NpzDeserializer(saved).load(trigger)
    half = len(case["asked"]) // 2
    assert ask(trigger, trainer, case["asked"][half:]) == case["resumed"]


def test_the_originals_runs_load_without_a_warning(tmp_path):
    trainer, _ = build(tmp_path, shuffle=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        serializers.load_npz(str(GOLDEN / "shuffled_iter_12"), trainer)
    assert caught == []
