"""Thin packages that carry the names of Chainer's: `chainer` and `chainerx`.

This folder goes on `sys.path`, so that ``import chainer`` finds catenary under Chainer's name.
It may call `as_chainer`, which puts it there; the user's programs call it.
"""
