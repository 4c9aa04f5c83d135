"""The one pickle that snapshots hold: None, as NumPy stores it in an array of objects without axes.

Chainer writes it for parameters without a shape and for states that do not exist yet. We write the
very bytes that NumPy 1 writes, so that Chainer reads them, and recognise each of NumPy's spellings
by looking at the pickle's opcodes. A pickle is a program; none is ever run here.
"""

from __future__ import annotations

import io
import pickletools

__all__ = ["NPY_OF_NONE", "is_none"]

_PICKLE = (
    b"\x80\x03cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01b"
    b"q\x03\x87q\x04Rq\x05(K\x01)cnumpy\ndtype\nq\x06X\x02\x00\x00\x00O8q\x07\x89\x88\x87q\x08Rq\t"
    b"(K\x03X\x01\x00\x00\x00|q\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x0bb\x89]q\x0cNatq\rb."
)
_HEADER = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
NPY_OF_NONE = b"\x93NUMPY\x01\x00\x76\x00" + _HEADER.ljust(117) + b"\n" + _PICKLE

# What remains of such a pickle without bookkeeping and names of modules: the call that makes an
# empty array, then its state: version 1, shape (), dtype, C order, the list [None].
_MEANING = ["_reconstruct", "ndarray", 0, "b", 1, "dtype", "O8", False, True, 3, "|"]
_MEANING += [None, None, None, -1, -1, 63, False, None]
# How its opcodes end: the list has one element, and it is the None itself.
_END = ["NONE", "APPEND", "TUPLE", "BUILD", "STOP"]
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_BOOKKEEPING = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}
_BOOKKEEPING |= {"GET", "BINGET", "LONG_BINGET"}
_MODULES = {"numpy", "numpy.core.multiarray", "numpy._core.multiarray"}
_MODULES |= {"_codecs", "encode", "latin1"}  # how protocols below 3 spell bytes
_LONGEST = 1000


def is_none(pickle: bytes) -> bool:
    """Return whether `pickle` is NumPy's array of the single object None, without running it."""
    if len(pickle) > _LONGEST:
        return False
    try:
        steps = [
            (opcode.name, argument)
            for opcode, argument, _ in pickletools.genops(io.BytesIO(pickle))
            if opcode.name not in _BOOKKEEPING
        ]
    except ValueError:
        return False
    names = [name for name, _ in steps]
    words = [word for name, argument in steps for word in _words(name, argument)]
    one_element = names[-6:-5] in (["EMPTY_LIST"], ["LIST"]) and names[-5:] == _END
    return one_element and [word for word in words if word not in _MODULES] == _MEANING


def _words(opcode: str, argument: object) -> list[object]:
    if opcode in _CONSTANTS:
        return [_CONSTANTS[opcode]]
    if opcode == "GLOBAL":
        return list(str(argument).split(" "))
    if isinstance(argument, bytes):
        return [argument.decode("latin1")]
    return [] if argument is None else [argument]
