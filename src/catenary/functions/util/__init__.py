"""Functions about the graph itself.

Calls `functions._apply`. Called through `catenary.functions`; the modules bear Chainer's names.
"""
