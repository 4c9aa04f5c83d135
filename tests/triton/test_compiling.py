"""The kernels compile for a real GPU, without one: what the machine code may not and must have."""

from __future__ import annotations

import pytest

pytest.importorskip("triton")

PROGRAM = """
import re, sys
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from catenary.expr.node import const, hyper, node, norm, tensor
from catenary.kernel import Storage, schedule
from catenary.kernel.triton.compiler import kernel
from catenary.kernel.triton.scalars_text import TOTALS, scalars_text
from catenary.kernel.signature import Signature
from catenary.kernel.triton.sweep_text import sweep_text
from catenary.optim import AdamW
from catenary.optimizer.formula_rule import trace_rule


def ptx(text, name, types, **constants):
    signature = {**types, **dict.fromkeys(constants, "constexpr")}
    source = ASTSource(kernel(text, name), signature, constants)
    made = triton.compile(source, target=GPUTarget("cuda", 90, 32),
                          options={"enable_fp_fusion": False})
    return made.asm["ptx"]


size = norm(tensor("g"), "model")
clipped = node("mul", tensor("g"), node("minimum", const(1), node("div", const(1), size)))
formula = trace_rule(AdamW.rule, AdamW.rule._default_switches(), clipped, "rule.", (size,))
for storage, dtypes in (
    (Storage(), ["float32"] * 4),
    (Storage(), ["float64"] * 4),
    (Storage("stochastic", narrow=frozenset({"p", "exp_avg", "exp_avg_sq"})), ["bfloat16"] * 4),
):
    planned = schedule(formula, storage)
    columns = tuple(zip(("g", "p", "exp_avg", "exp_avg_sq"), dtypes))
    names = tuple(scalar.name for scalar in planned.program.scalars)
    number = "fp64" if dtypes[0] == "float64" else "fp32"
    where = {name: "*i64" for name in ("rows", "starts", "counts", "active", "pointers")}
    types = {**where, "scalars": f"*{number}", "skip": "*fp64", "out": "*fp64"}
    for sweep, check in ((planned.reducing[0], True), (planned.updating, False)):
        code = ptx(sweep_text(sweep, Signature(columns, names, check)), "sweep", types,
                   BLOCK=1024, ALIGNED=True)
        print(dtypes[0], "fma" if re.search(r"\\bfma\\.rn\\.f(32|64)", code) else "unfused",
              "approximate" if re.search(r"(div|sqrt)\\.approx", code) else "exact",
              "wide" if re.search(r"ld\\.global\\.v[24]\\.b", code) else "narrow")
    program = planned.program
    places = [k for k, scalar in enumerate(program.scalars) if scalar.stage == 1]
    text = scalars_text(tuple(program.scalars[k] for k in places), tuple(places),
                        len(program.scalars), program.hypers,
                        tuple(r.name for r in program.reductions), "float32")
    ptx(text, "fill", {"values": "*fp64", "group_of": "*i64", "good": "*i64", "keys": "*fp64",
                       "found": "*fp64", "at": "*i64", "scalars": "*fp32", "size": "i32"},
        BLOCK=128)
ptx(TOTALS, "add_rows", {"parts": "*fp64", "bounds": "*i64", "found": "*fp64", "width": "i32"},
    BLOCK=128)
ptx(TOTALS, "add_all", {"found": "*fp64", "goals": "*i64", "places": "*i64", "bounds": "*i64"},
    BLOCK=1024)
ptx(TOTALS, "finish", {"found": "*fp64", "good": "*i64"})
print("all")
"""


@pytest.mark.slow
def test_kernels_compile_for_a_gpu(python, tmp_path):
    """Nothing is contracted or approximated, and whole blocks are loaded 128 bits at a time."""
    program = tmp_path / "program.py"  # Triton reads the source of what it compiles
    program.write_text(PROGRAM)
    told = python(f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')",
                  env={"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)})  # fmt: skip
    *lines, end = told.stdout.splitlines()
    assert end == "all"
    assert len(lines) == 6
    for line in lines:
        assert line.endswith("unfused exact wide")
