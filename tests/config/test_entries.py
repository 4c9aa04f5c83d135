"""Chainer's entries, and the environment variables that Chainer takes them from."""

from __future__ import annotations

import importlib.util
import os

import pytest

from catenary.config import DebugMode, config, get_compute_mode, global_config, using_config

# What `chainer.config.show()` of 7.8.1 prints.
CHAINERS = {
    "_will_recompute": False,
    "autotune": False,
    "compute_mode": None,
    "cudnn_deterministic": False,
    "cudnn_fast_batch_normalization": False,
    "debug": False,
    "dtype": "float32",
    "enable_backprop": True,
    "in_recomputing": False,
    "keep_graph_on_report": False,
    "lazy_grad_sum": False,
    "schedule_func": None,
    "train": True,
    "type_check": True,
    "use_cudnn": "auto",
    "use_cudnn_tensor_core": "auto",
    "use_ideep": "never",
    "use_static_graph": True,
    "warn_nondeterministic": False,
}
VARIABLES = [
    ("CHAINER_DEBUG", "1", "debug", True),
    ("CHAINER_DEBUG", "0", "debug", False),
    ("CHAINER_DEBUG", "", "debug", False),
    ("CHAINER_DEBUG", "2", "debug", True),
    ("CHAINER_TYPE_CHECK", "0", "type_check", False),
    ("CHAINER_KEEP_GRAPH_ON_REPORT", "1", "keep_graph_on_report", True),
    ("CHAINER_LAZY_GRAD_SUM", "1", "lazy_grad_sum", True),
    ("CHAINER_CUDNN_FAST_BATCH_NORMALIZATION", "1", "cudnn_fast_batch_normalization", True),
    ("CHAINER_USE_CUDNN", "never", "use_cudnn", "never"),
    ("CHAINER_USE_IDEEP", "auto", "use_ideep", "auto"),
    ("CHAINER_DTYPE", "float64", "dtype", "float64"),
    ("CHAINER_DTYPE", "mixed16", "dtype", "dtype('mixed16')"),
]


def entries(monkeypatch, **variables):
    """The global entries of a module `config` loaded under these variables."""
    for name in [name for name in os.environ if name.startswith("CHAINER_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.find_spec("catenary.config")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = vars(module.global_config)
    return {name: str(found[name]) if name == "dtype" else found[name] for name in CHAINERS}


def test_every_entry_of_chainers_has_its_default(monkeypatch):
    assert entries(monkeypatch) == CHAINERS


@pytest.mark.parametrize("name", sorted(CHAINERS))
def test_an_entry_can_be_set_in_a_block(name):
    before = getattr(config, name)
    with using_config(name, "another"):
        assert getattr(config, name) == "another"
        assert getattr(global_config, name) == before
    assert getattr(config, name) == before


@pytest.mark.parametrize(("variable", "text", "entry", "value"), VARIABLES)
def test_an_environment_variable_sets_its_entry(monkeypatch, variable, text, entry, value):
    assert entries(monkeypatch, **{variable: text}) == {**CHAINERS, entry: value}


@pytest.mark.parametrize(
    ("variable", "text", "error"),
    [("CHAINER_DEBUG", "yes", ValueError), ("CHAINER_DTYPE", "int32", TypeError)],
)
def test_a_wrong_environment_variable_is_named(monkeypatch, variable, text, error):
    with pytest.raises(error, match=f"{variable} is .* not '{text}'"):
        entries(monkeypatch, **{variable: text})


def test_debug_mode_is_a_block_that_warns():
    with pytest.warns(DeprecationWarning, match="using_config"):
        mode = DebugMode(True)
    assert not config.debug
    with mode:
        assert config.debug
    assert not config.debug


def test_the_compute_mode_is_the_entry():
    assert get_compute_mode() is None
    with using_config("compute_mode", "cudnn_fast"):
        assert get_compute_mode() == "cudnn_fast"
