"""A small model in Chainer's words, with numbers that anyone can follow."""

from __future__ import annotations

import numpy as np

import catenary as chainer


class Two(chainer.Link):
    """w = [1, 2], b = [3]."""

    def __init__(self, dtype="f"):
        super().__init__()
        with self.init_scope():
            self.w = chainer.Parameter(np.array([1, 2], dtype))
            self.b = chainer.Parameter(np.array([3], dtype))


class Deep(chainer.Chain):
    """Two inside of a chain, as `/inner/w` and `/inner/b`, and a `gamma` of its own."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.inner = Two()
            self.gamma = chainer.Parameter(np.array([5], "f"), name="gamma")


def set_grads(link, *steps, scale=None):
    """Give w, then b their gradients."""
    for param, grad in zip((link.w, link.b), steps, strict=True):
        param.grad = np.array(grad, param.dtype)
        if scale is not None:
            param.grad *= scale
            param._loss_scale = scale
