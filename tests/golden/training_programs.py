"""Run trainings in either library, and write down all that shows.

This file imports neither library: `run` takes the modules.
"""

import io
import json
import pathlib
import re
import warnings

import numpy as np

CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r")


def run(library, program, folder):
    """Return what shows of a training, and of its second part where it is resumed.

    Args:
        library: `chainer`, or what is named like it.
        program: A training; see `training_program_cases`.
        folder: An empty folder.
    """
    resumed = program["resumed"]
    after = resumed and ["interval", resumed["after"], "iteration"]
    first = Training(library, program, folder)
    found = [first.show(first.go(after))]
    if resumed and not found[0]["error"]:
        second = Training(library, program, folder)
        stop = ["interval", resumed["after"] + resumed["then"], "iteration"]
        found.append(second.show(second.go(stop, first)))
    return found


def words_of(raised):
    return [each.__name__ for each in type(raised).__mro__[:-2]]


def number(value):
    """Return an observed value as a number."""
    return float(getattr(value, "array", value))


class Training:
    """One run: a model, an updater, a trainer with extensions, and what was seen of them."""

    def __init__(self, library, program, folder):
        self.library = library
        self.program = program
        self.folder = pathlib.Path(str(folder))
        self.calls = []
        self.text = io.StringIO()
        self.trainer = None

    def go(self, stop, before=None):
        """Build and run; return the words of what was raised, or None."""
        np.random.seed(5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.build(stop or self.program["stop"])
                if before:
                    self.resume(before)
                np.random.seed(6)
                self.trainer.run(show_loop_exception_msg=False)
            except Exception as raised:  # noqa: BLE001 - whatever it is, it is compared
                return words_of(raised)
        return None

    def resume(self, before):
        how = self.program["resumed"]["how"]
        serializers = self.library.serializers
        parts = {"trainer": (before.trainer, self.trainer)}
        if how == "object":
            parts = {
                "model": (before.model, self.model),
                "optimizer": (before.optimizer, self.optimizer),
            }
        for name, (old, new) in parts.items() if how != "autoload" else ():
            file = str(self.folder / ("saved_" + name))
            serializers.save_npz(file, old)
            serializers.load_npz(file, new)

    # ---- the parts
    def build(self, stop):
        library, program = self.library, self.program
        rng = np.random.RandomState(3)
        x = rng.standard_normal((program["examples"], 3)).astype("f")
        t = (x[:, 0] > 0).astype("i")
        self.model = self.chain()
        kind, given = program["optimizer"]
        self.optimizer = getattr(library.optimizers, kind)(**given).setup(self.model)
        dataset = library.datasets.TupleDataset(x, t)
        serial = library.iterators.SerialIterator
        iterator = serial(dataset, program["batch"], shuffle=program["shuffle"])
        self.evaluated = serial(dataset[:4], 3, repeat=False, shuffle=False)
        self.updater = self.made_updater(iterator)
        clocked = type("Clocked", (library.training.Trainer,), {"elapsed_time": property(clock)})
        self.trainer = clocked(self.updater, self.trigger(stop), out=str(self.folder))
        if program["evaluated"]:
            self.trainer.extend(self.evaluator())
        for spec in program["extensions"]:
            self.extend(**spec)
        resumed = program["resumed"]
        if resumed and resumed["how"] == "autoload":
            # After other snapshots, whose triggers it saves.
            snapshot = library.training.extensions.snapshot(autoload=True)
            self.trainer.extend(snapshot, name="auto", trigger=(1, "iteration"))

    def chain(self):
        library = self.library
        links, functions = library.links, library.functions

        class Net(library.Chain):
            def __init__(self):
                super().__init__()
                with self.init_scope():
                    self.first = links.Linear(3, 4)
                    self.second = links.Linear(4, 2)

            def forward(self, x):
                return self.second(functions.tanh(self.first(x)))

        return links.Classifier(Net())

    def made_updater(self, iterator):
        library, kind = self.library, self.program["updater"]
        standard = library.training.updaters.StandardUpdater

        class Own(standard):
            def update_core(self):
                batch = self.get_iterator("main").next()
                optimizer = self.get_optimizer("main")
                library.report({"noise": len(batch) % 3})
                optimizer.update(optimizer.target, *self.converter(batch, self.device))
                if self.is_new_epoch and self.auto_new_epoch:
                    optimizer.new_epoch(auto=True)

        class Failing(standard):
            def update_core(self):
                if self.iteration == 4:
                    raise ZeroDivisionError("as updaters do")
                super().update_core()

        def converter(batch, device=None):
            x, t = library.dataset.concat_examples(batch)
            return {"x": x * np.float32(0.5), "t": t}

        given = {"auto_new_epoch": self.program["auto_new_epoch"]}
        if kind == "loss_func":
            given["loss_func"] = lambda x, t: self.model(x, t) * 2
        elif kind == "converter":
            given["converter"] = converter
        made = {"own": Own, "failing": Failing}.get(kind, standard)
        return made(iterator, self.optimizer, **given)

    def evaluator(self):
        return self.library.training.extensions.Evaluator(self.evaluated, self.model)

    def trigger(self, spec):
        triggers = self.library.training.triggers
        if spec is None:
            return None
        kind, *args = spec
        if kind == "interval":
            return tuple(args)
        if kind == "schedule":
            return triggers.ManualScheduleTrigger(*args)
        if kind in ("max", "min"):
            made = triggers.MaxValueTrigger if kind == "max" else triggers.MinValueTrigger
            return made(args[0], self.trigger(args[1]))
        if kind == "once":
            return triggers.OnceTrigger(*args)
        if kind == "time":
            return triggers.TimeTrigger(*args)
        if kind == "early":
            given = dict(args[0], check_trigger=self.trigger(args[0]["check_trigger"]))
            return triggers.EarlyStoppingTrigger(max_trigger=self.trigger(args[1]), **given)
        if kind == "when":
            return lambda trainer: trainer.updater.iteration >= args[0]
        return lambda trainer: trainer.updater.iteration % 3 == 1

    # ---- extensions
    def extend(self, made, name, trigger, priority, before):
        kind, *args = made
        if kind == "bad":
            self.misuse(*args)
            return
        extension = getattr(self, "make_" + kind, None)
        if extension is None:
            extension = getattr(self.library.training.extensions, kind)(*args)
        else:
            extension = extension(*args)
        # A log and its table are to be called at every iteration.
        trigger = None if kind in ("LogReport", "PrintReport") else self.trigger(trigger)
        given = {"call_before_training": before}
        self.trainer.extend(extension, name, trigger, priority, **given)

    def misuse(self, how):
        note = self.make_note("function", "n")
        calls = {
            "nameless": lambda: self.trainer.extend(type("C", (), {"__call__": len})()),
            "training": lambda: self.trainer.extend(note, name="training"),
            "keyword": lambda: self.trainer.extend(note, invoke_before_training=True),
            "missing": lambda: self.trainer.get_extension("never"),
            "trigger": lambda: self.trainer.extend(note, trigger=(1, "month")),
        }
        try:
            calls[how]()
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is compared
            self.calls.append(["misuse", words_of(raised)])

    def make_LogReport(self, given):
        given = dict(given, trigger=self.trigger(given["trigger"]))
        return self.library.training.extensions.LogReport(**given)

    def make_PrintReport(self, entries):
        extensions = self.library.training.extensions
        report = "LogReport"
        try:
            self.trainer.get_extension(report)
        except ValueError:
            report = extensions.LogReport(trigger=(2, "iteration"))
        return extensions.PrintReport(entries, report, out=self.text)

    def make_snapshot(self, given):
        return self.library.training.extensions.snapshot(**given)

    def make_snapshot_object(self, name, compressed):
        savefun = self.library.serializers.save_npz
        given = {"savefun": lambda file, target: savefun(file, target, compression=False)}
        given = given if compressed else {}
        return self.library.training.extensions.snapshot_object(self.model, name, **given)

    def make_observe_lr(self, given):
        return self.library.training.extensions.observe_lr(**given)

    def make_observe_value(self, name):
        observe = self.library.training.extensions.observe_value
        return observe(name, lambda trainer: trainer.updater.iteration * 7 % 5)

    def make_shift(self, kind, name, given):
        given = {k: tuple(v) if k.endswith("range") else v for k, v in given.items()}
        return getattr(self.library.training.extensions, kind)(name, **given)

    def make_Evaluator(self, name):
        made = self.evaluator()
        if name:
            made.name = name
        return made

    def note(self, name, event, *more):
        updater = self.updater
        seen = self.trainer.observation
        place = [updater.iteration, updater.epoch, bool(updater.is_new_epoch)]
        details = [updater.epoch_detail, updater.previous_epoch_detail]
        values = {key: number(seen[key]) for key in sorted(seen)}
        self.calls.append([name, event, *more, place, details, values])

    def make_note(self, kind, name):
        note, training = self.note, self.library.training

        def begin(event):
            if (self.program["resumed"] or {}).get("how") != "autoload":
                self.calls.append([name, event])

        class Note(training.Extension):
            trigger = (2, "iteration")
            priority = 120
            count = 0

            def initialize(self, trainer):
                begin("initialize")

            def __call__(self, trainer):
                self.count += 1
                note(name, "call", self.name, self.count)

            def on_error(self, trainer, exc, tb):
                note(name, "error", type(exc).__name__)

            def finalize(self):
                note(name, "finalize")

            def serialize(self, serializer):
                self.count = serializer("count", self.count)

        def function(trainer):
            note(name, "function")

        if kind == "class":
            return Note()
        if kind == "bare":
            return function
        made = training.make_extension(
            trigger=(1, "epoch"),
            default_name="made",
            priority=60,
            initializer=lambda trainer: begin("initializer"),
            finalizer=lambda: note(name, "finalizer"),
            on_error=lambda trainer, exc, tb: note(name, "on_error"),
        )
        return made(function)

    def make_edit(self, how):
        @self.library.training.make_extension(priority=210)
        def edit(trainer):
            seen = trainer.observation
            if how == "replace" and "main/loss" in seen:
                seen["main/loss"] = number(seen["main/loss"]) + 1
            elif how == "add":
                seen["noise"] = np.float32(trainer.updater.iteration % 4)
            else:
                seen.pop("main/accuracy", None)

        return edit

    def make_failing(self, iteration, where):
        class Failing(self.library.training.Extension):
            def initialize(self, trainer):
                if where == "initialize":
                    raise ZeroDivisionError("as extensions do")

            def __call__(self, trainer):
                if trainer.updater.iteration >= iteration:
                    raise ZeroDivisionError("as extensions do")

        return Failing()

    # ---- what shows
    def show(self, error):
        found = {"error": error, "calls": self.calls, "text": CONTROL.sub("", self.text.getvalue())}
        if self.trainer is None:
            return found
        found["observed"] = {
            key: number(value) for key, value in sorted(self.trainer.observation.items())
        }
        updater, optimizer = self.updater, self.optimizer
        found["place"] = [updater.iteration, updater.epoch, optimizer.t, optimizer.epoch]
        found["details"] = [updater.epoch_detail, updater.previous_epoch_detail]
        names = sorted(path.name for path in self.folder.iterdir() if path.name[0] != ".")
        found["files"] = names
        for name in names:
            text = (self.folder / name).read_bytes()
            if text[:1] == b"[":
                found["log " + name] = json.loads(text.decode())
        for path, param in sorted(self.model.namedparams()):
            found["array" + path] = param.array.copy()
        return found


def clock(trainer):
    """Seconds that depend on nothing but the iteration."""
    return trainer.updater.iteration * 0.5
