"""Links that are activation functions with parameters.

May import what `links` may. Called through `catenary.links`; the modules bear Chainer's names.
"""
