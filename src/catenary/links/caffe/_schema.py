"""Caffe's messages, as far as models need them: names, numbers, types and defaults of fields.

Enumerations are declared as the integers that they are in a file. Fields that are not declared are
skipped when a file is read.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

from catenary.errors import SnapshotError

__all__ = ["OLD_TYPES", "TEST_PHASE", "message", "read_network"]

# A line is a message and its fields: number, name, type ("*" repeats it), "=" and a default.
_MESSAGES = """
BlobShape: 1 dim int64*
BlobProto: 1 num int32, 2 channels int32, 3 height int32, 4 width int32, 5 data float*,
    7 shape BlobShape, 8 double_data double*
NetParameter: 1 name string, 2 layers V1LayerParameter*, 3 input string*, 4 input_dim int32*,
    8 input_shape BlobShape*, 100 layer LayerParameter*
LayerParameter: 1 name string, 2 type string, 3 bottom string*, 4 top string*, 7 blobs BlobProto*,
    10 phase int32, 104 concat_param ConcatParameter, 106 convolution_param ConvolutionParameter,
    108 dropout_param DropoutParameter, 110 eltwise_param EltwiseParameter,
    117 inner_product_param InnerProductParameter, 118 lrn_param LRNParameter,
    121 pooling_param PoolingParameter, 123 relu_param ReLUParameter,
    124 sigmoid_param SigmoidParameter, 125 softmax_param SoftmaxParameter,
    126 slice_param SliceParameter, 133 reshape_param ReshapeParameter,
    139 batch_norm_param BatchNormParameter, 142 scale_param ScaleParameter
V1LayerParameter: 2 bottom string*, 3 top string*, 4 name string, 5 type int32, 6 blobs BlobProto*,
    9 concat_param ConcatParameter, 10 convolution_param ConvolutionParameter,
    12 dropout_param DropoutParameter, 17 inner_product_param InnerProductParameter,
    18 lrn_param LRNParameter, 19 pooling_param PoolingParameter,
    24 eltwise_param EltwiseParameter, 30 relu_param ReLUParameter, 31 slice_param SliceParameter,
    38 sigmoid_param SigmoidParameter, 39 softmax_param SoftmaxParameter
BatchNormParameter: 1 use_global_stats bool, 2 moving_average_fraction float=0.999,
    3 eps float=1e-5
ConcatParameter: 1 concat_dim uint32=1, 2 axis int32=1
ConvolutionParameter: 1 num_output uint32, 2 bias_term bool=true, 3 pad uint32*,
    4 kernel_size uint32*, 5 group uint32=1, 6 stride uint32*, 9 pad_h uint32, 10 pad_w uint32,
    11 kernel_h uint32, 12 kernel_w uint32, 13 stride_h uint32, 14 stride_w uint32,
    15 engine int32, 16 axis int32=1, 18 dilation uint32*
DropoutParameter: 1 dropout_ratio float=0.5
EltwiseParameter: 1 operation int32=1, 2 coeff float*
InnerProductParameter: 1 num_output uint32, 2 bias_term bool=true, 5 axis int32=1
LRNParameter: 1 local_size uint32=5, 2 alpha float=1, 3 beta float=0.75, 4 norm_region int32,
    5 k float=1, 6 engine int32
PoolingParameter: 1 pool int32, 2 kernel_size uint32, 3 stride uint32=1, 4 pad uint32,
    5 kernel_h uint32, 6 kernel_w uint32, 7 stride_h uint32, 8 stride_w uint32, 9 pad_h uint32,
    10 pad_w uint32, 11 engine int32, 12 global_pooling bool
ReLUParameter: 1 negative_slope float, 2 engine int32
ReshapeParameter: 1 shape BlobShape, 2 axis int32, 3 num_axes int32=-1
ScaleParameter: 1 axis int32=1, 2 num_axes int32=1, 4 bias_term bool
SigmoidParameter: 1 engine int32
SliceParameter: 1 slice_dim uint32=1, 2 slice_point uint32*, 3 axis int32=1
SoftmaxParameter: 1 engine int32, 2 axis int32=1
"""
# The other repeated numbers stand in files one by one.
_PACKED = {"BlobShape.dim", "BlobProto.data", "BlobProto.double_data"}

_OLD_TYPES = (
    "NONE ACCURACY BNLL CONCAT CONVOLUTION DATA DROPOUT EUCLIDEAN_LOSS FLATTEN HDF5_DATA "
    "HDF5_OUTPUT IM2COL IMAGE_DATA INFOGAIN_LOSS INNER_PRODUCT LRN MULTINOMIAL_LOGISTIC_LOSS "
    "POOLING RELU SIGMOID SOFTMAX SOFTMAX_LOSS SPLIT TANH WINDOW_DATA ELTWISE POWER "
    "SIGMOID_CROSS_ENTROPY_LOSS HINGE_LOSS MEMORY_DATA ARGMAX THRESHOLD DUMMY_DATA SLICE MVN "
    "ABSVAL SILENCE CONTRASTIVE_LOSS EXP DECONVOLUTION"
)
OLD_TYPES = tuple(_OLD_TYPES.split())
"""What the integer `type` of an old layer means, by position."""

TEST_PHASE = 1


def message(name: str) -> Any:
    """Return an empty message of Caffe's, for example a ``"NetParameter"``.

    Raises:
        ImportError: protobuf is not installed.
    """
    return _classes()[name]()


def read_network(path: str | os.PathLike[str]) -> Any:
    """Return the NetParameter that a binary file holds.

    Raises:
        ImportError: protobuf is not installed.
        SnapshotError: The file holds something else.
    """
    net = message("NetParameter")
    from google.protobuf.message import DecodeError

    try:
        net.ParseFromString(Path(path).read_bytes())
    except DecodeError as error:
        raise SnapshotError(f"{os.fspath(path)} is no binary model of Caffe: {error}") from error
    return net


@functools.cache
def _classes() -> dict[str, Any]:
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError as error:
        raise ImportError(
            "files of Caffe are protobuf messages: install protobuf, or `catenary[caffe]`"
        ) from error
    file = descriptor_pb2.FileDescriptorProto(name="catenary/caffe.proto", package="caffe")
    for entry in _MESSAGES.replace(",\n   ", ",").strip().split("\n"):
        name, _, fields = entry.partition(": ")
        declared = file.message_type.add(name=name)
        for field in fields.split(", "):
            _declare(declared, field)
    # A pool of its own: a program may have Caffe's own messages loaded under the same names.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        declared.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"caffe.{declared.name}")
        )
        for declared in file.message_type
    }


def _declare(declared: Any, text: str) -> None:
    """Add a field to a message's declaration."""
    number, name, words = text.split()
    kind, _, default = words.partition("=")
    repeated = kind.endswith("*")
    kind = kind.rstrip("*")
    field = declared.field.add(name=name, number=int(number))
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    if kind[0].isupper():
        field.type, field.type_name = field.TYPE_MESSAGE, f".caffe.{kind}"
    else:
        field.type = getattr(field, f"TYPE_{kind.upper()}")
    if default:
        field.default_value = default
    if f"{declared.name}.{name}" in _PACKED:
        field.options.packed = True
