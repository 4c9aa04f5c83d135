"""Links that make a whole model of a predictor.

May import what `links` may. Called through `catenary.links`; the modules bear Chainer's names.
"""
