"""Links that normalize their input and keep statistics of it.

May import what `links` may. Called through `catenary.links`; the modules bear Chainer's names.
"""
