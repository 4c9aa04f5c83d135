"""Calls whose creators are compared with Chainer's, as expressions over `names(Variable)`."""

import numpy as np

__all__ = ["CASES", "names"]

CASES = """
F.relu(x)
F.clipped_relu(x, 3.0)
F.relu6(x)
F.crelu(x, axis=1)
F.elu(x, 0.5)
F.hard_sigmoid(x)
F.leaky_relu(x, 0.3)
F.log_softmax(x, axis=0)
F.maxout(x, 2)
F.prelu(x, g4)
F.rrelu(x)
F.sigmoid(x)
F.softmax(x, axis=0)
F.softplus(x, beta=2.0)
F.swish(x, g4)
F.tanh(x)
F.as_strided(x, (2, 2), (1, 2), 1)
F.broadcast(x, g4)[0]
F.broadcast_to(g4, (3, 4))
F.cast(x, np.dtype('float64'))
F.concat((x, y), axis=0)
F.copy(x, -1)
F.depth2space(im, 2)
F.diagonal(im, 1, 1, 2)
F.dstack((x, y))
F.expand_dims(x, 1)
F.flatten(x)
F.flip(x, 1)
F.fliplr(x)
F.flipud(x)
x[1, :2]
F.get_item(x, (slice(None), 0))
F.hstack((x, y))
F.im2col(im, 3, 2, 1)
F.moveaxis(im, 1, 3)
F.pad(x, 1, 'constant', constant_values=2)
F.pad_sequence([x, y], length=5, padding=1.0)
F.permutate(x, t, axis=0, inv=True)
F.repeat(x, 2, axis=1)
F.reshape(x, (2, 6))
F.reshape(x, (2, -1))
F.resize_images(im, (3, 4))
F.rollaxis(im, 2, 1)
F.scatter_add(x, (slice(2), 0), g4[:2])
F.select_item(x, t)
F.separate(x, axis=1)[0]
F.space2depth(im[:, :, :, :4], 2)
F.spatial_transformer_grid(a(2, 2, 3), (4, 5))
F.spatial_transformer_sampler(im, a(2, 2, 4, 5))
F.split_axis(x, 2, 1)[0]
F.split_axis(x, [1, 3], 1)[0]
F.squeeze(a(1, 3, 1), axis=0)
F.squeeze(a(1, 3, 1))
F.stack((x, y), axis=1)
F.swapaxes(im, 1, 2)
F.tile(x, (2, 1))
F.transpose(im, (0, 2, 3, 1))
F.transpose(x)
x.T
F.transpose_sequence([x, y])[0]
F.vstack((x, y))
F.where(x.array > 0.5, x, y)
F.bilinear(x, y, a(4, 4, 2))
F.convolution_2d(im, W, b6, (2, 1), (1, 0), dilate=(1, 2))
F.convolution_2d(im, W, stride=2, cover_all=True)
F.convolution_1d(v, a(6, 4, 3), stride=2, pad=1)
F.convolution_nd(vol, a(3, 2, 2, 2, 2), stride=2, pad=(1, 0, 1), dilate=1)
F.deconvolution_2d(im, Wt, b6, (2, 1), (1, 0))
F.deconvolution_2d(im, Wt, stride=2, outsize=(13, 11))
F.deconvolution_nd(vol, a(2, 3, 2, 2, 2), stride=2)
F.depthwise_convolution_2d(im, a(2, 4, 3, 3), stride=2)
F.dilated_convolution_2d(im, W, dilate=2)
F.embed_id(t, x, ignore_label=0)
F.linear(x, y)
F.local_convolution_2d(im, a(3, 4, 3, 4, 3, 3))
F.shift(deep, 3, 2)
F.accuracy(x, t, ignore_label=1)
F.binary_accuracy(x, labels)
F.classification_summary(x, t, beta=2.0)[0]
F.r2_score(x, y)
F.absolute_error(x, y)
F.connectionist_temporal_classification([x, x, x, x], np.ones((3, 1), 'i'), 0)
F.contrastive(x, y, t % 2, 2)
F.cross_covariance(x, y)
F.decov(x)
F.hinge(x, t, 'L2')
F.huber_loss(x, y, 0.5)
F.mean_absolute_error(x, y)
F.mean_squared_error(x, y)
F.sigmoid_cross_entropy(x, labels, False)
F.softmax_cross_entropy(x, t, ignore_label=1)
F.squared_error(x, y)
F.triplet(x, y, x, 0.3)
F.absolute(x)
F.arccos(x)
F.arcsin(x)
F.arctan(x)
F.arctan2(x, y)
F.arctanh(x)
F.argmax(x, axis=1)
F.argmin(x, axis=0)
F.average(x, axis=1)
F.batch_inv(a(2, 3, 3))
F.batch_l2_norm_squared(x)
F.bias(x, g4)
F.cholesky(np.eye(2, dtype='f'))
F.clip(x, 0.2, 0.7)
F.cos(x)
F.cosh(x)
F.cumprod(x, axis=1)
F.cumsum(x, axis=1)
F.batch_det(a(2, 3, 3))
F.einsum('ij, ij->i', x, y)
F.erf(x)
F.erfc(x)
F.exp(x)
F.expm1(x)
F.fft((x, y))[0]
F.ifft((x, y))[0]
F.fmod(x, y)
F.identity(x)
F.inv(a(3, 3))
F.linear_interpolate(x, y, x)
F.log(x)
F.log10(x)
F.log1p(x)
F.log2(x)
F.logsumexp(x, axis=1)
F.matmul(x, y, transb=True)
F.max(x, axis=1, keepdims=True)
F.maximum(x, y)
F.min(x, axis=(0, 1))
F.minimum(x, y)
F.ndtr(x)
F.prod(x, axis=1)
F.scale(x, g4)
F.sin(x)
F.sinh(x)
F.sqrt(x)
F.square(x)
F.sum(x, axis=0, keepdims=True)
F.sum(x)
F.sum_to(x, (1, 4))
F.tan(x)
F.tensordot(x, y, axes=2)
x + y
x + 2
x - y
x - 2
2 - x
x * y
x * 2
x / y
x / 4
2 / x
x ** y
x ** 2
2 ** x
-x
abs(x)
x @ y.T
F.add(x, y, x)
F.dropout(x, 0.3)
F.gaussian(x, y)
F.simplified_dropconnect(x, y, ratio=0.3)
F.zoneout(x, y, 0.3)
F.batch_normalization(im, g4, g4, eps=1e-3)
F.batch_normalization(x, g4, g4, axis=0)
F.fixed_batch_normalization(im, g4, g4, g4, g4, eps=1e-3)
F.decorrelated_batch_normalization(a(8, 4), groups=2)
F.group_normalization(im, 2, g4, g4)
F.layer_normalization(x, g4, g4, 1e-4)
F.local_response_normalization(im, 3, 1, 1e-3, 0.5)
F.normalize(x, 1e-4, axis=1)
F.average_pooling_2d(im, 3, 2, 1)
F.average_pooling_nd(vol, 2, pad_value=None)
F.average_pooling_1d(v, 2)
F.max_pooling_2d(im, 3, (2, 1), 1, cover_all=False)
F.max_pooling_1d(v, 2)
F.max_pooling_nd(vol, 2, 1)
F.roi_pooling_2d(im, np.array([[0, 0, 0, 3, 3]], 'f'), 2, 2, 0.5)
F.roi_max_pooling_2d(im, np.array([[0, 0, 3, 3]], 'f'), np.zeros(1, 'i'), 2, 0.5)
F.roi_average_align_2d(im, np.array([[0, 0, 3, 3]], 'f'), np.zeros(1, 'i'), 2, 0.5, 2)
F.unpooling_2d(im, 2, 2, 0, cover_all=False)
F.unpooling_nd(vol, 2)
F.upsampling_2d(*F.max_pooling_2d(im, 2, return_indices=True), 2)
F.lstm(a(3, 1), x)[0]
F.slstm(a(3, 1), a(3, 1), x, y)[0]
F.tree_lstm(a(3, 1), a(3, 4))[0]
F.forget(lambda x: x * 2, x)
""".strip().splitlines()


def names(library):
    """Return what the expressions are written in, for one of the two libraries."""

    def a(*shape):
        return library.Variable(np.random.RandomState(0).rand(*shape).astype("f"))

    return {
        "np": np,
        "F": library.functions,
        "a": a,
        "x": a(3, 4),
        "y": a(3, 4),
        "t": np.array([0, 1, 2], "i"),
        "labels": np.zeros((3, 4), "i"),
        "g4": a(4),
        "b6": a(6),
        "v": a(2, 4, 5),
        "im": a(2, 4, 6, 5),
        "deep": a(1, 9, 6, 5),
        "vol": a(1, 2, 4, 4, 4),
        "W": a(6, 4, 3, 3),
        "Wt": a(4, 6, 3, 3),
    }
