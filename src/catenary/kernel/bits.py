"""What kernels do to the bits of numbers: rounding to 16-bit formats, and random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catenary.expr import Node
from catenary.kernel.chance import FIRST, GOLDEN, SECOND

if TYPE_CHECKING:
    from catenary.kernel.ir import Block, Kernel

__all__ = ["dither", "narrow_bfloat16", "random", "through_bfloat16", "through_float16"]

UPPER_HALF = 0xFFFF0000
QUIET = 0x00400000
"""The bit of a NaN that arithmetic sets; it lies in the upper half, so cutting keeps the NaN."""


def narrow_bfloat16(block: Block, value: str, *, fits: bool) -> str:
    """Return a float as bfloat16, which kernels hold as i16.

    Args:
        block: Where to spell it.
        value: The float.
        fits: Whether it is known to be a bfloat16.
    """
    i32 = block.of("i32")
    if fits:
        bits = block.emit(f"bitcast {block.of('float')} {value} to {i32}")
    else:
        bits = _moved(block, value, lambda bits: _to_nearest(block, bits))
    high = block.emit(f"lshr {i32} {bits}, {block.ints('i32', 16)}")
    return block.emit(f"trunc {i32} {high} to {block.of('i16')}")


def through_bfloat16(block: Block, at: Node) -> str:
    """Spell the nearest bfloat16 of a number."""
    return _cut(block, block.values[at.args[0]], lambda bits: _to_nearest(block, bits))


def through_float16(block: Block, at: Node) -> str:
    """Spell the nearest float16 of a number."""
    half = block.convert(_single(block, block.values[at.args[0]]), "float", "half")
    return block.widen(half, "float16")


def dither(block: Block, at: Node) -> str:
    """Spell one of the two bfloat16 around a number, as chance has it."""
    x, chance = (block.values[arg] for arg in at.args)
    bits = block.drawn.get(at.args[1])
    if bits is None:
        bits = block.emit(f"fptoui {block.type} {chance} to {block.of('i32')}")
    return _cut(block, x, lambda _: bits)


def random(block: Block, at: Node) -> str:
    """Spell 16 random bits as a number; two streams share a hash."""
    i32 = block.of("i32")
    pair, upper = divmod(int(str(at.value)), 2)
    if pair not in block.hashes:
        block.hashes[pair] = _hash(block, pair, at)
    shifted = "lshr" if upper else "and"
    drawn = block.emit(f"{shifted} {i32} {block.hashes[pair]}, "
                       f"{block.ints('i32', 16 if upper else 0xFFFF)}")  # fmt: skip
    block.drawn[at] = drawn
    return block.emit(f"uitofp {i32} {drawn} to {block.type}")


def key_in_entry(kernel: Kernel, block: Block, pair: int, at: Node) -> str:
    """Spell the key of two streams, which is the same for all elements."""
    kind = kernel.number
    row, t = (
        block.emit(f"fptoui {kind} {kernel.splat(str(arg.value), 1)} to i32") for arg in at.args
    )
    row = block.emit(f"add i32 {row}, {_signed(GOLDEN * pair)}")
    mixed = block.emit(f"xor i32 {_mix(block, row)}, {t}")
    return _mix(block, mixed)


def _hash(block: Block, pair: int, at: Node) -> str:
    """Spell the hash of the places in memory."""
    place = block.emit(f"trunc i64 %{block.tag}i to i32")
    first = block.emit(f"mul i32 {place}, {_signed(GOLDEN)}")
    key = block.kernel.key(pair, at)
    base = block.emit(f"add i32 {first}, {key}")
    if block.width == 1:
        return _mix(block, base)
    i32 = block.of("i32")
    one = block.emit(f"insertelement {i32} poison, i32 {base}, i64 0")
    wide = block.emit(
        f"shufflevector {i32} {one}, {i32} poison, <{block.width} x i32> zeroinitializer"
    )
    ahead = ", ".join(f"i32 {_signed(GOLDEN * lane)}" for lane in range(block.width))
    return _mix(block, block.emit(f"add {i32} {wide}, <{ahead}>"))


def _mix(block: Block, x: str) -> str:
    i32 = block.of("i32")
    for shift, factor in ((16, FIRST), (15, SECOND), (15, None)):
        moved = block.emit(f"lshr {i32} {x}, {block.ints('i32', shift)}")
        x = block.emit(f"xor {i32} {x}, {moved}")
        if factor is not None:
            x = block.emit(f"mul {i32} {x}, {block.ints('i32', _signed(factor))}")
    return x


def _signed(bits: int) -> int:
    """Return 32 bits as LLVM writes them."""
    bits &= 0xFFFFFFFF
    return bits - (1 << 32) if bits >> 31 else bits


def _to_nearest(block: Block, bits: str) -> str:
    """Spell what to add so that cutting rounds to the nearest, to even where two are as near."""
    i32 = block.of("i32")
    high = block.emit(f"lshr {i32} {bits}, {block.ints('i32', 16)}")
    odd = block.emit(f"and {i32} {high}, {block.ints('i32', 1)}")
    return block.emit(f"add {i32} {odd}, {block.ints('i32', 0x7FFF)}")


def _moved(block: Block, value: str, more: Callable[[str], str]) -> str:
    """Spell the bits of a float after something was added to them; a NaN stays one."""
    i32 = block.of("i32")
    bits = block.emit(f"bitcast {block.of('float')} {value} to {i32}")
    added = block.emit(f"add {i32} {bits}, {more(bits)}")
    quiet = block.emit(f"or {i32} {bits}, {block.ints('i32', QUIET)}")
    is_nan = block.emit(f"fcmp uno {block.of('float')} {value}, {value}")
    return block.emit(f"select {block.bools} {is_nan}, {i32} {quiet}, {i32} {added}")


def _cut(block: Block, value: str, more: Callable[[str], str]) -> str:
    """Spell a number with bfloat16's bits."""
    i32 = block.of("i32")
    bits = _moved(block, _single(block, value), more)
    high = block.emit(f"and {i32} {bits}, {block.ints('i32', _signed(UPPER_HALF))}")
    single = block.emit(f"bitcast {i32} {high} to {block.of('float')}")
    return block.widen(single, "float32")


def _single(block: Block, value: str) -> str:
    compute = block.kernel.number
    return value if compute == "float" else block.convert(value, compute, "float")
