"""Make training_programs.npz: what drawn trainings show in Chainer 7.8.1.

Run under a Python that has the original Chainer:  python make_training_programs.py
"""

import pathlib
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import chainer  # noqa: E402

from tests.golden.packed_programs import pack  # noqa: E402
from tests.golden.training_program_cases import program  # noqa: E402
from tests.golden.training_programs import run  # noqa: E402

SEEDS = range(100)


def main():
    programs, found = [program(seed) for seed in SEEDS], []
    for each in programs:
        with tempfile.TemporaryDirectory() as folder:
            found.append(run(chainer, each, folder))
    path = HERE / "training_programs.npz"
    np.savez_compressed(path, **pack(programs, found))
    print(len(programs), "programs,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
