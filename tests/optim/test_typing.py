"""What a type checker says of a program that uses `catenary.optim`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """\
import torch
from catenary.optim import AdamW, AdEMAMix, Lion, RMSprop, SGDScheduleFree

model = torch.nn.Linear(2, 1)
AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
AdamW(model, 1e-3, (0.9, 0.95))
Lion(model.named_parameters(), 1e-4, (0.9, 0.99), 0.1)
RMSprop([{"params": model.parameters(), "lr": 0.1}], centered=True)
with SGDScheduleFree(model).evaluation_weights():
    pass
rate: float = Lion(model).lr

Lion(model, lr="x")  # error: arg-type
Lion(model, betas=(0.9,))  # error: arg-type
AdamW(model, learning_rate=0.1)  # error: call-arg
AdEMAMix(model, betas=(0.9, 0.99))  # error: arg-type
AdamW(model, 1e-3, (0.9, 0.95), 1e-8, 0.1, False, True)  # error: call-arg
Lion()  # error: call-arg
"""


def test_mistakes_are_flagged_and_programs_are_not(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", str(tmp_path / "program.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = enumerate(PROGRAM.splitlines(), 1)
    wanted = {(n, line.partition("# error: ")[2]) for n, line in lines if "# error: " in line}
    found = set()
    for line in done.stdout.splitlines():
        if ": error: " in line:
            found.add((int(line.split(":")[1]), line.rpartition("[")[2].rstrip("]")))
    assert found == wanted, done.stdout + done.stderr
