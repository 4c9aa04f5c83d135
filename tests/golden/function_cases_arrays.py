"""More cases of make_functions.py: activation, arrays, mathematics."""

from function_cases import (
    IMAGE,
    X,
    case,
    d,
    f,
    i,
    ints,
    misuse,
    normal,
    positive,
    single,
    tup,
)

# ---- activation
case("hard_sigmoid", [X])
case("crelu", [X])
case("crelu", [normal(2, 3, 2)], axis=-1)
case("maxout", [normal(2, 6)], ["@0", 3])
case("maxout", [normal(4, 2, 2)], ["@0", 2], axis=0)
case("prelu", [normal(2, 3, 2), positive(3)])
case("prelu", [normal(2, 3), positive()])
case("selu", [X])
case("selu", [X], alpha=1.5, scale=2.0)
case("swish", [normal(2, 3, 2), positive(3)])
case("relu6", [X])

# ---- arrays
case("copy", [X], ["@0", -1])
case("depth2space", [normal(2, 8, 2, 3)], ["@0", 2])
case("space2depth", [normal(2, 2, 4, 6)], ["@0", 2])
case("flip", [X], ["@0", 1])
case("flip", [X], ["@0", -2])
case("fliplr", [X])
case("flipud", [X])
for name in ("hstack", "vstack", "dstack"):
    case(name, [normal(3), normal(3)], [["@0", "@1"]])
    case(name, [normal(2, 3), normal(2, 3)], [["@0", "@1"]])
case("hstack", [normal(2), normal(3)], [["@0", "@1"]])
case("vstack", [normal(1, 2, 2), normal(2, 2, 2)], [["@0", "@1"]])
case("moveaxis", [normal(2, 3, 4)], ["@0", 0, -1])
case("moveaxis", [normal(2, 3, 4)], ["@0", tup(0, -1), tup(1, 0)])
case("pad", [X], ["@0", 1, "constant"])
case("pad", [X], ["@0", [[1, 0], [2, 1]], "constant"], constant_values=[[0.5, 1.5], [2.5, 3.5]])
case("pad_sequence", [normal(3, 2), normal(1, 2), normal(2, 2)], [["@0", "@1", "@2"]])
case("pad_sequence", [normal(2), normal(3)], [["@0", "@1"]], length=4, padding=-1)
case("permutate", [X, ints([2, 0, 1])], axis=1)
case("permutate", [X, ints([2, 0, 1])], axis=1, inv=True)
case("repeat", [X], ["@0", 2])
case("repeat", [X], ["@0", 2], axis=1)
case("repeat", [X], ["@0", tup(1, 0, 3)], axis=-1)
case("rollaxis", [normal(2, 3, 4)], ["@0", 2])
case("rollaxis", [normal(2, 3, 4)], ["@0", 0], start=2)
case("rollaxis", [normal(2, 3, 4)], ["@0", -2, 3])
case("scatter_add", [normal(4, 3), normal(3)], ["@0", 1, "@1"])
case("scatter_add", [normal(4, 3), normal(2, 3)], ["@0", {"index": [{"array": [2, 2]}]}, "@1"])
case(
    "scatter_add",
    [normal(4, 3), normal(2, 2)],
    ["@0", {"index": [{"slice": [0, 4, 2]}, {"slice": [1, None, None]}]}, "@1"],
)
case(
    "scatter_add",
    [normal(4, 3), {**normal(3), "dtype": "float16", "constant": True}],
    ["@0", 1, "@1"],
)
case("select_item", [normal(3, 4), ints([0, 3, 1])])
case("separate", [normal(2, 3)])
case("separate", [normal(2, 3)], axis=-1)
case("swapaxes", [normal(2, 3, 4)], ["@0", 0, -1])
case("tile", [X], ["@0", 2])
case("tile", [X], ["@0", tup(2, 1, 3)])
case("tile", [normal(2, 2, 2)], ["@0", tup(1, 2)])
case("transpose_sequence", [normal(3, 2), normal(2, 2), normal(2, 2)], [["@0", "@1", "@2"]])
case("diagonal", [normal(3, 4)])
case("diagonal", [normal(2, 3, 4)], offset=1, axis1=2, axis2=1)
SMALL = single(2, 2, 3, 4)
case("resize_images", [SMALL], ["@0", [5, 7]])
case("resize_images", [SMALL], ["@0", [2, 3]], align_corners=False)
case("resize_images", [SMALL], ["@0", [6, 5]], mode="nearest")
case("spatial_transformer_grid", [normal(2, 2, 3)], ["@0", [3, 4]])
case("spatial_transformer_sampler", [normal(2, 2, 4, 5), normal(2, 2, 3, 3)])
case("im2col", [IMAGE], ["@0", 2])
case("im2col", [IMAGE], ["@0", [2, 3]], stride=2, pad=1, cover_all=True)
case("im2col", [IMAGE], ["@0", 2], dilate=[2, 1], pad=[0, 1])

# ---- mathematics
for name in ("sin", "cos", "tan", "arctan", "sinh", "cosh", "erf", "erfc", "expm1"):
    case(name, [normal(2, 3)])
for name in ("arcsin", "arccos"):
    case(name, [{"values": [[-0.9, 0.0, 0.4], [0.1, 0.7, -0.3]]}])
for name in ("log1p", "log2", "log10", "rsqrt"):
    case(name, [positive(2, 3)])
for name in ("floor", "ceil", "fix", "sign"):
    case(name, [X])
case("arctan2", [normal(2, 3), normal(2, 3)])
case("fmod", [{"values": [5.5, -5.5, 7.0]}, {"values": [2.0, 2.0, -3.0]}])
for name in ("cumsum", "cumprod"):
    case(name, [positive(2, 3)])
    case(name, [normal(2, 3)], axis=1)
    case(name, [normal(2, 3)], axis=-2)
for name in ("prod", "logsumexp"):
    for axis in (None, 0, -1, tup(0, 2)):
        case(name, [normal(2, 3, 2)], axis=axis)
case("prod", [normal(2, 3)], axis=1, keepdims=True)
case("prod", [{"values": [[0.0, 2.0, 3.0], [0.0, 0.0, 1.0]]}], axis=1)
case("batch_l2_norm_squared", [normal(2, 3)])
case("batch_l2_norm_squared", [normal(2, 3, 2)])
for name in ("bias", "scale"):
    case(name, [normal(2, 3, 2), normal(3)])
    case(name, [normal(2, 3, 2), normal(2, 3)], axis=0)
    case(name, [normal(2, 3), normal()], axis=0)
SQUARES = {"values": [[[2.0, 0.5], [0.25, 1.0]], [[1.0, -1.0], [2.0, 3.0]]]}
case("inv", [{"values": SQUARES["values"][0]}])
case("det", [{"values": SQUARES["values"][1]}])
case("batch_inv", [SQUARES])
case("batch_det", [SQUARES])
case("batch_matmul", [single(2, 3, 4), single(2, 4, 2)])
case("batch_matmul", [single(2, 3), single(2, 3)], transa=True)
case("batch_matmul", [single(2, 3, 4), single(2, 3)], transa=True)
case("linear_interpolate", [positive(2, 3), normal(2, 3), normal(2, 3)])
case("tensordot", [normal(2, 3, 2), normal(3, 2, 4)])
case("tensordot", [normal(2, 3), normal(4, 3)], axes=[1, 1])
case("tensordot", [normal(2, 3, 4), normal(4, 2)], axes=[[0, 2], [1, 0]])
case("einsum", [normal(2, 3), normal(3, 4)], ["ij,jk->ik", "@0", "@1"])
case("einsum", [normal(2, 3), normal(2, 3)], ["ij,ij->i", "@0", "@1"])
case("einsum", [normal(3, 3)], ["ij->ji", "@0"])
case("sum_to", [normal(2, 3, 2)], ["@0", tup(3, 1)])
case("sum_to", [normal(2, 3)], ["@0", tup(2, 3)])

# ---- misuse
for name in ("hard_sigmoid", "sin", "erf", "cumsum", "logsumexp", "prod", "expm1"):
    misuse(name, [[[2, 3], i]])
misuse("crelu", [[[2, 3], f]], axis="1")
misuse("maxout", [[[2, 3], f]], ["@0", 2])
misuse("maxout", [[[2, 3], f]], ["@0", 0])
misuse("prelu", [[[2, 3], f], [[2], f]])
misuse("flip", [[[2, 3], f]], ["@0", 2])
misuse("flip", [[[2, 3], f]], ["@0", None])
misuse("fliplr", [[[2], f]])
misuse("hstack", [[[2], f], [[2, 3], f]], [["@0", "@1"]])
misuse("vstack", [[[2], f], [[3], f]], [["@0", "@1"]])
misuse("dstack", [[[2, 3], f], [[2, 3], d]], [["@0", "@1"]])
misuse("moveaxis", [[[2, 3], f]], ["@0", 0, 2])
misuse("moveaxis", [[[2, 3], f]], ["@0", tup(0, 0), tup(0, 1)])
misuse("moveaxis", [[[2, 3], f]], ["@0", "0", 1])
misuse("pad_sequence", [[[2, 3], f], [[2, 2], f]], [["@0", "@1"]])
misuse("pad_sequence", [[[3], f]], [["@0"]], length=2)
misuse("repeat", [[[2, 3], f]], ["@0", -1])
misuse("repeat", [[[2, 3], f]], ["@0", "a"])
misuse("rollaxis", [[[2, 3], f]], ["@0", 2])
misuse("rollaxis", [[[2, 3], f]], ["@0", 0], start="1")
misuse("scatter_add", [[[4, 3], f], [[2], f]], ["@0", 1, "@1"])
misuse("select_item", [[[3, 4], f], [[2], i]])
misuse("separate", [[[2, 3], f]], axis=2)
misuse("tile", [[[2, 3], f]], ["@0", -1])
misuse("tile", [[[2, 3], f]], ["@0", "2"])
misuse("transpose_sequence", [[[2], f], [[3], f]], [["@0", "@1"]])
misuse("spatial_transformer_grid", [[[2, 3, 3], f]], ["@0", [3, 4]])
misuse("im2col", [[[2, 3, 3], f]], ["@0", 2])
misuse("fmod", [[[2], f], [[2], i]])
misuse("cumsum", [[[2, 3], f]], axis=2)
misuse("cumprod", [[[2, 3], f]], axis="0")
misuse("prod", [[[2, 3], f]], axis=tup(0, 0))
misuse("logsumexp", [[[2, 3], f]], axis=2)
misuse("batch_l2_norm_squared", [[[2], f]])
misuse("inv", [[[2, 3], f]])
misuse("inv", [[[2, 2], f]])
misuse("batch_det", [[[2, 2], f]])
misuse("linear_interpolate", [[[2], f], [[2], f], [[3], f]])
misuse("crelu", [[[2, 3], f]], axis=2)
misuse("swish", [[[2, 3], f], [[2], f]])
misuse("flipud", [[[], f]])
misuse("moveaxis", [[[2, 3], f]], ["@0", tup(0, 1), 0])
misuse("repeat", [[[2, 3], f]], ["@0", 2], axis="0")
misuse("transpose_sequence", [[[3, 2], f], [[2, 3], f]], [["@0", "@1"]])
