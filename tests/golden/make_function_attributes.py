"""Make function_attributes.json: what Chainer 7.8.1's creators are called, and what they tell.

Run under a Python that has the original Chainer:  python make_function_attributes.py
"""

import json
import pathlib

import chainer
import numpy as np
from function_attribute_cases import CASES, names

# What Chainer finds while it computes, and settings of cuDNN and iDeep.
FOUND = {
    "chainerx_device",
    "cudnn_fast",
    "count",
    "decay",
    "expander",
    "fs",
    "indexes",
    "inputs",
    "is_elementwise",
    "key_axis",
    "lazy_grad_sum",
    "len",
    "mask",
    "multiplier",
    "outputs",
    "rank",
    "stack",
    "a_axes",
    "b_axes",
    "c_axes",
    "dummy_gamma",
    "forward_data",
    "running_mean",
    "running_var",
    "running_projection",
    "covariance",
    "y_centered",
    "width",
    "z_centered",
    "zero_padding",
}
PLAIN = (bool, int, float, str, tuple, list, type(None), np.dtype)


def told(node):
    found = node.function if isinstance(node, chainer.function.FunctionAdapter) else node
    values = {k: v for k, v in vars(found).items() if k not in FOUND and not k.startswith("_")}
    return {k: repr(v) for k, v in sorted(values.items()) if isinstance(v, PLAIN)}


def main():
    found = {}
    known = names(chainer)
    for text in CASES:
        np.random.seed(0)
        node = eval(text, known).creator_node
        kind = type(node)
        if kind is chainer.function.FunctionAdapter:
            kind = type(node.function)
        found[text] = [kind.__module__, kind.__name__, node.label, told(node)]
    lines = [json.dumps(k) + ": " + json.dumps(v) for k, v in found.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    pathlib.Path(__file__).with_name("function_attributes.json").write_text(text)


if __name__ == "__main__":
    main()
