"""Make utils.json and utils.npz: what Chainer 7.8.1's `utils` compute.

Run under a Python that has the original Chainer:  python make_utils.py
"""

import itertools
import json
import pathlib

import numpy as np
from chainer import utils
from chainer.utils import conv, conv_nd, imgproc

HERE = pathlib.Path(__file__).parent


def sizes():
    rows = []
    for size, k, s, p, cover, d in itertools.product(
        (4, 7), (1, 3), (1, 2, 3), (0, 1), (False, True), (1, 2)
    ):
        given = (size, k, s, p, cover, d)
        rows.append([given, conv.get_conv_outsize(*given), conv.get_deconv_outsize(*given)])
    return rows


def main():
    rng = np.random.RandomState(0)
    image = rng.randn(2, 3, 6, 5).astype("f")
    signal = rng.randn(1, 2, 7)
    pictures = rng.randn(2, 3, 8, 9).astype("f")
    arrays = {"image": image, "signal": signal, "pictures": pictures}
    arrays["im2col"] = conv.im2col_cpu(image, 3, 2, 2, 1, 1, 0, 0.5, True, 1, 2)
    arrays["im2col out"] = conv.im2col_cpu(image, 2, 2, 2, 2, 1, 1, out_h=3, out_w=2)
    arrays["col2im"] = conv.col2im_cpu(arrays["im2col"], 2, 1, 1, 0, 6, 5, 1, 2)
    arrays["im2col_nd"] = conv_nd.im2col_nd_cpu(signal, (3,), (2,), (1,), -1, True, 2)
    arrays["col2im_nd"] = conv_nd.col2im_nd_cpu(arrays["im2col_nd"], (2,), (1,), (7,), 2)
    arrays["oversample"] = imgproc.oversample(pictures, (4, 6))
    arrays["sum_to"] = utils.sum_to(image, (3, 1, 5))
    for number, weights in enumerate(([1, 0, 3], [0.2, 0.3, 0.5, 4, 1], [7])):
        sampler = utils.WalkerAlias(weights)
        np.random.seed(number)
        arrays[f"weights {number}"] = np.array(weights, "f")
        arrays[f"threshold {number}"] = sampler.threshold
        arrays[f"values {number}"] = sampler.values
        arrays[f"sample {number}"] = sampler.sample((4, 5))
    np.savez_compressed(HERE / "utils.npz", **arrays)
    (HERE / "utils.json").write_text(json.dumps({"sizes": sizes()}) + "\n")


if __name__ == "__main__":
    main()
