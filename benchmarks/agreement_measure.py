"""What the two searches for disagreement share: asking the original, and keeping what is found."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from peers import once

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import chainer
{imports}
arrays = {{}}
for number, one in enumerate(json.load(open(sys.argv[2]))):
    for dtype in {dtypes}:
        found = {evaluate}
        arrays.update({{f"{{number}}|{{dtype}}|{{k}}": v for k, v in found.items()}})
np.savez(sys.argv[3], **arrays)
"""

Arrays = dict[str, Any]


def asked(
    python: Path, cases: list[dict[str, Any]], imports: str, evaluate: str, dtypes: tuple[str, ...]
) -> dict[tuple[int, str], Arrays]:
    """Return what the original computes, by number of the case and dtype, then by name.

    Args:
        python: The original's Python.
        cases: What to evaluate.
        imports: Statement that imports what `evaluate` needs; the repository is on the path.
        evaluate: Expression of `chainer`, `one` (a case) and `dtype` that gives arrays by name.
        dtypes: Names of dtypes, in each of which every case is evaluated.
    """
    code = CODE.format(imports=imports, evaluate=evaluate, dtypes=dtypes)
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "cases.json"), Path(folder, "found.npz")
        given.write_text(json.dumps(cases))
        once(str(python), code, str(ROOT), str(given), str(taken))
        found: dict[tuple[int, str], Arrays] = defaultdict(dict)
        with np.load(taken) as file:
            for key, array in file.items():
                number, dtype, name = key.split("|")
                found[int(number), dtype][name] = array
    return found


def shown(error: float | None) -> str:
    """Return an error as a cell of the table."""
    return "–" if error is None else f"{error:.0e}"


def keep(name: str, cases: list[dict[str, Any]]) -> None:
    """Add cases to a file of those that become golden data."""
    path = ROOT / "tests" / "golden" / name
    kept = json.loads(path.read_text())
    kept += [one for one in cases if one not in kept]
    path.write_text("[\n" + ",\n".join(map(json.dumps, kept)) + "\n]\n")
