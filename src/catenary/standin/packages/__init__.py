"""The folder that goes on `sys.path`: it holds `chainer`, `chainermn` and `chainerx`, and no more.

They may call `standin` and the front door; called by programs written for Chainer.
"""
