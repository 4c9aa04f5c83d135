"""Golden values of Chainer 7.8.1's trainer: two runs with snapshots, schedules, triggers.

Run under a Python that has the original Chainer:  python make_training.py
Writes training/: `trainer.json` and `trainer.npz` (per iteration loss, accuracy and alpha; data,
initial and final parameters), `shuffled_iter_12` and `unshuffled_iter_12` (snapshots),
`schedules.json` (lr after each of 15 iterations), `triggers.json` (when each trigger fires).
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import warnings

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import optimizer_hooks, optimizers, training
from chainer.training import extensions, triggers

OUT = pathlib.Path(__file__).resolve().parent / "training"


class MLP(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(4, 6)
            self.l2 = L.Linear(6, 3)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))


def data():
    rng = np.random.RandomState(5)
    x = rng.randn(30, 4).astype("f")
    t = (x[:, 0] > 0).astype("i") + (x[:, 1] > 0.5).astype("i")
    return x, t


def params(model):
    return {path: param.array.copy() for path, param in model.namedparams()}


def run(shuffle, folder, resume=None):
    np.random.seed(11)
    x, t = data()
    model = L.Classifier(MLP())
    initial = params(model)
    optimizer = optimizers.Adam(alpha=0.02).setup(model)
    optimizer.add_hook(optimizer_hooks.WeightDecay(1e-3))
    optimizer.add_hook(optimizer_hooks.GradientClipping(1.0))
    dataset = chainer.datasets.TupleDataset(x, t)
    test = chainer.datasets.TupleDataset(x[:10], t[:10])
    iterator = chainer.iterators.SerialIterator(dataset, 8, shuffle=shuffle)
    test_iterator = chainer.iterators.SerialIterator(test, 4, repeat=False, shuffle=False)
    updater = training.StandardUpdater(iterator, optimizer)
    trainer = training.Trainer(updater, (6, "epoch"), out=folder)
    trainer.extend(extensions.Evaluator(test_iterator, model))
    trainer.extend(extensions.ExponentialShift("alpha", 0.5), trigger=(2, "epoch"))
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.snapshot(), trigger=(1, "epoch"))
    found = []

    @training.make_extension(trigger=(1, "iteration"), priority=training.PRIORITY_EDITOR)
    def record(trainer):
        seen = trainer.observation
        loss, accuracy = float(seen["main/loss"].array), float(seen["main/accuracy"].array)
        detail = updater.epoch_detail
        found.append([updater.iteration, updater.epoch, detail, loss, accuracy, optimizer.alpha])

    trainer.extend(record)
    if resume:
        chainer.serializers.load_npz(resume, trainer)
    trainer.run()
    log = trainer.get_extension("LogReport").log
    log = [{k: v for k, v in entry.items() if k != "elapsed_time"} for entry in log]
    return {"iterations": found, "log": log}, initial, params(model)


def trainer_runs():
    values, arrays = {}, dict(zip(("x", "t"), data()))
    for name, shuffle in (("shuffled", True), ("unshuffled", False)):
        folder = tempfile.mkdtemp()
        values[name], initial, final = run(shuffle, folder)
        snapshot = os.path.join(folder, "snapshot_iter_12")
        shutil.copy(snapshot, OUT / f"{name}_iter_12")
        if not shuffle:
            values["resumed"] = run(shuffle, tempfile.mkdtemp(), snapshot)[0]
        for path, array in initial.items():
            arrays[f"{name}/initial{path}"] = array
        for path, array in final.items():
            arrays[f"{name}/final{path}"] = array
    (OUT / "trainer.json").write_text(json.dumps(values) + "\n")
    np.savez_compressed(OUT / "trainer.npz", **arrays)


class Updater(training.Updater):
    """Nothing is trained; iterations and epochs go by."""

    def __init__(self, optimizer=None, per_epoch=5):
        self.iteration = 0
        self.optimizer = optimizer
        self.per_epoch = per_epoch

    epoch = property(lambda self: self.iteration // self.per_epoch)
    epoch_detail = property(lambda self: self.iteration / self.per_epoch)
    previous_epoch_detail = property(lambda self: (self.iteration - 1) / self.per_epoch)
    is_new_epoch = property(lambda self: self.iteration % self.per_epoch == 0)

    def get_optimizer(self, name):
        return self.optimizer

    def get_all_optimizers(self):
        return {"main": self.optimizer} if self.optimizer else {}

    def update(self):
        self.iteration += 1

    def finalize(self):
        pass

    def serialize(self, serializer):
        self.iteration = serializer("iteration", self.iteration)


SCHEDULES = {
    "ExponentialShift": [
        {"rate": 0.5},
        {"rate": 0.5, "init": 2.0},
        {"rate": 0.5, "init": 2.0, "target": 0.3},
        {"rate": 2.0, "init": 0.1, "target": 1.0},
    ],
    "InverseShift": [
        {"gamma": 0.1, "power": 0.75},
        {"gamma": 0.1, "power": 0.75, "init": 2.0},
        {"gamma": 0.1, "power": 0.75, "init": 2.0, "target": 1.5},
    ],
    "LinearShift": [
        {"value_range": (2.0, 0.5), "time_range": (3, 8)},
        {"value_range": (0.0, 1.0), "time_range": (0, 5)},
    ],
    "MultistepShift": [
        {"gamma": 0.1, "step_value": [3, 6, 9], "init": 1.0},
        {"gamma": 0.5, "step_value": [2, 4], "init": 2.0},
    ],
    "PolynomialShift": [
        {"rate": 2, "max_count": 10},
        {"rate": 0.5, "max_count": 10, "init": 2.0},
        {"rate": 1, "max_count": 12, "init": 2.0, "target": 0.5},
    ],
    "StepShift": [
        {"gamma": 0.5, "step": 3},
        {"gamma": 0.1, "step": 4, "init": 2.0},
        {"gamma": 0.5, "step": 2, "init": 2.0, "target": 0.6},
    ],
    "WarmupShift": [
        {"warmup_start": 0.1, "warmup_iter": 5, "init": 1.0},
        {"warmup_start": 0.0, "warmup_iter": 8, "init": 2.0},
    ],
}


def schedule(name, arguments, trigger):
    link = L.Linear(1, 1)
    optimizer = optimizers.SGD(lr=1.0).setup(link)
    trainer = training.Trainer(Updater(optimizer), (15, "iteration"), out=tempfile.mkdtemp())
    trainer.extend(getattr(extensions, name)("lr", **arguments), trigger=trigger)
    values, error = [], None

    @training.make_extension(priority=-1000)
    def record(trainer):
        values.append(float(optimizer.lr))

    trainer.extend(record)
    try:
        trainer.run(show_loop_exception_msg=False)
    except ZeroDivisionError as raised:
        error = type(raised).__name__
    one = {"extension": name, "arguments": arguments, "trigger": trigger}
    return {**one, "lr": values, "raises": error}


TRIGGERS = [
    ("IntervalTrigger", {"period": 1, "unit": "epoch"}),
    ("IntervalTrigger", {"period": 0.3, "unit": "epoch"}),
    ("IntervalTrigger", {"period": 4, "unit": "iteration"}),
    ("ManualScheduleTrigger", {"points": [3, 8, 9, 14], "unit": "iteration"}),
    ("ManualScheduleTrigger", {"points": [0.5, 1, 2.2], "unit": "epoch"}),
    ("ManualScheduleTrigger", {"points": 7, "unit": "iteration"}),
    ("OnceTrigger", {}),
    ("OnceTrigger", {"call_on_resume": True}),
    ("MaxValueTrigger", {"key": "value", "trigger": (2, "iteration")}),
    ("MinValueTrigger", {"key": "value", "trigger": (1, "epoch")}),
    (
        "EarlyStoppingTrigger",
        {"monitor": "value", "patience": 2, "check_trigger": (2, "iteration")},
    ),
    ("EarlyStoppingTrigger", {"monitor": "accuracy", "check_trigger": (1, "iteration")}),
    (
        "EarlyStoppingTrigger",
        {"monitor": "value", "mode": "max", "max_trigger": (13, "iteration"), "patients": 50},
    ),
]
VALUES = [5, 4, 4.5, 6, 3, 7, 2, 2, 2, 9, 8, 1, 1, 3, 12, 0, 2, 1, 5, 6]


def ask(trigger, trainer, iterations):
    fired = []
    for iteration in iterations:
        trainer.updater.iteration = iteration
        value = VALUES[iteration - 1]
        trainer.observation = {"value": value, "accuracy": np.float32(value)}
        fired.append(bool(trigger(trainer)))
    return fired


def trigger_case(name, arguments, asked):
    trainer = training.Trainer(Updater(per_epoch=4))
    trigger = getattr(triggers, name)(**arguments)
    case = {"trigger": name, "arguments": arguments, "asked": asked}
    case["fired"] = ask(trigger, trainer, asked)
    if hasattr(trigger, "serialize"):
        half = len(asked) // 2
        first, second = (getattr(triggers, name)(**arguments) for _ in range(2))
        ask(first, trainer, asked[:half])
        saved = chainer.serializers.DictionarySerializer()
        first.serialize(saved)
        second.serialize(chainer.serializers.NpzDeserializer(saved.target))
        case["resumed"] = ask(second, trainer, asked[half:])
        case["saved"] = {k: v.item() for k, v in saved.target.items()}
    return case


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    sys.stderr.write(f"writing to {OUT}\n")
    trainer_runs()
    runs = [
        schedule(name, arguments, trigger)
        for name, variants in SCHEDULES.items()
        for arguments in variants
        for trigger in ((1, "iteration"), (2, "iteration"))
    ]
    (OUT / "schedules.json").write_text(json.dumps(runs) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        every, some = list(range(1, 21)), [1, 2, 3, 5, 8, 9, 12, 13, 15, 18, 20]
        cases = [trigger_case(n, a, asked) for n, a in TRIGGERS for asked in (every, some)]
    (OUT / "triggers.json").write_text(json.dumps(cases) + "\n")
