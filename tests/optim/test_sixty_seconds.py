"""The example that shows both optimizers side by side."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "sixty_seconds.py"


def test_both_optimizers_have_one_loss(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLE), "--steps", "6"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    losses = [float(found) for found in re.findall(r"loss ([\d.]+)", done.stdout)]
    assert len(losses) == 5
    assert abs(losses[0] - losses[1]) < 1e-3
    assert abs(losses[2] - losses[3]) < 1e-3
    assert "A rule of one's own" in done.stdout
    assert "p ← p − lr sign(mean)" in done.stdout
