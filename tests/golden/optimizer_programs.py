"""Run programs that use optimizers, in either library, and write down all that shows.

This file imports neither library: `run` takes the modules.
"""

import copy
import warnings

import numpy as np


def run(library, users, program, folder):
    """Return what shows after each operation: words, numbers and arrays by name.

    Args:
        library: `chainer`, or what is named like it.
        users: The class `optimizer_program_users.Users`.
        program: Operations; see `optimizer_program_cases`.
        folder: Where to write files.
    """
    np.random.seed(len(program))
    session = Session(library, users, folder)
    found = []
    for name, *args in program:
        del session.seen[:]
        error = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                getattr(session, name)(*args)
            except Exception as raised:  # noqa: BLE001 - whatever it is, it is compared
                error = [each.__name__ for each in type(raised).__mro__[:-2]]
            shown = session.show()
        found.append({"error": error, "seen": copy.deepcopy(session.seen), **shown})
    return found


class Trainer:
    """What a schedule asks of a trainer."""

    def __init__(self, session):
        self.session = session
        self.updater = self

    def get_optimizer(self, name):
        return self.session.optimizer


class Session:
    """A program that runs: its model, its optimizer, and an operation a method."""

    def __init__(self, library, users, folder):
        self.library = library
        self.folder = str(folder)
        self.seen = []
        self.users = users(library, self.seen)
        self.shifts = []

    def begin(self, given):
        self.given = given
        self.model = self.users.model(**given)

    def new(self, kind, given):
        self.kind = kind, given
        self.optimizer = self.made(self.model)

    def made(self, model):
        optimizer = self.users.optimizer(*self.kind)
        if self.given["dtype"] == "master":
            optimizer.use_fp32_update()
        if self.given["scale"]:
            optimizer.set_loss_scale(self.given["scale"])
        return optimizer.setup(model)

    def param(self, path):
        return dict(self.model.namedparams())[path]

    @property
    def params(self):
        """Every parameter once, by its first path."""
        found = {}
        for path, param in sorted(self.model.namedparams()):
            if not any(param is other for other in found.values()):
                found[path] = param
        return found

    # ---- steps
    def step(self, seed, missing):
        rng = np.random.RandomState(seed)
        for (_, param), none in zip(self.params.items(), missing):  # noqa: B905
            if param.array is not None:
                grad = np.asarray(rng.standard_normal(param.shape)).astype(param.dtype)
                param.grad = None if none else grad
        self.optimizer.update()
        self.shift_all()

    def loss(self, seed, count):
        F = self.library.functions
        rng = np.random.RandomState(seed)
        used = [param for param in self.params.values() if param.array is not None][:count]
        factors = [np.asarray(rng.standard_normal(p.shape)).astype(p.dtype) for p in used]

        def lossfun(scale, extra=1.0):
            total = 0
            for param, factor in zip(used, factors):  # noqa: B905
                total += F.cast(F.sum(F.sigmoid(param * factor)), "float32")
            return total * scale * extra

        self.optimizer.update(lossfun, 2.0, extra=0.5)
        self.shift_all()

    def update_one(self, path, how):
        param = self.param(path)
        if param.array is not None:
            param.grad = np.full_like(param.array, 0.25)
        if how == "param":
            param.update()
        elif param.update_rule is not None:
            param.update_rule.update(param)

    def clear(self):
        self.model.cleargrads()

    def zero(self):
        self.model.zerograds()

    def reallocate(self):
        self.optimizer.reallocate_cleared_grads()

    def call_hooks(self, timing):
        for param in self.model.params(False):
            param.grad = np.full_like(param.array, 0.25)
        self.optimizer.call_hooks(timing)

    def clearing(self, use):
        self.optimizer.use_cleargrads(use)

    # ---- hooks
    def hook(self, spec, name, timing):
        late = timing == "post" or spec[0] == "Shrink"
        self.optimizer.add_hook(self.users.hook(*spec, late=late), name, timing)

    def unhook(self, name):
        self.optimizer.remove_hook(name)

    def rule_hook(self, path, spec, name, timing):
        self.param(path).update_rule.add_hook(self.users.hook(*spec), name, timing)

    def rule_unhook(self, path, name):
        self.param(path).update_rule.remove_hook(name)

    # ---- hyperparameters
    def set(self, name, value, where):
        holder = self.optimizer if where == "optimizer" else self.optimizer.hyperparam
        setattr(holder, name, value)

    def set_rule(self, path, name, value):
        setattr(self.param(path).update_rule.hyperparam, name, value)

    def shift(self, kind, name, given, named):
        given = {k: tuple(v) if k.endswith("range") else v for k, v in given.items()}
        if named:
            given["optimizer"] = self.optimizer
        shift = getattr(self.library.training.extensions, kind)(name, **given)
        shift.initialize(Trainer(self))
        self.shifts.append(shift)

    def shift_all(self):
        for shift in self.shifts:
            shift(Trainer(self))

    # ---- what takes part
    def enable(self, path, on):
        self.param(path).update_rule.enabled = on

    def enable_link(self, path, on):
        link = self.model
        for name in path.split("/"):
            link = getattr(link, name) if name else link
        (link.enable_update if on else link.disable_update)()

    def replace_rule(self, path, kind):
        made = kind and getattr(self.library.optimizers, kind)().create_update_rule()
        self.param(path).update_rule = made

    def retarget(self, to):
        if to == "copy":
            self.model = copy.deepcopy(self.model)
        self.optimizer.target = self.model.c if to == "part" else self.model

    def setup(self):
        self.optimizer.setup(self.model)

    def deepcopy(self):
        self.model, self.optimizer = copy.deepcopy((self.model, self.optimizer))

    def initialize(self, shape):
        param = self.param("/z")
        param.initialize(tuple(shape))
        if param.update_rule is not None:
            param.update_rule.t = 0  # the original's counted the steps before

    def master(self, path):
        if path:
            self.param(path).update_rule.use_fp32_update()
        elif all(param.update_rule for param in self.model.params()):
            self.optimizer.use_fp32_update()

    def epoch(self, auto, use):
        if use is not None:
            self.optimizer.use_auto_new_epoch = use
        self.optimizer.new_epoch(auto=auto)

    # ---- arrays
    def edit(self, path, how):
        param = self.param(path)
        if param.array is None:
            return
        if how == "inplace":
            param.array[...] *= param.dtype.type(0.5)
        elif how == "array":
            param.array = np.asarray(param.array * param.dtype.type(0.5))
        elif how == "data":
            param.data = np.full(param.shape, 0.75, param.dtype)
        else:
            param.copydata(self.library.Parameter(np.full(param.shape, 0.125, param.dtype)))

    def edit_state(self, path, how):
        rule = self.param(path).update_rule
        if how == "t":
            self.optimizer.t += 2
        elif how == "clock":
            rule.t += 3
        elif rule.state:
            name = min(rule.state)
            if how == "inplace" and rule.state[name].ndim:
                rule.state[name][...] *= 0.5
            else:
                rule.state[name] = np.full_like(rule.state[name], 0.25)

    def reload(self, anew, strange):
        """Save, and load; into new objects if `anew`, a file that lacks states if `strange`."""
        rules = [param.update_rule for param in self.params.values()]
        if not strange and any(rule and rule.state is None for rule in rules):
            return  # the original would raise KeyError; and does where the file is strange
        serializers = self.library.serializers
        files = [self.folder + name for name in ("/optimizer.npz", "/model.npz")]
        serializers.save_npz(files[0], self.optimizer)
        serializers.save_npz(files[1], self.model)
        if strange:
            with np.load(files[0], allow_pickle=True) as stored:
                kept = {k: stored[k] for k in stored.files if not k.startswith("c/")}
            np.savez(files[0], **kept)
        if anew:
            self.model = self.users.model(**self.given)
            self.optimizer = self.made(self.model)
            self.shifts = []
        serializers.load_npz(files[1], self.model)
        serializers.load_npz(files[0], self.optimizer)

    def misuse(self, how):
        fresh = self.users.optimizer(*self.kind)
        calls = {
            "setup": lambda: fresh.setup(3),
            "before_setup": lambda: fresh.add_hook(self.users.hook("halve")),
            "not_scalar": lambda: self.optimizer.update(lambda: self.param("/a") * 2),
            "unhook": lambda: self.optimizer.remove_hook("never"),
            "timing": lambda: self.optimizer.add_hook(self.users.hook("halve"), "x", "later"),
        }
        calls[how]()

    # ---- what shows
    def show(self):
        found = {
            "t": self.optimizer.t if hasattr(self, "optimizer") else 0,
            "epoch": self.optimizer.epoch if hasattr(self, "optimizer") else 0,
            "hyper": numbers(self.optimizer) if hasattr(self, "optimizer") else {},
        }
        for path, param in self.params.items():
            if param.array is not None:
                found["array" + path] = param.array.copy()
            rule = param.update_rule
            if rule is None:
                continue
            found["rule" + path] = [type(rule).__name__, bool(rule.enabled), int(rule.t)]
            found["hyper" + path] = numbers(rule)
            found["states" + path] = None if rule.state is None else sorted(rule.state)
            for name, value in (rule.state or {}).items():
                found["state" + path + "." + name] = np.array(value)
        return found


def numbers(holder):
    """Return the hyperparameters that an optimizer or a rule sees, and what rules make of them."""
    found = holder.hyperparam.get_dict()
    for name in ("alpha_t", "lr", "bounds"):
        try:
            value = getattr(holder, name)
        except Exception:  # noqa: BLE001 - there is none, or none yet
            continue
        found[name] = list(value) if isinstance(value, tuple) else value
    return {
        key: [float(each) for each in (value if isinstance(value, list) else [value])]
        for key, value in sorted(found.items())
        if value is not None
    }
