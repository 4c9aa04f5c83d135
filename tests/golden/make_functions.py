"""Make functions.npz: values and gradients of Chainer 7.8.1's functions, and the errors they raise.

Run under a Python that has the original Chainer and SciPy:  python make_functions.py
The file holds the cases themselves (JSON) beside the arrays, so that the test reads nothing else.
"""

import inspect
import json
import pathlib

import chainer
import chainer.functions as F
import function_cases_arrays
import function_cases_layers
import function_cases_special
import numpy as np
from function_cases import CASES, ERRORS

# Each adds its cases to the lists.
assert function_cases_arrays.case is function_cases_layers.case is function_cases_special.case


NO_GRADIENT = (
    *("accuracy", "binary_accuracy", "classification_summary", "f1_score"),
    *("operator.floordiv", "precision", "recall"),
)


def index(spec):
    if isinstance(spec, list):
        return tuple(index(s) for s in spec)
    if isinstance(spec, dict):
        ((kind, value),) = spec.items()
        return slice(*value) if kind == "slice" else np.array(value)
    return Ellipsis if spec == "..." else spec


def resolve(argument, variables):
    """Turn a case's argument into what the function gets."""
    if isinstance(argument, str) and argument.startswith("@"):
        return variables[int(argument[1:])]
    if isinstance(argument, dict):
        if "sampler" in argument:
            return lambda shape: np.array(argument["sampler"], np.int32).reshape(shape)
        if "coo" in argument:
            at, row, col, shape = argument["coo"]
            matrix = chainer.utils.CooMatrix(
                variables[at].array, np.array(row), np.array(col), tuple(shape)
            )
            matrix.data = variables[at]
            return matrix
        if "tuple" in argument:
            return tuple(resolve(a, variables) for a in argument["tuple"])
        return index(argument["index"])
    if isinstance(argument, list):
        return [resolve(a, variables) for a in argument]
    return argument


def find(name):
    import operator

    return getattr(operator, name[9:]) if name.startswith("operator.") else getattr(F, name)


def build(spec, dtype):
    array = np.array(spec["values"], dtype=spec.get("dtype", dtype))
    plain = spec.get("constant") or array.dtype.kind != "f"
    return array if plain else chainer.Variable(array)


def call(one, variables):
    args = resolve(one["args"], variables)
    kwargs = {k: resolve(v, variables) for k, v in one["kwargs"].items()}
    return find(one["function"])(*args, **kwargs)


def flat(out):
    """All results in a row: some functions return tuples within tuples."""
    return (
        [each for part in out for each in flat(part)] if isinstance(out, (tuple, list)) else [out]
    )


def run(number, one, dtype, arrays):
    variables = [build(spec, dtype) for spec in one["inputs"]]
    if one["function"].startswith("operator.") and all(
        isinstance(v, np.ndarray) for v in variables
    ):
        variables[0] = chainer.Variable(variables[0])
    np.random.seed(7)
    out = call(one, variables)
    outs = flat(out)
    ys = [o for o in outs if isinstance(o, chainer.Variable)]
    rng = np.random.RandomState(number)
    for k, o in enumerate(outs):
        arrays[f"{number}/{dtype}/y{k}"] = o.array if isinstance(o, chainer.Variable) else o
    if ys[0].dtype.kind == "f" and one["function"] not in NO_GRADIENT:
        seeds = [np.asarray(rng.normal(size=y.shape)).astype(y.dtype) for y in ys]
        if len(ys) == 1:
            ys[0].grad = seeds[0]
            ys[0].backward()
        else:
            sum(F.sum(y * g) for y, g in zip(ys, seeds)).backward()
        for k, v in enumerate(variables):
            if isinstance(v, chainer.Variable) and v.dtype.kind == "f" and v.grad is not None:
                arrays[f"{number}/{dtype}/g{k}"] = v.grad
    for k, (v, spec) in enumerate(zip(variables, one["inputs"])):
        if spec.get("constant"):
            arrays[f"{number}/{dtype}/c{k}"] = v


def main():
    arrays = {}
    for number, one in enumerate(CASES):
        for dtype in ("float32", "float64"):
            run(number, one, dtype, arrays)
    for one in ERRORS:
        variables = [chainer.Variable(np.ones(s, dt)) for s, dt in one["inputs"]]
        try:
            call(one, variables)
        except Exception as error:
            # In some checks 7.8.1 trips over its own expression while it reports an invalid type.
            tripped = "An Expr instance" in str(error)
            one["error"] = "InvalidType" if tripped else type(error).__name__
        else:
            raise SystemExit(f"no error: {one}")
    np.savez_compressed(pathlib.Path(__file__).with_name("functions.npz"), **pack(arrays))
    print(len(CASES), "cases,", len(ERRORS), "errors")


def signatures():
    """Module, and (argument, default) for every function that a case calls."""
    made = {}
    called = {one["function"] for one in CASES if "operator" not in one["function"]}
    for name in sorted({*called, "forget"}):  # which takes a function, and so has no case
        function = getattr(F, name)
        rows = [
            [p.name, p.kind.name, None if p.default is p.empty else repr(p.default)]
            for p in inspect.signature(function).parameters.values()
        ]
        made[name] = [function.__module__.replace("chainer", "catenary"), rows]
    return made


def pack(arrays):
    """One flat array a dtype, and a table of where each piece lies: a tenth of one file a piece."""
    pieces, places = {}, {}
    for key, array in arrays.items():
        flat = pieces.setdefault(array.dtype.name, [])
        places[key] = [array.dtype.name, sum(len(piece) for piece in flat), array.shape]
        flat.append(array.ravel())
    parts = {"cases": CASES, "errors": ERRORS, "places": places, "signatures": signatures()}
    table = json.dumps(parts)
    packed = {dtype: np.concatenate(flat) for dtype, flat in pieces.items()}
    return {"table": np.frombuffer(table.encode(), np.uint8), **packed}


if __name__ == "__main__":
    main()
