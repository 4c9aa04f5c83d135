"""Programs over trees of links, drawn from a seed, and how either library runs them.

A program is a list of steps: a kind, and the seed that the step draws all else from, so that a step
fits whatever is there when its turn comes. This file imports neither library; the original runs it
too. Steps that copy and save are in link_program_copies.py.
"""

import random
import re
import warnings

import numpy as np

from tests.golden.link_program_copies import Copies
from tests.golden.link_program_steps import (
    LIST_STEPS,
    QUESTIONS,
    SEQUENTIAL_STEPS,
    halved,
    said,
    twice,
)
from tests.golden.program_records import summary, words_of

KINDS = {
    "new": 10,
    "add_param": 8,
    "scope": 8,
    "outside": 3,
    "add_persistent": 5,
    "register_persistent": 2,
    "delete": 4,
    "add_link": 8,
    "list_step": 14,
    "sequential_step": 16,
    "ask": 6,
    "copied": 8,
    "repeat": 5,
    "copyparams": 5,
    "addgrads": 4,
    "gradients": 8,
    "clear": 4,
    "initialize": 5,
    "send": 3,
    "updates": 6,
    "forward": 8,
    "saved": 12,
}
MOST = 14  # links in a tree; a larger one is not grown further


def program(seed):
    """Return the steps of one program."""
    draw = random.Random(seed)
    kinds = draw.choices(list(KINDS), list(KINDS.values()), k=draw.randint(8, 20))
    return [(kind, draw.randrange(2**31)) for kind in ["new", "new", *kinds]]


def run(library, steps):
    """Return what the program leaves after each step, as `program_records` compares it."""
    running = Run(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [running.step(kind, seed) for kind, seed in steps]


class Run(Copies):
    """One program in one library: the trees that it has grown so far."""

    def __init__(self, library):
        self.library, self.L = library, library.links
        self.trees, self.trace = [], []

    def step(self, kind, seed):
        """Take one step; return its outcome and the state of all trees after it."""
        self.rng = np.random.RandomState(seed)
        np.random.seed(seed)
        del self.trace[:]
        try:
            outcome = getattr(self, kind)()
        except Exception as error:  # noqa: BLE001 - which one it is, is the result
            outcome = {"error": words_of(error)}
        record = {"did": kind, "outcome": outcome, "trace": list(self.trace)}
        for number, tree in enumerate(list(self.trees)):
            try:
                state = state_of(tree)
            except Exception as error:  # noqa: BLE001 - as where a parameter became a number
                state = {"broken": {"error": words_of(error)}}
                self.trees.remove(tree)
            record.update({f"{number} {key}": value for key, value in state.items()})
        return record

    # ---- what steps take and leave
    def chance(self, share):
        return bool(self.rng.uniform() < share)

    def pick(self, choices):
        return choices[self.rng.randint(len(choices))]

    def some(self, kind=None):
        """Return a link of a kind, somewhere in the trees."""
        kind = kind or self.library.Link
        found = [link for tree in self.trees for link in tree.links() if isinstance(link, kind)]
        if not found:
            found = [self.library.Chain() if kind is self.library.Link else kind()]
            self.trees.append(found[0])
        return self.pick(found)

    def plant(self, tree):
        """Keep a tree, at most five of them."""
        if len(list(tree.links())) <= MOST:
            self.trees.append(tree)
            del self.trees[:-5]

    def array(self, shape):
        return (self.rng.randint(-8, 9, shape) / 8).astype(self.pick(["float32", "float64"]))

    def shape(self):
        return self.pick([(2,), (2, 3), (), (3, 1), (0, 2)])

    def leaf(self):
        """Return a link of the library's, some of which wait for the shape of their input."""
        L = self.L
        return self.pick(
            [
                lambda: L.Linear(3, 2),
                lambda: L.Linear(None, 3),
                lambda: L.Linear(3, nobias=True),
                lambda: L.Convolution2D(None, 2, 3),
                lambda: L.BatchNormalization(3),
                lambda: L.EmbedID(4, 2),
                lambda: L.Bias(1, (3,)),
                lambda: self.library.Link(a=(2, 3), b=((), "float64")),
                self.library.Link,
            ]
        )()

    def tree(self, depth=2):
        """Return a new tree."""
        library = self.library
        kind = self.pick(["leaf", "chain", "list", "sequential"]) if depth else "leaf"
        if kind == "leaf":
            return self.leaf()
        below = [self.tree(depth - 1) for _ in range(self.rng.randint(0, 4))]
        if kind == "list":
            return library.ChainList(*below)
        if kind == "sequential":
            layers = [self.layer() if self.chance(0.3) else link for link in below]
            return library.Sequential(*layers)
        names = ["b", "a", "l10", "l2"]
        return library.Chain(**dict(zip(names, below, strict=False)))

    def layer(self):
        return self.pick([twice, halved, self.library.functions.relu])

    # ---- steps that register
    def new(self):
        self.plant(self.tree())

    def name(self):
        return self.pick(["W", "b", "c", "a", "l1"])

    def add_param(self):
        initializers = self.library.initializers
        link, name = self.plain(), self.name()
        options = {}
        if self.chance(0.5):
            options["initializer"] = self.pick(
                [0.5, initializers.One(), initializers.Normal(0.1), self.array((2, 3)), None]
            )
        if self.chance(0.3):
            options["dtype"] = "float64"
        shape = self.pick([self.shape(), self.shape(), None, 3, "wrong"])
        self.trace.append([type(link).__name__, name, sorted(options), str(shape)])
        link.add_param(name, shape, **options)

    def plain(self):
        """Return a link that is no list; copies of the original's lists lose what they hold."""
        library = self.library
        found = [link for tree in self.trees for link in tree.links()]
        found = [link for link in found if type(link) in (library.Link, library.Chain)]
        if not found:
            self.trees.append(library.Chain())
            return self.trees[-1]
        return self.pick(found)

    def scope(self):
        """Assign something within `init_scope`."""
        library = self.library
        link, name = self.plain(), self.name()
        kind = self.pick(["parameter", "lazy", "link", "array", "variable", "number", "same"])
        value = {
            "parameter": lambda: library.Parameter(self.array(self.shape())),
            "lazy": lambda: library.Parameter(self.pick([None, 0.5, library.initializers.One()])),
            "link": self.leaf,
            "array": lambda: self.array((2,)),
            "variable": lambda: library.Variable(self.array((2,))),
            "number": lambda: 3,
            "same": lambda: getattr(link, name),
        }[kind]()
        self.trace.append([type(link).__name__, name, kind])
        inside = [link.within_init_scope]
        with link.init_scope():
            inside.append(link.within_init_scope)
            setattr(link, name, value)
        return inside

    def outside(self):
        """Assign a parameter or a link without `init_scope`."""
        link, name = self.plain(), self.pick(["other", "another"])
        value = self.pick([self.leaf, lambda: self.library.Parameter(self.array((2,)))])()
        setattr(link, name, value)

    def add_persistent(self):
        link, name = self.plain(), self.name()
        value = self.pick([self.array((2,)), 3, 0.5, None, "word", np.float32(2), np.array(4)])
        self.trace.append([type(link).__name__, name, str(value)])
        link.add_persistent(name, value)

    def register_persistent(self):
        link, name = self.plain(), self.pick(["W", "other", "name", "none"])
        self.trace.append([type(link).__name__, name])
        link.register_persistent(name)

    def delete(self):
        link = self.plain()
        held = sorted(set(link._params) | set(link._persistent))
        name = self.pick([*held, "none", "other"])
        if isinstance(link, self.library.Chain) and self.chance(0.5):
            name = self.pick([*sorted(link._children), "none"])
        self.trace.append([type(link).__name__, name])
        delattr(link, name)

    def add_link(self):
        library = self.library
        link = self.some((library.Chain, library.ChainList))
        if isinstance(link, library.Chain):
            below = self.pick([self.leaf, self.leaf, lambda: 3, lambda: library.Parameter(0)])()
            name = self.name()
            self.trace.append([type(link).__name__, name])
            link.add_link(name, below)
        else:
            self.trace.append([type(link).__name__])
            link.add_link(self.leaf())

    # ---- steps on lists
    def list_step(self):
        lists = [each for tree in self.trees for each in tree.links()]
        lists = [each for each in lists if type(each) is self.library.ChainList]
        if not lists:
            lists = [self.library.ChainList(self.leaf(), self.leaf())]
            self.trees += lists
        links = self.pick(lists)
        name = self.pick(sorted(LIST_STEPS))
        self.trace.append([type(links).__name__, len(links), name])
        return said(LIST_STEPS[name](links, self))

    def sequential_step(self):
        layers = self.some(self.library.Sequential)
        name = self.pick(sorted(SEQUENTIAL_STEPS))
        self.trace.append([len(layers), name])
        return said(SEQUENTIAL_STEPS[name](layers, self))

    # ---- other steps
    def ask(self):
        link = self.some()
        name = self.pick(sorted(QUESTIONS))
        self.trace.append([type(link).__name__, name])
        return QUESTIONS[name](link, self)

    def gradients(self):
        """Give parameters gradients, or take them."""
        for param in self.some().params(include_uninit=False):
            if self.chance(0.8):
                param.grad = (self.rng.randint(-8, 9, param.shape) / 8).astype(param.dtype)

    def clear(self):
        link = self.some()
        (link.cleargrads if self.chance(0.5) else link.zerograds)()

    def initialize(self):
        link = self.some()
        for param in link.params():
            if not param.is_initialized and self.chance(0.7):
                param.initialize((2, 3))

    def send(self):
        link = self.some()
        found = link.to_cpu() if self.chance(0.5) else link.to_device("@numpy")
        return [found is link, link.xp.__name__, link.device.name]

    def updates(self):
        """Let optimizers act on links, and keep them from acting."""
        link = self.some()
        kind = self.pick(["setup", "setup", "disable", "enable", "update"])
        self.trace.append([kind])
        if kind == "disable":
            link.disable_update()
        elif kind == "enable":
            link.enable_update()
        else:
            optimizer = self.library.optimizers.SGD(0.5).setup(link)
            if kind == "update" and all(p.is_initialized for p in link.params()):
                optimizer.update()
        return link.update_enabled

    def forward(self):
        link = self.some()
        kind = self.pick(["rows", "images", "places"])
        x = {
            "rows": lambda: self.array((2, 3)).astype("float32"),
            "images": lambda: self.array((1, 1, 4, 3)).astype("float32"),
            "places": lambda: self.rng.randint(0, 4, 3).astype("int32"),
        }[kind]()
        self.trace.append([type(link).__name__, kind])
        y = link(x)
        return summary(y.array)


def state_of(tree):
    """Return what shows of a tree."""
    words = [type(tree).__name__, tree.name, tree.update_enabled, tree.count_params()]
    words.append([[path, type(link).__name__, link.name] for path, link in tree.namedlinks()])
    found = {"words": words, "text": re.sub("0x[0-9a-f]+", "0x", str(tree))}
    for path, link in tree.namedlinks():
        for name in sorted(link._persistent):
            value = getattr(link, name)
            known = isinstance(value, (np.ndarray, np.generic))
            found[f"{path} {name}"] = summary(value) if known else str(value)[:20]
    for path, param in tree.namedparams():
        words.append([path, param.name, param.is_initialized])
        if param.is_initialized:
            found[path] = summary(param.array)
            grad = grad_of(param)
            if grad is not None:
                found[f"{path} grad"] = summary(grad)
    return found


def grad_of(param):
    """Return a gradient; None where the original refuses to say that there is none."""
    try:
        return param.grad
    except RuntimeError:
        return None
