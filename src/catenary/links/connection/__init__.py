"""Links that map their input by a learned weight.

May import what `links` may. Called through `catenary.links`; the modules bear Chainer's names.
"""
