"""Cases of generated_links.py: links that map arrays by weights, and that normalize them."""

import math


def pick(rng, values):
    return values[rng.randint(len(values))]


def flip(rng):
    return bool(rng.randint(2))


def some(rng, low, high):
    return int(rng.randint(low, high))


def draw(*shape, domain="any", **more):
    return {"shape": list(shape), "domain": domain, **more}


def ints(*shape, below, **more):
    return draw(*shape, domain="ints", below=below, **more)


def call(*inputs, **more):
    return {"inputs": list(inputs), **more}


def case(link, make, *calls, **options):
    """Return a case; options that are None are left out, as the link's own default."""
    options = {name: value for name, value in options.items() if value is not None}
    return {"link": link, "make": list(make), "options": options, "calls": list(calls)}


def tupled(*values):
    return {"tuple": list(values)}


def initial(rng, *shape):
    """Return an initializer of an array of this shape: of each kind that there is."""
    kinds = [None, None, 0.3, {"initializer": ["Normal", 0.2]}, {"initializer": ["GlorotUniform"]}]
    return pick(rng, [*kinds, {"initializer": ["HeNormal"]}, draw(*shape)])


def shift(rng, *shape):
    kinds = [None, None, 0.3, {"initializer": ["Uniform", 0.2]}]
    return pick(rng, [*kinds, draw(*shape)])


def weight(rng):
    """Return an initializer of an array whose shape nobody need know."""
    return pick(rng, [None, None, 0.3, {"initializer": ["Normal", 0.2]}])


def window(rng, axes):
    """Return a filter's size, step and border, each a number or a tuple."""
    made = []
    for low, high in ((1, 4), (1, 3), (0, 2)):
        sizes = [some(rng, low, high) for _ in range(axes)]
        made.append((tupled(*sizes), sizes) if flip(rng) else (sizes[0], sizes[:1] * axes))
    return made


def channels(rng, known, rest):
    """Return the first arguments: the input's channels, or None, or not even that."""
    form = some(rng, 0, 3)
    if form == 2 and len(rest) == 2:
        return rest
    return [None if form == 1 else known, *rest]


# ---- connection
def linear(rng):
    n, size, out = some(rng, 1, 5), some(rng, 1, 6), some(rng, 1, 5)
    tail = pick(rng, [(size,), (2, size), (size, 1, 2)])
    width = math.prod(tail)
    make = pick(rng, [[width, out], [None, out], [out]])
    options = {"nobias": flip(rng), "initialW": initial(rng, out, width)}
    options["initial_bias"] = shift(rng, out)
    twice = call(draw(n, *tail)), call(draw(n + 1, *tail, plain=flip(rng)))
    yield case("Linear", make, *twice, **options)
    axes = {"n_batch_axes": 2}
    yield case("Linear", [size, out], call(draw(n, 3, size), options=axes), nobias=flip(rng))
    W, b = draw(out, size), pick(rng, [None, draw(out)])
    given = case("Linear", [W, b], call(draw(n, size)), nobias=flip(rng))
    yield {**given, "by": "from_params"}


def convolution(rng):
    (ksize, k), (stride, _), (pad, _) = window(rng, 2)
    groups = pick(rng, [1, 1, 2])
    image = draw(2, 2 * groups, 6, 7)
    nobias, dilate = flip(rng), pick(rng, [1, 2, tupled(1, 2)])
    out = 2 * groups
    initialW, bias = initial(rng, out, 2, *k), shift(rng, out)
    weights = {"nobias": nobias, "initialW": initialW, "initial_bias": bias}
    moves = {"stride": stride, "pad": pad}
    more = {"dilate": dilate, "groups": groups}
    twice = call(image), call({**image, "plain": flip(rng)})
    make = channels(rng, 2 * groups, [out, ksize])
    yield case("Convolution2D", make, *twice, **moves, **weights, **more)
    given = [draw(out, 2, *k), pick(rng, [None, draw(out)]), stride, pad, nobias]
    yield {**case("Convolution2D", given, call(image), **more), "by": "from_params"}
    weights["initialW"] = initial(rng, 2 * groups, 2, *k)
    make = channels(rng, 2 * groups, [out, ksize])
    yield case("Deconvolution2D", make, call(image), call(image), **moves, **weights, **more)
    weights["initialW"] = initial(rng, 3, 2 * groups, *k)
    weights["initial_bias"] = shift(rng, 3)
    make = channels(rng, 2 * groups, [3, ksize])
    more = {"dilate": dilate}
    yield case("DilatedConvolution2D", make, *twice, **moves, **weights, **more)


def convolution_nd(rng):
    for axes in (1, 2, 3):
        (ksize, k), (stride, _), (pad, _) = window(rng, axes)
        groups, dilate = pick(rng, [1, 2]), pick(rng, [1, 1, 2])
        x = draw(2, 2 * groups, *[5, 6, 4][:axes])
        out = 3 * groups
        options = {"stride": stride, "pad": pad, "nobias": flip(rng), "dilate": dilate}
        options |= {"groups": groups, "initial_bias": shift(rng, out)}
        cover = {"cover_all": flip(rng), "initialW": initial(rng, out, 2, *k)}
        make = channels(rng, 2 * groups, [out, ksize])
        yield case("ConvolutionND", [axes, *make], call(x), call(x), **options, **cover)
        spread = {"initialW": initial(rng, 2 * groups, 3, *k)}
        yield case("DeconvolutionND", [axes, *make], call(x), **options, **spread)
        if axes != 2:
            make = [pick(rng, [None, 2 * groups]), out, ksize]
            yield case(f"Convolution{axes}D", make, call(x), call(x), **options, **cover)
            yield case(f"Deconvolution{axes}D", make, call(x), **options, **spread)


def outsizes(rng):
    extra = some(rng, 0, 2)
    size = tupled(2 * 3 + 1 + extra, 2 * 4 + 1 + extra)
    x = draw(2, 2, 4, 5)
    yield case("Deconvolution2D", [2, 3, 3, 2, 1], call(x), outsize=size)
    yield case("DeconvolutionND", [2, 2, 3, 3, 2, 1], call(x), outsize=size)
    yield case("Deconvolution1D", [2, 3, 3, 2, 1], call(draw(2, 2, 4)), outsize=tupled(7 + extra))
    volume = tupled(3, 5, 3 + extra)
    yield case("Deconvolution3D", [2, 1, 3, 2, 1], call(draw(1, 2, 2, 3, 2)), outsize=volume)


def rare_convolutions(rng):
    (ksize, k), (stride, _), (pad, _) = window(rng, 2)
    image, lazy = draw(2, 2, 6, 7), pick(rng, [None, 2])
    bias = {"nobias": flip(rng), "initial_bias": shift(rng, 4)}
    depth = {**bias, "initialW": initial(rng, 2, 2, *k)}
    make = [lazy, 2, ksize, stride, pad]
    yield case("DepthwiseConvolution2D", make, call(image), call(image), **depth)
    places = [6 - k[0] + 1, 7 - k[1] + 1]
    local = {"nobias": bias["nobias"], "initialW": initial(rng, 3, *places, 2, *k)}
    local["initial_bias"] = shift(rng, 3, *places)
    sizes = pick(rng, [tupled(6, 7), None])
    make = [lazy, 3, sizes, ksize]
    yield case("LocalConvolution2D", make, call(image), call(image), **local)
    options = {"offset_nobias": flip(rng), "deform_nobias": flip(rng)}
    options |= {"offset_initialW": initial(rng, 2 * k[0] * k[1], 2, *k)}
    options |= {"deform_initialW": initial(rng, 3, 2, *k), "deform_initial_bias": shift(rng, 3)}
    options |= {"offset_initial_bias": shift(rng, 2 * k[0] * k[1])}
    make = [lazy, 3, ksize, stride, pad]
    yield case("DeformableConvolution2D", make, call(image), call(image), **options)


def composed_convolutions(rng):
    image, lazy = draw(2, 3, 5, 6), pick(rng, [None, 3])
    outs = pick(rng, [tupled(2), tupled(3, 2), tupled(2, 3, 2)])
    activation = pick(rng, [None, {"function": "tanh"}])
    options = {"activation": activation, "conv_init": pick(rng, [None, 0.2])}
    options["bias_init"] = pick(rng, [None, 0.1])
    make = pick(rng, [[lazy, outs, 2, 1, 1], [outs, tupled(2, 1)]])
    yield case("MLPConvolution2D", make, call(image), **options)
    sizes = [some(rng, 1, 3) for _ in range(6)]
    kinds = {"conv_init": pick(rng, [None, {"initializer": ["Normal", 0.3]}])}
    kinds["bias_init"] = pick(rng, [None, 0.1])
    yield case("Inception", [lazy, *sizes], call(image), **kinds)
    pool, test = pick(rng, ["max", "avg"]), call(image, train=False)
    kinds = {"conv_init": kinds["conv_init"]}
    yield case("InceptionBN", [lazy, *sizes[:5], pool, 2], call(image), test, **kinds)
    narrow = [lazy, 0, *sizes[1:5], pool, pick(rng, [None, 2])]
    yield case("InceptionBN", narrow, call(image), test, stride=pick(rng, [1, 2]), **kinds)


def shifts_and_products(rng):
    shape = pick(rng, [(2, 3, 4), (2, 3), (1, 2, 3, 2)])
    axis = some(rng, 0, len(shape))
    end = some(rng, axis, len(shape)) + 1
    own = shape[axis:end]
    x = draw(*shape)
    yield case("Bias", [axis, tupled(*own)], call(x))
    yield case("Bias", [axis], call(x, draw(*own)))
    yield case("Scale", [axis, tupled(*own), flip(rng)], call(x))
    yield case("Scale", [axis], call(x, draw(*own)), bias_term=True, bias_shape=tupled(*own))
    left, right, out, n = (some(rng, 1, 5) for _ in range(4))
    options = {"nobias": flip(rng), "initialW": initial(rng, left, right, out)}
    biases = tupled(shift(rng, left, out), shift(rng, right, out), pick(rng, [0, 0.3, draw(out)]))
    options["initial_bias"] = pick(rng, [None, biases])
    pairs = pick(rng, [(draw(n, left), draw(n, right)), (draw(n, 1, left), draw(n, right, 1))])
    yield case("Bilinear", [left, right, out], call(*pairs), **options)
    options = {"nobias": flip(rng), "init_Wh": initial(rng, 4, 4), "init_Wt": initial(rng, 4, 4)}
    options |= {"init_bh": shift(rng, 4), "init_bt": pick(rng, [None, 0.2])}
    activate = pick(rng, [None, {"function": "tanh"}])
    yield case("Highway", [4], call(draw(n, 4)), activate=activate, **options)
    ids = {"below": 5, "dtype": pick(rng, ["int32", "int64"])}
    ids = pick(rng, [ints(n, 2, **ids), ints(n, **ids), ints(2, 1, n, **ids)])
    ignore = pick(rng, [None, 1, 4])
    yield case("EmbedID", [5, out, initial(rng, 5, out)], call(ids), ignore_label=ignore)
    missing = call({**ids, "least": -1})
    yield case("EmbedID", [5, out], missing, ignore_label=-1)
    yield {**case("EmbedID", [draw(5, out), ignore], call(ids)), "by": "from_params"}
    yield case("Parameter", [draw(*shape)], call())


# ---- activation
def activations(rng):
    n, size = some(rng, 1, 5), some(rng, 1, 5)
    out, pool, lazy = some(rng, 1, 4), some(rng, 1, 4), pick(rng, [None, size])
    options = {"initialW": pick(rng, [None, 0.3] if lazy is None else [0.3, draw(out, pool, size)])}
    if flip(rng):
        options["initial_bias"] = pick(rng, [0.2, draw(out, pool)])
    yield case("Maxout", [lazy, out, pool], call(draw(n, size)), call(draw(n, size)), **options)
    shape = pick(rng, [(), (3,), (3, 2)])
    x = draw(n, 3, 2)
    yield case("PReLU", [tupled(*shape), pick(rng, [0.25, 0.5, draw(*shape)])], call(x))
    shape = pick(rng, [None, tupled(), tupled(3), tupled(3, 2)])
    yield case("Swish", [shape], call(x), call(x), beta_init=pick(rng, [None, 0.5]))
    masks = {"train": flip(rng), "use_batchwise_mask": flip(rng)}
    options = {"nobias": flip(rng), "ratio": pick(rng, [None, 0.0, 0.25, 0.8])}
    options |= {"initialW": initial(rng, out, 3 * 2), "initial_bias": shift(rng, out)}
    make = [pick(rng, [None, 6]), out]
    twice = call(x, options=masks), call(x, train=False)
    yield case("SimplifiedDropconnect", make, *twice, **options)


# ---- normalization
def normalizations(rng):
    n, c = some(rng, 3, 6), some(rng, 1, 4)
    tail = pick(rng, [(), (2,), (3, 2)])
    x = draw(n, c, *tail)
    options = {"decay": pick(rng, [None, 0.5]), "eps": pick(rng, [None, 1e-3])}
    options |= {"use_gamma": flip(rng), "use_beta": flip(rng)}
    options |= {"initial_gamma": shift(rng, c), "initial_beta": shift(rng, c)}
    averages = {"initial_avg_mean": shift(rng, c), "initial_avg_var": pick(rng, [None, 2])}
    phases = call(x), call(x), call(x, train=False)
    yield case("BatchNormalization", [c], *phases, **options, **averages)
    tuned = call(x, options={"finetune": True})
    again = call(method="start_finetuning")
    yield case("BatchNormalization", [c], tuned, tuned, again, tuned, call(x), **options)
    shape, axis = pick(rng, [((n, 2, c), 0), ((n, 2, 3, c), (0, 1, 2)), ((n, c, 2), (0, 2))])
    axis = tupled(*axis) if isinstance(axis, tuple) else axis
    phases = call(draw(*shape)), call(draw(*shape)), call(draw(*shape), train=False)
    yield case("BatchNormalization", [], *phases, axis=axis, decay=options["decay"])
    phases = call(draw(n, 2, 3)), call(draw(n, 2, 3), train=False)
    yield case("BatchNormalization", [tupled(2, 3)], *phases, dtype=pick(rng, [None, "float32"]))
    limits = {"rmax": pick(rng, [None, 2, 1.5]), "dmax": pick(rng, [None, 1, 0.5])}
    phases = call(x), call(x), call(x, train=False)
    yield case("BatchRenormalization", [c], *phases, **limits, **options)
    groups = pick(rng, [1, 2])
    x = draw(7, 2 * groups, *tail)
    phases = call(x), call(x), call(x, train=False)
    options = {"groups": groups, "decay": pick(rng, [None, 0.5]), "eps": pick(rng, [None, 0.1])}
    options["dtype"] = {"dtype": pick(rng, ["", "", "float32"])}
    yield case("DecorrelatedBatchNormalization", [2 * groups], *phases, **options)
    groups = pick(rng, [1, 2, 4])
    options = {"initial_gamma": shift(rng, 4), "initial_beta": shift(rng, 4)}
    options["eps"] = pick(rng, [None, 0.1])
    x = draw(n, 4, *pick(rng, [(4, 2), (3, 2)]))
    make = [groups, pick(rng, [None, 4])]
    yield case("GroupNormalization", make, call(x), call(x), **options)
    x = draw(n, 4)
    if make[1] is None:
        options = {"initial_gamma": pick(rng, [None, 0.5])}
    yield case("LayerNormalization", make[1:], call(x), call(x), **options)


GROUPS = (
    linear,
    convolution,
    convolution_nd,
    outsizes,
    rare_convolutions,
    composed_convolutions,
    shifts_and_products,
    activations,
    normalizations,
)
