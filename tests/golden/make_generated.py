"""Make generated.npz: generated calls, and every written case differentiated twice, by Chainer.

Run under a Python that has the original Chainer 7.8.1 and SciPy:  python make_generated.py
Of the written cases only what functions.npz lacks is kept: gradients of gradients, in float64.
Cases on which benchmarks/agreement.py found the two libraries to disagree are in found.json.
"""

import importlib
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "oracle"))

import chainer  # noqa: E402
import generated  # noqa: E402

SEED = 1


def written():
    for path in sorted(HERE.glob("function_cases*.py")):
        importlib.import_module(path.stem)
    return importlib.import_module("function_cases").CASES


def main():
    free = generated.cases(SEED, 1)
    found = json.loads((HERE / "found.json").read_text())
    twice = generated.cases(SEED + 1, 1, written())[len(free) :]
    arrays, kept = {}, []
    for one, dtypes, wanted in [
        *((one, ("float32", "float64"), "") for one in free + found),
        *((one, ("float64",), "gg") for one in twice),
    ]:
        for dtype in dtypes:
            made = generated.evaluate(chainer.functions, chainer.Variable, chainer.grad, one, dtype)
            for name, array in made.items():
                if array.dtype.kind != "U" and name.startswith(wanted):
                    arrays[f"{len(kept)}|{dtype}|{name}"] = array
        kept.append(one)
    used = {int(key.split("|")[0]) for key in arrays}
    kept = [one if number in used else None for number, one in enumerate(kept)]
    pieces, places = {}, {}
    for key, array in arrays.items():
        row = pieces.setdefault(array.dtype.name, [])
        places[key] = [array.dtype.name, sum(len(piece) for piece in row), array.shape]
        row.append(array.ravel())
    table = json.dumps({"cases": kept, "places": places}).encode()
    packed = {dtype: np.concatenate(row) for dtype, row in pieces.items()}
    path = HERE / "generated.npz"
    np.savez_compressed(path, table=np.frombuffer(table, np.uint8), **packed)
    print(len(used), "cases,", len(arrays), "arrays")


if __name__ == "__main__":
    main()
