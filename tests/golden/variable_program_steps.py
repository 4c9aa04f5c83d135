"""What the steps of variable_programs.py compute, by name; for either library.

`F` is the library's functions, `x` and `y` are Variables, `rng` is what the step draws from.
"""

import operator

# The dtypes of a program.
MIXES = (
    *[["float32"]] * 3,
    *[["float64"]] * 3,
    ["float32", "float64"],
    ["float32", "int32"],
    ["float64", "int64"],
    ["float16"],
    ["float16", "float32", "float64"],
)


def axes_of(x, rng):
    """Draw None, an axis or a tuple of axes."""
    if not x.ndim or rng.randint(4) == 0:
        return None
    axis = int(rng.randint(-x.ndim, x.ndim))
    return (axis,) if rng.randint(3) == 0 else axis


def shape_of(x, rng):
    """Draw a shape that `x` can be given."""
    shapes = [(x.size,), (-1,), (1, *x.shape), (*x.shape, 1), x.shape[::-1]]
    return shapes[rng.randint(len(shapes))] if x.size else (*x.shape, 1)


def index_of(x, rng):
    """Draw what may stand in brackets."""
    indices = [Ellipsis, (Ellipsis, None), (None, Ellipsis)]
    if x.ndim and x.shape[0]:
        last = x.shape[0] - 1
        indices += [slice(None, None, 2), slice(1, None), [0, last, 0], [last]]
        indices += [(Ellipsis, slice(0, 2)), *([0, -1] if x.ndim > 1 else [])]
    return indices[rng.randint(len(indices))]


def order_of(x, rng):
    """Draw an order of axes."""
    return tuple(int(axis) for axis in rng.permutation(x.ndim))


def _padded(F, x):
    return F.pad(F.stack([F.cast(x, "float32") if x.dtype.kind == "i" else x]), 1, "constant")


def _positive(F, x):
    return x * x + 1


# name: what it computes. Those of EXACT leave multiples of eighths exact.
SINGLE = {
    "tanh": lambda F, x, rng: F.tanh(x),
    "sigmoid": lambda F, x, rng: F.sigmoid(x),
    "softplus": lambda F, x, rng: F.softplus(x),
    "exp": lambda F, x, rng: F.exp(F.tanh(x)),
    "log": lambda F, x, rng: F.log(_positive(F, x)),
    "sqrt": lambda F, x, rng: F.sqrt(_positive(F, x)),
    "square": lambda F, x, rng: F.square(x),
    "sin": lambda F, x, rng: F.sin(x),
    "softmax": lambda F, x, rng: F.softmax(_padded(F, x), axis=int(rng.randint(-1, x.ndim + 1))),
    "log_softmax": lambda F, x, rng: F.log_softmax(_padded(F, x)),
    "normalize": lambda F, x, rng: F.normalize(x),
    "mean": lambda F, x, rng: F.mean(_padded(F, x)),
    "logsumexp": lambda F, x, rng: F.logsumexp(_padded(F, x)),
    "dropout": lambda F, x, rng: F.dropout(F.flatten(x), 0.5),
    "negative": lambda F, x, rng: -x,
    "sum": lambda F, x, rng: F.sum(x, axis=axes_of(x, rng), keepdims=bool(rng.randint(2))),
    "method_sum": lambda F, x, rng: x.sum(axis=axes_of(x, rng)),
    "reshape": lambda F, x, rng: F.reshape(x, shape_of(x, rng)),
    "method_reshape": lambda F, x, rng: x.reshape(*shape_of(x, rng)),
    "transpose": lambda F, x, rng: F.transpose(x, order_of(x, rng)),
    "method_transpose": lambda F, x, rng: x.transpose(*order_of(x, rng)),
    "T": lambda F, x, rng: x.T,
    "getitem": lambda F, x, rng: x[index_of(x, rng)],
    "get_item": lambda F, x, rng: F.get_item(x, index_of(x, rng)),
    "expand_dims": lambda F, x, rng: F.expand_dims(x, int(rng.randint(-1, x.ndim + 1))),
    "squeeze": lambda F, x, rng: F.squeeze(x, *([axes_of(x, rng)] if rng.randint(2) else [])),
    "flatten": lambda F, x, rng: F.flatten(x),
    "broadcast_to": lambda F, x, rng: -F.broadcast_to(x, (2, *x.shape)),
    "tile": lambda F, x, rng: F.tile(x, (2, 1)),
    "repeat": lambda F, x, rng: F.repeat(x, 2, axis=axes_of(x, rng)),
    "pad": lambda F, x, rng: _padded(F, x),
    "flip": lambda F, x, rng: -F.flip(x, int(rng.randint(-x.ndim - 1, x.ndim + 1))),
    "rollaxis": lambda F, x, rng: F.rollaxis(x, -1),
    "swapaxes": lambda F, x, rng: F.swapaxes(F.stack([x]), 0, -1),
    "cast": lambda F, x, rng: F.cast(x, ("float32", "float64")[rng.randint(2)]),
    "identity": lambda F, x, rng: F.identity(x),
    "copy": lambda F, x, rng: -F.copy(x, -1),
    "cumsum": lambda F, x, rng: F.cumsum(x, axis=axes_of(x, rng)),
    "diagonal": lambda F, x, rng: -F.diagonal(x),
}
# These have kinks, and take exact values only, and not what a program assigns to.
KINKED = {
    "relu": lambda F, x, rng: F.relu(x),
    "leaky_relu": lambda F, x, rng: F.leaky_relu(x, 0.25),
    "absolute": lambda F, x, rng: abs(x),
    "clip": lambda F, x, rng: F.clip(x, -0.5, 1.0),
    "max": lambda F, x, rng: F.max(x, axis=axes_of(x, rng)),
    "min": lambda F, x, rng: F.min(x, axis=axes_of(x, rng), keepdims=True),
    "floor": lambda F, x, rng: F.floor(x),
    "sign": lambda F, x, rng: F.sign(x),
    "argmax": lambda F, x, rng: F.argmax(x, axis=None),
}
ALIKE = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": lambda x, y: x / (y * y + 1),
    "power": lambda x, y: (x * x + 1) ** (y * 0.5),
    "matmul": operator.matmul,
    "in place": operator.iadd,
    "times in place": operator.imul,
}
# With a number or an array, which may stand on the left.
WITH_NUMBER = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": lambda x, y: x / (y * y + 1),
    "power": lambda x, y: (x * x + 1) ** (y * 0.5),
    "in place": operator.isub,
    "floor": operator.floordiv,
    "and": operator.and_,
}
EXACT = {"negative", "reshape", "method_reshape", "transpose", "method_transpose", "T", "getitem"}
EXACT |= {"get_item", "expand_dims", "squeeze", "flatten", "broadcast_to", "tile", "repeat", "pad"}
EXACT |= {"flip", "rollaxis", "swapaxes", "cast", "identity", "copy", "relu", "absolute", "clip"}
EXACT |= {"max", "min", "add", "subtract", "multiply", "in place", "times in place", "diagonal"}


def _weight(F, x, rng):
    return F.sum(x) * float(rng.randint(1, 5))


def _entropy(F, x, rng):
    if not x.size:  # which the original cannot differentiate
        return F.sum(x)
    return F.softmax_cross_entropy(x, rng.randint(0, min(2, x.shape[-1]), len(x)).astype("i"))


# Functions of several Variables, and of several results.
SEVERAL = {
    "concat": lambda F, xs, rng: [F.concat([xs[0], xs[0] * 2], axis=int(rng.randint(-1, 2)))],
    "concat others": lambda F, xs, rng: [F.concat(xs, axis=0)],
    "stack": lambda F, xs, rng: [F.stack([xs[0], xs[0]], axis=int(rng.randint(-1, 2)))],
    "hstack": lambda F, xs, rng: [F.hstack(xs)],
    "vstack": lambda F, xs, rng: [F.vstack(xs)],
    "where": lambda F, xs, rng: [F.where(xs[0].array > 0, xs[0], xs[1])],
    "broadcast": lambda F, xs, rng: [-y for y in F.broadcast(*xs)],
    "split_axis": lambda F, xs, rng: F.split_axis(xs[0], [1], axis=-1),
    "split in parts": lambda F, xs, rng: F.split_axis(xs[0], int(rng.randint(1, 4)), axis=-1),
    "separate": lambda F, xs, rng: F.separate(F.stack(xs), axis=0),
    "maximum": lambda F, xs, rng: [F.maximum(F.tanh(xs[0]), F.tanh(xs[1]) + 0.3)],
    "minimum": lambda F, xs, rng: [F.minimum(F.sin(xs[0]), F.tanh(xs[1]) + 0.3)],
    "squared_error": lambda F, xs, rng: [F.mean_squared_error(*xs)],
    "add": lambda F, xs, rng: [F.add(*xs, xs[0])],
    "linear": lambda F, xs, rng: [F.linear(xs[0], xs[1])],
    "bias": lambda F, xs, rng: [F.bias(xs[0], xs[1], axis=-1)],
    "prelu": lambda F, xs, rng: [F.scale(xs[0], xs[1], axis=0)],
    "matmul": lambda F, xs, rng: [F.matmul(xs[0], xs[1], transb=True)],
    "entropy": lambda F, xs, rng: [_entropy(F, xs[0], rng)],
    "in a sum": lambda F, xs, rng: [sum([_weight(F, x, rng) for x in xs])],
}


def functions_of_users(library, trace):
    """Return functions such as programs write, by name; their backwards leave words in `trace`."""

    def said(name, gradients):
        trace.append([name, [None if g is None else g.dtype.name for g in gradients]])

    class Mix(library.FunctionNode):
        """The product and the sum; retains what it needs."""

        def check_type_forward(self, in_types):
            library.utils.type_check.expect(
                in_types.size() == 2,
                in_types[0].dtype == in_types[1].dtype,
                in_types[0].shape == in_types[1].shape,
            )

        def forward(self, inputs):
            self.retain_inputs((0, 1))
            x, y = inputs
            return x * y, x + y

        def backward(self, indexes, gradients):
            said("Mix", gradients)
            x, y = self.get_retained_inputs()
            product, total = gradients
            found = [total, total]
            if product is not None:
                found = [
                    product * other if total is None else product * other + total
                    for other in (y, x)
                ]
            return tuple(found[i] for i in indexes)

    class Squash(library.FunctionNode):
        """tanh from its output; returns one gradient an input, asked for or not."""

        def forward(self, inputs):
            self.retain_outputs((0,))
            (x,) = inputs
            return (library.backend.get_array_module(x).tanh(x),)

        def backward(self, indexes, gradients):
            said("Squash", gradients)
            (y,) = self.get_retained_outputs()
            return (gradients[0] * (1 - y * y),)

    class Old(library.Function):
        """The old style: three results, of which one has no gradient."""

        def forward(self, inputs):
            (x,) = inputs
            return x * 2, (x > 0).astype("i"), x * x

        def backward(self, inputs, gradients):
            said("Old", gradients)
            (x,) = inputs
            found = x * 0
            if gradients[0] is not None:
                found = found + 2 * gradients[0]
            if gradients[2] is not None:
                found = found + 2 * x * gradients[2]
            return (found.astype(x.dtype),)

    class Stopped(library.FunctionNode):
        """A function that lets no gradient through."""

        def forward(self, inputs):
            return (inputs[0] + 1,)

        def backward(self, indexes, gradients):
            said("Stopped", gradients)
            return (None,)

    class Wrong(library.FunctionNode):
        """A function whose gradient has another shape than its input."""

        def forward(self, inputs):
            return (inputs[0] * 1,)

        def backward(self, indexes, gradients):
            return (library.functions.expand_dims(gradients[0], 0),)

    return {
        "Mix": lambda x, y: Mix().apply((x, y)),
        "Mix of one": lambda x, y: Mix().apply((x, x)),
        "Mix with an array": lambda x, y: Mix().apply((x, y.array)),
        "Squash": lambda x, y: Squash().apply((x,)),
        "Old": lambda x, y: Old()(x),
        "Stopped": lambda x, y: Stopped().apply((x,)),
        "Wrong": lambda x, y: Wrong().apply((x,)),
    }
