"""Make variable_programs.npz and link_programs.npz: what generated programs leave in Chainer.

Run under a Python that has the original Chainer 7.8.1:  python make_programs.py
Programs on which a search found the two libraries to disagree are among the seeds in EXTRA.
"""

import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import chainer  # noqa: E402

from tests.golden import link_programs, program_records, variable_programs  # noqa: E402

SEEDS = {"variable_programs": range(90), "link_programs": range(60)}
EXTRA = {
    "variable_programs": (107, 120, 141, 154, 166, 174, 203, 237, 315, 338, 339, 384, 433),
    "link_programs": (102, 118, 125, 153, 170),
}


def main():
    for module in (variable_programs, link_programs):
        name = module.__name__.rpartition(".")[2]
        seeds = [*SEEDS[name], *EXTRA[name]]
        steps = [module.program(seed) for seed in seeds]
        found = [module.run(chainer, each) for each in steps]
        path = HERE / f"{name}.npz"
        table = program_records.pack(found).encode()
        np.savez_compressed(path, seeds=seeds, table=np.frombuffer(table, np.uint8))
        print(name, len(seeds), "programs,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
