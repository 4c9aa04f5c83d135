"""Make link_hooks.npz: what links compute in Chainer 7.8.1 under its hooks for weights.

Run under a Python that has the original Chainer:  python make_link_hooks.py
"""

import pathlib

import chainer
import numpy as np
from chainer import link_hooks, links
from link_hook_cases import CASES, DTYPES, run


def main():
    arrays = {}
    modules = (links, link_hooks, chainer.using_config, chainer.Variable)
    for name, case in CASES.items():
        for dtype in DTYPES:
            for key, value in run(modules, *case, dtype).items():
                arrays[f"{name}/{dtype}/{key}"] = value
    np.savez_compressed(pathlib.Path(__file__).with_name("link_hooks.npz"), **arrays)
    print(len(arrays), "arrays")


if __name__ == "__main__":
    main()
