"""Generated calls of functions: made from numbers, and evaluated by either library.

A case is plain data: a function's name, specifications of its inputs, its arguments ("@i" is input
i). This file imports neither library; the original runs it too.
"""

import operator

import numpy as np

NO_GRADIENT = {
    *("accuracy", "binary_accuracy", "classification_summary", "f1_score", "precision", "recall"),
    *("r2_score", "operator.floordiv"),
}
SHAPES = [(), (3,), (2, 3), (1, 4), (2, 3, 2), (2, 1, 3, 2), (5, 2, 1)]


# ---- cases
def draw(shape, domain="any", **more):
    return {"shape": list(shape), "domain": domain, **more}


ANY = """
relu sigmoid tanh softplus leaky_relu elu clipped_relu hard_sigmoid identity selu sin cos tan sinh
cosh exp expm1 erf erfc arctan square absolute sign ceil floor fix ndtr relu6 log_ndtr erfcx
"""
POSITIVE = "log log2 log10 log1p sqrt rsqrt lgamma digamma"
INSIDE = "arcsin arccos arctanh erfinv"
ELEMENTWISE = {
    name: domain
    for domain, names in (("any", ANY), ("positive", POSITIVE), ("inside", INSIDE))
    for name in names.split()
}
ELEMENTWISE["ndtri"] = "share"
REDUCTIONS = ("sum", "mean", "max", "min", "prod", "logsumexp")
PAIRS = {
    "maximum": "any",
    "minimum": "any",
    "squared_error": "any",
    "absolute_error": "any",
    "mean_squared_error": "any",
    "mean_absolute_error": "any",
    "arctan2": "any",
    "fmod": "positive",
    "operator.add": "any",
    "operator.sub": "any",
    "operator.mul": "any",
    "operator.truediv": "positive",
    "operator.pow": "positive",
}


def pick(rng, values):
    return values[rng.randint(len(values))]


def call_of(function, inputs, *args, **kwargs):
    args = list(args) or [f"@{i}" for i in range(len(inputs))]
    return {"function": function, "inputs": inputs, "args": args, "kwargs": kwargs}


def elementwise(rng):
    for name, domain in ELEMENTWISE.items():
        yield call_of(name, [draw(pick(rng, SHAPES), domain)])


def paired(rng):
    for name, domain in PAIRS.items():
        shape = pick(rng, SHAPES)
        if "mean" in name and not shape:
            shape = (4,)
        yield call_of(name, [draw(shape, domain), draw(shape, domain)])
    for name in ("add", "sub", "mul"):
        left, right = pick(rng, [((3, 1), (1, 4)), ((2, 3), (3,)), ((1,), (2, 2)), ((), (2,))])
        yield call_of(f"operator.{name}", [draw(left), draw(right)])
        yield call_of(f"operator.{name}", [draw(pick(rng, SHAPES))], "@0", float(rng.randint(9)))


def reductions(rng):
    for name in REDUCTIONS:
        shape = pick(rng, SHAPES[2:])
        axis = pick(rng, [None, 0, -1, len(shape) - 1])
        kwargs = {} if name == "logsumexp" else {"keepdims": bool(rng.randint(2))}
        yield call_of(name, [draw(shape, "positive")], "@0", axis, **kwargs)
    for name in ("softmax", "log_softmax", "cumsum", "argmax", "argmin", "cumprod"):
        shape = pick(rng, SHAPES[2:])
        yield call_of(name, [draw(shape, "positive")], "@0", int(rng.randint(len(shape))))
    shape = pick(rng, SHAPES[4:])
    yield call_of("normalize", [draw(shape)], "@0", 1e-5, pick(rng, [1, 0, 2]))


def shaping(rng):
    shape = pick(rng, SHAPES[4:])
    axes = [int(a) for a in rng.permutation(len(shape))]
    x = [draw(shape)]
    yield call_of("transpose", x, "@0", {"tuple": axes})
    yield call_of("swapaxes", x, "@0", axes[0], axes[1])
    yield call_of("moveaxis", x, "@0", axes[0], axes[1])
    yield call_of("rollaxis", x, "@0", axes[0], axes[1])
    yield call_of("expand_dims", x, "@0", int(rng.randint(-len(shape) - 1, len(shape) + 1)))
    yield call_of("flip", x, "@0", axes[0])
    yield call_of("tile", x, "@0", {"tuple": [int(n) for n in rng.randint(1, 3, 3)]})
    yield call_of("repeat", x, "@0", int(rng.randint(1, 4)), axes[0])
    yield call_of("reshape", x, "@0", {"tuple": [-1, shape[axes[0]]]})
    yield call_of("broadcast_to", [draw((3, 1))], "@0", {"tuple": [2, 3, int(rng.randint(1, 4))]})
    yield call_of("separate", x, "@0", axes[0])
    yield call_of("pad", x, "@0", int(rng.randint(3)), "constant")
    yield call_of("squeeze", [draw((1, 3, 1))], "@0", pick(rng, [None, 0, 2, -1]))
    yield call_of("diagonal", x, "@0", int(rng.randint(-1, 2)))
    for name in ("concat", "stack"):
        two = [draw(shape), draw(shape)]
        yield call_of(name, two, ["@0", "@1"], int(rng.randint(len(shape))))
    cuts = pick(rng, [2, {"tuple": [1, 3]}, {"tuple": [2]}])
    yield call_of("split_axis", [draw((2, 4, 2))], "@0", cuts, 1)
    index = pick(rng, [[1], [{"slice": [0, 2, 1]}], ["...", 0], [{"slice": [None, None, -1]}]])
    yield call_of("get_item", [draw((3, 2, 2))], "@0", {"index": index})


def products(rng):
    n, m, k = (int(v) for v in rng.randint(1, 5, 3))
    a, b = bool(rng.randint(2)), bool(rng.randint(2))
    left, right = (k, n) if a else (n, k), (m, k) if b else (k, m)
    yield call_of("matmul", [draw(left), draw(right)], "@0", "@1", a, b)
    yield call_of("matmul", [draw((2, *left)), draw((2, *right))], "@0", "@1", a, b)
    yield call_of("matmul", [draw((k,)), draw((k,))])
    yield call_of("tensordot", [draw((n, 2, k)), draw((2, k, m))])
    yield call_of("einsum", [draw((n, k)), draw((k, m))], "ij,jk->ik", "@0", "@1")
    yield call_of("linear", [draw((n, k, 2)), draw((m, 2 * k)), draw((m,))])
    yield call_of("linear", [draw((n, m, k)), draw((3, k))], "@0", "@1", n_batch_axes=2)
    yield call_of("bilinear", [draw((n, 2)), draw((n, 3)), draw((2, 3, m))])
    yield call_of("batch_l2_norm_squared", [draw((n, m, k))])
    ids = draw((n, m), "ints", below=4)
    yield call_of("embed_id", [ids, draw((4, k))], "@0", "@1", pick(rng, [None, 1]))


def windows(rng):
    k, s, p = int(rng.randint(1, 4)), int(rng.randint(1, 4)), int(rng.randint(2))
    p = min(p, k - 1)
    d, groups = int(rng.randint(1, 3)), int(rng.randint(1, 3))
    height, width = (int(n) for n in rng.randint(5, 9, 2))
    image = draw((2, 2, height, width))
    more = {"dilate": d, "groups": groups}
    filters = [image, draw((4, 2 // groups, k, k)), draw((4,))]
    cover = bool(rng.randint(2))
    yield call_of("convolution_2d", filters, "@0", "@1", "@2", s, p, cover, **more)
    yield call_of("convolution_nd", filters, "@0", "@1", "@2", s, p, cover, d, groups)
    line = [draw((2, 2, width)), draw((2, 2, k))]
    yield call_of("convolution_1d", line, "@0", "@1", None, s, p)
    volume = [draw((1, 2, 4, 3, 5)), draw((3, 2, 2, 1, 2)), draw((3,))]
    yield call_of("convolution_3d", volume, "@0", "@1", "@2", s, p)
    back = [draw((2, 4, 3, 4)), draw((4, 4 // groups, k, k)), draw((4,))]
    yield call_of("deconvolution_2d", back, "@0", "@1", "@2", s, p, **more)
    yield call_of("deconvolution_nd", back, "@0", "@1", "@2", s, p, None, d, groups)
    yield call_of("depthwise_convolution_2d", [image, draw((2, 2, k, k))], "@0", "@1", None, s, p)
    yield call_of("dilated_convolution_2d", [image, draw((2, 2, 2, 2))], "@0", "@1", None, s, 1, d)
    for name in ("max_pooling_2d", "max_pooling_nd"):
        yield call_of(name, [image], "@0", k, s, p, cover)
    for name in ("average_pooling_2d", "average_pooling_nd"):
        yield call_of(name, [image], "@0", k, s, p)
    value = pick(rng, [0, None])
    yield call_of("average_pooling_1d", [draw((2, 2, width))], "@0", k, s, p, value)
    yield call_of("unpooling_2d", [draw((2, 2, 3, 4))], "@0", k, s, 0, None, cover)
    yield call_of("unpooling_nd", [draw((2, 2, 3))], "@0", k, s, 0, None, cover)
    yield call_of("im2col", [image], "@0", k, s, p, cover, d)
    yield call_of("resize_images", [image], "@0", {"tuple": [height + p, 4]})
    yield call_of("spatial_pyramid_pooling_2d", [image], "@0", int(rng.randint(1, 3)), "max")


def losses(rng):
    n, c = int(rng.randint(1, 6)), int(rng.randint(2, 5))
    tail = pick(rng, [(), (2,), (2, 3)])
    labels = draw((n, *tail), "ints", below=c)
    options = {
        "normalize": bool(rng.randint(2)),
        "reduce": pick(rng, ["mean", "no"]),
        "ignore_label": pick(rng, [-1, 0]),
    }
    yield call_of("softmax_cross_entropy", [draw((n, c, *tail)), labels], **options)
    bits = draw((n, c), "ints", below=2)
    yield call_of("sigmoid_cross_entropy", [draw((n, c)), bits], "@0", "@1", options["normalize"])
    yield call_of("huber_loss", [draw((n, c)), draw((n, c))], "@0", "@1", 0.7)
    labels = draw((n,), "ints", below=c)
    norm = pick(rng, ["L1", "L2"])
    yield call_of("hinge", [draw((n, c)), labels], "@0", "@1", norm, options["reduce"])
    bits = draw((n,), "ints", below=2)
    yield call_of("contrastive", [draw((n, c)), draw((n, c)), bits], "@0", "@1", "@2", 1.3)
    yield call_of("triplet", [draw((n, c))] * 2 + [draw((n, c), "positive")])
    reduce = pick(rng, ["sum", "mean", "no"])
    yield call_of("gaussian_kl_divergence", [draw((n, c)), draw((n, c))], "@0", "@1", reduce)
    three = [draw((n, c)), draw((n, c)), draw((n, c))]
    yield call_of("gaussian_nll", three, "@0", "@1", "@2", reduce)
    share = [draw((n, c), "share"), draw((n, c))]
    yield call_of("bernoulli_nll", share, "@0", "@1", reduce)
    yield call_of("accuracy", [draw((n, c)), labels])
    yield call_of("select_item", [draw((n, c)), labels])


def normalizations(rng):
    n, c = int(rng.randint(3, 6)), int(rng.randint(1, 4))
    tail = pick(rng, [(), (2,), (3, 2)])
    x, scale, shift = draw((n, c, *tail)), draw((c,), "positive"), draw((c,))
    yield call_of("batch_normalization", [x, scale, shift], eps=pick(rng, [2e-5, 0.1]))
    every = [x, scale, shift, draw((c,)), draw((c,), "positive")]
    yield call_of("fixed_batch_normalization", every)
    rows = [draw((n, c + 1)), draw((c + 1,), "positive"), draw((c + 1,))]
    yield call_of("layer_normalization", rows)
    four = [draw((n, 4, 3, 2)), draw((4,), "positive"), draw((4,))]
    yield call_of("group_normalization", four, "@0", pick(rng, [1, 2, 4]), "@1", "@2")
    yield call_of("local_response_normalization", [draw((n, 5, 2))], "@0", pick(rng, [3, 5]), 1.5)
    yield call_of("dropout", [draw((n, c))], "@0", pick(rng, [0.0, 0.3, 0.8]))
    yield call_of("gaussian", [draw((n, c)), draw((n, c))])
    width = int(rng.randint(1, 4))
    yield call_of("lstm", [draw((n, width)), draw((n, 4 * width))])
    yield call_of("clip", [draw((n, c))], "@0", -0.5, 1.0)
    three = [draw((n, c), "share"), draw((n, c)), draw((n, c))]
    yield call_of("linear_interpolate", three)
    yield call_of("where", [draw((n, c), "ints", below=2, dtype="bool"), three[1], three[2]])
    yield call_of("scale", [x, draw((c,))], "@0", "@1", 1)
    yield call_of("bias", [x, draw((c,))], "@0", "@1", 1)
    yield call_of("maxout", [draw((n, 6))], "@0", 2)
    yield call_of("crelu", [draw((n, c))])
    yield call_of("prelu", [draw((n, c)), draw((c,), "positive")])
    yield call_of("swish", [draw((n, c)), draw((c,))])
    yield call_of("inv", [draw((3, 3), "regular")])
    yield call_of("det", [draw((3, 3), "regular")])
    yield call_of("batch_inv", [draw((2, 3, 3), "regular")])


GROUPS = (
    elementwise,
    paired,
    reductions,
    shaping,
    products,
    windows,
    losses,
    normalizations,
)


def cases(seed, rounds, templates=()):
    """Return `rounds` of every group, and as many variations of each written case.

    Args:
        seed: Number that everything is drawn from.
        rounds: How often.
        templates: Cases of function_cases.py; their floating inputs are varied by a fifth.
    """
    rng = np.random.RandomState(seed)
    made = []
    for _ in range(rounds):
        for group in GROUPS:
            made += list(group(rng))
        made += [varied(one) for one in templates]
    for number, one in enumerate(made):
        one["inputs"] = [
            {**spec, "seed": seed * 1000003 + number * 31 + k}
            for k, spec in enumerate(one["inputs"])
        ]
    return made


def varied(one):
    inputs = [{**spec, "vary": not spec.get("constant")} for spec in one["inputs"]]
    return {**one, "inputs": inputs}


# ---- evaluation
def build(spec, dtype):
    rng = np.random.RandomState(spec["seed"] % 2**32)
    if "values" in spec:
        array = np.array(spec["values"], dtype=spec.get("dtype", dtype))
        if spec["vary"] and array.dtype.kind == "f":
            away = array + 0.01 * (array == 0)  # from where functions have kinks
            array = np.asarray(away * rng.uniform(0.8, 1.2, array.shape), array.dtype)
        return array
    shape = tuple(spec["shape"])
    if spec["domain"] == "ints":
        return np.asarray(rng.randint(0, spec["below"], shape), spec.get("dtype", "int32"))
    array = {
        "any": lambda: rng.normal(0, 1.5, shape),
        "positive": lambda: rng.uniform(0.3, 2, shape),
        "inside": lambda: rng.uniform(-0.9, 0.9, shape),
        "share": lambda: rng.uniform(0.05, 0.95, shape),
        "regular": lambda: rng.normal(size=shape) + 3 * np.eye(shape[-1]),
    }[spec["domain"]]()
    return np.asarray(array).astype(spec.get("dtype", dtype))


def index(spec):
    if isinstance(spec, list):
        return tuple(index(s) for s in spec)
    if isinstance(spec, dict):
        ((kind, value),) = spec.items()
        return slice(*value) if kind == "slice" else np.array(value)
    return Ellipsis if spec == "..." else spec


def resolve(argument, variables):
    if isinstance(argument, str) and argument.startswith("@"):
        return variables[int(argument[1:])]
    if isinstance(argument, dict):
        if "sampler" in argument:
            return lambda shape: np.array(argument["sampler"], np.int32).reshape(shape)
        return tuple(argument["tuple"]) if "tuple" in argument else index(argument["index"])
    if isinstance(argument, list):
        return [resolve(a, variables) for a in argument]
    return argument


def flat(out):
    if isinstance(out, (tuple, list)):
        return [each for part in out for each in flat(part)]
    return [out]


def total(F, ys, rng):
    seeds = [np.asarray(rng.normal(size=y.shape)).astype(y.dtype) for y in ys]
    return sum(F.sum(y * seed) for y, seed in zip(ys, seeds, strict=True))


def evaluate(F, Variable, grad, one, dtype):
    """Return a case's results (y), gradients (g) and gradients of these (gg) as arrays by name.

    An exception is a result too: its class's name, as an array of one string.
    """
    np.random.seed(7)
    variables = []
    for spec in one["inputs"]:
        array = build(spec, dtype)
        plain = spec.get("constant") or array.dtype.kind != "f"
        variables.append(array if plain else Variable(array))
    name = one["function"]
    function = getattr(operator, name[9:]) if name.startswith("operator.") else getattr(F, name)
    if name.startswith("operator.") and not any(isinstance(v, Variable) for v in variables):
        variables[0] = Variable(variables[0])
    kwargs = {k: resolve(v, variables) for k, v in one["kwargs"].items()}
    found = {}
    try:
        out = function(*resolve(one["args"], variables), **kwargs)
    except Exception as error:  # noqa: BLE001 - which one it is, is the result
        return {"error": np.array([type(error).__name__])}
    outs = flat(out)
    for k, y in enumerate(outs):
        found[f"y{k}"] = y.array if isinstance(y, Variable) else np.asarray(y)
    ys = [y for y in outs if isinstance(y, Variable) and y.dtype.kind == "f"]
    xs = [v for v in variables if isinstance(v, Variable)]
    if not ys or not xs or name in NO_GRADIENT:
        return found
    rng = np.random.RandomState(len(ys) + len(xs))
    first = grad([total(F, ys, rng)], xs, enable_double_backprop=True)
    found.update({f"g{k}": g.array for k, g in enumerate(first) if g is not None})
    reached = [g for g in first if g is not None]
    if not reached:
        return found
    try:
        second = grad([total(F, reached, rng)], xs)
        found.update({f"gg{k}": g.array for k, g in enumerate(second) if g is not None})
    except Exception as error:  # noqa: BLE001 - as above
        found["gg error"] = np.array([type(error).__name__])
    return found
