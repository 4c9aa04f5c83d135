"""Make initializers.json: the numbers that Chainer 7.8.1's initializers draw for a given seed.

Run under a Python that has the original Chainer:  python make_initializers.py
Numbers are hexadecimal, so that equality means equality of every bit.
"""

import json
import pathlib

import numpy as np
from chainer import initializers

SHAPES = [[3, 4], [4, 3], [2, 3, 2, 2], [5]]
CASES = [
    ["Zero", {}],
    ["One", {}],
    ["NaN", {}],
    ["Constant", {"fill_value": 0.1}],
    ["Normal", {}],
    ["Normal", {"scale": 3.0}],
    ["LeCunNormal", {}],
    ["LeCunNormal", {"scale": 2.0}],
    ["GlorotNormal", {}],
    ["HeNormal", {}],
    ["HeNormal", {"fan_option": "fan_out"}],
    ["Uniform", {}],
    ["Uniform", {"scale": 3.0}],
    ["LeCunUniform", {}],
    ["GlorotUniform", {}],
    ["GlorotUniform", {"scale": 0.5}],
    ["HeUniform", {}],
    ["Orthogonal", {}],
    ["Orthogonal", {"scale": 2.0, "mode": "projection"}],
    ["Orthogonal", {"mode": "embedding"}],
    ["Orthogonal", {"mode": "basis"}],
    ["Identity", {"scale": 0.5}],
    ["UpsamplingDeconvFilter", {}],
    ["DownsamplingConvFilter", {}],
]
FILTERS = [[2, 2, 3, 3], [3, 1, 4, 4], [2, 2, 5], [1, 1, 2, 2, 2], [2, 2, 1, 1], [2, 2, 2, 3]]


def draw(name, kwargs, shape, dtype, own):
    generator = np.random.RandomState(5)
    np.random.seed(5)
    rng = {"rng": generator} if own else {}
    made = getattr(initializers, name)(dtype=dtype, **kwargs, **rng)
    array = initializers.generate_array(made, tuple(shape), np)
    return {"values": [float(v).hex() for v in array.ravel()], "dtype": array.dtype.name}


def attempt(name, kwargs, shape, dtype, own):
    try:
        return draw(name, kwargs, shape, dtype, own)
    except ValueError:
        return {"error": "ValueError"}


def variants(name, shape):
    """Dtype None, drawn globally, everywhere; the others for one shape."""
    yield None, False
    if shape in (SHAPES[0], FILTERS[0]):
        yield "float16", False
        yield "float64", False
        if "Normal" in name or "Uniform" in name:
            yield None, True


def main():
    rows = []
    for name, kwargs in CASES:
        for shape in FILTERS if "Filter" in name else [*SHAPES, [3, 3], []]:
            for dtype, own in variants(name, shape):
                row = {"name": name, "kwargs": kwargs, "shape": shape, "dtype": dtype, "own": own}
                rows.append({**row, **attempt(**row)})
    path = pathlib.Path(__file__).with_name("initializers.json")
    path.write_text(json.dumps(rows, separators=(",", ":")) + "\n")
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
