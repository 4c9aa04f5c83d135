"""Programs over Variables, drawn from a seed, and how either library runs them.

A program is a list of steps: a kind, and the seed that the step draws all else from, so that a step
fits whatever is there when its turn comes. This file imports neither library; the original runs it
too. What they compute is in
variable_program_steps.py.
"""

import copy
import pickle
import random
import warnings

import numpy as np

from tests.golden import variable_program_steps as steps_of
from tests.golden.variable_program_questions import QUESTIONS
from tests.golden.variable_program_table import Table

SHAPES = ((), (3,), (2, 3), (2, 3), (2, 1), (1, 3), (2, 2, 3), (0, 3))
KINDS = {
    "single": 30,
    "alike": 16,
    "number": 10,
    "several": 10,
    "user": 8,
    "leaf": 3,
    "forgetful": 3,
    "wrong": 1,
    "backward": 14,
    "again": 3,
    "grad": 6,
    "gradient_of": 3,
    "set_grad": 4,
    "clear": 4,
    "unchain": 3,
    "unchain_backward": 2,
    "mode": 5,
    "assign": 3,
    "edit": 3,
    "addgrad": 2,
    "copydata": 2,
    "ask": 5,
    "copied": 3,
    "drop": 2,
    "rename": 2,
}


def program(seed):
    """Return the steps of one program: leaves first, then what the seed says."""
    draw = random.Random(seed)
    kinds = ["begin"] + ["leaf"] * draw.randint(2, 4)
    kinds += draw.choices(list(KINDS), list(KINDS.values()), k=draw.randint(8, 22))
    return [(kind, draw.randrange(2**31)) for kind in kinds]


def run(library, steps):
    """Return what the program leaves after each step, as `program_records` compares it."""
    running = Run(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = []
        for kind, seed in steps:
            found.append(running.step(kind, seed))
            if running.ended:
                break
        return found


class Run(Table):
    """One program in one library: its steps."""

    # ---- steps that compute
    def begin(self):
        self.dtypes = self.pick(steps_of.MIXES)

    def leaf(self):
        array = self.array(self.pick(SHAPES), self.pick(self.dtypes))
        name = self.pick([None, "x", "W"])
        if self.chance(0.3) and array.dtype.kind == "f":
            leaf = self.library.Parameter(array, name=name)
        else:
            wanted = array.dtype.kind == "f" and not self.chance(0.15)
            leaf = self.library.Variable(array, name=name, requires_grad=wanted)
        self.keep([leaf], exact=True)

    def single(self):
        x = self.some()
        table = steps_of.SINGLE
        if self.exact[self.place(x)] and self.chance(0.4):
            table = steps_of.KINKED
        name = self.pick(sorted(table))
        self.trace.append(["computes", name])
        read = x * 1 if table is steps_of.KINKED else x
        return self.keep([table[name](self.F, read, self.rng)], [x], name in steps_of.EXACT)

    def alike(self):
        x, y = self.some(), self.some()
        name = self.pick(sorted(steps_of.ALIKE))
        self.trace.append(["computes", name])
        return self.keep([steps_of.ALIKE[name](x, y)], [x, y], name in steps_of.EXACT)

    def number(self):
        x = self.some()
        name = self.pick(sorted(steps_of.WITH_NUMBER))
        number = self.pick([2, 0.5, np.float32(1.5), np.float64(0.25), np.int64(2), True, 1j, "a"])
        if self.chance(0.4):
            number = self.array(self.pick([x.shape or (1,), x.shape[-1:] or (1,)]), x.dtype)
        left = self.chance(0.5)
        self.trace.append(["computes", name, left])
        pair = (number, x) if left else (x, number)
        result = steps_of.WITH_NUMBER[name](*pair)
        return self.keep([result], [x], name in {"add", "subtract", "multiply", "in place"})

    def several(self):
        name = self.pick(sorted(steps_of.SEVERAL))
        xs = [self.some(), self.some()]
        if self.chance(0.6):
            shape = xs[0].shape
            xs[1] = self.some(lambda n: self.made[n].shape == shape)
        self.trace.append(["computes", name])
        return self.keep(steps_of.SEVERAL[name](self.F, xs, self.rng), xs)

    def user(self):
        x = self.some(self.floats)
        y = self.some(lambda n: (self.made[n].shape, self.made[n].dtype) == (x.shape, x.dtype))
        name = self.pick(sorted(set(self.users) - {"Wrong"}))
        self.trace.append(["computes", name])
        self.once |= name == "Old"
        if name == "Stopped":  # behind it, None may have become zeros
            x = self.some(lambda n: self.floats(n) and self.leaves(n))
        return self.keep(self.users[name](x, y), [x, y])

    def forgetful(self):
        """Differentiate what is computed again; the original cannot do it twice."""
        x = self.some(self.differentiable)
        y = self.F.forget(lambda a: a * a + 1, x)
        y.grad = self.array(y.shape, y.dtype)
        self.lonely(y)
        y.backward()
        return y.label

    def wrong(self):
        """Differentiate a function whose gradient has another shape than its input."""
        y = self.F.sum(self.users["Wrong"](self.some(self.floats), None)[0])
        self.lonely(y)
        y.backward()

    def mode(self):
        x, library = self.some(self.floats), self.library
        if x.dtype.kind != "f":
            x = library.Variable(self.array((3,), "float32"))
            self.keep([x])
        name = self.pick(["no", "force in no", "config", "test", "evaluated without types"])
        self.trace.append(["mode", name])
        if name == "no":
            with library.no_backprop_mode():
                made = [x * 2, self.F.tanh(x), *self.users["Squash"](x, x)]
        elif name == "force in no":
            with library.no_backprop_mode():
                y = x * 2
                with library.force_backprop_mode():
                    made = [y, y * 3]
        elif name == "config":
            with library.using_config("enable_backprop", False):
                made = [library.Variable(self.array((3,), "float32")), x + 1]
        elif name == "test":
            with library.using_config("train", False):
                made = [self.F.dropout(x, 0.5)]
        else:
            with library.using_config("type_check", False):
                made = [self.F.tanh(x) * 2]
        return self.keep(made, [x])

    # ---- steps through the graph
    def root(self):
        """Return a Variable to differentiate, mostly one that was computed."""
        chosen = self.some(lambda n: self.differentiable(n) and self.made[n].creator is not None)
        if not self.differentiable(self.place(chosen)):
            chosen = self.library.Variable(self.array((2,), "float32")) * 3
        if chosen.size != 1 and chosen.grad is None:
            if self.chance(0.5):
                chosen.grad = self.array(chosen.shape, chosen.dtype)
            else:
                chosen = self.F.sum(chosen * 2)
        self.lonely(chosen)
        return chosen

    def lonely(self, root):
        """Clear the gradients of results beside others, but of those beside the root.

        The original sends those too, wherever it passes.
        """
        for variable in self.made:
            creator = None if variable is None else variable.creator
            if creator is not None and len(creator.outputs) > 1 and creator is not root.creator:
                variable.cleargrad()

    def backward(self):
        options = {}
        if self.chance(0.35):
            options["retain_grad"] = True
        if self.chance(0.3):
            options["enable_double_backprop"] = True
        if self.chance(0.1):
            options["loss_scale"] = 4.0
        root = self.root()
        self.trace.append(["options", sorted(options)])
        root.backward(**options)

    def again(self):
        root = self.root()
        root.backward()
        if root.size != 1:
            root.grad = self.array(root.shape, root.dtype)
        root.backward(retain_grad=self.chance(0.5))

    def grad(self):
        Variable = self.library.Variable
        # torch has no graph behind what requires no gradient.
        if not any(v is not None and self.differentiable(n) for n, v in enumerate(self.made)):
            return "nothing to differentiate"
        outputs = [self.some(self.differentiable)]
        retained = self.chance(0.2) and not self.once
        if not retained:  # of several, the original's retained gradients depend on the inputs
            outputs += [y for y in [self.some(self.differentiable)] if y is not outputs[0]]
        inputs = [self.some(self.differentiable)]
        inputs += [x for x in [self.some(self.differentiable)] if x is not inputs[0]]
        options = {}
        if self.chance(0.4):
            given = [Variable(self.array(y.shape, y.dtype)) for y in outputs]
            options["grad_outputs"] = [None if self.chance(0.3) else g for g in given]
        for name, share in (
            ("retain_grad", float(retained)),
            ("set_grad", 0.3),
            ("enable_double_backprop", 0.4),
        ):
            if self.chance(share):
                options[name] = True
        if (
            not set(options) & {"retain_grad", "enable_double_backprop"}
            and self.chance(0.2)
            and not any(x is y for x in inputs for y in outputs)
        ):
            options["grad_inputs"] = [Variable(self.array(x.shape, x.dtype)) for x in inputs]
        self.trace.append(["options", sorted(options)])
        for variable in [v for v in self.made if retained and v is not None]:
            if variable.creator is not None:  # beside what is reached, the original clears others
                variable.cleargrad()
        found = self.library.grad(outputs, inputs, **options)
        if "enable_double_backprop" in options:
            squares = [self.F.sum(g * g) for g in found if g is not None]
            if squares and "set_grad" not in options:
                self.twice(sum(squares))
        if "set_grad" not in options:
            self.keep([g for g in found if g is not None], behind=True)
        del self.trace[:]  # which functions are asked on the way is each library's own affair
        return [None if g is None else g.label for g in found]

    def gradient_of(self):
        """Compute with a gradient, as after `enable_double_backprop`."""
        x = self.some(lambda n: self.floats(n) and self.made[n].grad is not None)
        gradient = x.grad_var
        if gradient is None:
            return "none"
        made = self.F.sum(gradient * gradient)
        self.keep([made], behind=True)
        x.cleargrad()  # torch adds in place to what is there
        self.twice(made)
        return gradient.label

    def twice(self, made):
        """Differentiate what was computed of gradients; make the gradients that are missing zeros.

        Whether zeros arrive is each library's own affair, as is what is asked on the way.
        """
        if self.once:
            return
        self.lonely(made)
        made.backward()
        del self.trace[:]
        for place, variable in enumerate(self.made):
            if variable is not None and self.differentiable(place) and variable.grad is None:
                variable.grad = variable.array * 0

    def set_grad(self):
        x = self.some()
        kind = self.pick(["right", "right", "none", "shape", "dtype", "variable", "number"])
        self.trace.append([kind])
        if kind == "variable":
            x.grad_var = self.library.Variable(self.array(x.shape, x.dtype))
            return
        x.grad = {
            "right": lambda: self.array(x.shape, x.dtype),
            "none": lambda: None,
            "shape": lambda: self.array((*x.shape, 2), x.dtype),
            "dtype": lambda: self.array(x.shape, "int8"),
            "number": lambda: 1.0,
        }[kind]()

    def clear(self):
        x = self.some(self.floats)
        if self.chance(0.6):
            x.cleargrad()
        else:
            # In the original the array may be another Variable's gradient too.
            x.grad = None if x.grad is None else x.grad.copy()
            x.zerograd()

    def unchain(self):
        self.once = True  # a cut goes through the graphs of gradients too, in the original
        x = self.some()
        if self.chance(0.3) and x.creator is not None:
            x.creator.unchain()
        else:
            x.unchain()

    def unchain_backward(self):
        self.once = True
        self.some(lambda place: not self.behind[place]).unchain_backward()

    # ---- steps that change Variables
    def assign(self):
        # A new one: torch may have kept the memory that others were computed from.
        x = self.library.Variable(self.some(self.leaves).array.copy())
        self.keep([x], exact=True)
        shape, dtype, kind = x.shape, x.dtype, self.pick(["same", "shape", "dtype"])
        self.trace.append([kind, x.node.label])
        array = {
            "same": lambda: self.array(shape, dtype),
            "shape": lambda: self.array((2, 3), dtype),
            "dtype": lambda: self.array(shape, "float64"),
        }[kind]()
        if self.chance(0.5):
            x.array = array
        else:
            x.data = array

    def edit(self):
        """Change in place what a product was computed from; other functions keep what they need."""
        x, w = [self.library.Variable(self.array((2, 3), "float32")) for _ in range(2)]
        product = x * w
        x.array[...] *= np.float32(2)
        x.data[-1:] = 1
        product.grad = self.array((2, 3), "float32")
        product.backward()
        self.keep([x, w], exact=True)

    def addgrad(self):
        x = self.some(self.floats)
        if x.grad is None:  # else the original lets both have one array
            x.grad = self.array(x.shape, x.dtype)
        form = x.dtype, x.shape
        x.addgrad(self.some(lambda n: (self.made[n].dtype, self.made[n].shape) == form))

    def copydata(self):
        x = self.library.Variable(self.some(self.leaves).array.copy())
        self.keep([x], exact=True)
        x.copydata(self.some())

    def rename(self):
        x = self.some()
        if not self.once:  # what was cut off goes on with another node
            x.name = self.pick([None, "renamed"])

    def drop(self):
        """Forget a Variable; those computed from it stay."""
        if sum(v is not None for v in self.made) > 2:
            self.made[self.place(self.some())] = None

    def copied(self):
        x = self.some()
        how = self.pick(["copy", "deepcopy", "pickle"])
        made = {
            "copy": copy.copy,
            "deepcopy": copy.deepcopy,
            "pickle": lambda v: pickle.loads(pickle.dumps(v)),
        }[how](x)
        self.trace.append([how])
        if how != "copy":  # in the original, a shallow copy goes on with the array of the other
            self.keep([made], behind=True)
        return [
            np.may_share_memory(made.array, x.array),
            made.label,
            made.name,
            made.creator is None,
        ]

    def ask(self):
        x = self.some()
        name = self.pick(sorted(QUESTIONS))
        self.trace.append(["asks", name])
        if name in {"repr", "str"} and not self.exact[self.place(x)]:
            return "not exact"
        return QUESTIONS[name](x, self.library)
