"""The classes that Chainer's functions are made of, by module; :mod:`._node_class` makes them.

A line of the tables names a module, a class, and, where that is not the module's own, the function.
"""

from __future__ import annotations

import importlib
from typing import Any

from catenary.functions import _gradient_classes, _node_adapters
from catenary.functions._node_class import make_class

__all__ = ["install"]

# One array in; the rest of the function's arguments are the constructor's.
_OF_ONE = """
activation.clipped_relu ClippedReLU
activation.crelu CReLU
activation.elu ELU
activation.hard_sigmoid HardSigmoid
activation.leaky_relu LeakyReLU
activation.log_softmax LogSoftmax
activation.relu ReLU
activation.sigmoid Sigmoid
activation.softmax Softmax
activation.softplus Softplus
activation.tanh Tanh
array.as_strided AsStrided
array.broadcast Broadcast
array.broadcast BroadcastTo broadcast_to
array.cast Cast
array.depth2space Depth2Space
array.diagonal Diagonal
array.expand_dims ExpandDims
array.flip Flip
array.fliplr FlipLR
array.flipud FlipUD
array.im2col Im2Col
array.moveaxis Moveaxis
array.pad Pad
array.permutate Permutate
array.repeat Repeat
array.reshape Reshape
array.rollaxis Rollaxis
array.separate Separate
array.space2depth Space2Depth
array.squeeze Squeeze
array.swapaxes Swapaxes
array.tile Tile
array.transpose Transpose
connection.shift Shift
math.arctanh Arctanh
math.basic_math Absolute absolute label:|_|
math.batch_l2_norm_squared BatchL2NormSquared
math.cholesky Cholesky label:cholesky
math.clip Clip
math.cumprod Cumprod
math.cumsum Cumsum
math.det BatchDet batch_det label:det
math.digamma DiGamma label:digamma
math.erf Erf label:erf
math.erfc Erfc label:erfc
math.erfcinv ErfcInv label:erfcinv
math.erfcx Erfcx label:erfcx
math.erfinv ErfInv label:erfinv
math.exponential Exp exp label:exp
math.exponential Log log label:log
math.exponential Log10 log10 label:log10
math.exponential Log2 log2 label:log2
math.exponential_m1 Expm1 expm1 label:expm1
math.hyperbolic Cosh cosh label:cosh
math.hyperbolic Sinh sinh label:sinh
math.identity Identity
math.inv BatchInv batch_inv
math.inv Inv
math.lgamma LGamma label:lgamma
math.log_ndtr LogNdtr label:log_ndtr
math.logarithm_1p Log1p log1p label:log1p
math.logsumexp LogSumExp
math.minmax ArgMax argmax
math.minmax ArgMin argmin
math.minmax Max max
math.minmax Min min
math.ndtr Ndtr label:ndtr
math.ndtri Ndtri label:ndtri
math.prod Prod
math.sqrt Sqrt label:sqrt
math.square Square label:square
math.sum Sum
math.sum SumTo sum_to
math.trigonometric Arccos arccos label:arccos
math.trigonometric Arcsin arcsin label:arcsin
math.trigonometric Arctan arctan label:arctan
math.trigonometric Cos cos label:cos
math.trigonometric Sin sin label:sin
math.trigonometric Tan tan label:tan
normalization.l2_normalization NormalizeL2 normalize
normalization.local_response_normalization LocalResponseNormalization
pooling.unpooling_2d Unpooling2D
pooling.upsampling_2d Upsampling2D
"""
# Two arrays in, or as many as the line says.
_OF_MORE = """
activation.prelu PReLUFunction prelu
activation.swish Swish
array.select_item SelectItem
connection.bilinear BilinearFunction bilinear 6
connection.convolution_2d Convolution2DFunction convolution_2d 3
connection.deconvolution_2d Deconvolution2DFunction deconvolution_2d 3
connection.embed_id EmbedIDFunction
connection.local_convolution_2d LocalConvolution2DFunction local_convolution_2d 3
evaluation.accuracy Accuracy
loss.absolute_error AbsoluteError
loss.contrastive Contrastive contrastive 3
loss.cross_covariance CrossCovariance
loss.huber_loss HuberLoss
loss.mean_absolute_error MeanAbsoluteError
loss.mean_squared_error MeanSquaredError
loss.negative_sampling NegativeSamplingFunction negative_sampling 3
loss.sigmoid_cross_entropy SigmoidCrossEntropy
loss.squared_error SquaredError
loss.triplet Triplet triplet 3
math.fmod Fmod label:fmod
math.linear_interpolate LinearInterpolate linear_interpolate 3
math.matmul BatchMatMul batch_matmul
math.maximum Maximum
math.minimum Minimum
math.polygamma PolyGamma label:polygamma
math.trigonometric Arctan2 arctan2 label:arctan2
normalization.batch_normalization FixedBatchNormalization fixed_batch_normalization 5
normalization.layer_normalization LayerNormalization layer_normalization 3
pooling.roi_pooling_2d ROIPooling2D
rnn.lstm LSTM
rnn.slstm SLSTM slstm 4
"""
_OF_A_LIST = """
array.concat Concat
array.dstack Dstack
array.hstack Hstack
array.pad_sequence PadSequence
array.stack Stack
array.vstack Vstack
"""
# The function is one of `_node_adapters`.
_ADAPTED = """
activation.rrelu RReLU rrelu
array.copy Copy copied
array.get_item GetItem get_item
array.resize_images ResizeImages resize_images
array.scatter_add ScatterAdd scatter_add 2
array.split_axis SplitAxis split_axis
array.where Where where 2
connection.convolution_nd ConvolutionND convolution_nd 3
connection.deconvolution_nd DeconvolutionND deconvolution_nd 3
connection.linear LinearFunction linear 3
loss.softmax_cross_entropy SoftmaxCrossEntropy softmax_cross_entropy 2
math.average Mean mean
math.fft FFT fft 2
math.matmul MatMul matmul 2
math.tensordot TensorDot tensordot 2
math.zeta Zeta zeta label:zeta
noise.dropout Dropout dropout
noise.gaussian Gaussian gaussian 2
noise.simplified_dropconnect SimplifiedDropconnect simplified_dropconnect 3
noise.zoneout Zoneout zoneout 2
normalization.batch_normalization BatchNormalization batch_normalization 3
normalization.decorrelated_batch_normalization DecorrelatedBatchNormalization \
decorrelated_batch_normalization
normalization.group_normalization GroupNormalization group_normalization 3
pooling.average_pooling_2d AveragePooling2D average_pooling_2d
pooling.average_pooling_nd AveragePoolingND average_pooling_nd
pooling.max_pooling_nd MaxPoolingND max_pooling_nd
pooling.unpooling_nd UnpoolingND unpooling_nd
"""
_ADAPTED_LISTS = """
array.transpose_sequence TransposeSequence transpose_sequence
math.basic_math MultiAdd multi_add
math.einsum EinSum einsum
util.forget Forget forget
"""


def install() -> None:
    """Put every class into its module."""
    _install(_OF_ONE)
    _install(_OF_MORE, arrays=2)
    _install(_OF_A_LIST, takes_list=True)
    _install(_ADAPTED, adapters=_node_adapters)
    _install(_ADAPTED_LISTS, adapters=_node_adapters, takes_list=True)
    _install_operators()
    _gradient_classes.install()


def _install(
    table: str, *, arrays: int = 1, takes_list: bool = False, adapters: Any = None
) -> None:
    for line in table.strip().split("\n"):
        place, name, *words = line.split()
        label = None
        if words and words[-1].startswith("label:"):
            label = words.pop().removeprefix("label:")
        count = int(words.pop()) if words and words[-1].isdigit() else arrays
        home = adapters or importlib.import_module(f"catenary.functions.{place}")
        function = getattr(home, words[0] if words else place.rpartition(".")[2])
        make_class(place, name, function, arrays=count, takes_list=takes_list, label=label)


def _install_operators() -> None:
    """Make the classes of Variable's operators."""
    place = "math.basic_math"
    make_class(place, "Add", lambda x, y: x + y, arrays=2, label="_ + _")
    make_class(place, "Sub", lambda x, y: x - y, arrays=2, label="_ - _")
    make_class(place, "Mul", lambda x, y: x * y, arrays=2, label="_ * _")
    make_class(place, "Div", lambda x, y: x / y, arrays=2, label="_ / _")
    make_class(place, "Neg", lambda x: -x, label="__neg__")
    make_class(place, "PowVarVar", lambda x, y: x**y, arrays=2, label="_ ** _")
    make_class(place, "AddConstant", lambda x, value: x + value, label="_ + {}")
    make_class(place, "SubFromConstant", lambda x, value: value - x, label="{} - _")
    make_class(place, "MulConstant", lambda x, value: x * value, label="_ * {}")
    make_class(place, "DivFromConstant", lambda x, value: value / x, label="{} / _")
    make_class(place, "PowVarConst", lambda x, value: x**value, label="_ ** {}")
    make_class(place, "PowConstVar", lambda x, value: value**x, label="{} ** _")
