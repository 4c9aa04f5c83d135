"""Golden values of Chainer 7.8.1's distributions: values, gradients, samples, divergences.

Run under a Python that has the original Chainer and SciPy:  python make_distributions.py
Writes distributions/golden.npz: the cases (JSON, as "table") beside one flat array a dtype.
"""

import inspect
import json
import pathlib
import warnings

import chainer
import chainer.distributions as D
import numpy as np

PROPERTIES = ("mean", "mode", "variance", "stddev", "covariance", "entropy")
AT_POINTS = (
    *("prob", "log_prob", "cdf", "log_cdf"),
    *("survival_function", "log_survival_function", "perplexity"),
)
RNG = np.random.RandomState(11)
CASES = []


def case(make, params, x, dtypes=("float32", "float64"), x_dtype=None, other=None):
    """`make` is an expression over p[0], p[1], ...; `other` are parameters of a second one."""
    arrays = [np.asarray(a).round(4).tolist() for a in params]
    others = [np.asarray(a).round(4).tolist() for a in other or ()]
    one = {"make": make, "params": arrays, "x": np.asarray(x).tolist(), "dtypes": list(dtypes)}
    CASES.append({**one, "x_dtype": x_dtype, "other": others})


def normal(*shape):
    return RNG.normal(size=shape)


def positive(*shape):
    return RNG.uniform(0.4, 3, size=shape)


def unit(*shape):
    return RNG.uniform(0.1, 0.9, size=shape)


def simplex(*shape):
    p = RNG.uniform(0.2, 1, size=shape)
    p = (p / p.sum(-1, keepdims=True)).round(3)
    p[..., -1] = 1 - p[..., :-1].sum(-1)
    return p


def lower(*shape):
    return np.tril(normal(*shape)) + 2 * np.eye(shape[-1])


S = (2, 3)
X = (4, 2, 3)
two = {"other": [normal(*S), positive(*S)]}
case("Normal(p[0], p[1])", [normal(*S), positive(*S)], normal(*X), **two)
case("Normal(p[0], log_scale=p[1])", [normal(*S), normal(*S)], normal(*X), **two)
case("Normal(p[0], scale=p[1])", [0.5, 2.0], normal(5), other=[0.25, 1.5])
case("LogNormal(p[0], p[1])", [normal(*S), positive(*S)], positive(*X), **two)
case("Laplace(p[0], p[1])", [normal(*S), positive(*S)], normal(*X), **two)
case("Laplace(p[0], p[1])", [[0.0, 1.0], [1.0, 2.0]], [0.0, 1.0])
case("Gumbel(p[0], p[1])", [normal(*S), positive(*S)], normal(*X), **two)
case("Cauchy(p[0], p[1])", [normal(*S), positive(*S)], normal(*X))
two = {"other": [positive(*S), positive(*S)]}
case("Beta(p[0], p[1])", [positive(*S), positive(*S)], unit(*X), **two)
case("Beta(a=p[0], b=p[1])", [[2.0, 3.0], [0.5, 1.0]], [-0.5, 1.5])
case("Beta(p[0], p[1])", [[0.5, 0.5], [0.5, 0.5]], [0.0, 1.0])
case("Gamma(p[0], p[1])", [positive(*S), positive(*S)], positive(*X), **two)
case("Gamma(k=p[0], theta=p[1])", [[2.0, 3.0], [0.5, 1.0]], [-1.0, 2.0])
case("Pareto(p[0], p[1])", [positive(*S), positive(*S)], positive(*X) + 2, **two)
case("Pareto(p[0], p[1])", [[1.0, 2.0], [2.5, 1.5]], [0.5, 2.0], other=[[1.5, 1.0], [1.0, 1.0]])
case("Chisquare(p[0])", [positive(*S)], positive(*X))
case("Exponential(p[0])", [positive(*S)], positive(*X), other=[positive(*S)])
case("Exponential(lam=p[0])", [[1.0, 2.0]], [-1.0, 0.0])
case("Geometric(p[0])", [unit(*S)], RNG.randint(1, 9, X), x_dtype="int32", other=[unit(*S)])
case("Poisson(p[0])", [positive(*S)], RNG.randint(0, 9, X), x_dtype="int32", other=[positive(*S)])
bits = RNG.randint(0, 2, X)  # as floats: 7.8.1 cannot differentiate at integers
case("Bernoulli(p[0])", [unit(*S)], bits, other=[unit(*S)])
case("Bernoulli(logit=p[0])", [normal(*S)], bits, other=[normal(*S)])
case("Bernoulli(p[0])", [unit(*S)], unit(*X))
case("Bernoulli(p[0], binary_check=True)", [[0.25, 0.5, 0.75]], [0.0, 1.0, 0.5])
case("Categorical(p[0])", [simplex(2, 3, 4)], RNG.randint(0, 4, X), x_dtype="int32")
KINDS = RNG.randint(0, 4, X)
case("Categorical(p=p[0])", [simplex(4)], [3, 0], x_dtype="int32", other=[simplex(4)])
case("Categorical(logit=p[0])", [normal(2, 3, 4)], KINDS, x_dtype="int32", other=[normal(2, 3, 4)])
case("Categorical(p[0])", [[[1.0, 0.0]]], [[0]], x_dtype="int32")
HOT = np.eye(4)[KINDS]
case("OneHotCategorical(p[0])", [simplex(2, 3, 4)], HOT, other=[simplex(2, 3, 4)])
ALPHA = positive(2, 3, 4)
case("Dirichlet(p[0])", [ALPHA], simplex(5, 2, 3, 4), other=[positive(2, 3, 4)])
ends = [normal(*S), positive(*S) + 3]
case("Uniform(low=p[0], high=p[1])", ends, normal(*X) * 2, other=[normal(*S), positive(*S) + 3])
case("Uniform(loc=p[0], scale=p[1])", [normal(*S), positive(*S)], normal(*X))
vectors = [normal(2, 3), lower(2, 3, 3)]
others = [normal(2, 3), lower(2, 3, 3)]
only = {"dtypes": ["float32"], "other": others}
case("MultivariateNormal(p[0], scale_tril=p[1])", vectors, normal(5, 2, 3), **only)
single = {"dtypes": ["float32"], "other": [normal(3), lower(3, 3)]}
case("MultivariateNormal(loc=p[0], scale_tril=p[1])", [normal(3), lower(3, 3)], normal(3), **single)
two = {"other": [normal(*S), positive(*S)]}
case("Independent(D.Normal(p[0], p[1]))", [normal(*S), positive(*S)], normal(*X), **two)
case("Independent(D.Normal(p[0], p[1]), 2)", [normal(*S), positive(*S)], normal(*X), **two)
case("Independent(D.Laplace(p[0], p[1]), 1)", [normal(*S), positive(*S)], normal(*X), **two)
many = [normal(2, 3, 2), lower(2, 3, 2, 2)]
only = {"dtypes": ["float32"], "other": [normal(2, 3, 2), lower(2, 3, 2, 2)]}
mvn = "Independent(D.MultivariateNormal(p[0], scale_tril=p[1]), 1)"
case(mvn, many, normal(4, 2, 3, 2), **only)


def build(one, values, dtype):
    p = [chainer.Variable(np.array(v, dtype)) for v in values]
    return p, eval("D." + one["make"], {"D": D, "p": p})


def points(one, dtype):
    array = np.array(one["x"], one["x_dtype"] or dtype)
    return array if one["x_dtype"] else chainer.Variable(array)


def keep(arrays, key, y, inputs, seed):
    """Keep a result, and what its gradient is for every input."""
    arrays[key] = y.array
    if y.dtype.kind != "f" or y.creator is None:
        return
    y.grad = np.asarray(np.random.RandomState(seed).normal(size=y.shape)).astype(y.dtype)
    y.backward()
    for k, v in enumerate(inputs):
        if isinstance(v, chainer.Variable) and v.grad is not None:
            arrays[f"{key}/g{k}"] = v.grad


def run(number, one, dtype, arrays, absent):
    def attempt(name, compute):
        p, dist = build(one, one["params"], dtype)
        x = points(one, dtype)
        for v in p:
            v.cleargrad()
        try:
            y = compute(dist, x)
        except NotImplementedError:
            absent.add(f"{number}/{name}")
            return
        keep(arrays, f"{number}/{dtype}/{name}", y, [*p, x], number)

    for name in PROPERTIES:
        attempt(name, lambda dist, x, name=name: getattr(dist, name))
    for name in AT_POINTS:
        attempt(name, lambda dist, x, name=name: getattr(dist, name)(x))
    if "Independent" not in one["make"]:
        shape = build(one, one["params"], dtype)[1].batch_shape
        u = np.random.RandomState(number).uniform(0.02, 0.98, (4, *shape)).astype(dtype)
        attempt("icdf", lambda dist, x: dist.icdf(u))
    if dtype == "float32" or not one["make"].startswith(("Dirichlet", "Laplace", "Independent")):
        np.random.seed(number)
        attempt("sample", lambda dist, x: dist.sample((2, 3)))
        attempt("sample_n", lambda dist, x: dist.sample_n(2))
        attempt("sample_one", lambda dist, x: dist.sample())
    if one["other"]:
        p, dist1 = build(one, one["params"], dtype)
        q, dist2 = build(one, one["other"], dtype)
        keep(arrays, f"{number}/{dtype}/kl", chainer.kl_divergence(dist1, dist2), [*p, *q], number)


def describe(one, facts):
    _, dist = build(one, one["params"], "float32")
    try:
        support = dist.support
    except NotImplementedError:
        support = None
    shapes = [list(dist.batch_shape), list(dist.event_shape)]
    facts.append({"support": support, "shapes": shapes, "params": sorted(dist.params)})


def main():
    arrays, absent, facts = {}, set(), []
    for number, one in enumerate(CASES):
        describe(one, facts)
        for dtype in one["dtypes"]:
            run(number, one, dtype, arrays, absent)
    names = [n for n, v in vars(D).items() if inspect.isclass(v)]
    table = {"cases": CASES, "facts": facts, "absent": sorted(absent), "names": sorted(names)}
    pieces, table["places"] = {}, {}
    for key, array in arrays.items():
        flat = pieces.setdefault(array.dtype.name, [])
        place = sum(len(piece) for piece in flat)
        table["places"][key] = [array.dtype.name, place, array.shape]
        flat.append(array.ravel())
    packed = {name: np.concatenate(flat) for name, flat in pieces.items()}
    packed["table"] = np.frombuffer(json.dumps(table).encode(), np.uint8)
    path = pathlib.Path(__file__).parent / "distributions" / "golden.npz"
    np.savez_compressed(path, **packed)
    print(len(CASES), "cases,", len(arrays), "arrays")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
