"""Links that end in a loss and learn its weights.

May import what `links` may. Called through `catenary.links`; the modules bear Chainer's names.
"""
