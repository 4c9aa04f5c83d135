"""Links with recurrent connections.

May import what `links` may. Called through `catenary.links`; the modules bear Chainer's names.
"""
