"""catenary: Chainer's optimizer system, built anew on PyTorch's engine.

The front door: it holds no code of its own and may call every room, each when first asked for it,
so that ``import catenary`` is light and loads no torch. Users call it; rooms of the house do not.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

# Not lazy, so that `catenary.config` is Chainer's configuration object and not the module it is in.
from catenary.config import config as config

if TYPE_CHECKING:
    from catenary import backend as backend
    from catenary import backends as backends
    from catenary import computational_graph as computational_graph
    from catenary import dataset as dataset
    from catenary import datasets as datasets
    from catenary import device_resident as device_resident
    from catenary import distribution as distribution
    from catenary import distributions as distributions
    from catenary import errors as errors
    from catenary import exporters as exporters
    from catenary import expr as expr
    from catenary import function as function
    from catenary import function_hook as function_hook
    from catenary import function_hooks as function_hooks
    from catenary import function_node as function_node
    from catenary import functions as functions
    from catenary import gradient_check as gradient_check
    from catenary import graph_optimizations as graph_optimizations
    from catenary import initializer as initializer
    from catenary import initializers as initializers
    from catenary import iterators as iterators
    from catenary import link as link
    from catenary import link_hook as link_hook
    from catenary import link_hooks as link_hooks
    from catenary import links as links
    from catenary import optimizer as optimizer
    from catenary import optimizer_hooks as optimizer_hooks
    from catenary import optimizers as optimizers
    from catenary import reporter as reporter
    from catenary import sequential as sequential
    from catenary import serializer as serializer
    from catenary import serializers as serializers
    from catenary import testing as testing
    from catenary import training as training
    from catenary import types as types
    from catenary import utils as utils
    from catenary import variable as variable
    from catenary._runtime_info import print_runtime_info as print_runtime_info
    from catenary.backend import get_array_types as get_array_types
    from catenary.backend import get_cpu_array_types as get_cpu_array_types
    from catenary.backend import get_device as get_device
    from catenary.backend import is_arrays_compatible as is_arrays_compatible
    from catenary.backend import using_device as using_device
    from catenary.backends._chainerx import Fallback as Fallback
    from catenary.config import DebugMode as DebugMode
    from catenary.config import get_compute_mode as get_compute_mode
    from catenary.config import get_dtype as get_dtype
    from catenary.config import global_config as global_config
    from catenary.config import is_debug as is_debug
    from catenary.config import mixed16 as mixed16
    from catenary.config import set_debug as set_debug
    from catenary.config import using_config as using_config
    from catenary.device_resident import DeviceResidentsVisitor as DeviceResidentsVisitor
    from catenary.distribution import Distribution as Distribution
    from catenary.distribution import cross_entropy as cross_entropy
    from catenary.distribution import kl_divergence as kl_divergence
    from catenary.distribution import register_kl as register_kl
    from catenary.function import Function as Function
    from catenary.function import FunctionAdapter as FunctionAdapter
    from catenary.function_hook import FunctionHook as FunctionHook
    from catenary.function_hook import get_function_hooks as get_function_hooks
    from catenary.function_node import FunctionNode as FunctionNode
    from catenary.function_node import backward as backward
    from catenary.function_node import grad as grad
    from catenary.graph_optimizations.static_graph import static_graph as static_graph
    from catenary.graph_optimizations.static_graph_utilities import static_code as static_code
    from catenary.initializer import Initializer as Initializer
    from catenary.link import Chain as Chain
    from catenary.link import ChainList as ChainList
    from catenary.link import Link as Link
    from catenary.link_hook import LinkHook as LinkHook
    from catenary.optimizer import GradientMethod as GradientMethod
    from catenary.optimizer import Optimizer as Optimizer
    from catenary.optimizer import UpdateRule as UpdateRule
    from catenary.reporter import DictSummary as DictSummary
    from catenary.reporter import Reporter as Reporter
    from catenary.reporter import Summary as Summary
    from catenary.reporter import get_current_reporter as get_current_reporter
    from catenary.reporter import report as report
    from catenary.reporter import report_scope as report_scope
    from catenary.sequential import Sequential as Sequential
    from catenary.serializer import AbstractSerializer as AbstractSerializer
    from catenary.serializer import Deserializer as Deserializer
    from catenary.serializer import Serializer as Serializer
    from catenary.variable import Parameter as Parameter
    from catenary.variable import Variable as Variable
    from catenary.variable import as_array as as_array
    from catenary.variable import as_variable as as_variable
    from catenary.variable import force_backprop_mode as force_backprop_mode
    from catenary.variable import no_backprop_mode as no_backprop_mode

__version__ = "0.1.0"

_ROOMS = (
    "backend",
    "backends",
    "computational_graph",
    "dataset",
    "datasets",
    "device_resident",
    "distribution",
    "distributions",
    "errors",
    "exporters",
    "expr",
    "function",
    "function_hook",
    "function_hooks",
    "function_node",
    "functions",
    "gradient_check",
    "graph_optimizations",
    "initializer",
    "initializers",
    "iterators",
    "link",
    "link_hook",
    "link_hooks",
    "links",
    "optimizer",
    "optimizer_hooks",
    "optimizers",
    "reporter",
    "sequential",
    "serializer",
    "serializers",
    "testing",
    "training",
    "types",
    "utils",
    "variable",
)
_NAMES = {
    "distribution": ("Distribution", "cross_entropy", "kl_divergence", "register_kl"),
    "link_hook": ("LinkHook",),
    "function_node": ("FunctionNode", "backward", "grad"),
    "function_hook": ("FunctionHook", "get_function_hooks"),
    "function": ("Function", "FunctionAdapter"),
    "device_resident": ("DeviceResidentsVisitor",),
    "backend": (
        "get_array_types",
        "get_cpu_array_types",
        "get_device",
        "is_arrays_compatible",
        "using_device",
    ),
    "backends._chainerx": ("Fallback",),
    "config": (
        "DebugMode",
        "get_compute_mode",
        "get_dtype",
        "global_config",
        "is_debug",
        "mixed16",
        "set_debug",
        "using_config",
    ),
    "_runtime_info": ("print_runtime_info",),
    "graph_optimizations.static_graph": ("static_graph",),
    "graph_optimizations.static_graph_utilities": ("static_code",),
    "initializer": ("Initializer",),
    "link": ("Chain", "ChainList", "Link"),
    "optimizer": ("GradientMethod", "Optimizer", "UpdateRule"),
    "reporter": (
        "DictSummary",
        "Reporter",
        "Summary",
        "get_current_reporter",
        "report",
        "report_scope",
    ),
    "sequential": ("Sequential",),
    "serializer": ("AbstractSerializer", "Deserializer", "Serializer"),
    "variable": (
        "Parameter",
        "Variable",
        "as_array",
        "as_variable",
        "force_backprop_mode",
        "no_backprop_mode",
    ),
}
_HOME = {name: room for room, names in _NAMES.items() for name in names}

__all__ = ["config", *_ROOMS, *_HOME]  # noqa: PLE0604  (all are strings, each written once)


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"catenary.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(f"catenary.{_HOME[name]}"), name)
        if "catenary.variable" in sys.modules:
            importlib.import_module("catenary.functions")  # which gives Variable its operators
        globals()[name] = value
        return value
    raise AttributeError(_unknown(name), name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _unknown(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, __all__, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"catenary {__version__} has no attribute {name!r}.{hint}"


def _run_torch_on_one_thread() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


# A forked child inherits torch's OpenMP pool without its threads and would wait for them forever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_run_torch_on_one_thread)
