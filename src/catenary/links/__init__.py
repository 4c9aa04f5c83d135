"""Links: layers with parameters, by kind, with Chainer's names and arguments.

May import `link`, `functions`, `variable`, `initializers`, `backend` and `reporter`. Called by
users, who compose models of them.
"""

from __future__ import annotations

from catenary.links.activation.maxout import Maxout
from catenary.links.activation.prelu import PReLU
from catenary.links.activation.simplified_dropconnect import SimplifiedDropconnect
from catenary.links.activation.swish import Swish
from catenary.links.connection.bias import Bias
from catenary.links.connection.bilinear import Bilinear
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.convolution_nd import Convolution1D, Convolution3D, ConvolutionND
from catenary.links.connection.deconvolution_2d import Deconvolution2D
from catenary.links.connection.deconvolution_nd import (
    Deconvolution1D,
    Deconvolution3D,
    DeconvolutionND,
)
from catenary.links.connection.deformable_convolution_2d import DeformableConvolution2D
from catenary.links.connection.depthwise_convolution_2d import DepthwiseConvolution2D
from catenary.links.connection.dilated_convolution_2d import DilatedConvolution2D
from catenary.links.connection.embed_id import EmbedID
from catenary.links.connection.highway import Highway
from catenary.links.connection.inception import Inception
from catenary.links.connection.inceptionbn import InceptionBN
from catenary.links.connection.linear import Linear
from catenary.links.connection.local_convolution_2d import LocalConvolution2D
from catenary.links.connection.mlp_convolution_2d import MLPConvolution2D
from catenary.links.connection.parameter import Parameter
from catenary.links.connection.scale import Scale
from catenary.links.loss.black_out import BlackOut
from catenary.links.loss.crf1d import CRF1d
from catenary.links.loss.hierarchical_softmax import BinaryHierarchicalSoftmax
from catenary.links.loss.negative_sampling import NegativeSampling
from catenary.links.model.classifier import Classifier
from catenary.links.model.vision.googlenet import GoogLeNet
from catenary.links.model.vision.resnet import ResNet50Layers, ResNet101Layers, ResNet152Layers
from catenary.links.model.vision.vgg import VGG16Layers, VGG19Layers
from catenary.links.normalization.batch_normalization import BatchNormalization
from catenary.links.normalization.batch_renormalization import BatchRenormalization
from catenary.links.normalization.decorrelated_batch_normalization import (
    DecorrelatedBatchNormalization,
)
from catenary.links.normalization.group_normalization import GroupNormalization
from catenary.links.normalization.layer_normalization import LayerNormalization
from catenary.links.rnn.gru import GRU, StatefulGRU, StatelessGRU
from catenary.links.rnn.lstm import LSTM, StatelessLSTM
from catenary.links.rnn.mgu import StatefulMGU, StatelessMGU
from catenary.links.rnn.n_step_gru import NStepBiGRU, NStepGRU
from catenary.links.rnn.n_step_lstm import NStepBiLSTM, NStepLSTM
from catenary.links.rnn.n_step_rnn import NStepBiRNNReLU, NStepBiRNNTanh, NStepRNNReLU, NStepRNNTanh
from catenary.links.rnn.peephole import StatefulPeepholeLSTM
from catenary.links.rnn.tree_lstm import ChildSumTreeLSTM, NaryTreeLSTM
from catenary.links.rnn.zoneoutlstm import StatefulZoneoutLSTM

__all__ = [
    "GRU",
    "LSTM",
    "BatchNormalization",
    "BatchRenormalization",
    "Bias",
    "Bilinear",
    "BinaryHierarchicalSoftmax",
    "BlackOut",
    "CRF1d",
    "ChildSumTreeLSTM",
    "Classifier",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "ConvolutionND",
    "Deconvolution1D",
    "Deconvolution2D",
    "Deconvolution3D",
    "DeconvolutionND",
    "DecorrelatedBatchNormalization",
    "DeformableConvolution2D",
    "DepthwiseConvolution2D",
    "DilatedConvolution2D",
    "EmbedID",
    "GoogLeNet",
    "GroupNormalization",
    "Highway",
    "Inception",
    "InceptionBN",
    "LayerNormalization",
    "Linear",
    "LocalConvolution2D",
    "MLPConvolution2D",
    "Maxout",
    "NStepBiGRU",
    "NStepBiLSTM",
    "NStepBiRNNReLU",
    "NStepBiRNNTanh",
    "NStepGRU",
    "NStepLSTM",
    "NStepRNNReLU",
    "NStepRNNTanh",
    "NaryTreeLSTM",
    "NegativeSampling",
    "PReLU",
    "Parameter",
    "ResNet50Layers",
    "ResNet101Layers",
    "ResNet152Layers",
    "Scale",
    "SimplifiedDropconnect",
    "StatefulGRU",
    "StatefulMGU",
    "StatefulPeepholeLSTM",
    "StatefulZoneoutLSTM",
    "StatelessGRU",
    "StatelessLSTM",
    "StatelessMGU",
    "Swish",
    "VGG16Layers",
    "VGG19Layers",
]
