"""Links of make_links.py as they are written, and the shapes of their inputs.

A list of numbers is a shape, a list of lists a list of arrays, None is None. A link with `steps` is
called as often, with other numbers each time.
A dictionary has `ints`. With `fill`, parameters are drawn anew before the call.
"""

CASES = []


def case(link, *inputs, steps=1, fill=False):
    inputs = list(inputs)
    CASES.append({"link": link, "inputs": inputs, "steps": steps, "fill": fill})


IMAGE = [2, 4, 5, 6]
case("Deconvolution2D(4, 3, 3)", IMAGE)
case("Deconvolution2D(3, 4)", IMAGE)
case("Deconvolution2D(4, 2, (2, 3), 2, 1, nobias=True, outsize=(9, 12))", IMAGE)
case("Deconvolution2D(4, 2, 3, groups=2, dilate=2, initial_bias=0.5)", IMAGE)
case("DilatedConvolution2D(4, 3, 2, dilate=2)", IMAGE)
case("DilatedConvolution2D(None, 3, (2, 3), 2, 1, 1, nobias=True)", IMAGE)
case("DepthwiseConvolution2D(4, 2, 3, pad=1)", IMAGE)
case("DepthwiseConvolution2D(None, 1, (1, 2), 2, nobias=True)", IMAGE)
case("ConvolutionND(2, 4, 3, 2)", IMAGE)
case("ConvolutionND(1, 3, 2)", [2, 4, 6])
case("Convolution1D(4, 2, 3, 2, 1, cover_all=True, groups=2)", [2, 4, 6])
case("Convolution3D(2, 2, 2, initial_bias=1)", [1, 2, 3, 3, 3])
case("DeconvolutionND(2, None, 3, 2, 2, outsize=(10, 13))", IMAGE)
case("Deconvolution1D(4, 3, 2, dilate=2)", [2, 4, 6])
case("Deconvolution3D(2, 2, 2, nobias=True)", [1, 2, 3, 3, 3])
case("Inception(4, 1, 2, 3, 1, 2, 2)", IMAGE)
case("InceptionBN(4, 1, 2, 3, 1, 2, 'max', 2)", IMAGE)
case("InceptionBN(4, 0, 2, 3, 1, 2, 'avg', stride=2)", IMAGE)
case("MLPConvolution2D(4, (3, 2), 2)", IMAGE)
case("MLPConvolution2D((3, 2, 2), 2, conv_init=0.5, bias_init=0.1)", IMAGE)
case("Bias(1, (4,))", IMAGE)
case("Bias(0)", IMAGE, [2, 4])
case("Scale(1, (4, 5), True)", IMAGE)
case("Scale(1, bias_term=True, bias_shape=(4,))", IMAGE, [4])
case("Scale(2, (5,))", IMAGE)
case("Bilinear(3, 4, 2)", [5, 3], [5, 4])
case("Bilinear(3, 4, 2, True)", [5, 3], [5, 4])
case("Bilinear(3, 4, 2, initialW=0.5, initial_bias=(0.1, None, 0.2))", [5, 3], [5, 4])
case("Highway(4)", [3, 4])
case("Highway(4, nobias=True, init_Wh=0.5)", [3, 4])
case("LayerNormalization(6)", [4, 6])
case("LayerNormalization(eps=0.1, initial_gamma=2, initial_beta=1)", [4, 6])
case("GroupNormalization(2, 4)", IMAGE)
case("GroupNormalization(4)", [2, 4, 3])
case("PReLU()", [3, 4])
case("PReLU((4,), 0.5)", [3, 4, 2])
case("Swish((4,))", [3, 4])
case("Swish(None, 0.5)", [3, 4])
case("Maxout(4, 3, 2)", [5, 4])
case("Maxout(None, 3, 2, initial_bias=None)", [5, 4])
case("LSTM(4, 3)", [5, 4], steps=3)
case("LSTM(3)", [5, 4], steps=2)
case("LSTM(4, 2, 0.5, 0.25, 0.1, 2)", [5, 4])
case("StatelessLSTM(4, 3)", [5, 3], [5, 3], [5, 4])
case("StatelessLSTM(None, 3)", None, None, [5, 4])
case("StatelessGRU(4, 3)", [5, 3], [5, 4])
case("GRU(4, 3)", [5, 4], steps=3)
case("StatefulGRU(4, 3, 0.5, 0.25, 0.1)", [5, 4], steps=2)
SEQUENCES = [[2, 3], [4, 3], [1, 3]]
case("NStepLSTM(2, 3, 2, 0.5)", [2, 3, 2], None, SEQUENCES)
case("NStepBiLSTM(2, 3, 2, 0.5)", None, None, SEQUENCES)
case("NStepGRU(2, 3, 2, 0.0)", None, SEQUENCES)
case("NStepBiGRU(1, 3, 2, 0.5, initialW=0.5, initial_bias=0.1)", [2, 3, 2], SEQUENCES)
case("NStepRNNTanh(1, 3, 2, 0.5)", None, SEQUENCES)
case("NStepRNNReLU(1, 3, 2, 0.5)", None, SEQUENCES)
case("NStepBiRNNTanh(2, 3, 2, 0.5)", None, SEQUENCES)
case("NStepBiRNNReLU(1, 3, 2, 0.5)", [2, 3, 2], SEQUENCES)
