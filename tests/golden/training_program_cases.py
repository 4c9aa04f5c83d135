"""Trainings, drawn from a seed: plain data, for `training_programs` to run.

What is left out, since we differ there by design (docs/decisions.md, docs/coming-from-chainer.md,
"Differs" in docstrings) or take what the original stumbles over:

- Extensions of a priority below -100, where the original takes its snapshots; ours are last.
- Early stopping that is resumed: the original's forgets what it has seen.
- Extensions whose `finalize` raises: ours finalize the others all the same.
- Bound methods as extensions: the original cannot give them a name.
- A stop trigger that is replaced while the loop runs: the original keeps the first.
- Schedules together with `autoload=True`, and calls of `initialize` there: ours load first.
- WarmupShift and MultistepShift that are resumed: the original's begin once more. Two schedules of
  one hyperparameter that are resumed: the original's take each other's value for the first one.
  Schedules that are resumed under a trigger that has fired for the last time: the original's value
  is lost, since it saves no hyperparameters.
- Random orders after a resume: the original forgets the generators. A resumed run seeds them anew,
  which is too early where `autoload=True` loads.

What is drawn all the same, and compared with allowance, `tests/oracle/program_bounds.py` says.
"""

import random

UNITS = ["epoch", "iteration"]
OPTIMIZERS = [["SGD", {"lr": 0.1}], ["MomentumSGD", {"lr": 0.05}], ["Adam", {"alpha": 0.02}]]
VALUES = ["main/loss", "main/accuracy", "validation/main/loss", "validation/main/accuracy", "noise"]
PRIORITIES = [None, None, 500, 300, 250, 200, 150, 100, 50, 0, -50]
SHIFTS = [
    ["ExponentialShift", {"rate": 0.5}],
    ["ExponentialShift", {"rate": 0.5, "init": 0.2, "target": 0.12}],
    ["LinearShift", {"value_range": [0.2, 0.05], "time_range": [1, 4]}],
    ["InverseShift", {"gamma": 0.1, "power": 0.75}],
    ["PolynomialShift", {"rate": 0.5, "max_count": 9}],
    ["WarmupShift", {"warmup_start": 0.01, "warmup_iter": 3, "init": 0.2}],
    ["StepShift", {"gamma": 0.5, "step": 2}],
    ["MultistepShift", {"gamma": 0.5, "step_value": [1, 3], "init": 0.1}],
]
FORGETFUL = ["WarmupShift", "MultistepShift"]
ENDING = ["once", "schedule"]


class Draw:
    """Draws the parts of a training."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.optimizer = self.rng.choice(OPTIMIZERS)
        ways = ["file", "file", "autoload", "object"]
        self.resumed = self.rng.choice(ways) if self.chance(0.4) else None
        self.shifted = self.resumed == "autoload"

    def chance(self, share):
        return self.rng.random() < share

    def interval(self):
        if self.chance(0.5):
            return ["interval", self.rng.choice([1, 2, 3, 4, 5]), "iteration"]
        return ["interval", self.rng.choice([1, 1, 2, 0.5, 0.3, 1.5]), "epoch"]

    def points(self):
        unit = self.rng.choice(UNITS)
        if unit == "iteration":
            return ["schedule", sorted(self.rng.sample(range(1, 15), 3)), unit]
        return ["schedule", self.rng.choice([[1], [0.5, 2], [1, 2, 3], 2, [0.3, 0.35, 1.7]]), unit]

    def record(self):
        kind = self.rng.choice(["max", "min"])
        return [
            kind,
            self.rng.choice([*["main/loss", "main/accuracy"] * 3, *VALUES]),
            self.interval(),
        ]

    def trigger(self):
        if self.chance(0.25):
            return None
        others = [self.points, self.record, lambda: ["once", self.chance(0.5)]]
        others += [lambda: ["time", self.rng.choice([0.7, 1.0, 2.5])], lambda: ["odd"]]
        return self.interval() if self.chance(0.5) else self.rng.choice(others)()

    def stop(self):
        if not self.resumed and self.chance(0.25):
            given = {"check_trigger": self.interval(), "monitor": self.rng.choice(VALUES)}
            given.update({"patience": self.rng.choice([1, 2, 3])})
            given.update({"mode": self.rng.choice(["auto", "min", "max"])})
            return ["early", given, ["interval", self.rng.randint(6, 14), "iteration"]]
        if self.chance(0.1):
            return ["when", self.rng.randint(1, 12)]
        if self.chance(0.5):
            return ["interval", self.rng.randint(1, 14), "iteration"]
        return ["interval", self.rng.choice([1, 2, 3, 4, 1.5, 2.3]), "epoch"]

    # ---- extensions: kind, arguments
    def log_report(self):
        given = {"trigger": self.interval()}
        if self.chance(0.3):
            given["keys"] = self.rng.sample(VALUES, 2)
        if self.chance(0.4):
            given["filename"] = self.rng.choice(["log_{iteration}", "other", "{epoch}.json"])
        return ["LogReport", given]

    def print_report(self):
        return ["PrintReport", ["epoch", "iteration", *self.rng.sample(VALUES, 2), "lr"]]

    def snapshot(self):
        names = ["snapshot_iter_{.updater.iteration}", "at_{.updater.epoch}", "newest"]
        retained = self.rng.choice([-1, -1, 1, 2])
        given = {"filename": self.rng.choice(names), "n_retains": retained}
        if self.chance(0.2):
            given["snapshot_on_error"] = True
        return ["snapshot", given]

    def snapshot_object(self):
        return ["snapshot_object", "model_{.updater.iteration}", self.chance(0.3)]

    def observe(self):
        return self.rng.choice([["observe_lr", {}], ["observe_value", "noise"]])

    def shift(self):
        self.shifted = True
        shifts = [each for each in SHIFTS if each[0] not in FORGETFUL or not self.resumed]
        kind, given = self.rng.choice(shifts)
        name = "alpha" if self.optimizer[0] == "Adam" else "lr"
        return ["shift", kind, name, given]

    def evaluator(self):
        return ["Evaluator", self.rng.choice([None, None, "test"])]

    def note(self):
        return ["note", self.rng.choice(["class", "function", "bare"]), self.rng.choice("abcd")]

    def edit(self):
        return ["edit", self.rng.choice(["replace", "add", "remove"])]

    def failing(self):
        return ["failing", self.rng.randint(1, 10), self.rng.choice(["call", "call", "initialize"])]

    def bad(self):
        return ["bad", self.rng.choice(["nameless", "training", "keyword", "missing", "trigger"])]

    def extension(self):
        table = [
            (5, self.log_report),
            (3, self.print_report),
            (3, self.snapshot),
            (2, self.snapshot_object),
            (3, self.observe),
            (3, self.observe if self.resumed and self.shifted else self.shift),
            (3, self.evaluator),
            (9, self.note),
            (1.5, self.edit),
            (0.8, self.failing),
            (0.8, self.bad),
            (0.5, lambda: ["FailOnNonNumber"]),
            (0.5, lambda: ["MicroAverage", "main/loss", "noise"]),
        ]
        weights, makers = zip(*table)  # noqa: B905 - runs under the original's old Python too
        made = self.rng.choices(makers, weights)[0]()
        trigger = self.trigger()
        if self.resumed and made[0] == "shift" and trigger and trigger[0] in ENDING:
            trigger = self.interval()
        return {
            "made": made,
            "name": self.rng.choice([None, None, None, None, "x", "y"]),
            "trigger": trigger,
            "priority": self.rng.choice(PRIORITIES),
            "before": self.chance(0.15),
        }


def program(seed):
    """Return the training of a seed."""
    draw = Draw(seed)
    rng = draw.rng
    resumed = None
    if draw.resumed:
        after, then = rng.randint(1, 8), rng.randint(1, 10)
        resumed = {"how": draw.resumed, "after": after, "then": then}
    return {
        "examples": rng.randint(4, 13),
        "batch": rng.randint(2, 6),
        "shuffle": draw.chance(0.5) and draw.resumed != "autoload",
        "optimizer": draw.optimizer,
        "auto_new_epoch": draw.chance(0.8),
        "updater": rng.choice(["standard"] * 6 + ["own", "failing", "loss_func", "converter"]),
        "stop": draw.stop(),
        "evaluated": draw.chance(0.7),
        "extensions": [draw.extension() for _ in range(rng.randint(2, 8))],
        "resumed": resumed,
    }
