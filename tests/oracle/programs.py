"""Ask the original what generated programs leave."""

from __future__ import annotations

from typing import Any

from tests.golden.program_records import unpack
from tests.oracle.harness import ROOT

ASK = """
import importlib
import sys
sys.path.insert(0, sys.argv[1])
from tests.golden.program_records import pack
module = importlib.import_module("tests.golden." + sys.argv[2])
seeds = range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4]))
found = pack([module.run(chainer, module.program(seed)) for seed in seeds])
outputs["table"] = numpy.frombuffer(found.encode(), numpy.uint8)
"""


def ask(oracle: Any, module: str, start: int, count: int) -> list[tuple[int, Any]]:
    """Return seeds and what their programs leave in the original."""
    said = oracle(ASK, str(ROOT), module, str(start), str(count))
    return list(zip(range(start, start + count), unpack(said["table"].tobytes()), strict=True))
