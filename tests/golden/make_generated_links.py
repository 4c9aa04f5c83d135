"""Make generated_links.npz: generated links, made and called by Chainer.

Run under a Python that has the original Chainer 7.8.1:  python make_generated_links.py
Of a large array a few weighted means are kept. Cases on which benchmarks/agreement.py found the two
libraries to disagree are in found_links.json.
"""

import json
import pathlib
import sys
import warnings

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import chainer  # noqa: E402

from tests.oracle import generated_link_cases, generated_link_steps, generated_links  # noqa: E402

SEED = 1
PRECISIONS = ("float32", "float64", "mixed16")


def main():
    warnings.simplefilter("ignore")
    groups = (*generated_link_cases.GROUPS, *generated_link_steps.GROUPS)
    cases = generated_links.cases(groups, SEED, 2)
    cases += json.loads((HERE / "found_links.json").read_text())
    words, places, pieces = {}, {}, {}
    for number, one in enumerate(cases):
        for dtype in PRECISIONS:
            found = generated_links.evaluate(chainer, one, dtype)
            for name, array in found.items():
                key = f"{number}|{dtype}|{name}"
                if array.dtype.kind == "U":
                    words[key] = array.tolist()
                    continue
                kept = generated_links.summary(array)
                row = pieces.setdefault(kept.dtype.name, [])
                start = sum(len(piece) for piece in row)
                form = [array.dtype.name, *array.shape]
                places[key] = [kept.dtype.name, start, kept.shape, form]
                row.append(kept.ravel())
    table = json.dumps({"cases": cases, "words": words, "places": places}).encode()
    packed = {dtype: np.concatenate(row) for dtype, row in pieces.items()}
    path = HERE / "generated_links.npz"
    np.savez_compressed(path, table=np.frombuffer(table, np.uint8), **packed)
    print(len(cases), "cases,", len(places), "arrays,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
