"""Links made and called, by either library; the cases are in generated_link_cases.py.

A case is plain data: a link's name, the arguments to make it of, the calls, each with its inputs.
This file imports neither library; the original runs it too.
"""

import math
import zlib

import numpy as np

STATES = ("c", "h", "loss", "accuracy")


def cases(groups, seed, rounds):
    """Return `rounds` cases of every group, each with a seed of its own, and wrong calls of each.

    Args:
        groups: Functions that take a RandomState and yield cases.
        seed: Number that everything is drawn from.
        rounds: How often.
    """
    rng = np.random.RandomState(seed)
    right = [one for _ in range(rounds) for group in groups for one in group(rng)]
    for number, one in enumerate(right):
        one["seed"] = (seed * 1000003 + number) % 2**31
        # Not "init": the original draws in the order of a set, another one in each process.
        one.setdefault("wrong", False)
        one["copy"] = [None, None, None, "copy", "share"][rng.randint(5)]
    return right + [wrong for one in right if not one["wrong"] for wrong in mistaken(one, rng)]


def mistaken(one, rng):
    """Yield the case with one input of the last call spoilt."""
    *before, last = one["calls"]
    places = [place for place, spec in enumerate(last["inputs"]) if isinstance(spec, dict)]
    places = [place for place in places if "shape" in last["inputs"][place]]
    if not places:
        return
    place = places[rng.randint(len(places))]
    spec = last["inputs"][place]
    shape, axis = spec["shape"], min(1, len(spec["shape"]) - 1)
    spoilt = [{**spec, "shape": shape[:-1]}, {**spec, "dtype": "complex64"}]
    spoilt.append({**spec, "shape": [n + (a == axis) for a, n in enumerate(shape)]})
    if spec["domain"] == "ints":
        spoilt[1]["dtype"] = "float32"
    else:
        spoilt.append({**spec, "dtype": "int32"})
    wrong = spoilt[rng.randint(len(spoilt))]
    inputs = [wrong if k == place else kept for k, kept in enumerate(last["inputs"])]
    yield {**one, "wrong": True, "calls": [*before, {**last, "inputs": inputs}]}
    if rng.randint(4) == 0:
        fewer = {**last, "inputs": last["inputs"][:-1]}
        yield {**one, "wrong": True, "calls": [*before, fewer]}


# ---- evaluation
def evaluate(library, one, precision):
    """Return everything about a link and its calls as arrays by name.

    Names of parameters and persistents, initial values (i), results (y), gradients to inputs (gx)
    and parameters (gp), persistents after all (p), the state (s), and the next number that NumPy
    draws. An exception is a result too: where it came, and the names of its classes.
    """
    dtype = library.mixed16 if precision == "mixed16" else np.dtype(precision)
    kind = "float16" if precision == "mixed16" else precision
    with library.using_config("dtype", dtype), library.using_config("train", True):
        return Run(library, one, kind).result()


class Run:
    """One case in one library."""

    def __init__(self, library, one, kind):
        self.library, self.one, self.kind = library, one, kind
        self.rng = np.random.RandomState(one["seed"])
        self.found, self.inputs, self.outputs = {}, [], []

    def result(self):
        np.random.seed(self.one["seed"])
        stage = "made"
        try:
            link = self.made(self.one)
            if self.one["copy"]:
                link = link.copy(self.one["copy"])
            self.noted(link, fill=True)
            stage = "called"
            for number, call in enumerate(self.one["calls"]):
                self.called(link, number, call)
                self.noted(link, fill=False)
            self.differentiated(link)
        except Exception as error:  # noqa: BLE001 - which one it is, is the result
            classes = [each.__name__ for each in type(error).__mro__]
            return {"error": np.array([stage, *classes])}
        self.found["drawn"] = np.random.rand(1)
        self.listed(link)
        return self.found

    def made(self, one):
        kind = getattr(self.library.links, one["link"])
        if "by" in one:
            kind = getattr(kind, one["by"])
        args = [self.argument(a) for a in one["make"]]
        return kind(*args, **{k: self.argument(v) for k, v in one["options"].items()})

    def called(self, link, number, call):
        inputs = [self.input(spec) for spec in call["inputs"]]
        options = {k: self.argument(v) for k, v in call.get("options", {}).items()}
        method = getattr(link, call["method"]) if "method" in call else link
        with self.library.using_config("train", call.get("train", True)):
            outs = flat(method(*inputs, **options))
        self.outputs += [y for y in outs if isinstance(y, self.library.Variable)]
        for k, y in enumerate(outs):
            if y is not None:
                array = y.array if isinstance(y, self.library.Variable) else y
                self.found[f"y{number}.{k}"] = np.array(array)

    def noted(self, link, *, fill):
        """Keep each parameter's first value, and give it one that follows from its name.

        Those that wait for their shape stay as they are: results may refer to their memory.
        """
        for path, param in link.namedparams():
            if param.array is None or f"i{path}" in self.found:
                continue
            self.found[f"i{path}"] = np.array(param.array)
            if not fill:
                continue
            rng = np.random.RandomState(zlib.crc32(path.encode()) ^ self.one["seed"])
            given = np.asarray(rng.uniform(-0.9, 0.9, param.shape)).astype(param.dtype)
            param.array[...] = given

    def listed(self, link):
        names = [path for path, _ in link.namedparams()]
        self.found["names"] = np.array(["", *names])
        taken = self.library.serializers.DictionarySerializer()
        link.serialize(taken)
        self.found["keys"] = np.array(["", *sorted(taken.target)])
        for key, value in taken.target.items():
            if f"/{key}" not in names:
                array = np.asarray(value)
                self.found[f"p/{key}"] = np.array(["None"]) if array.dtype == object else array
        for name in STATES:
            state = vars(link).get(name)
            if isinstance(state, self.library.Variable):
                self.found[f"s/{name}"] = np.array(state.array)

    def differentiated(self, link):
        F = self.library.functions
        link.cleargrads()
        total = None
        for y in self.outputs:
            if y.dtype.kind == "f":
                weight = np.asarray(self.rng.normal(size=y.shape))
                part = F.sum(F.cast(y, "float64") * weight)
                total = part if total is None else total + part
        if total is None or total.creator is None:
            return
        total.backward()
        for k, x in enumerate(self.inputs):
            if x.grad is not None:
                self.found[f"gx{k}"] = np.array(x.grad)
        for path, param in link.namedparams():
            if param.grad is not None:
                self.found[f"gp{path}"] = np.array(param.grad)

    def input(self, spec):
        if isinstance(spec, list):
            return [self.input(each) for each in spec]
        if not isinstance(spec, dict) or "shape" not in spec:
            return self.argument(spec)
        array = self.array(spec)
        if spec.get("plain") or array.dtype.kind != "f":
            return array
        self.inputs.append(self.library.Variable(array))
        return self.inputs[-1]

    def array(self, spec):
        rng, shape = self.rng, tuple(spec["shape"])
        if spec["domain"] == "ints":
            array = rng.randint(spec.get("least", 0), spec["below"], shape)
            return np.asarray(array).astype(spec.get("dtype", "int32"))
        array = {
            "any": lambda: rng.normal(0, 1, shape),
            "positive": lambda: rng.uniform(0.3, 2, shape),
        }[spec["domain"]]()
        return np.asarray(array).astype(spec.get("dtype", self.kind))

    def argument(self, spec):
        """Return what an argument stands for."""
        if isinstance(spec, list):
            return [self.argument(each) for each in spec]
        if not isinstance(spec, dict):
            return spec
        if "shape" in spec:
            return self.array(spec)
        if "link" in spec:
            return self.made(spec)
        ((word, value),) = spec.items()
        return {
            "tuple": lambda: tuple(self.argument(each) for each in value),
            "state": lambda: self.library.Variable(self.array(value)),
            "initializer": lambda: getattr(self.library.initializers, value[0])(*value[1:]),
            "function": lambda: getattr(self.library.functions, value),
            "dtype": lambda: np.dtype(value or self.kind),
        }[word]()


def flat(out):
    if isinstance(out, (tuple, list)):
        return [each for part in out for each in flat(part)]
    return [out]


# ---- golden data
def summary(array):
    """Return an array of few numbers as it is, and of many their largest and weighted means.

    No mean is off by more than the worst number is. The weights follow from how many there are.
    """
    if array.size <= 8 or array.dtype.kind not in "fiu":
        return array
    rng = np.random.RandomState(array.size)
    exact = array.astype("float64").ravel()
    weights = [rng.uniform(-1, 1, array.size) for _ in range(3)]
    means = [math.fsum(exact * weight) / array.size for weight in weights]
    return np.array([np.abs(exact).max(), *means])
