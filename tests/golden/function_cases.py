"""The cases of make_functions.py: functions, inputs and arguments, and how they are misused."""

import numpy as np

X23 = [[-1.5, 0.0, 2.0], [0.25, -0.75, 30.0]]
RNG = np.random.RandomState(20)


def normal(*shape):
    return {"values": RNG.normal(size=shape).round(3).tolist()}


def ints(values, dtype="int32"):
    return {"values": values, "dtype": dtype}


def const(values):
    """Floating, in the case's dtype, and no gradient asked for."""
    return {"values": values, "constant": True}


def positive(*shape):
    return {"values": RNG.uniform(0.3, 2, size=shape).round(3).tolist()}


def single(*shape):
    """Where Chainer takes float32 only."""
    return {**normal(*shape), "dtype": "float32"}


def tup(*values):
    """A tuple: JSON has only lists."""
    return {"tuple": values}


X = {"values": X23}
IMAGE = normal(2, 2, 5, 4)
# Each case: function, inputs, arguments ("@i" is input i), keyword arguments.
CASES = []


def case(function, inputs, args=None, **kwargs):
    args = [f"@{i}" for i in range(len(inputs))] if args is None else args
    CASES.append({"function": function, "inputs": inputs, "args": args, "kwargs": kwargs})


for name in (
    "relu",
    "sigmoid",
    "tanh",
    "softplus",
    "leaky_relu",
    "elu",
    "clipped_relu",
    "identity",
):
    case(name, [X])
case("leaky_relu", [X], slope=0.05)
case("elu", [X], alpha=0.5)
case("clipped_relu", [X], z=2.0)
case("softplus", [X], beta=3.0)
for name in ("softmax", "log_softmax"):
    case(name, [X])
    case(name, [normal(2, 3, 2)], axis=0)
    case(name, [normal(2, 3, 2)], axis=-1)

case("linear", [normal(4, 3), normal(2, 3), normal(2)])
case("linear", [normal(4, 3), normal(2, 3)])
case("linear", [normal(2, 2, 3), normal(2, 6), normal(2)])
case("linear", [normal(2, 2, 3), normal(5, 3), normal(5)], n_batch_axes=2)
case("convolution_2d", [IMAGE, normal(3, 2, 3, 2), normal(3)])
case("convolution_2d", [IMAGE, normal(3, 2, 3, 3)], stride=2, pad=1)
case(
    "convolution_2d",
    [IMAGE, normal(3, 2, 2, 3), normal(3)],
    stride=[2, 3],
    pad=[1, 0],
    cover_all=True,
)
case("convolution_2d", [IMAGE, normal(4, 1, 2, 2), normal(4)], groups=2, dilate=2)
case("convolution_2d", [IMAGE, normal(3, 2, 2, 2)], stride=3, pad=1, cover_all=True, dilate=[1, 2])
case("embed_id", [ints([[0, 2], [1, 2]]), normal(3, 4)])
case("embed_id", [ints([0, -1, 1], "int64"), normal(3, 2)], ignore_label=-1)
case("embed_id", [ints([0, 2, 1], "int8"), normal(3, 2)], ignore_label=2)

case("dropout", [normal(4, 5)])
case("dropout", [normal(4, 5)], ratio=0.3)
case("dropout", [normal(4, 5)], ratio=0.0)
case("dropout", [normal(2, 2), const([[0.0, 2.0], [2.0, 0.0]])], ["@0"], mask="@1")

BN2 = [normal(5, 3), positive(3), normal(3)]
BN4 = [IMAGE, positive(2), normal(2)]
RUNNING = [const([0.5, -0.5]), const([1.5, 0.5])]
case("batch_normalization", BN2)
case("batch_normalization", BN4, eps=1e-3)
case(
    "batch_normalization", [*BN4, *RUNNING], ["@0", "@1", "@2"], running_mean="@3", running_var="@4"
)
case(
    "batch_normalization",
    [*BN4, *RUNNING],
    ["@0", "@1", "@2"],
    running_mean="@3",
    running_var="@4",
    decay=0.6,
)
case("batch_normalization", [normal(3, 2, 4), positive(3, 4), normal(3, 4)], axis=1)
case("batch_normalization", [normal(3, 2, 4), positive(2, 4), normal(2, 4)])
case("batch_normalization", [IMAGE, positive(4), normal(4)], axis=tup(0, 1, 2))
case("fixed_batch_normalization", [*BN4, normal(2), positive(2)])
case("fixed_batch_normalization", [*BN2, normal(3), positive(3)], eps=0.1)
case(
    "fixed_batch_normalization",
    [normal(3, 2, 4), positive(3, 4), normal(3, 4), const([[0.5] * 4] * 3), const([[2.0] * 4] * 3)],
    axis=1,
)

SCORES = normal(4, 3)
LABELS = ints([0, 2, 1, 2])
SOME = ints([0, -1, 1, -1])
for t in (LABELS, SOME, ints([-1] * 4), ints([1, 0, 2, 1], "int64")):
    case("softmax_cross_entropy", [SCORES, t])
case("softmax_cross_entropy", [SCORES, SOME], normalize=False)
case("softmax_cross_entropy", [SCORES, SOME], reduce="no")
case("softmax_cross_entropy", [SCORES, LABELS], ignore_label=2)
case(
    "softmax_cross_entropy", [SCORES, SOME, const([0.5, 2.0, 1.0])], ["@0", "@1"], class_weight="@2"
)
case(
    "softmax_cross_entropy",
    [SCORES, SOME, const([0.5, 2.0, 1.0])],
    ["@0", "@1"],
    class_weight="@2",
    reduce="no",
)
case("softmax_cross_entropy", [normal(2, 3, 2), ints([[0, 2], [1, -1]])])
case("softmax_cross_entropy", [normal(2, 3, 2), ints([[0, 2], [1, -1]])], normalize=False)
SOFT = const([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
case("softmax_cross_entropy", [SCORES, SOFT])
case("softmax_cross_entropy", [SCORES, SOFT], reduce="no")
case("softmax_cross_entropy", [SCORES, SOFT], soft_target_loss="kl-divergence")
YES = ints([[0, 1, -1], [1, 1, 0]])
case("sigmoid_cross_entropy", [X, YES])
case("sigmoid_cross_entropy", [X, YES], normalize=False)
case("sigmoid_cross_entropy", [X, YES], reduce="no")
case("sigmoid_cross_entropy", [X, ints([[-1] * 3] * 2)])
case("mean_squared_error", [normal(2, 3), normal(2, 3)])
case("mean_absolute_error", [normal(2, 3), normal(2, 3)])
case("accuracy", [SCORES, LABELS])
case("accuracy", [SCORES, LABELS], ignore_label=2)
case("accuracy", [SCORES, ints([1] * 4)], ignore_label=1)
case("accuracy", [normal(2, 3, 2), ints([[0, 2], [1, 1]])])
case("accuracy", [normal(2, 3, 1, 1), ints([2, 1])])

for name in ("exp", "square", "absolute"):
    case(name, [normal(2, 3)])
for name in ("log", "sqrt"):
    case(name, [positive(2, 3)])
TIES = {"values": [[1.0, 3.0, 3.0], [2.0, 2.0, -1.0]]}
for name in ("sum", "mean", "average", "max", "min"):
    for axis in (None, 0, -1, tup(0, 1), tup()):
        if name in ("max", "min") and axis == tup():
            continue
        case(name, [TIES], axis=axis)
    case(name, [TIES], axis=1, keepdims=True)
    case(name, [normal(2, 3, 2)], axis=tup(0, 2), keepdims=True)
case("average", [normal(2, 3), positive(3)], ["@0"], axis=1, weights="@1")
case("average", [normal(2, 3), positive(2, 3)], ["@0"], weights="@1")
case("argmax", [TIES], axis=1)
case("argmin", [TIES])
case("matmul", [normal(2, 3), normal(3, 2)])
case("matmul", [normal(3), normal(3)])
case("matmul", [normal(2, 3), normal(3)])
case("matmul", [normal(4, 2, 3), normal(4, 2, 3)], transb=True)
case("matmul", [normal(4, 3, 2), normal(3, 2)], transa=True)
case("maximum", [TIES, {"values": [[1.0, 2.0, 4.0], [2.0, 1.0, -1.0]]}])
case("minimum", [TIES, {"values": [[1.0, 2.0, 4.0], [2.0, 1.0, -1.0]]}])
case("maximum", [TIES, normal(3)])
case("clip", [TIES], ["@0", 1.0, 2.5])
case("add", [normal(2, 3), normal(3), normal(1)])

case("reshape", [X], ["@0", [3, -1]])
case("transpose", [X])
case("transpose", [normal(2, 3, 2)], axes=[2, 0, 1])
case("transpose", [normal(2, 3, 2)], axes=[-1, 0, 1])
case("concat", [normal(2, 3), normal(2, 2)], [["@0", "@1"]])
case("concat", [normal(2, 3), normal(1, 3)], [["@0", "@1"]], axis=0)
case("stack", [normal(2, 3), normal(2, 3)], [["@0", "@1"]])
case("stack", [normal(2, 3), normal(2, 3)], [["@0", "@1"]], axis=-1)
case("split_axis", [normal(2, 6)], ["@0", 3, 1])
case("split_axis", [normal(2, 6)], ["@0", [1, 4], 1])
case("split_axis", [normal(2, 6)], ["@0", [], 1])
case("split_axis", [normal(2, 6)], ["@0", 1, 0], force_tuple=False)
case("expand_dims", [X], ["@0", 1])
case("expand_dims", [X], ["@0", -1])
case("squeeze", [normal(1, 2, 1)])
case("squeeze", [normal(1, 2, 1)], axis=2)
case("squeeze", [normal(1, 2, 1)], axis=tup(0, -1))
case("broadcast_to", [normal(3)], ["@0", [2, 3]])
case("broadcast_to", [normal(2, 1)], ["@0", [4, 2, 3]])
case("broadcast", [normal(3), normal(2, 1)])
case("flatten", [X])
case("cast", [X], ["@0", "float64"])
case("cast", [X], ["@0", "float16"])
case("where", [ints([[1, 0, 1]], "bool"), normal(2, 3), normal(2, 3)])
for slices in (
    0,
    -1,
    {"slice": [None, None, -1]},
    [{"slice": [0, 2, None]}, 1],
    ["...", {"slice": [None, None, -2]}],
    [None, 1, "..."],
    [{"array": [0, 0, 1]}],
    [{"array": [1, 0]}, {"array": [2, -1]}],
    [{"mask": [True, False]}],
    [{"slice": [1, None, -1]}, "...", {"slice": [0, 2, None]}],
    [{"slice": [None, None, -1]}, None, {"array": [2, 2]}],
):
    case("get_item", [normal(2, 3)], ["@0", {"index": slices}])

case("max_pooling_2d", [IMAGE], ["@0", 2])
case("max_pooling_2d", [IMAGE], ["@0", 3], stride=2, pad=1)
case("max_pooling_2d", [IMAGE], ["@0", 2], stride=2, cover_all=False)
case("max_pooling_2d", [IMAGE], ["@0", [2, 3]], stride=[1, 2], pad=[1, 0])
case("max_pooling_2d", [IMAGE], ["@0", [3, 2]], stride=2, pad=1, return_indices=True)
case("max_pooling_2d", [IMAGE], ["@0", 2], stride=1, pad=2)
case("average_pooling_2d", [IMAGE], ["@0", 2])
case("average_pooling_2d", [IMAGE], ["@0", 3], stride=2, pad=1)
case("average_pooling_2d", [IMAGE], ["@0", [2, 3]], stride=[1, 2], pad=[2, 0])

PRODUCTS = normal(2, 3), positive(2, 3)
for name in ("add", "sub", "mul", "truediv", "pow", "floordiv"):
    a, b = (PRODUCTS[1], PRODUCTS[1]) if name == "pow" else PRODUCTS
    case("operator." + name, [a, b])
    case("operator." + name, [a], ["@0", 1.5])
    case("operator." + name, [b], [1.5, "@0"])
    if name not in ("pow", "floordiv"):
        case("operator." + name, [ints([[3, 2], [5, 4]])], ["@0", 2])
    case("operator." + name, [a, {"values": b["values"], "dtype": "float16", "constant": True}])
    case("operator." + name, [{"values": b["values"], "dtype": "int64"}, a], ["@1", "@0"])
case("operator.add", [normal(2, 3), normal(3)])
case("operator.mul", [normal(2, 1), normal(3)])
case("operator.add", [ints([3, 4]), ints([2, 3])])
case("operator.sub", [ints([[1], [2]]), ints([2, 3])])
case("operator.pow", [const([2.0, 3.0]), normal(2)])
case("operator.truediv", [const([2.0, 3.0]), positive(2)])
case("operator.neg", [X])
case("operator.abs", [normal(2, 3)])
case("operator.matmul", [normal(2, 3), normal(3, 2)])

# Misuse: function, arrays as (shape, dtype), arguments, the exception's name is filled in.
ERRORS = []


def misuse(function, inputs, args=None, **kwargs):
    args = [f"@{i}" for i in range(len(inputs))] if args is None else args
    ERRORS.append({"function": function, "inputs": inputs, "args": args, "kwargs": kwargs})


f, d, i = "float32", "float64", "int32"
for name in (
    "relu",
    "sigmoid",
    "tanh",
    "softmax",
    "elu",
    "exp",
    "log",
    "sum",
    "max",
    "dropout",
    "clipped_relu",
):
    misuse(name, [[[2, 3], i]])
misuse("softmax", [[[2, 3], f]], axis=2)
misuse("linear", [[[2, 3], f], [[4, 2], f]])
misuse("linear", [[[2, 3], f], [[4, 3], f], [[3], f]])
misuse("linear", [[[2, 3], f], [[4, 3], f], [[4], d]])
misuse("linear", [[[2, 3], f], [[4, 3], f]], n_batch_axes=0)
misuse("convolution_2d", [[[2, 3, 4, 4], f], [[4, 2, 2, 2], f]])
misuse("convolution_2d", [[[3, 4, 4], f], [[4, 3, 2, 2], f]])
misuse("embed_id", [[[2], f], [[4, 2], f]])
misuse("dropout", [[[2], f]], ratio=1.0)
misuse("batch_normalization", [[[2, 3], f], [[2], f], [[2], f]])
misuse("batch_normalization", [[[2, 3], f], [[3], f], [[3], f]], axis=tup(1, 0))
misuse("softmax_cross_entropy", [[[2, 3], f], [[3], i]])
misuse("softmax_cross_entropy", [[[2, 3], f], [[2], i]], reduce="max")
misuse("softmax_cross_entropy", [[[2, 3], f], [[2], i]], soft_target_loss="mse")
misuse("sigmoid_cross_entropy", [[[2, 3], f], [[2, 3], f]])
misuse("sigmoid_cross_entropy", [[[2, 3], f], [[2, 3], i]], reduce="max")
misuse("mean_squared_error", [[[2, 3], f], [[2], f]])
misuse("mean_squared_error", [[[2], f], [[2], d]])
misuse("accuracy", [[[2, 3], f], [[3], i]])
misuse("accuracy", [[[2, 3], f], [[2], f]])
misuse("sum", [[[2, 3], f]], axis=2)
misuse("sum", [[[2, 3], f]], axis=[0])
misuse("max", [[[2, 3], f]], axis=tup(0, 0))
misuse("average", [[[2, 3], f], [[2], f]], ["@0"], weights="@1", axis=tup(0, 1))
misuse("matmul", [[[2, 3], f], [[2, 3], f]])
misuse("maximum", [[[2, 3], f], [[2], f]])
misuse("maximum", [[[2], f], [[2], d]])
misuse("reshape", [[[2, 3], f]], ["@0", [4, 2]])
misuse("transpose", [[[2, 3], f]], axes=[0, 2])
misuse("concat", [[[2, 3], f], [[3, 3], f]], [["@0", "@1"]])
misuse("concat", [[[2], f], [[2], d]], [["@0", "@1"]], axis=0)
misuse("stack", [[[2, 3], f], [[3, 3], f]], [["@0", "@1"]])
misuse("split_axis", [[[2, 3], f]], ["@0", 2, 1])
misuse("split_axis", [[[2, 3], f]], ["@0", [2, 4], 1])
misuse("expand_dims", [[[2, 3], f]], ["@0", 4])
misuse("squeeze", [[[2, 3], f]], axis=0)
misuse("squeeze", [[[1, 3], f]], axis=2)
misuse("broadcast_to", [[[2, 3], f]], ["@0", [2, 4]])
misuse("where", [[[2], i], [[2], f], [[2], f]])
misuse("where", [[[2], "bool"], [[2], f], [[2], d]])
misuse("get_item", [[[2, 3], f]], ["@0", {"index": 2}])
misuse("max_pooling_2d", [[[2, 3, 4, 4], i]], ["@0", 2])
misuse("average_pooling_2d", [[[3, 4, 4], f]], ["@0", 2])
misuse("operator.add", [[[2], f], [[3], f]])
misuse("operator.add", [[[2], f], [[2], d]])
misuse("operator.sub", [[[2], f], [[2], d]])
misuse("operator.mul", [[[2], i], [[2], i]])
misuse("operator.truediv", [[[2], i], [[2], i]])
misuse("operator.pow", [[[2], i]], ["@0", 2])
misuse("absolute", [[[2], i]])
misuse("operator.add", [[[2], f]], ["@0", None])
misuse("operator.mul", [[[2], f]], ["@0", [1, 2]])
misuse("minimum", [[[2], f], [[2], d]])
misuse("split_axis", [[[2, 3], f]], ["@0", 2, 3])
misuse("convolution_2d", [[[2, 3, 4, 4], f], [[4, 3, 2, 2], f], [[3], f]])
misuse("softmax_cross_entropy", [[[2, 3], f], [[2], f]])
misuse("average", [[[2, 3], f], [[2], f]], ["@0"], weights="@1", axis=1)
misuse("batch_normalization", [[[2, 3], f], [[3], f], [[3], d]])
misuse("max_pooling_2d", [[[3, 4, 4], f]], ["@0", 2])
misuse("max_pooling_2d", [[[3, 4, 4, 4, 4], f]], ["@0", 2])
misuse("operator.pow", [[[2], f], [[2], d]])
misuse("fixed_batch_normalization", [[[2, 3], f], [[3], f], [[3], f], [[3], f], [[2], f]])
misuse("clip", [[[2], i]], ["@0", 0, 1])
misuse("average_pooling_2d", [[[2, 3, 4, 4], i]], ["@0", 2])
