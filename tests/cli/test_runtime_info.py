"""What `catenary info` and bug reports say about a machine."""

from __future__ import annotations

import io

import torch

import catenary
from catenary import _runtime_info


def test_it_is_printed_a_line_each():
    out = io.StringIO()
    catenary.print_runtime_info(out)
    lines = dict(line.split("  ", 1) for line in out.getvalue().splitlines())
    found = {name.strip(): value.strip() for name, value in lines.items()}
    assert found["catenary"] == catenary.__version__
    assert found["torch"] == torch.__version__
    assert found["devices"].startswith("cpu")


def test_what_is_not_installed_is_said_so():
    assert _runtime_info._version("no_such_package") == "not installed"
    assert _runtime_info._version("sys") == "unknown"
