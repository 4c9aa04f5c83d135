"""What programs write themselves: models, hooks, rules and optimizers, for either library."""

import numpy as np


class Users:
    """A program's own classes.

    Args:
        library: The modules; `chainer`, or what is named like it.
        seen: A list that hooks write what they see into.
    """

    def __init__(self, library, seen):
        self.library = library
        self.seen = seen

    # ---- models
    def model(self, dtype, lazy, shared, scalar, **more):
        rng = np.random.RandomState(7)
        library = self.library
        second = "float64" if dtype == "mixed" else dtype
        first = "float32" if dtype == "mixed" else dtype
        first, second = (np.dtype(d.replace("master", "float16")) for d in (first, second))

        def parameter(dtype, *shape):
            # 0-dimensional results of NumPy's are scalars
            return library.Parameter(np.asarray(rng.standard_normal(shape)).astype(dtype))

        class Model(library.Chain):
            pass

        class Part(library.Link):
            pass

        model, c, d = Model(), Model(), Part()
        with d.init_scope():
            d.u = parameter(second, 4)
        with c.init_scope():
            c.w = parameter(first, 2, 2)
            c.d = d
        with model.init_scope():
            model.a = parameter(first, 3, 2)
            model.c = c
            model.s = parameter(second, *(() if scalar else (1,)))
            if lazy:
                kind, given = lazy
                model.z = library.Parameter(getattr(library.initializers, kind)(**given))
            if shared:
                model.e = Part()
        if shared:
            with model.e.init_scope():
                model.e.u = d.u
        model.cleargrads()  # before that, the original has no gradient to show without a shape
        return model

    # ---- hooks
    def note(self, name, params, late=False):
        """Write down that a hook was called, and the gradients that it sees unless it is late."""
        grads = [] if late else [param.grad for param in params]
        sizes = [None if grad is None else float(np.abs(grad).sum()) for grad in grads]
        self.seen.append([name, sizes])

    def hook(self, kind, *args, late=False):
        """Return a hook: the library's, or one of the program's functions or classes."""
        hooks = self.library.optimizer_hooks
        if hasattr(hooks, kind):
            return getattr(hooks, kind)(*args)

        def note(name, params):
            self.note(name, params, late)

        functions = own_functions(note)
        if kind in functions:
            return functions[kind]
        return {each.__name__: each for each in self.own_hooks(note)}[kind](*args)

    def own_hooks(self, note):
        """Return the program's classes of hooks."""
        users = self

        class Shrink:
            name = "Shrink"
            call_for_each_param = True
            timing = "post"

            def __init__(self, rate):
                self.rate = rate

            def __call__(self, rule, param):
                note("Shrink", [param])
                if param.array is not None:
                    param.array[...] *= self.rate

        class Adding:
            name = "Adding"

            def __call__(self, optimizer):
                note("Adding", optimizer.target.params(False))
                optimizer.remove_hook("Adding")
                optimizer.add_hook(users.hook("halve", late=True), "added", timing="post")

        class Leaving:
            name = "Leaving"

            def __call__(self, optimizer):
                optimizer.remove_hook("Leaving")
                optimizer.add_hook(users.hook("halve", late=True))

        class Odd:
            name = "Odd"
            timing = "sometimes"

            def __call__(self, optimizer):
                note("Odd", optimizer.target.params(False))

        return Shrink, Adding, Leaving, Odd, Failing, Nameless, NotCallable

    # ---- optimizers
    def optimizer(self, kind, given):
        optimizers = self.library.optimizers
        if hasattr(optimizers, kind):
            return getattr(optimizers, kind)(**given)
        made = {
            "Classic": self.classic,
            "Wrapped": self.wrapped,
            "Watching": self.watching,
            "Blank": self.blank,
        }
        return made[kind](**given)

    def classic(self, rate=0.05, keep=0.8):
        """A rule in NumPy, as programs write it, with a hyperparameter and a state of its own."""
        base = self.library.optimizer

        class ClassicRule(base.UpdateRule):
            def __init__(self, parent_hyperparam=None):
                super().__init__(parent_hyperparam)

            def init_state(self, param):
                self.state["m"] = np.zeros_like(param.array)
                self.state["n"] = np.zeros((), "f")

            def update_core_cpu(self, param):
                grad = param.grad
                if grad is None:
                    return
                self.state["m"] *= self.hyperparam.keep
                self.state["m"] += grad
                self.state["n"] = self.state["n"] + np.float32(1)
                param.data -= param.data.dtype.type(self.hyperparam.rate) * self.state["m"]

        class Classic(base.GradientMethod):
            rate = base.HyperparameterProxy("rate")
            keep = base.HyperparameterProxy("keep")

            def __init__(self):
                super().__init__()
                self.hyperparam.rate = rate
                self.hyperparam.keep = keep

            def create_update_rule(self):
                return ClassicRule(self.hyperparam)

        return Classic()

    def wrapped(self, **given):
        """A rule of the library's, with something before and after."""
        optimizers, note = self.library.optimizers, self.note
        rule = optimizers.momentum_sgd.MomentumSGDRule

        class WrappedRule(rule):
            def update_core(self, param):
                if param.array is not None:
                    note("before", [param])
                super().update_core(param)

        class Wrapped(optimizers.MomentumSGD):
            def create_update_rule(self):
                return WrappedRule(self.hyperparam)

        return Wrapped(**given)

    def watching(self, **given):
        """An optimizer that follows its own calls."""
        seen = self.seen

        class Watching(self.library.optimizers.SGD):
            def reallocate_cleared_grads(self):
                seen.append(["reallocate", []])
                super().reallocate_cleared_grads()

            def call_hooks(self, timing="pre"):
                seen.append([timing, []])
                super().call_hooks(timing)

            def check_nan_in_grads(self):
                seen.append(["check", []])
                super().check_nan_in_grads()

            def update_loss_scale(self):
                seen.append(["scale", []])
                super().update_loss_scale()

        return Watching(**given)

    def blank(self, **given):
        """An optimizer that fills in no gradient, with a rule that passes missing ones by."""

        class Blank(self.library.optimizers.MomentumSGD):
            def reallocate_cleared_grads(self):
                pass

        return Blank(**given)


# ---- hooks that know nothing of the library
class Failing:
    name = "Failing"

    def __call__(self, optimizer):
        raise ZeroDivisionError("as hooks do")


class Nameless:
    def __call__(self, *args):
        pass


class NotCallable:
    name = "NotCallable"


def own_functions(note):
    """Return the program's hooks that are functions, by name."""

    def halve(optimizer):
        params = list(optimizer.target.params(False))
        note("halve", params)
        for param in params:
            param.grad *= 0.5

    def forget(optimizer):
        for param in optimizer.target.params(False):
            param.cleargrad()
        note("forget", optimizer.target.params(False))

    def schedule(optimizer):
        name = "rate" if hasattr(optimizer, "rate") else "lr"
        if name in optimizer.hyperparam.get_dict():
            setattr(optimizer, name, getattr(optimizer, name) * 0.5)

    def double(rule, param):
        if param.grad is not None:
            note("double", [param])
            param.grad[...] *= 2

    def quarter(rule, param):
        if param.array is not None:
            param.array[...] *= 0.25

    return {each.__name__: each for each in (halve, forget, schedule, double, quarter)}
