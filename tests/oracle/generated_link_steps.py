"""Cases of generated_links.py: links that keep a state, read sequences, or end in a loss."""

from tests.oracle.generated_link_cases import (
    call,
    case,
    draw,
    flip,
    ints,
    pick,
    some,
    tupled,
    weight,
)


# ---- rnn
def lstm(rng):
    n, size, out = some(rng, 1, 5), some(rng, 1, 5), some(rng, 1, 4)
    make = pick(rng, [[size, out], [None, out], [out]])
    names = ("lateral_init", "upward_init", "bias_init", "forget_bias_init")
    options = {name: weight(rng) for name in names}
    x = draw(n, size)
    reset = call(method="reset_state")
    yield case("LSTM", make, call(x), call(x), call(x), **options)
    shrinking = call(draw(3, size)), call(draw(3, size)), call(draw(1, size)), reset, call(x)
    yield case("LSTM", make, *shrinking)
    state = [{"state": draw(n, out)}, {"state": draw(n, out)}]
    given = {"inputs": state, "method": "set_state"}
    yield case("LSTM", [size, out], given, call(x), call(x), **options)
    states = pick(rng, [(None, None), (draw(n, out), draw(n, out)), (None, draw(n, out))])
    yield case("StatelessLSTM", make, call(*states, x), call(*states, x), **options)
    step = call(x), call(x), reset, call(x)
    yield case("StatefulPeepholeLSTM", [pick(rng, [None, size]), out], *step)
    ratios = {"c_ratio": pick(rng, [None, 0.25]), "h_ratio": pick(rng, [None, 0.0, 0.75])}
    for train in (True, False):
        step = call(x, train=train), call(x, train=train), call(x, train=train)
        yield case("StatefulZoneoutLSTM", [pick(rng, [None, size]), out], *step, **ratios)


def gated(rng):
    n, size, out = some(rng, 1, 5), some(rng, 1, 5), some(rng, 1, 4)
    names = ("init", "inner_init", "bias_init")
    options = {name: weight(rng) for name in names}
    x, h = draw(n, size), draw(n, out)
    lazy = pick(rng, [None, size])
    steps = call(x), call(x), call(method="reset_state"), call(x), call(x)
    for name in ("GRU", "StatefulGRU"):
        yield case(name, [lazy, out], *steps, **options)
    given = {"inputs": [{"state": draw(n, out)}], "method": "set_state"}
    yield case("StatefulGRU", [size, out], given, call(x), call(x))
    yield case("StatelessGRU", [lazy, out], call(h, x), call(h, x), **options)
    yield case("StatefulMGU", [size, out], *steps)
    yield case("StatefulMGU", [size, out], given, call(x), call(x))
    yield case("StatelessMGU", [size, out], call(h, x), call(h, x))


def sequences(rng):
    kinds = ("LSTM", "GRU", "RNNTanh", "RNNReLU")
    for name in [f"NStep{way}{kind}" for kind in kinds for way in ("", "Bi")]:
        layers, size, out = some(rng, 1, 3), some(rng, 1, 4), some(rng, 1, 4)
        xs = [draw(some(rng, 1, 5), size) for _ in range(some(rng, 1, 4))]
        shape = (2 * layers if "Bi" in name else layers, len(xs), out)
        states = [pick(rng, [None, draw(*shape)]) for _ in range(2 if "LSTM" in name else 1)]
        options = {"initialW": weight(rng)}
        options["initial_bias"] = pick(rng, [None, 0.1])
        dropout, train = pick(rng, [0.0, 0.5]), flip(rng)
        make = [layers, size, out, dropout]
        twice = call(*states, xs, train=train), call(*states, xs, train=False)
        yield case(name, make, *twice, **options)


def trees(rng):
    n, size, out = some(rng, 1, 4), some(rng, 1, 4), some(rng, 1, 4)
    ary = some(rng, 1, 4)
    x, states = draw(n, size), [pick(rng, [None, draw(n, out)]) for _ in range(2 * ary)]
    yield case("NaryTreeLSTM", [size, out, ary], call(*states, x))
    yield case("NaryTreeLSTM", [size, out], call(*[draw(n, out)] * 4, pick(rng, [None, x])))
    yield case("ChildSumTreeLSTM", [size, out], call(*states, x))
    yield case("ChildSumTreeLSTM", [size, out], call(x))
    known = [draw(n, out)] * (2 * ary)
    yield case("ChildSumTreeLSTM", [size, out], call(*known, pick(rng, [None, x])))


# ---- loss, model
TREES = [
    tupled(0, 1),
    tupled(tupled(3, 1), tupled(2, 0)),
    tupled(tupled(tupled(0, 3), 1), 2),
]


def losses(rng):
    n, size, words = some(rng, 1, 5), some(rng, 1, 4), some(rng, 2, 6)
    counts = [some(rng, 1, 9) for _ in range(words)]
    x, t = draw(n, size), ints(n, below=words)
    yield case("BlackOut", [size, counts, some(rng, 1, 4)], call(x, t))
    power = pick(rng, [None, 1.0, 0.5])
    told = {"reduce": pick(rng, ["sum", "no"]), "return_samples": flip(rng)}
    make, t = [size, counts, some(rng, 1, 4)], {**t, "least": -1}
    yield case("NegativeSampling", make, call(x, t, options=told), power=power)
    tree = pick(rng, TREES)
    below = 2 if tree == TREES[0] else 4
    yield case("BinaryHierarchicalSoftmax", [size, tree], call(x, ints(n, below=below)))
    labels, reduce = some(rng, 2, 5), {"reduce": pick(rng, ["mean", "no"])}
    lengths = sorted((some(rng, 1, 5) for _ in range(some(rng, 1, 4))), reverse=True)
    alive = [sum(length > place for length in lengths) for place in range(lengths[0])]
    xs = [draw(m, labels) for m in alive]
    ys = [ints(m, below=labels) for m in alive]
    cost = {"initial_cost": pick(rng, [None, 0.5, draw(labels, labels)])}
    best = call(xs, method="argmax")
    yield case("CRF1d", [labels], call(xs, ys, options=reduce), best, **cost)
    lengths = [lengths[i] for i in rng.permutation(len(lengths))]
    xs = [draw(m, labels) for m in lengths]
    ys = [ints(m, below=labels) for m in lengths]
    told = {"transpose": True}
    best = call(xs, method="argmax", options=told)
    yield case("CRF1d", [labels], call(xs, ys, options={**reduce, **told}), best, **cost)


def classifiers(rng):
    n, size, out = some(rng, 1, 5), some(rng, 1, 4), some(rng, 2, 4)
    predictor = {"link": "Linear", "make": [pick(rng, [None, size]), out], "options": {}}
    x, t = draw(n, size), ints(n, below=out, least=-1)
    yield case("Classifier", [predictor], call(x, t), call(x, t))
    yield case("Classifier", [predictor], call(t, x), label_key=0)
    named = {"inputs": [x], "options": {"t": t}}
    yield case("Classifier", [predictor], named, label_key="t")
    loss = {"function": "mean_squared_error"}
    two = call(x, draw(n, out))
    yield case("Classifier", [predictor], two, lossfun=loss, accfun={"function": "r2_score"})


def wrong(*arguments, **options):
    return {**case(*arguments, **options), "wrong": True}


def refusals(rng):
    image, rows = draw(2, 4, 5, 5), draw(3, 4)
    yield wrong("Convolution2D", [4, 3, 3], call(image), groups=2)
    yield wrong("Convolution2D", [None, 4, 3], call(draw(2, 3, 5, 5)), groups=2)
    yield wrong("DeconvolutionND", [2, 4, 3, 3], call(image), groups=2)
    yield wrong("Convolution1D", [4, 3], call(draw(2, 4, 5)))
    yield wrong("BatchNormalization", [], call(rows))
    yield wrong("BatchNormalization", [4], call(rows), axis=tupled(1, 0))
    yield wrong("GroupNormalization", [3, 4], call(image))
    yield wrong("GroupNormalization", [2], call(draw(4)))
    yield wrong("Bilinear", [4, 4, 2], call(rows, rows), initial_bias=0.5)
    yield wrong("Scale", [1], call(image), bias_term=True)
    yield wrong("InceptionBN", [4, 1, 1, 1, 1, 1, "min", 1], call(image))
    yield wrong("InceptionBN", [4, 1, 1, 1, 1, 1, "max", 1], call(image), stride=2)
    yield wrong("Maxout", [4, 2, 2], call(rows), initialW=draw(4, 4))
    yield wrong("NaryTreeLSTM", [4, 3, 0], call(rows))
    yield wrong("BinaryHierarchicalSoftmax", [4, tupled(0, 1, 2)], call(rows, ints(3, below=3)))
    predictor = {"link": "Linear", "make": [4, 2], "options": {}}
    yield wrong("Classifier", [predictor], call(rows, ints(3, below=2)), label_key=0.5)
    yield wrong("Classifier", [predictor], call(rows, ints(3, below=2)), label_key=2)
    yield wrong("GRU", [4, 3], call(rows, rows))
    yield wrong("LSTM", [4, 3], call(rows), call(draw(5, 4)))
    yield wrong("NStepLSTM", [1, 4, 3, 0.0], call(None, None, rows))
    yield wrong("NStepGRU", [2, 4, 3, 1.0], call(None, [rows]))
    yield wrong("EmbedID", [4, 3, None], call(ints(3, below=4, least=4) | {"below": 9}))
    yield wrong("Linear", [4, 3], call(rows), initialW=draw(2, 2))
    yield wrong("SimplifiedDropconnect", [4, 3], call(rows, options={"mask": draw(2, 2)}))


GROUPS = (lstm, gated, sequences, trees, losses, classifiers, refusals)
