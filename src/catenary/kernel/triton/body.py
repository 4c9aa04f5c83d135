"""Spell nodes as Triton: an expression for every operation, and the functions that some need.

Whatever the arithmetic allows equals the CPU's bits: kernels are compiled without contraction into
fused multiply-adds, divisions and roots of float32 are the correctly rounded ones, and bfloat16 is
rounded by arithmetic on bits. `exp`, `log`, `tanh` and `pow` are computed in float64 and rounded
once, which leaves them within 1e-13 of the exact value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from catenary.expr import Node
from catenary.kernel.chance import FIRST, GOLDEN, SECOND

__all__ = ["HELPERS", "SPELL", "Body"]

Speller = Callable[["Body", Node], str]


def _infix(sign: str) -> Speller:
    return lambda body, at: f" {sign} ".join(body.args(at))


def _by_name(function: str) -> Speller:
    """A function of float64, rounded once."""

    def spell(body: Body, at: Node) -> str:
        wide = ", ".join(f"({arg}).to(tl.float64)" for arg in body.args(at))
        return f"{function}({wide}).to(tl.{body.compute})"

    return spell


def _divide(body: Body, at: Node) -> str:
    a, b = body.args(at)
    return f"tl.div_rn({a}, {b})" if body.compute == "float32" else f"{a} / {b}"


def _root(body: Body, at: Node) -> str:
    (a,) = body.args(at)
    return f"tl.sqrt_rn({a})" if body.compute == "float32" else f"tl.sqrt({a})"


def _sign(body: Body, at: Node) -> str:
    (x,) = body.args(at)
    zero, one, less = (body.constant(number) for number in (0.0, 1.0, -1.0))
    below = f"tl.where({x} < {zero}, {less}, tl.where({x} != {x}, {x}, {zero}))"
    return f"tl.where({x} > {zero}, {one}, {below})"


def _pick(sign: str) -> Speller:
    """NumPy's minimum and maximum: the first argument if it is NaN or wins, else the second."""

    def spell(body: Body, at: Node) -> str:
        a, b = body.args(at)
        return f"tl.where(({a} {sign} {b}) | ({a} != {a}), {a}, {b})"

    return spell


def _negate(body: Body, at: Node) -> str:
    # Triton's own minus is 0 - x, which loses the sign of zero.
    return f"{body.args(at)[0]} * {body.constant(-1.0)}"


SPELL: dict[str, Speller] = {
    "add": _infix("+"),
    "sub": _infix("-"),
    "mul": _infix("*"),
    "div": _divide,
    "neg": _negate,
    "pow": _by_name("_pow"),
    "abs": lambda body, at: f"tl.abs({body.args(at)[0]})",
    "sqrt": _root,
    "exp": _by_name("tl.exp"),
    "log": _by_name("tl.log"),
    "tanh": _by_name("_tanh"),
    "sign": _sign,
    "minimum": _pick("<"),
    "maximum": _pick(">"),
    "lt": _infix("<"),
    "le": _infix("<="),
    "eq": _infix("=="),
    "ne": _infix("!="),
    "and": _infix("&"),
    "or": _infix("|"),
    "not": lambda body, at: f"tl.where({body.args(at)[0]}, False, True)",
    "where": lambda body, at: f"tl.where({', '.join(body.args(at))})",
    "bfloat16": lambda body, at: f"_widened(_narrowed({body.args(at)[0]}))",
    "float16": lambda body, at: f"({body.args(at)[0]}).to(tl.float16).to(tl.float32)",
    "dither": lambda body, at: f"_dither({', '.join(body.args(at))})",
}

HELPERS = f'''
@triton.jit
def _pow(a, b):
    """C's pow in float64; NaN where a negative number has no power."""
    size = tl.exp(b * tl.log(tl.abs(a)))
    size = tl.where((b == 0.0) | (a == 1.0) | ((a == -1.0) & (b == b)), 1.0, size)
    whole = tl.floor(b) == b
    odd = whole & (tl.floor(b * 0.5) != b * 0.5)
    negative = (a < 0.0) | ((a == 0.0) & (1.0 / a < 0.0))
    signed = tl.where(negative & odd, -1.0 * size, size)
    hopeless = (a < 0.0) & (a > -float("inf")) & (tl.where(whole, False, True)) & (b - b == 0.0)
    return tl.where(hopeless, float("nan"), signed)


@triton.jit
def _tanh(x):
    small = tl.exp(-2.0 * tl.abs(x))
    size = (1.0 - small) / (1.0 + small)
    series = tl.abs(x) * (1.0 - x * x * (1.0 / 3.0 - x * x * (2.0 / 15.0 - x * x * (17.0 / 315.0))))
    size = tl.where(tl.abs(x) < 0.02, series, size)
    signed = tl.where(x < 0.0, -1.0 * size, size)
    return tl.where((x != x) | (x == 0.0), x, signed)


@triton.jit
def _narrowed(x):
    """The bits of a bfloat16, rounded to nearest, ties to even."""
    bits = x.to(tl.uint32, bitcast=True)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return tl.where(x != x, (bits >> 16) | 0x40, rounded).to(tl.uint16)


@triton.jit
def _widened(bits):
    return (bits.to(tl.uint32) << 16).to(tl.float32, bitcast=True)


@triton.jit
def _mix(x):
    """The hash lowbias32 of C. Wellons (hash prospector)."""
    x = (x ^ (x >> 16)) * {FIRST:#x}
    x = (x ^ (x >> 15)) * {SECOND:#x}
    return x ^ (x >> 15)


@triton.jit
def _dither(x, chance):
    bits = x.to(tl.uint32, bitcast=True) + chance.to(tl.uint32)
    moved = (bits & 0xFFFF0000).to(tl.float32, bitcast=True)
    return tl.where(x - x == 0.0, moved, x)
'''


class Body:
    """Lines that compute nodes, one name each."""

    def __init__(self, compute: str, shape: str) -> None:
        self.compute, self.shape = compute, shape
        self.before: list[str] = []
        self.lines: list[str] = []
        self.names: dict[Node, str] = {}
        self._constants: dict[str, str] = {}
        self._hashes: dict[tuple[Node, int], str] = {}

    def args(self, at: Node) -> list[str]:
        """Return the names of a node's arguments."""
        return [self.names[arg] for arg in at.args]

    def constant(self, value: float) -> str:
        """Return the name of a number that was written down once, before the loop."""
        rounded = value if self.compute == "float64" else _float32(value)
        spelled = repr(rounded) if math.isfinite(rounded) else f'float("{rounded}")'
        if spelled not in self._constants:
            name = self._constants[spelled] = f"c{len(self._constants)}"
            self.before.append(f"{name} = tl.full({self.shape}, {spelled}, tl.{self.compute})")
        return self._constants[spelled]

    def give(self, at: Node, spelled: str) -> None:
        """Let a node's name stand for an expression."""
        self.names[at] = f"x{len(self.names)}"
        self.lines.append(f"{self.names[at]} = {spelled}")

    def compute_node(self, at: Node) -> None:
        """Append what computes a node that is neither tensor nor scalar."""
        if at.op == "const":
            assert isinstance(at.value, float)
            self.names[at] = self.constant(at.value)
        elif at.op == "random":
            self.give(at, self._random(at))
        else:
            self.give(at, SPELL[at.op](self, at))

    def _random(self, at: Node) -> str:
        """Return 16 bits of chance; two streams share a hash."""
        pair, high = divmod(int(str(at.value)), 2)
        row, t = self.args(at)
        if (at.args[0], pair) not in self._hashes:
            name = f"hash{len(self._hashes)}"
            self._hashes[at.args[0], pair] = name
            seed = f"({row}).to(tl.uint32) + {(GOLDEN * pair) & 0xFFFFFFFF}"
            self.before.append(f"{name}_key = _mix(_mix({seed}) ^ ({t}).to(tl.uint32))")
            self.lines.append(f"{name} = _mix(i.to(tl.uint32) * {GOLDEN:#x} + {name}_key)")
        bits = self._hashes[at.args[0], pair]
        half = f"({bits} >> 16)" if high else f"({bits} & 0xFFFF)"
        return f"{half}.to(tl.float32)"


def _float32(value: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(value))
