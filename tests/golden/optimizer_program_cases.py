"""Programs that use optimizers, drawn from a seed: plain data, for `optimizer_programs` to run.

A program is a list of operations, each a name and its arguments. The first says how the model looks
and how parameters are kept; the second makes the optimizer.

What is left out, since we differ there by design (docs/decisions.md, docs/coming-from-chainer.md)
or take what the original stumbles over:

- Hooks together with a loss scale: the original's see scaled gradients.
- float16 for other rules than NARROW: the original computes in float16, where many an ε is 0; rules
  of Adam's there, and means that cancel under a master, for the same reason.
- Edits and files where a float16 parameter has a float32 master: the original's ignores them.
- A missing gradient without `reallocate_cleared_grads` under hooks, a loss scale or a master, and
  `use_fp32_update` where a parameter has no rule: the original stumbles.
- A new `beta` or a new t for MSVAG's rules, and MSVAG in files: `beta_power` follows from t; the
  original's is a number of its own, which is not saved.
- Gradients of a parameter without a shape before they were cleared: the original raises.
- A parameter that the model holds twice together with a loss scale: the original divides its
  gradient twice.
- Under a loss scale, copies of the model, whose gradients the original takes for unscaled, and
  gradients of the program's own, which it takes for scaled from the first `backward` on.
- Gradients read after a step: formulas leave in them what `backward` left.

What is drawn all the same, and compared with allowance, `tests/oracle/program_bounds.py` says.
"""

import random

HYPERPARAMETERS = {
    "SGD": ["lr"],
    "MomentumSGD": ["lr", "momentum"],
    "NesterovAG": ["lr", "momentum"],
    "CorrectedMomentumSGD": ["lr", "momentum"],
    "AdaGrad": ["lr", "eps"],
    "AdaDelta": ["rho", "eps"],
    "RMSprop": ["lr", "alpha", "eps"],
    "RMSpropGraves": ["lr", "alpha", "momentum", "eps"],
    "SMORMS3": ["lr", "eps"],
    "MSVAG": ["lr", "beta"],
    "Adam": ["alpha", "beta1", "beta2", "eps", "eta", "weight_decay_rate"],
    "AdamW": ["alpha", "beta1", "eta", "weight_decay_rate"],
    "AMSGrad": ["alpha", "beta1", "beta2"],
    "AdaBound": ["alpha", "beta1", "final_lr", "gamma"],
    "AMSBound": ["alpha", "beta1", "final_lr", "gamma"],
    # Written by the program, in `optimizer_program_users.py`:
    "Classic": ["rate", "keep"],
    "Wrapped": ["lr", "momentum"],
    "Watching": ["lr"],
    "Blank": ["lr", "momentum"],
}
VALUES = {
    "lr": [0.1, 0.01, 1e-3],
    "momentum": [0.9, 0.5, 0.0],
    "eps": [1e-8, 1e-4],
    "rho": [0.95, 0.5],
    "alpha": [0.01, 0.001, 0.1],
    "beta1": [0.9, 0.5],
    "beta2": [0.999, 0.9],
    "eta": [1.0, 0.5],
    "weight_decay_rate": [0.0, 0.01],
    "final_lr": [0.1, 0.5],
    "gamma": [1e-3, 1e-2],
    "beta": [0.9, 0.5],
    "decay": [0.99, 0.9, 0.5],
    "rate": [0.1, 0.02],
    "keep": [0.9, 0.3],
}
SWITCHES = {"RMSprop": ["eps_inside_sqrt"], "Adam": ["amsgrad", "adabound"]}
BUILT_IN_HOOKS = [
    ["WeightDecay", 0.01],
    ["Lasso", 0.01],
    ["GradientClipping", 0.5],
    ["GradientHardClipping", -0.3, 0.3],
    ["GradientLARS", 0.01],
    ["GradientNoise", 0.3],
]
OWN_HOOKS = [
    ["halve"],
    ["forget"],
    ["schedule"],
    ["Shrink", 0.5],
    ["Adding"],
    ["Leaving"],
    ["Failing"],
    ["Nameless"],
    ["Odd"],
    ["NotCallable"],
]
RULE_HOOKS = [
    *BUILT_IN_HOOKS[:2],
    *BUILT_IN_HOOKS[3:4],
    ["double"],
    ["quarter"],
    ["quarter"],
    ["Nameless"],
    ["NotCallable"],
]
SHIFTS = [
    ["ExponentialShift", {"rate": 0.5}],
    ["ExponentialShift", {"rate": 0.5, "init": 0.2, "target": 0.12}],
    ["LinearShift", {"value_range": [0.2, 0.05], "time_range": [1, 4]}],
    ["InverseShift", {"gamma": 0.1, "power": 0.75}],
    ["PolynomialShift", {"rate": 0.5, "max_count": 5}],
    ["WarmupShift", {"warmup_start": 0.01, "warmup_iter": 3, "init": 0.2}],
    ["StepShift", {"gamma": 0.5, "step": 2}],
    ["MultistepShift", {"gamma": 0.5, "step_value": [1, 3], "init": 0.1}],
]
INITIALIZERS = [
    ["Uniform", {"scale": 0.3}],
    ["Normal", {"scale": 0.2}],
    ["LeCunNormal", {}],
    ["GlorotUniform", {}],
    ["HeNormal", {}],
    ["Constant", {"fill_value": 0.4}],
    ["One", {}],
]
# Whose float16 arithmetic is near enough to the original's to be compared; see
# `tests/oracle/program_bounds.py`.
NARROW = ["SGD", "MomentumSGD", "NesterovAG", "CorrectedMomentumSGD"]
CANCELLING = ["MSVAG", "RMSpropGraves", "SMORMS3"]  # they take differences of means
PATHS = ["/a", "/c/w", "/c/d/u", "/s"]


class Draw:
    """Draws operations that suit a program's model and optimizer."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.dtype = self.rng.choice(["float32"] * 6 + ["float64", "mixed", "float16", "master"])
        self.scaled = self.rng.random() < 0.1
        self.lazy = self.rng.random() < 0.25
        self.shared = not self.scaled and self.rng.random() < 0.15
        self.kind = self.rng.choice(self.kinds())
        self.lazy = self.lazy and self.kind != "MSVAG"
        self.paths = [*PATHS, "/z"] if self.lazy else PATHS

    def kinds(self):
        if self.dtype == "float16":
            return NARROW
        refused = set(CANCELLING) if self.dtype == "master" else set()
        refused |= {"Blank"} if self.scaled or self.dtype == "master" else set()
        return [kind for kind in HYPERPARAMETERS if kind not in refused]

    def value(self, name):
        mean = name == "alpha" and self.kind.startswith("RMS")
        return self.rng.choice(VALUES["decay" if mean else name])

    def chance(self, share):
        return self.rng.random() < share

    def path(self):
        return self.rng.choice(self.paths)

    def hyper(self):
        names = HYPERPARAMETERS[self.kind]
        return self.rng.choice([name for name in names if name != "beta"])

    # ---- how a program begins
    def begin(self):
        kind, given = self.rng.choice(INITIALIZERS)
        dtype = "float64" if self.dtype == "float64" else "float32"
        lazy = [kind, {**given, "dtype": dtype}]
        model = {
            "dtype": self.dtype,
            "lazy": lazy if self.lazy else None,
            "shared": self.shared,
            "scale": self.rng.choice([128.0, 3.0]) if self.scaled else None,
            # A scalar's states are float64 in the original, which shows where a rule cancels.
            "scalar": self.kind not in CANCELLING,
        }
        given = {name: self.value(name) for name in HYPERPARAMETERS[self.kind] if self.chance(0.5)}
        given.update({name: True for name in SWITCHES.get(self.kind, ()) if self.chance(0.2)})
        return [["begin", model], ["new", self.kind, given]]

    # ---- operations
    def step(self):
        return ["step", self.rng.randrange(1000), [self.chance(0.12) for _ in self.paths]]

    def loss(self):
        return ["loss", self.rng.randrange(1000), self.rng.choice([5, 3, 2])]

    def hook(self):
        refused = {"Shrink"} if self.dtype == "master" else set()
        specs = [spec for spec in BUILT_IN_HOOKS * 2 + OWN_HOOKS if spec[0] not in refused]
        spec = self.rng.choice(specs)
        name = self.rng.choice([None, None, None, "h1", "h2"])
        timing = self.rng.choice(["auto", "auto", "pre", "post", "later"][: 5 if name else 4])
        return ["hook", spec, name, timing]

    def unhook(self):
        names = [spec[0] for spec in BUILT_IN_HOOKS + OWN_HOOKS]
        return ["unhook", self.rng.choice([*names, "h1", "h2"])]

    def rule_hook(self):
        timing = self.rng.choice(["auto", "pre", "post"])
        return ["rule_hook", self.path(), self.rng.choice(RULE_HOOKS), None, timing]

    def rule_unhook(self):
        return ["rule_unhook", self.path(), self.rng.choice(RULE_HOOKS)[0]]

    def call_hooks(self):
        return ["call_hooks", self.rng.choice(["pre", "post"])]

    def set_hyper(self):
        name = self.hyper()
        return ["set", name, self.value(name), self.rng.choice(["optimizer", "hyperparam"])]

    def set_rule(self):
        name = self.hyper()
        return ["set_rule", self.path(), name, self.value(name)]

    def enable(self):
        return ["enable", self.path(), self.chance(0.5)]

    def enable_link(self):
        return ["enable_link", self.rng.choice(["", "c", "c/d"]), self.chance(0.5)]

    def epoch(self):
        return ["epoch", self.chance(0.2), self.rng.choice([None, None, True, False])]

    def reload(self):
        return ["reload", self.chance(0.5), self.chance(0.1)]

    def edit(self):
        return ["edit", self.path(), self.rng.choice(["inplace", "array", "data", "copydata"])]

    def edit_state(self):
        ways = ["t"] if self.kind == "MSVAG" else ["inplace", "replace", "t", "clock"]
        return ["edit_state", self.path(), self.rng.choice(ways)]

    def replace_rule(self):
        kinds = ["SGD", "MomentumSGD", None]
        kinds += ["Adam"] * (self.dtype not in ("float16", "master"))
        return ["replace_rule", self.path(), self.rng.choice(kinds)]

    def retarget(self):
        return ["retarget", self.rng.choice(["copy", "part", "whole"])]

    def update_one(self):
        return ["update_one", self.path(), self.rng.choice(["param", "rule"])]

    def shift(self):
        name, given = self.rng.choice(SHIFTS)
        return ["shift", name, self.hyper(), given, self.chance(0.5)]

    def clearing(self):
        return ["clearing", self.chance(0.3)]

    def initialize(self):
        return ["initialize", [3, 2]]

    def misuse(self):
        ways = ["setup", "before_setup", "unhook", "timing", "not_scalar"]
        return ["misuse", self.rng.choice(ways)]

    def master(self):
        return ["master", self.rng.choice([None, self.path()])]

    def bare(self, name):
        return lambda: [name]

    def table(self):
        """Return operations with their weights."""
        drawn = [
            (14, self.loss),
            (5, self.set_hyper),
            (5, self.set_rule),
            (4, self.enable),
            (2, self.enable_link),
            (3, self.epoch),
            (3, self.replace_rule),
            (4, self.shift),
            (2, self.clearing),
            (2, self.misuse),
            (2, self.bare("setup")),
            (2, self.bare("clear")),
            (2, self.bare("zero")),
            (2, self.bare("reallocate")),
        ]
        if not self.scaled and self.kind != "Blank":
            drawn += [(9, self.hook), (3, self.unhook), (6, self.rule_hook), (1, self.rule_unhook)]
            drawn += [(2, self.call_hooks)]
        if not self.scaled:
            drawn += [(30, self.step), (4, self.update_one)]
            drawn += [(3, self.retarget), (3, self.bare("deepcopy"))]
        if self.dtype != "master":
            drawn += [(5, self.edit), (4, self.edit_state)]
        if self.dtype != "master" and self.kind != "MSVAG":
            drawn += [(5, self.reload)]
        if self.dtype in ("float32", "float64"):
            drawn += [(2, self.master)]
        if self.lazy:
            drawn += [(6, self.initialize)]
        return drawn


def program(seed):
    """Return the program of a seed."""
    draw = Draw(seed)
    weights, makers = zip(*draw.table())  # noqa: B905 - runs under the original's old Python too
    found = draw.begin()
    for maker in draw.rng.choices(makers, weights, k=draw.rng.randint(5, 13)):
        found.append(maker())
    last = draw.loss if draw.scaled else draw.step
    return [*found, last(), draw.loss(), last()]
