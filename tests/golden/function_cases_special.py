"""More cases of make_functions.py: special functions (which need SciPy there), regions,
losses over choices."""

from function_cases import case, const, d, f, i, ints, misuse, normal, positive, single, tup

NEAR_ZERO = {"values": [[-0.9, -0.25, 0.0], [0.1, 0.5, 0.95]]}
FAR = {"values": [[-12.0, -6.0, -0.5], [0.0, 2.0, 5.0]]}
UNIT = {"values": [[0.001, 0.1, 0.25], [0.5, 0.9, 0.99]]}

case("arctanh", [NEAR_ZERO])
case("lgamma", [positive(2, 3)])
case("lgamma", [{"values": [-0.5, -2.25, 20.0]}])
case("digamma", [positive(2, 3)])
case("digamma", [{"values": [-0.5, -2.25, 20.0]}])
case("polygamma", [ints([[0, 1, 2], [3, 4, 5]]), positive(2, 3)])
case("polygamma", [ints([1]), positive(2, 3)])
case("zeta", [positive(2, 3)], [2, "@0"])
case("zeta", [positive(2, 3)], [3.5, "@0"])
case("erfinv", [NEAR_ZERO])
case("erfcinv", [UNIT])
case("erfcx", [{"values": [[-2.0, -0.5, 0.0], [0.5, 3.0, 40.0]]}])
case("ndtr", [FAR])
case("log_ndtr", [FAR])
case("ndtri", [UNIT])
case("cholesky", [{"values": [[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]]}])

NAMES = ("arctanh", "lgamma", "digamma", "erfinv", "erfcinv", "erfcx", "ndtr", "log_ndtr", "ndtri")
for name in NAMES:
    misuse(name, [[[2, 3], i]])
misuse("zeta", [[[2], i]], [2, "@0"])
misuse("polygamma", [[[2], f], [[2], f]])
misuse("polygamma", [[[2], i], [[2], i]])
misuse("cholesky", [[[2, 2, 2], f]])
misuse("cholesky", [[[2, 2], i]])
misuse("cholesky", [[[2, 2], d]])

# ---- regions
REGIONS = {"values": [[1, 1, 6, 5], [-2, 0, 3, 9], [3, 2, 3, 2], [7, 6, 12, 12]], "constant": True}
REGIONS["dtype"] = "float32"
PICTURE = single(2, 2, 5, 4)
WHOSE = ints([0, 1, 1, 0])
for name in ("roi_average_pooling_2d", "roi_max_pooling_2d"):
    case(name, [PICTURE, REGIONS, WHOSE], ["@0", "@1", "@2", [2, 3], 0.75])
    case(name, [PICTURE, REGIONS, WHOSE], outsize=1, spatial_scale=1)
for name in ("roi_average_align_2d", "roi_max_align_2d"):
    case(name, [PICTURE, REGIONS, WHOSE], ["@0", "@1", "@2", [2, 3], 0.75])
    case(name, [PICTURE, REGIONS, WHOSE], ["@0", "@1", "@2", 2, 1.0, 2])
    case(name, [PICTURE, REGIONS, WHOSE], ["@0", "@1", "@2", 2, 0.5], sampling_ratio=tup(None, 3))
    misuse(name, [[[1, 1, 4, 4], f], [[1, 4], f], [[1], i]], ["@0", "@1", "@2", 2, 1.0, 0])
FIT = [[[1, 1, 4, 4], f], [[1, 4], f], [[1], i]]
REGION_NAMES = ("average_pooling", "max_pooling", "average_align", "max_align")
for name in (f"roi_{kind}_2d" for kind in REGION_NAMES):
    misuse(name, FIT, ["@0", "@1", "@2", [2, 0], 1.0])
    misuse(name, FIT, ["@0", "@1", "@2", 2.5, 1.0])
    misuse(name, FIT, ["@0", "@1", "@2", 2, -1.0])
    misuse(name, [FIT[0], [[1, 5], f], FIT[2]], ["@0", "@1", "@2", 2, 1.0])
    misuse(name, [FIT[0], FIT[1], [[2], i]], ["@0", "@1", "@2", 2, 1.0])
    misuse(name, [FIT[0], FIT[1], [[1], f]], ["@0", "@1", "@2", 2, 1.0])

# ---- losses over choices
SCORES = [normal(3, 4), normal(3, 4), normal(2, 4), normal(1, 4)]
LABELS = [ints(y) for y in ([0, 3, 1], [2, 2, 0], [1, 3], [0])]
STEPS = ["@0", ["@1", "@2", "@3", "@4"]]
for reduce in ("mean", "no"):
    case(
        "crf1d", [normal(4, 4), *SCORES, *LABELS], [*STEPS, ["@5", "@6", "@7", "@8"]], reduce=reduce
    )
    case(
        "black_out",
        [normal(3, 2), ints([0, 3, 1]), normal(5, 2), ints([[1, 4], [2, 4], [0, 4]])],
        reduce=reduce,
    )
case("crf1d", [normal(4, 4), SCORES[0], LABELS[0]], ["@0", ["@1"], ["@2"]])
case("argmax_crf1d", [normal(4, 4), *SCORES], STEPS)
case("argmax_crf1d", [normal(4, 4), *SCORES[:2]], ["@0", ["@1", "@2"]])
misuse("crf1d", [[[2, 2], f], [[3, 2], f], [[3], i]], ["@0", ["@1"], ["@2"], "sum"])

# ---- normalization, convolution
WIDE = normal(4, 3, 2)
RUNNING = [const([0.5, -1.0, 0.25]), const([0.5, 2.0, 1.5])]
RENORM = ["@0", "@1", "@2", 1.5, 0.25, 1e-3, "@3", "@4", 0.75]
for update in (False, True):
    case(
        "batch_renormalization",
        [WIDE, positive(3), normal(3), *RUNNING],
        RENORM,
        update_statistics=update,
    )
SPREAD = [normal(5, 3), positive(3), normal(3)]
case(
    "batch_renormalization",
    [*SPREAD, *RUNNING],
    ["@0", "@1", "@2", 3, 1],
    running_mean="@3",
    running_var="@4",
)
case("fixed_batch_renormalization", [WIDE, positive(3), normal(3), normal(3), positive(3)])
misuse("batch_renormalization", [[[2, 3], f], [[3], f], [[3], f]], ["@0", "@1", "@2", 1, 0])
misuse(
    "batch_renormalization",
    [[[2, 3], f], [[2], f], [[2], f], [[2], f], [[2], f]],
    ["@0", "@1", "@2", 1, 0, 1e-3, "@3", "@4"],
)
CHANNELS = normal(6, 4, 3)
AVERAGES = [
    const([[0.5, 0.0], [1.0, -1.0]]),
    const([[[1.0, 0.5], [0.5, 2.0]], [[1.0, 0.0], [0.0, 1.0]]]),
]
case("decorrelated_batch_normalization", [CHANNELS], groups=2)
case("decorrelated_batch_normalization", [normal(5, 3)], groups=1, eps=0.1)
case(
    "decorrelated_batch_normalization",
    [CHANNELS, *AVERAGES],
    ["@0"],
    groups=2,
    decay=0.75,
    running_mean="@1",
    running_projection="@2",
)
case("fixed_decorrelated_batch_normalization", [CHANNELS, *AVERAGES], groups=2)
misuse("decorrelated_batch_normalization", [[[2, 3], f]], groups=2)
misuse(
    "fixed_decorrelated_batch_normalization", [[[2, 2], f], [[1, 2], d], [[1, 2, 2], f]], groups=1
)
case("shift", [normal(1, 10, 4, 3)])
case("shift", [normal(2, 3, 4, 5)], ksize=tup(3, 1), dilate=2)
case("shift", [normal(2, 7, 4, 5)], ["@0", [1, 3], [1, -1]])
misuse("shift", [[[1, 4, 3, 3], f]])
misuse("shift", [[[1, 4, 3, 3], f]], ksize=2)
PATCHES = [normal(2, 2, 4, 5), normal(3, 2, 3, 2, 3, 3), normal(3, 2, 3)]
case("local_convolution_2d", PATCHES)
case("local_convolution_2d", [PATCHES[0], normal(3, 2, 2, 2, 2, 2)], stride=tup(2, 3))
misuse("local_convolution_2d", [[[1, 2, 3, 3], f], [[1, 2, 2, 1, 2, 2], f]])
misuse("local_convolution_2d", [[[1, 1, 3, 3], f], [[1, 2, 2, 1, 2, 2], f], [[1], f]])

# ---- recurrent
CELL = normal(3, 2)
case("slstm", [CELL, normal(3, 2), normal(3, 8), normal(3, 8)])
case("slstm", [normal(2, 2, 2), normal(2, 2, 2), normal(2, 8, 2), normal(2, 8, 2)])
case("tree_lstm", [CELL, normal(3, 8)])
case("tree_lstm", [CELL, normal(3, 2), normal(3, 2), normal(3, 12)])
misuse("slstm", [[[2, 2], f], [[2, 2], f], [[2, 8], f], [[2, 4], f]])
misuse("slstm", [[[2, 2], f], [[2, 2], d], [[2, 8], f], [[2, 8], f]])
misuse("tree_lstm", [[[2, 2], f], [[2, 2], f], [[2, 8], f]])

# ---- noise
case("simplified_dropconnect", [normal(3, 2, 2), normal(5, 4), normal(5)])
case("simplified_dropconnect", [normal(3, 4), normal(5, 4)], ratio=0.25, use_batchwise_mask=False)
case("simplified_dropconnect", [normal(3, 4), normal(5, 4)], train=False)
MASK = {"values": [[True, False], [True, True]], "dtype": "bool"}
case(
    "simplified_dropconnect",
    [normal(3, 2), normal(2, 2), MASK],
    ["@0", "@1"],
    mask="@2",
    use_batchwise_mask=False,
)
misuse("simplified_dropconnect", [[[2, 3], f], [[4, 2], f]])
misuse("simplified_dropconnect", [[[2, 3], f], [[4, 3], f], [[3], f]])
case("rrelu", [normal(2, 3, 2)])
case("rrelu", [normal(2, 3)], l=0.5, u=0.75, return_r=True)
case("rrelu", [normal(2, 3), const([[0.5, 0.25, 0.5], [0.5, 0.25, 0.1]])], ["@0"], r="@1")
misuse("rrelu", [[[2], f]], l=0.5, u=0.25)
misuse("rrelu", [[[2], f]], u=1.0)
misuse("rrelu", [[[2], i]])

# ---- losses, scores
for reduce in ("half_squared_sum", "no"):
    case("cross_covariance", [normal(4, 3), normal(4, 2)], reduce=reduce)
    case("decov", [normal(4, 3)], reduce=reduce)
misuse("cross_covariance", [[[2, 3], f], [[3, 3], f]])
misuse("cross_covariance", [[[2, 3], f], [[2, 3], f]], reduce="sum")
misuse("decov", [[[2], f]])
misuse("decov", [[[2, 2], f]], reduce="sum")
case("r2_score", [normal(5, 3), normal(5, 3)])
case(
    "r2_score",
    [normal(4, 2), const([[1.0, 0.5], [1.0, 2.0], [1.0, 1.0], [1.0, 0.0]])],
    multioutput="raw_values",
)
misuse("r2_score", [[[2, 3], f], [[2], f]])
misuse("r2_score", [[[2], f], [[2], f]], multioutput="sum")
misuse("r2_score", [[[2], f], [[2], f], [[2], f]])
OBJECTS = [
    [[0, 1, 1, 2], [2, 2, 1, 0], [3, 3, 3, 1]],
    [[1, 1, 1, 1], [2, 2, 0, 0], [0, 0, 0, 2]],
    [[0, 0, 0, 0], [3, 3, 3, 3], [1, 2, 0, 1]],
]
PIXELS = [normal(3, 3, 3, 4), ints(OBJECTS)]  # 7.8.1 needs as many images as channels
case("discriminative_margin_based_clustering_loss", PIXELS, ["@0", "@1", 0.5, 1.5, 3])
case(
    "discriminative_margin_based_clustering_loss",
    PIXELS,
    ["@0", "@1", 0.1, 0.7, 3],
    norm=2,
    alpha=2.0,
    beta=0.5,
    gamma=0.25,
)
misuse(
    "discriminative_margin_based_clustering_loss",
    [[[1, 2, 2, 2], f], [[1, 2, 2], i]],
    ["@0", "@1", 0.5, 1.5, 2, 3],
)

# ---- transforms, views
case("fft", [normal(2, 5), normal(2, 5)], [{"tuple": ["@0", "@1"]}])
case("ifft", [normal(6), normal(6)], [{"tuple": ["@0", "@1"]}])
misuse("fft", [[[2], f], [[3], f]], [{"tuple": ["@0", "@1"]}])
case("as_strided", [normal(4)], ["@0", tup(3, 2), tup(1, 1)])
case("as_strided", [normal(3, 4)], ["@0", tup(2, 3), tup(5, 1), 1])
case("as_strided", [normal(3, 4)], ["@0", tup(3, 2), tup(-4, 2), 8])
misuse("as_strided", [[[4], f]], ["@0", tup(3, 2), tup(2, 1)])
misuse(
    "as_strided",
    [[[4], f]],
    [
        "@0",
        tup(
            3,
        ),
        tup(
            -2,
        ),
        1,
    ],
)

DEFORMED = [single(2, 2, 4, 5), single(2, 18, 2, 3), single(3, 2, 3, 3), single(3)]
case("deformable_convolution_2d_sampler", DEFORMED)
case(
    "deformable_convolution_2d_sampler",
    [DEFORMED[0], single(2, 8, 3, 3), single(2, 2, 2, 2)],
    stride=2,
    pad=1,
)
misuse(
    "deformable_convolution_2d_sampler", [[[1, 1, 3, 3], f], [[1, 6, 2, 2], f], [[1, 1, 2, 2], f]]
)

# ---- sparse matrices
ENTRIES = {"coo": [0, [0, 0, 2], [1, 3, 0], [3, 4]]}
BATCH = {"coo": [0, [[0, 2, 2], [1, 1, -1]], [[3, 0, 1], [2, 0, -1]], [3, 4]]}
case("sparse_matmul", [normal(3), normal(4, 2)], [ENTRIES, "@1"])
case("sparse_matmul", [normal(3), normal(3, 2)], [ENTRIES, "@1"], transa=True)
case("sparse_matmul", [normal(3), normal(2, 4)], [ENTRIES, "@1"], transb=True)
case("sparse_matmul", [normal(3), normal(2, 3)], ["@1", ENTRIES])
case("sparse_matmul", [normal(3), normal(4, 2)], ["@1", ENTRIES, True, True])
case("sparse_matmul", [normal(2, 3), normal(2, 4, 2)], [BATCH, "@1"])
case("sparse_matmul", [normal(2, 3), normal(2, 2, 4)], ["@1", BATCH], transb=True)
misuse("sparse_matmul", [[[2, 3], f], [[3, 2], f]])
misuse("sparse_matmul", [[[3], f], [[3, 2], f]], [ENTRIES, "@1"])
misuse("sparse_matmul", [[[2, 3], f], [[4, 2], f]], [BATCH, "@1"])
