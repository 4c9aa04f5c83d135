"""Record what user-written functions do under the original, in `function_nodes.json`.

Run with the original's Python: ``python tests/golden/make_function_nodes.py``
"""

import json
import sys
import types
from pathlib import Path

import chainer
from chainer.utils import type_check

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from function_node_cases import CASES  # noqa: E402

LIB = types.SimpleNamespace(
    Function=chainer.Function,
    FunctionHook=chainer.FunctionHook,
    FunctionNode=chainer.FunctionNode,
    Variable=chainer.Variable,
    backward=chainer.backward,
    functions=chainer.functions,
    grad=chainer.grad,
    type_check=type_check,
    using_config=chainer.using_config,
)

found = {name: run(LIB) for name, run in CASES.items()}
(HERE / "function_nodes.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
