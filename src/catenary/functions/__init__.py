"""Functions on Variables, with Chainer's names: torch operations that keep the graph.

Calls `variable`, `backends`, torch and numpy; `_apply` turns torch operations into Variables.
Called by links and by users; importing it gives Variable its operators and methods.
"""

from catenary.functions import _methods
from catenary.functions.activation.clipped_relu import clipped_relu
from catenary.functions.activation.elu import elu
from catenary.functions.activation.leaky_relu import leaky_relu
from catenary.functions.activation.log_softmax import log_softmax
from catenary.functions.activation.relu import relu
from catenary.functions.activation.sigmoid import sigmoid
from catenary.functions.activation.softmax import softmax
from catenary.functions.activation.softplus import softplus
from catenary.functions.activation.tanh import tanh
from catenary.functions.array.broadcast import broadcast, broadcast_to
from catenary.functions.array.cast import cast
from catenary.functions.array.concat import concat
from catenary.functions.array.expand_dims import expand_dims
from catenary.functions.array.flatten import flatten
from catenary.functions.array.get_item import get_item
from catenary.functions.array.reshape import reshape
from catenary.functions.array.split_axis import split_axis
from catenary.functions.array.squeeze import squeeze
from catenary.functions.array.stack import stack
from catenary.functions.array.transpose import transpose
from catenary.functions.array.where import where
from catenary.functions.connection.convolution_2d import convolution_2d
from catenary.functions.connection.embed_id import embed_id
from catenary.functions.connection.linear import linear
from catenary.functions.evaluation.accuracy import accuracy
from catenary.functions.loss.mean_absolute_error import mean_absolute_error
from catenary.functions.loss.mean_squared_error import mean_squared_error
from catenary.functions.loss.sigmoid_cross_entropy import sigmoid_cross_entropy
from catenary.functions.loss.softmax_cross_entropy import softmax_cross_entropy
from catenary.functions.math.average import average, mean
from catenary.functions.math.basic_math import absolute, add
from catenary.functions.math.clip import clip
from catenary.functions.math.exponential import exp, log
from catenary.functions.math.identity import identity
from catenary.functions.math.matmul import matmul
from catenary.functions.math.maximum import maximum
from catenary.functions.math.minimum import minimum
from catenary.functions.math.minmax import argmax, argmin, max, min
from catenary.functions.math.sqrt import sqrt
from catenary.functions.math.square import square
from catenary.functions.math.sum import sum
from catenary.functions.noise.dropout import dropout
from catenary.functions.normalization.batch_normalization import (
    batch_normalization,
    fixed_batch_normalization,
)
from catenary.functions.pooling.average_pooling_2d import average_pooling_2d
from catenary.functions.pooling.max_pooling_nd import max_pooling_2d

__all__ = [
    "absolute",
    "accuracy",
    "add",
    "argmax",
    "argmin",
    "average",
    "average_pooling_2d",
    "batch_normalization",
    "broadcast",
    "broadcast_to",
    "cast",
    "clip",
    "clipped_relu",
    "concat",
    "convolution_2d",
    "dropout",
    "elu",
    "embed_id",
    "exp",
    "expand_dims",
    "fixed_batch_normalization",
    "flatten",
    "get_item",
    "identity",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pooling_2d",
    "maximum",
    "mean",
    "mean_absolute_error",
    "mean_squared_error",
    "min",
    "minimum",
    "relu",
    "reshape",
    "sigmoid",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "split_axis",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "sum",
    "tanh",
    "transpose",
    "where",
]

_methods.install()
