"""The page of Chainer's names is made from the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "supported_names.py"


def test_the_page_counts_what_is_here():
    done = subprocess.run([sys.executable, str(TOOL)], capture_output=True, text=True, check=True)
    page = done.stdout
    here, total = map(int, re.search(r"has (\d+) of the (\d+) public names", page).groups())
    rows = re.findall(r"^\| `[\w.]+` \| (\d+) \| (\d+) \| (.*) \|$", page, re.MULTILINE)
    assert here == sum(int(row[0]) for row in rows)
    assert total == sum(int(row[1]) for row in rows)
    assert total - here == sum(row[2].count("`") // 2 for row in rows)
    assert here > 0.9 * total
    links = page.partition("## chainer.links\n\n")[2].partition("\n")[0]
    assert "`Linear`" in links
    assert "`FunctionSet`" not in page
