"""More cases of make_functions.py: convolution, pooling, normalization, losses, noise, rnn."""

from function_cases import (
    IMAGE,
    LABELS,
    SCORES,
    case,
    const,
    d,
    f,
    i,
    ints,
    misuse,
    normal,
    positive,
    single,
)

# ---- convolution
SIGNAL, VOLUME = normal(2, 2, 6), normal(1, 2, 3, 4, 3)
case("convolution_nd", [SIGNAL, normal(3, 2, 2), normal(3)])
case("convolution_nd", [VOLUME, normal(2, 2, 2, 3, 2), normal(2)], stride=[1, 2, 1], pad=1)
case("convolution_nd", [IMAGE, normal(2, 1, 2, 2)], groups=2, cover_all=True, stride=2)
case("convolution_1d", [SIGNAL, normal(2, 2, 3)], dilate=2)
case("convolution_3d", [VOLUME, normal(2, 2, 2, 2, 2), normal(2)])
SMALL = normal(2, 2, 3, 2)
case("deconvolution_2d", [SMALL, normal(2, 3, 3, 2), normal(3)])
case("deconvolution_2d", [SMALL, normal(2, 3, 4, 4)], stride=2, pad=1)
case("deconvolution_2d", [SMALL, normal(2, 2, 2, 3), normal(2)], stride=[2, 3], outsize=[7, 7])
case("deconvolution_2d", [SMALL, normal(2, 2, 3, 3), normal(2)], stride=2, outsize=[6, 4])
case("deconvolution_2d", [SMALL, normal(2, 1, 2, 2), normal(2)], groups=2, dilate=2)
case("deconvolution_nd", [normal(2, 2, 3), normal(2, 3, 3), normal(3)], stride=2)
case("deconvolution_nd", [SMALL, normal(2, 2, 2, 2)], pad=1, outsize=[2, 1])
case("deconvolution_1d", [normal(2, 2, 3), normal(2, 3, 2)], stride=2, outsize=[7])
case("deconvolution_3d", [normal(1, 2, 2, 2, 2), normal(2, 1, 2, 2, 2), normal(1)])
case("dilated_convolution_2d", [IMAGE, normal(3, 2, 2, 2), normal(3)], pad=1, dilate=2)
case("depthwise_convolution_2d", [IMAGE, normal(3, 2, 2, 3), normal(6)], stride=2, pad=1)
case("bilinear", [single(3, 2), single(3, 4), single(2, 4, 5)])
case(
    "bilinear",
    [single(3, 2, 2), single(3, 3), single(4, 3, 2), single(4, 2), single(3, 2), single(2)],
)

# ---- pooling
case("average_pooling_nd", [VOLUME], ["@0", 2])
case("average_pooling_nd", [IMAGE], ["@0", 2], pad=1, stride=2, pad_value=None)
case("average_pooling_1d", [SIGNAL], ["@0", 3], stride=1, pad=2)
case("average_pooling_3d", [VOLUME], ["@0", [2, 3, 1]], stride=1)
case("max_pooling_nd", [VOLUME], ["@0", 2])
case("max_pooling_nd", [VOLUME], ["@0", [2, 3, 2]], stride=[1, 2, 1], pad=1, return_indices=True)
case("max_pooling_1d", [SIGNAL], ["@0", 4], stride=3, return_indices=True)
case("max_pooling_3d", [VOLUME], ["@0", 2], cover_all=False)
case("unpooling_2d", [SMALL], ["@0", 2])
case("unpooling_2d", [SMALL], ["@0", 2], cover_all=False)
case("unpooling_2d", [SMALL], ["@0", 2], outsize=[6, 4])
case("unpooling_2d", [SMALL], ["@0", [3, 2]], stride=[2, 1], pad=[1, 0])
case("unpooling_2d", [normal(1, 1, 4, 4)], ["@0", 2], pad=2, cover_all=False)
case("unpooling_nd", [SMALL], ["@0", 2], stride=1)
case("unpooling_1d", [normal(2, 2, 3)], ["@0", 3], stride=2, pad=1)
case("unpooling_3d", [normal(1, 2, 2, 2, 2)], ["@0", 2], outsize=[4, 3, 4])
PLACES = ints([[[[0, 3], [2, 1]]]], "int64")
case("upsampling_2d", [normal(1, 1, 2, 2), PLACES], ["@0", "@1", 2])
case("upsampling_2d", [normal(1, 1, 2, 2), PLACES], ["@0", "@1", 2], cover_all=False)
case("upsampling_2d", [normal(1, 1, 2, 2), PLACES], ["@0", "@1", 2], stride=1, outsize=[3, 3])
case("upsampling_2d", [normal(1, 1, 2, 2), PLACES], ["@0", "@1", 2], pad=1, outsize=[2, 2])
case("spatial_pyramid_pooling_2d", [IMAGE], ["@0", 3, "max"])
ROIS = const([[0, 0, 0, 5, 7], [1, 2, 1, 7, 3]])
case("roi_pooling_2d", [IMAGE, ROIS], ["@0", "@1", 2, 3, 0.5])

# ---- normalization
case("normalize", [normal(2, 3)])
case("normalize", [normal(2, 3, 2)], eps=0.1, axis={"tuple": [1, 2]})
case("normalize", [{"values": [[3.0, 4.0], [0.0, 0.0]]}], eps=0.5)
case("layer_normalization", [normal(3, 4), positive(4), normal(4)])
case("layer_normalization", [normal(3, 4), positive(4), normal(4)], eps=0.1)
case("group_normalization", [normal(2, 4, 3), positive(4), normal(4)], ["@0", 2, "@1", "@2"])
case("group_normalization", [normal(2, 2), positive(2), normal(2)], ["@0", 1, "@1", "@2", 0.1])
case("local_response_normalization", [normal(2, 7, 2)])
case("local_response_normalization", [normal(2, 3)], n=4, k=1, alpha=0.5, beta=0.5)

# ---- losses, evaluation
for reduce in ("sum", "mean", "no"):
    case("gaussian_kl_divergence", [normal(2, 3), normal(2, 3)], reduce=reduce)
    case("gaussian_nll", [normal(2, 3), normal(2, 3), normal(2, 3)], reduce=reduce)
    case("bernoulli_nll", [positive(2, 3), normal(2, 3)], reduce=reduce)
case("squared_error", [normal(2, 3), normal(2, 3)])
case("squared_difference", [normal(2, 3), normal(2, 3)])
case("absolute_error", [normal(2, 3), normal(2, 3)])
case("huber_loss", [normal(2, 3), normal(2, 3)], ["@0", "@1", 0.5])
case("huber_loss", [normal(2, 3), normal(2, 3)], ["@0", "@1", 1.0], reduce="no")
for norm in ("L1", "L2"):
    case("hinge", [SCORES, LABELS], norm=norm)
    case("hinge", [SCORES, LABELS], norm=norm, reduce="no")
for reduce in ("mean", "no"):
    case("contrastive", [normal(3, 4), normal(3, 4), ints([0, 1, 0])], margin=4, reduce=reduce)
    case("triplet", [normal(3, 4), normal(3, 4), normal(3, 4)], reduce=reduce)
CTC = [normal(2, 4), normal(2, 4), normal(2, 4), ints([[1, 2], [3, 3]])]
STEPS = [["@0", "@1", "@2"], "@3", 0]
case("connectionist_temporal_classification", CTC, STEPS)
case(
    "connectionist_temporal_classification",
    [*CTC, ints([3, 2]), ints([2, 1])],
    STEPS,
    input_length="@4",
    label_length="@5",
    reduce="no",
)
SAMPLES = {"sampler": [[0, 1, 2], [0, 0, 0], [0, 3, 1]]}
for reduce in ("sum", "no"):
    case(
        "negative_sampling",
        [normal(3, 2), ints([0, -1, 2]), normal(4, 2)],
        ["@0", "@1", "@2", SAMPLES, 2],
        reduce=reduce,
    )
case("binary_accuracy", [normal(2, 3), ints([[0, 1, -1], [1, 1, 0]])])
case("classification_summary", [SCORES, LABELS], beta=2.0)
for name in ("precision", "recall", "f1_score"):
    case(name, [SCORES, ints([0, 1, 1, -1])], label_num=3)

# ---- noise
case("gaussian", [normal(2, 3), normal(2, 3)])
case(
    "gaussian",
    [normal(2, 2), normal(2, 2), const([[1.0, -1.0], [0.5, 0.0]])],
    ["@0", "@1"],
    eps="@2",
)
case("gumbel_softmax", [normal(2, 3)], tau=0.5)
case("zoneout", [normal(2, 3), normal(2, 3)])

# ---- recurrence
case("lstm", [normal(2, 3), normal(2, 12)])
case("lstm", [normal(3, 2, 2), normal(2, 8, 2)])


def network(gates, states, layers, directions):
    """States (3 samples, 2 units), inputs of 2 values over 3, 2, 1 and 1 samples, weights."""
    groups = layers * directions
    inputs = [normal(groups, 3, 2) for _ in range(states)]
    inputs += [normal(n, 2) for n in (3, 2, 1, 1)]
    ws, bs = [], []
    for layer in range(layers):
        for _ in range(directions):
            width = 2 if layer == 0 else 2 * directions
            shapes = [(2, width)] * gates + [(2, 2)] * gates
            for group, shapes_of in ((ws, shapes), (bs, [(2,)] * (2 * gates))):
                group.append([f"@{len(inputs) + k}" for k in range(len(shapes_of))])
                inputs.extend(normal(*shape) for shape in shapes_of)
    head = [f"@{k}" for k in range(states)]
    xs = [f"@{states + k}" for k in range(4)]
    return inputs, [layers, 0.5, *head, ws, bs, xs]


case("n_step_lstm", *network(4, 2, 2, 1))
case("n_step_bilstm", *network(4, 2, 2, 2))
case("n_step_gru", *network(3, 1, 1, 1))
case("n_step_bigru", *network(3, 1, 2, 2))
case("n_step_rnn", *network(1, 1, 2, 1))
case("n_step_rnn", *network(1, 1, 1, 1), activation="relu")
case("n_step_birnn", *network(1, 1, 2, 2))

# ---- misuse
misuse("convolution_nd", [[[2, 3, 4], f], [[4, 3, 2, 2], f]])
misuse("convolution_1d", [[[2, 3, 4, 4], f], [[4, 3, 2], f]])
misuse("deconvolution_2d", [[[2, 3, 4, 4], f], [[2, 3, 2, 2], f]])
misuse("deconvolution_2d", [[[2, 3, 4, 4], f], [[3, 2, 2, 2], f]], outsize=[9, 9])
misuse("deconvolution_2d", [[[2, 3, 4, 4], f], [[3, 2, 2, 2], f]], dilate=0)
misuse("deconvolution_2d", [[[2, 3, 1, 1], f], [[3, 2, 2, 2], f]], pad=1)
misuse("deconvolution_3d", [[[2, 3, 4], f], [[3, 2, 2], f]])
misuse("bilinear", [[[3, 2], f], [[2, 4], f], [[2, 4, 5], f]])
misuse("average_pooling_nd", [[[2, 3, 4], f]], ["@0", 2], pad_value=1)
misuse("average_pooling_1d", [[[2, 3, 4, 4], f]], ["@0", 2])
misuse("max_pooling_1d", [[[2, 3, 4, 4], f]], ["@0", 2])
misuse("unpooling_2d", [[[2, 3, 4], f]], ["@0", 2])
misuse("unpooling_2d", [[[2, 3, 4, 4], f]], ["@0", 2], outsize=[12, 12])
misuse("upsampling_2d", [[[1, 1, 2, 2], f], [[1, 1, 2, 3], i]], ["@0", "@1", 2])
misuse("spatial_pyramid_pooling_2d", [[[2, 3, 4, 4], f]], ["@0", 2, "mean"])
misuse("roi_pooling_2d", [[[2, 3, 4, 4], f], [[2, 4], f]], ["@0", "@1", 2, 2, 1.0])
misuse("normalize", [[[2, 3], i]])
misuse("layer_normalization", [[[2, 3, 2], f], [[3], f], [[3], f]])
misuse("group_normalization", [[[2, 3], f], [[3], f], [[3], f]], ["@0", 2, "@1", "@2"])
misuse("group_normalization", [[[2, 3], f], [[3], f], [[3], f]], ["@0", 1.0, "@1", "@2"])
misuse("group_normalization", [[[2, 3], f], [[2], f], [[2], f]], ["@0", 1, "@1", "@2"])
misuse("local_response_normalization", [[[2], f]])
misuse("gaussian_kl_divergence", [[[2], f], [[2], f]], reduce="max")
misuse("bernoulli_nll", [[[2], f], [[2], f]], reduce="max")
misuse("huber_loss", [[[2, 3], f], [[2, 3], f]], ["@0", "@1", 1.0], reduce="mean")
misuse("squared_error", [[[2], f], [[2], d]])
misuse("hinge", [[[2, 3], f], [[2], i]], norm="L3")
misuse("hinge", [[[2, 3], f], [[3], i]])
misuse("contrastive", [[[2, 3], f], [[2, 3], f], [[2], i]], margin=0)
misuse("contrastive", [[[2, 3], f], [[2, 3], f], [[2], f]])
misuse("triplet", [[[2, 3], f], [[2, 3], f], [[2, 2], f]])
misuse("connectionist_temporal_classification", [[[2, 3], f], [[2, 1], i]], ["@0", "@1", 0])
misuse("connectionist_temporal_classification", [[[2, 3], f], [[2, 1], i]], [["@0"], "@1", 0.0])
misuse("binary_accuracy", [[[2, 3], f], [[2, 3], f]])
misuse("classification_summary", [[[2, 3], f], [[3], i]])
misuse("gaussian", [[[2], f], [[3], f]])
misuse("lstm", [[[2, 3], f], [[2, 9], f]])
misuse("n_step_rnn", [], [1, 0.0, None, [[]], [[]], [[]]], activation="sigmoid")
misuse("deconvolution_nd", [[[2, 3, 4], f], [[2, 3, 2], f]])
misuse("bilinear", [[[2, 3], f], [[2, 4], f], [[3, 4, 5], f], [[3, 5], f]])
misuse("resize_images", [[[2, 3, 4], f]], ["@0", [2, 2]])
misuse("contrastive", [[[2, 3], f], [[2, 3], f], [[2], i]], reduce="sum")
misuse("triplet", [[[2, 3], f], [[2, 3], f], [[2, 3], f]], margin=0)
misuse("triplet", [[[2, 3], f], [[2, 3], f], [[2, 3], f]], reduce="sum")
misuse("hinge", [[[2, 3], f], [[2], i]], reduce="sum")
CALL = [["@0"], "@1", 0]
misuse("connectionist_temporal_classification", [[[2, 3], f], [[2, 1], i]], CALL, reduce="sum")
misuse("connectionist_temporal_classification", [[[2, 3], f], [[2, 1], "int64"]], CALL)
DRAW = ["@0", "@1", "@2", {"sampler": [[0, 0], [0, 0]]}, 1]
misuse("negative_sampling", [[[2, 3], f], [[2], i], [[4, 3], f]], DRAW, reduce="mean")
misuse("negative_sampling", [[[2, 3], f], [[2], "int64"], [[4, 3], f]], DRAW)
