"""What a function class tells of the options that a function was called with.

Programs that count operations, or write a model in another format, read `sy` and `ph` of a
convolution, or `axis` of a sum, off the functions of a graph.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Collection, Sequence
from typing import Any

from catenary.backends.memory import numpy_dtype
from catenary.functions._window import as_tuple, pair, spread_length
from catenary.functions.math._axis import as_axes

__all__ = ["as_label", "attributes", "options_of"]

Options = dict[str, Any]
Shapes = Sequence[tuple[int, ...]]

# Words of a constructor, and what operations call the same.
_SYNONYMS = {
    "axes": "pairs",
    "axis": "axes",
    "class_weight": "weight",
    "destination": "goals",
    "dilate": "spread",
    "dropout_ratio": "ratio",
    "indices_or_sections": "cuts",
    "ksize": "window",
    "lower": "l",
    "ndim": "axes",
    "out_device": "device",
    "outsize": "wanted",
    "pad": "border",
    "repeats": "counts",
    "reps": "counts",
    "source": "origins",
    "stride": "step",
    "upper": "u",
    "zoneout_ratio": "ratio",
}
# Words for noise, which an operation draws and keeps.
_DRAWN = ("mask", "eps", "r")
# What an operation closes over and is no option.
_CODE = (types.FunctionType, types.BuiltinFunctionType, functools._lru_cache_wrapper)
# Functions over the two axes of images, and what they call the sizes along each.
_IMAGES = ("2D", "Im2Col", "Shift", "ResizeImages")
_PAIRS = {
    "ksize": ("kh", "kw"),
    "stride": ("sy", "sx"),
    "pad": ("ph", "pw"),
    "dilate": ("dy", "dx"),
    "outsize": ("outh", "outw"),
    "output_shape": ("out_H", "out_W"),
}
_REDUCTIONS = ("LogSumExp", "Max", "Mean", "Min", "NormalizeL2", "Prod", "Squeeze", "Sum")


def as_label(value: Any) -> str:
    """Return a number as labels show it."""
    text = str(value)
    return f"({text})" if text[0] == "-" else text


def options_of(operation: Callable[..., Any], words: Collection[str]) -> Options:
    """Return the options that an operation was made with: what its function closes over.

    Args:
        operation: What computes on tensors.
        words: The words of the class's constructor, which are found under other names too.
    """
    if not isinstance(operation, types.FunctionType):
        keywords = operation.keywords if isinstance(operation, functools.partial) else {}
        return dict(keywords)
    cells = zip(operation.__code__.co_freevars, operation.__closure__ or (), strict=True)
    found = {name: cell.cell_contents for name, cell in cells}
    found = {name: v for name, v in found.items() if not isinstance(v, _CODE)}
    kept = found.pop("kept", None)
    drawn = next((word for word in _DRAWN if word in words), None)
    if kept and drawn:
        found[drawn] = kept[0]
    spreading = found.pop("spreading", None)
    if spreading is not None:
        found |= {**vars(spreading), "wanted": spreading.sizes}
    known = {word: found[name] for word, name in _SYNONYMS.items() if name in found}
    return {word: known[word] for word in known if word in words and word not in found} | found


def attributes(name: str, options: Options, shapes: Shapes = ()) -> Options:
    """Return the attributes of a function of a class, by name.

    Args:
        name: Name of the class.
        options: The options that are known.
        shapes: Shapes of the inputs, as far as they are known.
    """
    found = dict(options)
    if options.get("stride", "") is None and "ksize" in options:
        found["stride"] = options["ksize"]
    if name.startswith("Deconvolution") and found.get("outsize") is None and len(shapes) > 1:
        found["outsize"] = _spread(shapes, found)
    if any(kind in name for kind in _IMAGES):
        for word in _PAIRS.keys() & found.keys():
            if found[word] is not None:
                found.update(zip(_PAIRS[word], pair(found[word]), strict=True))
    if name.endswith("ND"):
        found.setdefault("ndim", len(_tuple(found["pad"])))
        for word in ("ksize", "stride", "pad", "dilate"):
            if word in found:
                found[word] = as_tuple(found[word], found["ndim"])
    if name in _REDUCTIONS and "axis" in found:
        found["axis"] = as_axes(found["axis"])
    if "BatchNormalization" in name and found.get("axis", ()) is None and len(shapes) > 1:
        found["axis"] = (0, *range(len(shapes[1]) + 1, len(shapes[0])))
    return found | _OTHERS[name](found) if name in _OTHERS else found


def _spread(shapes: Shapes, given: Options) -> tuple[int, ...]:
    """Return the sizes of what a deconvolution makes."""
    (_, _, *lengths), (_, _, *windows) = shapes[:2]
    sizes = [as_tuple(given[word], len(lengths)) for word in ("stride", "pad", "dilate")]
    each = zip(lengths, windows, *sizes, strict=True)
    return tuple(spread_length(n, k, s, p, d=d) for n, k, s, p, d in each)


def _tuple(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value,)


def _of_cuts(given: Options) -> Options:
    cuts = given["indices_or_sections"]
    return {
        "sections": cuts if isinstance(cuts, int) else None,
        "indices": None if isinstance(cuts, int) else cuts,
    }


def _of_subscripts(given: Options) -> Options:
    if "subscripts" not in given:
        return {}
    read, arrow, made = given["subscripts"].replace(" ", "").partition("->")
    letters = read.replace(",", "")
    once = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return {"in_subs": read, "out_sub": made if arrow else once}


def _of_size(given: Options) -> Options:
    return {"out_H": given["height"], "out_W": given["width"]} if "height" in given else {}


def _moved(given: Options, *words: str) -> Options:
    return {f"running_{word}": given[word] for word in words if word in given}


# What single classes say in other words, or always.
_OTHERS: dict[str, Callable[[Options], Options]] = {
    "AveragePooling2D": lambda given: {"cover_all": False, "return_indices": False},
    "AveragePoolingND": lambda given: {"cover_all": False, "return_indices": False},
    "BatchNormalization": lambda given: _moved(given, "mean", "var"),
    "Cast": lambda given: {
        "type": numpy_dtype(given["dtype"]) if "dtype" in given else given["typ"]
    },
    "ClippedReLU": lambda given: {"cap": given["z"]},
    "DeconvolutionND": lambda given: {"cover_all": False, "outs": given["outsize"]},
    "DecorrelatedBatchNormalization": lambda given: {
        "axis": None,
        **_moved(given, "mean", "projection"),
    },
    "Dropout": lambda given: {"return_mask": False},
    "EinSum": _of_subscripts,
    "GetItem": lambda given: {"slices": _tuple(given["slices"])},
    "MatMul": lambda given: {"transc": False, "dtype": None} | given,
    "MaxPoolingND": lambda given: {"return_indices": False} | given,
    "Moveaxis": lambda given: {side: _tuple(given[side]) for side in ("source", "destination")},
    "Repeat": lambda given: {"repeats": _tuple(given["repeats"])},
    "ResizeImages": _of_size,
    "ScatterAdd": lambda given: {"slices": _tuple(given["slices"])},
    "SoftmaxCrossEntropy": lambda given: {"cache_score": True} | given,
    "Softplus": lambda given: {"beta_inv": 1 / given["beta"]},
    "SpatialTransformerGrid": lambda given: {"output_shape": (given["height"], given["width"])},
    "SplitAxis": _of_cuts,
    "TensorDot": lambda given: {"dtype": None} | given,
    "Unpooling2D": lambda given: {"return_indices": False},
    "UnpoolingND": lambda given: {"return_indices": False, "outs": given["outsize"]},
    "Upsampling2D": lambda given: {"return_indices": False},
}
