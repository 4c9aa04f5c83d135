"""Functions on Variables, with Chainer's names: torch operations that keep the graph.

Calls `variable`, `backends`, torch and numpy; `_apply` turns torch operations into Variables.
Called by links and by users; importing it gives Variable its operators and methods.
"""

from catenary.functions import _methods, _node_classes
from catenary.functions.activation.clipped_relu import clipped_relu, relu6
from catenary.functions.activation.crelu import crelu
from catenary.functions.activation.elu import elu
from catenary.functions.activation.hard_sigmoid import hard_sigmoid
from catenary.functions.activation.leaky_relu import leaky_relu
from catenary.functions.activation.log_softmax import log_softmax
from catenary.functions.activation.maxout import maxout
from catenary.functions.activation.prelu import prelu
from catenary.functions.activation.relu import relu
from catenary.functions.activation.rrelu import rrelu
from catenary.functions.activation.selu import selu
from catenary.functions.activation.sigmoid import sigmoid
from catenary.functions.activation.softmax import softmax
from catenary.functions.activation.softplus import softplus
from catenary.functions.activation.swish import swish
from catenary.functions.activation.tanh import tanh
from catenary.functions.array.as_strided import as_strided
from catenary.functions.array.broadcast import broadcast, broadcast_to
from catenary.functions.array.cast import cast
from catenary.functions.array.concat import concat
from catenary.functions.array.copy import copy
from catenary.functions.array.depth2space import depth2space
from catenary.functions.array.diagonal import diagonal
from catenary.functions.array.dstack import dstack
from catenary.functions.array.expand_dims import expand_dims
from catenary.functions.array.flatten import flatten
from catenary.functions.array.flip import flip
from catenary.functions.array.fliplr import fliplr
from catenary.functions.array.flipud import flipud
from catenary.functions.array.get_item import get_item
from catenary.functions.array.hstack import hstack
from catenary.functions.array.im2col import im2col
from catenary.functions.array.moveaxis import moveaxis
from catenary.functions.array.pad import pad
from catenary.functions.array.pad_sequence import pad_sequence
from catenary.functions.array.permutate import permutate
from catenary.functions.array.repeat import repeat
from catenary.functions.array.reshape import reshape
from catenary.functions.array.resize_images import resize_images
from catenary.functions.array.rollaxis import rollaxis
from catenary.functions.array.scatter_add import scatter_add
from catenary.functions.array.select_item import select_item
from catenary.functions.array.separate import separate
from catenary.functions.array.space2depth import space2depth
from catenary.functions.array.spatial_transformer_grid import spatial_transformer_grid
from catenary.functions.array.spatial_transformer_sampler import spatial_transformer_sampler
from catenary.functions.array.split_axis import split_axis
from catenary.functions.array.squeeze import squeeze
from catenary.functions.array.stack import stack
from catenary.functions.array.swapaxes import swapaxes
from catenary.functions.array.tile import tile
from catenary.functions.array.transpose import transpose
from catenary.functions.array.transpose_sequence import transpose_sequence
from catenary.functions.array.vstack import vstack
from catenary.functions.array.where import where
from catenary.functions.connection.bilinear import bilinear
from catenary.functions.connection.convolution_2d import convolution_2d
from catenary.functions.connection.convolution_nd import (
    convolution_1d,
    convolution_3d,
    convolution_nd,
)
from catenary.functions.connection.deconvolution_2d import deconvolution_2d
from catenary.functions.connection.deconvolution_nd import (
    deconvolution_1d,
    deconvolution_3d,
    deconvolution_nd,
)
from catenary.functions.connection.deformable_convolution_2d_sampler import (
    deformable_convolution_2d_sampler,
)
from catenary.functions.connection.depthwise_convolution_2d import depthwise_convolution_2d
from catenary.functions.connection.dilated_convolution_2d import dilated_convolution_2d
from catenary.functions.connection.embed_id import embed_id
from catenary.functions.connection.linear import linear
from catenary.functions.connection.local_convolution_2d import local_convolution_2d
from catenary.functions.connection.shift import shift
from catenary.functions.evaluation.accuracy import accuracy
from catenary.functions.evaluation.binary_accuracy import binary_accuracy
from catenary.functions.evaluation.classification_summary import (
    classification_summary,
    f1_score,
    precision,
    recall,
)
from catenary.functions.evaluation.r2_score import r2_score
from catenary.functions.loss.absolute_error import absolute_error
from catenary.functions.loss.black_out import black_out
from catenary.functions.loss.contrastive import contrastive
from catenary.functions.loss.crf1d import argmax_crf1d, crf1d
from catenary.functions.loss.cross_covariance import cross_covariance
from catenary.functions.loss.ctc import connectionist_temporal_classification
from catenary.functions.loss.decov import decov
from catenary.functions.loss.discriminative_loss import discriminative_margin_based_clustering_loss
from catenary.functions.loss.hinge import hinge
from catenary.functions.loss.huber_loss import huber_loss
from catenary.functions.loss.mean_absolute_error import mean_absolute_error
from catenary.functions.loss.mean_squared_error import mean_squared_error
from catenary.functions.loss.negative_sampling import negative_sampling
from catenary.functions.loss.sigmoid_cross_entropy import sigmoid_cross_entropy
from catenary.functions.loss.softmax_cross_entropy import softmax_cross_entropy
from catenary.functions.loss.squared_error import squared_difference, squared_error
from catenary.functions.loss.triplet import triplet
from catenary.functions.loss.vae import bernoulli_nll, gaussian_kl_divergence, gaussian_nll
from catenary.functions.math.arctanh import arctanh
from catenary.functions.math.average import average, mean
from catenary.functions.math.basic_math import absolute, add
from catenary.functions.math.batch_l2_norm_squared import batch_l2_norm_squared
from catenary.functions.math.bias import bias
from catenary.functions.math.ceil import ceil
from catenary.functions.math.cholesky import cholesky
from catenary.functions.math.clip import clip
from catenary.functions.math.cumprod import cumprod
from catenary.functions.math.cumsum import cumsum
from catenary.functions.math.det import batch_det, det
from catenary.functions.math.digamma import digamma
from catenary.functions.math.einsum import einsum
from catenary.functions.math.erf import erf
from catenary.functions.math.erfc import erfc
from catenary.functions.math.erfcinv import erfcinv
from catenary.functions.math.erfcx import erfcx
from catenary.functions.math.erfinv import erfinv
from catenary.functions.math.exponential import exp, log, log2, log10
from catenary.functions.math.exponential_m1 import expm1
from catenary.functions.math.fft import fft, ifft
from catenary.functions.math.fix import fix
from catenary.functions.math.floor import floor
from catenary.functions.math.fmod import fmod
from catenary.functions.math.hyperbolic import cosh, sinh
from catenary.functions.math.identity import identity
from catenary.functions.math.inv import batch_inv, inv
from catenary.functions.math.lgamma import lgamma
from catenary.functions.math.linear_interpolate import linear_interpolate
from catenary.functions.math.log_ndtr import log_ndtr
from catenary.functions.math.logarithm_1p import log1p
from catenary.functions.math.logsumexp import logsumexp
from catenary.functions.math.matmul import batch_matmul, matmul
from catenary.functions.math.maximum import maximum
from catenary.functions.math.minimum import minimum
from catenary.functions.math.minmax import argmax, argmin, max, min
from catenary.functions.math.ndtr import ndtr
from catenary.functions.math.ndtri import ndtri
from catenary.functions.math.polygamma import polygamma
from catenary.functions.math.prod import prod
from catenary.functions.math.scale import scale
from catenary.functions.math.sign import sign
from catenary.functions.math.sparse_matmul import sparse_matmul
from catenary.functions.math.sqrt import rsqrt, sqrt
from catenary.functions.math.square import square
from catenary.functions.math.sum import sum, sum_to
from catenary.functions.math.tensordot import tensordot
from catenary.functions.math.trigonometric import arccos, arcsin, arctan, arctan2, cos, sin, tan
from catenary.functions.math.zeta import zeta
from catenary.functions.noise.dropout import dropout
from catenary.functions.noise.gaussian import gaussian
from catenary.functions.noise.gumbel_softmax import gumbel_softmax
from catenary.functions.noise.simplified_dropconnect import simplified_dropconnect
from catenary.functions.noise.zoneout import zoneout
from catenary.functions.normalization.batch_normalization import (
    batch_normalization,
    fixed_batch_normalization,
)
from catenary.functions.normalization.batch_renormalization import (
    batch_renormalization,
    fixed_batch_renormalization,
)
from catenary.functions.normalization.decorrelated_batch_normalization import (
    decorrelated_batch_normalization,
    fixed_decorrelated_batch_normalization,
)
from catenary.functions.normalization.group_normalization import group_normalization
from catenary.functions.normalization.l2_normalization import normalize
from catenary.functions.normalization.layer_normalization import layer_normalization
from catenary.functions.normalization.local_response_normalization import (
    local_response_normalization,
)
from catenary.functions.pooling.average_pooling_2d import average_pooling_2d
from catenary.functions.pooling.average_pooling_nd import (
    average_pooling_1d,
    average_pooling_3d,
    average_pooling_nd,
)
from catenary.functions.pooling.max_pooling_nd import (
    max_pooling_1d,
    max_pooling_2d,
    max_pooling_3d,
    max_pooling_nd,
)
from catenary.functions.pooling.roi_average_align_2d import roi_average_align_2d
from catenary.functions.pooling.roi_average_pooling_2d import roi_average_pooling_2d
from catenary.functions.pooling.roi_max_align_2d import roi_max_align_2d
from catenary.functions.pooling.roi_max_pooling_2d import roi_max_pooling_2d
from catenary.functions.pooling.roi_pooling_2d import roi_pooling_2d
from catenary.functions.pooling.spatial_pyramid_pooling_2d import spatial_pyramid_pooling_2d
from catenary.functions.pooling.unpooling_2d import unpooling_2d
from catenary.functions.pooling.unpooling_nd import unpooling_1d, unpooling_3d, unpooling_nd
from catenary.functions.pooling.upsampling_2d import upsampling_2d
from catenary.functions.rnn.lstm import lstm
from catenary.functions.rnn.n_step_gru import n_step_bigru, n_step_gru
from catenary.functions.rnn.n_step_lstm import n_step_bilstm, n_step_lstm
from catenary.functions.rnn.n_step_rnn import n_step_birnn, n_step_rnn
from catenary.functions.rnn.slstm import slstm
from catenary.functions.rnn.tree_lstm import tree_lstm
from catenary.functions.util.forget import forget

__all__ = [
    "absolute", "absolute_error", "accuracy", "add", "arccos", "arcsin", "arctan", "arctan2",
    "arctanh", "argmax", "argmax_crf1d", "argmin", "as_strided", "average", "average_pooling_1d",
    "average_pooling_2d", "average_pooling_3d", "average_pooling_nd", "batch_det", "batch_inv",
    "batch_l2_norm_squared", "batch_matmul", "batch_normalization", "batch_renormalization",
    "bernoulli_nll", "bias", "bilinear", "binary_accuracy", "black_out", "broadcast",
    "broadcast_to", "cast", "ceil", "cholesky", "classification_summary", "clip", "clipped_relu",
    "concat", "connectionist_temporal_classification", "contrastive", "convolution_1d",
    "convolution_2d", "convolution_3d", "convolution_nd", "copy", "cos", "cosh", "crelu", "crf1d",
    "cross_covariance", "cumprod", "cumsum", "deconvolution_1d", "deconvolution_2d",
    "deconvolution_3d", "deconvolution_nd", "decorrelated_batch_normalization", "decov",
    "deformable_convolution_2d_sampler", "depth2space", "depthwise_convolution_2d", "det",
    "diagonal", "digamma", "dilated_convolution_2d", "discriminative_margin_based_clustering_loss",
    "dropout", "dstack", "einsum", "elu", "embed_id", "erf", "erfc", "erfcinv", "erfcx", "erfinv",
    "exp", "expand_dims", "expm1", "f1_score", "fft", "fix", "fixed_batch_normalization",
    "fixed_batch_renormalization", "fixed_decorrelated_batch_normalization", "flatten", "flip",
    "fliplr", "flipud", "floor", "fmod", "forget", "gaussian", "gaussian_kl_divergence",
    "gaussian_nll", "get_item", "group_normalization", "gumbel_softmax", "hard_sigmoid", "hinge",
    "hstack", "huber_loss", "identity", "ifft", "im2col", "inv", "layer_normalization",
    "leaky_relu", "lgamma", "linear", "linear_interpolate", "local_convolution_2d",
    "local_response_normalization", "log", "log1p", "log2", "log10", "log_ndtr", "log_softmax",
    "logsumexp", "lstm", "matmul", "max", "max_pooling_1d", "max_pooling_2d", "max_pooling_3d",
    "max_pooling_nd", "maximum", "maxout", "mean", "mean_absolute_error", "mean_squared_error",
    "min", "minimum", "moveaxis", "n_step_bigru", "n_step_bilstm", "n_step_birnn", "n_step_gru",
    "n_step_lstm", "n_step_rnn", "ndtr", "ndtri", "negative_sampling", "normalize", "pad",
    "pad_sequence", "permutate", "polygamma", "precision", "prelu", "prod", "r2_score", "recall",
    "relu", "relu6", "repeat", "reshape", "resize_images", "roi_average_align_2d",
    "roi_average_pooling_2d", "roi_max_align_2d", "roi_max_pooling_2d", "roi_pooling_2d",
    "rollaxis", "rrelu", "rsqrt", "scale", "scatter_add", "select_item", "selu", "separate",
    "shift", "sigmoid", "sigmoid_cross_entropy", "sign", "simplified_dropconnect", "sin", "sinh",
    "slstm", "softmax", "softmax_cross_entropy", "softplus", "space2depth", "sparse_matmul",
    "spatial_pyramid_pooling_2d", "spatial_transformer_grid", "spatial_transformer_sampler",
    "split_axis", "sqrt", "square", "squared_difference", "squared_error", "squeeze", "stack",
    "sum", "sum_to", "swapaxes", "swish", "tan", "tanh", "tensordot", "tile", "transpose",
    "transpose_sequence", "tree_lstm", "triplet", "unpooling_1d", "unpooling_2d", "unpooling_3d",
    "unpooling_nd", "upsampling_2d", "vstack", "where", "zeta", "zoneout",
]  # fmt: skip

_methods.install()
_node_classes.install()
