"""Links: layers with parameters, by kind, with Chainer's names and arguments.

May import `link`, `functions`, `variable`, `initializers`, `backend` and `reporter`. Called by
users, who compose models of them.
"""

from __future__ import annotations

from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.embed_id import EmbedID
from catenary.links.connection.linear import Linear
from catenary.links.model.classifier import Classifier
from catenary.links.normalization.batch_normalization import BatchNormalization

__all__ = ["BatchNormalization", "Classifier", "Convolution2D", "EmbedID", "Linear"]
