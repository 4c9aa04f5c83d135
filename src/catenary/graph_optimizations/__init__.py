"""Decorators that told Chainer to run a part of a model as a fixed schedule; here they do nothing.

They may call nothing; called by users' programs, as `catenary.static_graph` and `static_code`.
"""
