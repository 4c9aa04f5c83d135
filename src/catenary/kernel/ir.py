"""Spell a pass as LLVM IR: one function that runs it over a chunk of one row.

    void kernel(i64 start, i64 count, ptr pointers, ptr scalars, ptr out)

`pointers` holds the addresses of the row's tensors, `scalars` its scalars in the compute dtype, and
`out` takes what a reducing pass measures on the chunk. The body is written in vectors of a fixed
width, so what is added to what does not depend on the processor; a loop over single elements
finishes the rest. No float operation carries a fast-math flag: results equal NumPy's bit for bit.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from catenary.expr import Node
from catenary.kernel import bits
from catenary.kernel.schedule import Pass
from catenary.kernel.signature import Signature

__all__ = ["BYTES", "SPELL", "STORAGE", "Block", "Kernel", "spell"]

WIDTH = 16
STORAGE = {"float32": "float", "float64": "double", "float16": "half", "bfloat16": "i16"}
BYTES = {"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2}


def _binary(instruction: str) -> Callable[[Block, Node], str]:
    return lambda block, at: block.emit(f"{instruction} {block.type} {block.args(at)}")


def _compare(condition: str) -> Callable[[Block, Node], str]:
    return lambda block, at: block.emit(f"fcmp {condition} {block.type} {block.args(at)}")


def _logic(instruction: str) -> Callable[[Block, Node], str]:
    return lambda block, at: block.emit(f"{instruction} {block.bools} {block.args(at)}")


def _intrinsic(name: str) -> Callable[[Block, Node], str]:
    def spell(block: Block, at: Node) -> str:
        arguments = ", ".join(f"{block.type} {block.values[arg]}" for arg in at.args)
        return block.emit(block.call(name, arguments, len(at.args)))

    return spell


def _pick(condition: str) -> Callable[[Block, Node], str]:
    """NumPy's minimum and maximum: the first argument if it is NaN or wins, else the second."""

    def spell(block: Block, at: Node) -> str:
        a, b = (block.values[arg] for arg in at.args)
        wins = block.emit(f"fcmp {condition} {block.type} {a}, {b}")
        is_nan = block.emit(f"fcmp uno {block.type} {a}, {a}")
        first = block.emit(f"or {block.bools} {wins}, {is_nan}")
        return block.select(first, a, b)

    return spell


def _sign(block: Block, at: Node) -> str:
    x, zero = block.values[at.args[0]], block.const(0.0)
    above = block.emit(f"fcmp ogt {block.type} {x}, {zero}")
    below = block.emit(f"fcmp olt {block.type} {x}, {zero}")
    is_nan = block.emit(f"fcmp uno {block.type} {x}, {x}")
    kept = block.select(is_nan, x, zero)
    return block.select(above, block.const(1.0), block.select(below, block.const(-1.0), kept))


def _where(block: Block, at: Node) -> str:
    return block.select(*(block.values[arg] for arg in at.args))


SPELL: dict[str, Callable[[Block, Node], str]] = {
    "add": _binary("fadd"),
    "sub": _binary("fsub"),
    "mul": _binary("fmul"),
    "div": _binary("fdiv"),
    "neg": lambda block, at: block.emit(f"fneg {block.type} {block.args(at)}"),
    "pow": _intrinsic("pow"),
    "abs": _intrinsic("fabs"),
    "sqrt": _intrinsic("sqrt"),
    "exp": _intrinsic("exp"),
    "log": _intrinsic("log"),
    "tanh": _intrinsic("tanh"),
    "sign": _sign,
    "minimum": _pick("olt"),
    "maximum": _pick("ogt"),
    "lt": _compare("olt"),
    "le": _compare("ole"),
    "eq": _compare("oeq"),
    "ne": _compare("une"),
    "and": _logic("and"),
    "or": _logic("or"),
    "not": lambda block, at: block.emit(f"xor {block.bools} {block.args(at)}, {block.true}"),
    "where": _where,
    "bfloat16": bits.through_bfloat16,
    "float16": bits.through_float16,
    "dither": bits.dither,
}


class Block:
    """The body of a loop over vectors (width 16) or over single elements (width 1).

    Attributes:
        values: What each node is called.
        hashes: By pair of streams, the integers that random bits are taken from.
        drawn: Of random nodes, the integers that they are made of.
    """

    def __init__(self, kernel: Kernel, width: int, tag: str) -> None:
        self.kernel, self.width, self.tag = kernel, width, tag
        self.lines: list[str] = []
        self.values: dict[Node, str] = {}
        self.hashes: dict[int, str] = {}
        self.drawn: dict[Node, str] = {}
        self.type: str = self.of(kernel.number)
        self.bools: str = self.of("i1")
        self.true: str = "true" if width == 1 else "splat (i1 true)"

    def of(self, kind: str) -> str:
        """Return the type of as many `kind` as the block is wide."""
        return kind if self.width == 1 else f"<{self.width} x {kind}>"

    def emit(self, text: str) -> str:
        """Append an instruction and return the name of its result."""
        name = f"%{self.tag}{len(self.lines)}"
        self.lines.append(f"  {name} = {text}")
        return name

    def args(self, at: Node) -> str:
        """Return what a node's arguments are called."""
        return ", ".join(self.values[arg] for arg in at.args)

    def call(self, name: str, arguments: str, arity: int, kind: str | None = None) -> str:
        """Return a call of one of LLVM's own functions."""
        kind = kind or self.kernel.number
        suffix = {"float": "f32", "double": "f64"}[kind]
        full = f"llvm.{name}." + (suffix if self.width == 1 else f"v{self.width}{suffix}")
        declared = ", ".join([self.of(kind)] * arity)
        self.kernel.declarations.add(f"declare {self.of(kind)} @{full}({declared})")
        return f"call {self.of(kind)} @{full}({arguments})"

    def select(self, condition: str, a: str, b: str) -> str:
        """Choose between two values."""
        return self.emit(f"select {self.bools} {condition}, {self.type} {a}, {self.type} {b}")

    def const(self, value: float, kind: str | None = None) -> str:
        """Return a number, as often as the block is wide."""
        kind = kind or self.kernel.number
        rounded = float(np.float32(value)) if kind == "float" else float(value)
        text = f"0x{struct.pack('>d', rounded).hex().upper()}"
        return text if self.width == 1 else f"splat ({kind} {text})"

    def ints(self, kind: str, value: int) -> str:
        """Return a whole number, as often as the block is wide."""
        return str(value) if self.width == 1 else f"splat ({kind} {value})"

    def address(self, column: int, dtype: str) -> str:
        """Return where the block's elements of a column lie."""
        base = self.kernel.bases[column]
        return self.emit(f"getelementptr {STORAGE[dtype]}, ptr {base}, i64 %{self.tag}i")

    def load(self, column: int) -> str:
        """Return a column's elements in the compute dtype."""
        _, dtype = self.kernel.signature.columns[column]
        kind = self.of(STORAGE[dtype])
        address = self.address(column, dtype)
        stored = self.emit(f"load {kind}, ptr {address}, align {BYTES[dtype]}")
        return self.widen(stored, dtype)

    def widen(self, stored: str, dtype: str) -> str:
        """Return what was loaded in the compute dtype."""
        compute = self.kernel.number
        if dtype == "bfloat16":
            whole = self.emit(f"zext {self.of('i16')} {stored} to {self.of('i32')}")
            moved = self.emit(f"shl {self.of('i32')} {whole}, {self.ints('i32', 16)}")
            stored = self.emit(f"bitcast {self.of('i32')} {moved} to {self.of('float')}")
            dtype = "float32"
        if STORAGE[dtype] == compute:
            return stored
        return self.convert(stored, STORAGE[dtype], compute)

    def convert(self, value: str, source: str, goal: str) -> str:
        """Return a value in another of LLVM's float types."""
        sizes = {"half": 16, "float": 32, "double": 64}
        cast = "fpext" if sizes[source] < sizes[goal] else "fptrunc"
        return self.emit(f"{cast} {self.of(source)} {value} to {self.of(goal)}")

    def narrow(self, at: Node, dtype: str) -> str:
        """Return a value rounded once to a storage dtype."""
        value = self.values[at]
        kind = "float" if dtype == "bfloat16" else STORAGE[dtype]
        if kind != self.kernel.number:
            value = self.convert(value, self.kernel.number, kind)
        if dtype == "bfloat16":
            return bits.narrow_bfloat16(self, value, fits=_is_bfloat16(at))
        return value

    def store(self, column: int, at: Node) -> None:
        """Write a node's value into a column."""
        _, dtype = self.kernel.signature.columns[column]
        narrow = self.narrow(at, dtype)
        address = self.address(column, dtype)
        kind = self.of(STORAGE[dtype])
        self.lines.append(f"  store {kind} {narrow}, ptr {address}, align {BYTES[dtype]}")

    def compute(self) -> None:
        """Load the inputs and compute every node of the pass."""
        signature = self.kernel.signature
        place = {name: i for i, (name, _) in enumerate(signature.columns)}
        for at in self.kernel.sweep.order:
            if at.op == "tensor":
                self.values[at] = self.load(place[str(at.value)])
            elif at.op == "const":
                assert isinstance(at.value, float)
                self.values[at] = self.const(at.value)
            elif at.op == "scalar":
                self.values[at] = self.kernel.splat(str(at.value), self.width)
            elif at.op == "random":
                self.values[at] = bits.random(self, at)
            else:
                self.values[at] = SPELL[at.op](self, at)


def _is_bfloat16(at: Node) -> bool:
    """Whether a value has no more bits than a bfloat16."""
    if at.op == "where":
        return _is_bfloat16(at.args[1]) and _is_bfloat16(at.args[2])
    return at.op in ("bfloat16", "dither")


class Kernel:
    """One function: the entry, a loop over vectors, a loop over what is left."""

    def __init__(self, name: str, sweep: Pass, signature: Signature) -> None:
        self.name, self.sweep, self.signature = name, sweep, signature
        self.number = STORAGE[signature.compute]
        self.declarations: set[str] = set()
        self.bases = [f"%base{i}" for i in range(len(signature.columns))]
        self._splats: dict[tuple[str, int], str] = {}
        self._keys: dict[int, str] = {}
        self._entry: list[str] = []

    def splat(self, scalar: str, width: int) -> str:
        """Return a scalar, loaded once before the loops, `width` times side by side."""
        kind = self.number
        plain = f"%scalar.{scalar}"
        if (scalar, 1) not in self._splats:
            place = self.signature.scalars.index(scalar)
            self._entry.append(f"  {plain}.at = getelementptr {kind}, ptr %scalars, i64 {place}")
            self._entry.append(f"  {plain} = load {kind}, ptr {plain}.at")
            self._splats[scalar, 1] = plain
        if (scalar, width) not in self._splats:
            wide = f"<{width} x {kind}>"
            self._entry.append(
                f"  {plain}.one = insertelement {wide} poison, {kind} {plain}, i64 0"
            )
            self._entry.append(
                f"  {plain}.wide = shufflevector {wide} {plain}.one, {wide} poison, "
                f"<{width} x i32> zeroinitializer"
            )
            self._splats[scalar, width] = f"{plain}.wide"
        return self._splats[scalar, width]

    def key(self, pair: int, at: Node) -> str:
        """Return the key of two random streams, computed once before the loops."""
        if pair not in self._keys:
            block = Block(self, 1, f"key{pair}_")
            self._keys[pair] = bits.key_in_entry(self, block, pair, at)
            self._entry += block.lines
        return self._keys[pair]

    def text(self) -> str:
        """Return the module."""
        vector, vector_out = self._loop(WIDTH, "v")
        single, single_out = self._loop(1, "s")
        for i, base in enumerate(self.bases):
            self._entry.append(f"  {base}.at = getelementptr ptr, ptr %pointers, i64 {i}")
            self._entry.append(f"  {base} = load ptr, ptr {base}.at")
        end = self._store_results(vector_out, single_out)
        declarations = "\n".join(sorted(self.declarations))
        arguments = "i64 %start, i64 %count, ptr %pointers, ptr %scalars, ptr %out"
        body = "\n".join([
            f"define void @{self.name}({arguments}) {{", "entry:", *self._entry,
            "  %stop = add i64 %start, %count", f"  %blocks = and i64 %count, -{WIDTH}",
            "  %middle = add i64 %start, %blocks", "  br label %vhead", *vector, *single, *end,
            "  ret void", "}",
        ])  # fmt: skip
        return f"{declarations}\n{body}\n"

    def _loop(self, width: int, tag: str) -> tuple[list[str], list[tuple[str, str]]]:
        """Return the lines of one loop and the (type, name) of what it carries out."""
        block = Block(self, width, tag)
        block.compute()
        carried = self._carried(block)
        before, step, last, following = (
            ("entry", WIDTH, "%middle", "shead") if tag == "v" else ("vhead", 1, "%stop", "done")
        )
        first = "%start" if tag == "v" else "%vi"
        head = [
            f"{tag}head:",
            f"  %{tag}i = phi i64 [ {first}, %{before} ], [ %{tag}next, %{tag}body ]",
        ]
        for i, (kind, zero, new) in enumerate(carried):
            head.append(f"  %{tag}acc{i} = phi {kind} [ {zero}, %{before} ], [ {new}, %{tag}body ]")
        head.append(f"  %{tag}more = icmp slt i64 %{tag}i, {last}")
        head.append(f"  br i1 %{tag}more, label %{tag}body, label %{following}")
        body = [f"{tag}body:", *block.lines, f"  %{tag}next = add i64 %{tag}i, {step}",
                f"  br label %{tag}head"]  # fmt: skip
        return head + body, [(kind, f"%{tag}acc{i}") for i, (kind, _, _) in enumerate(carried)]

    def _carried(self, block: Block) -> list[tuple[str, str, str]]:
        """Write outputs, and return (type, first value, next value) of each accumulator."""
        place = {name: i for i, (name, _) in enumerate(self.signature.columns)}
        for name, value in self.sweep.outputs:
            block.store(place[name], value)
        carried = []
        double = block.of("double")
        for i, reduction in enumerate(self.sweep.reductions):
            wide = block.values[reduction.arg]
            if self.number == "float":
                wide = block.emit(f"fpext {block.type} {wide} to {double}")
            square = block.emit(f"fmul {double} {wide}, {wide}")
            total = block.emit(f"fadd {double} %{block.tag}acc{i}, {square}")
            carried.append((double, block.const(0.0, "double"), total))
        if self.signature.check_finite:
            g = block.load(place["g"])
            none = block.emit(f"fsub {block.type} {g}, {g}")
            bad = block.emit(f"fcmp une {block.type} {none}, {block.const(0.0)}")
            seen = block.emit(f"or {block.bools} %{block.tag}acc{len(carried)}, {bad}")
            zero = "false" if block.width == 1 else "zeroinitializer"
            carried.append((block.bools, zero, seen))
        return carried

    def _store_results(
        self, vector: list[tuple[str, str]], single: list[tuple[str, str]]
    ) -> list[str]:
        """Add up the lanes in their order, then the rest, and store one double each."""
        lines = ["done:"]
        for i, ((kind, wide), (_, rest)) in enumerate(zip(vector, single, strict=True)):
            if "double" in kind:
                name = f"llvm.vector.reduce.fadd.v{WIDTH}f64"
                self.declarations.add(f"declare double @{name}(double, {kind})")
                lines.append(f"  %lanes{i} = call double @{name}(double 0.0, {kind} {wide})")
                lines.append(f"  %result{i} = fadd double %lanes{i}, {rest}")
            else:
                name = f"llvm.vector.reduce.or.v{WIDTH}i1"
                self.declarations.add(f"declare i1 @{name}({kind})")
                lines.append(f"  %lanes{i} = call i1 @{name}({kind} {wide})")
                lines.append(f"  %any{i} = or i1 %lanes{i}, {rest}")
                lines.append(f"  %result{i} = uitofp i1 %any{i} to double")
            lines.append(f"  %out{i} = getelementptr double, ptr %out, i64 {i}")
            lines.append(f"  store double %result{i}, ptr %out{i}")
        return lines


def spell(name: str, sweep: Pass, signature: Signature) -> str:
    """Return the LLVM module of a pass."""
    return Kernel(name, sweep, signature).text()
