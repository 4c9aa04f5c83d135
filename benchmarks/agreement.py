"""How closely our functions and links agree with the original's: generated calls of both.

    python benchmarks/agreement.py --chainer .oracle/bin/python [--seed 1] [--rounds 8]

The error of an array is its largest difference over the largest value that is expected in it. With
--keep, calls of functions that disagree are added to tests/golden/found.json, and links to
tests/golden/found_links.json; tests/golden/make_generated.py and make_generated_links.py make
golden data of them. The tables go to docs/agreement.json and docs/agreement.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import agreement_functions
import agreement_links
from agreement_measure import ROOT, keep

SEARCHES = {"functions": agreement_functions, "links": agreement_links}
FOUND = {"functions": "found.json", "links": "found_links.json"}


def main() -> None:
    """Generate, evaluate, compare, write."""
    parser = argparse.ArgumentParser(description="Compare functions and links with the original's.")
    parser.add_argument("--chainer", type=Path, required=True, help="the original's Python")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", help="name of one function or link")
    parser.add_argument("--part", choices=SEARCHES, help="search only functions, or only links")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--keep", action="store_true", help="store the cases that disagree")
    options = parser.parse_args()
    tables, texts = {}, []
    for part, searched in SEARCHES.items():
        if options.part not in (None, part):
            continue
        rows, disagreeing = searched.search(
            options.chainer, options.seed, options.rounds, options.only
        )
        count = sum(row["cases"] for row in rows.values())
        print(f"{count} cases of {len(rows)} {part}, {len(disagreeing)} disagree")
        if options.keep:
            keep(FOUND[part], disagreeing)
        tables[part] = rows
        texts.append(searched.text_of(rows))
    if options.only or options.part:
        return
    command = (
        "    python benchmarks/agreement.py --chainer .oracle/bin/python "
        f"--seed {options.seed} --rounds {options.rounds}\n"
    )
    (options.out / "agreement.json").write_text(json.dumps(tables, indent=1) + "\n")
    text = "\n".join(["# Agreement with the original\n", command, *texts])
    (options.out / "agreement.md").write_text(text)


if __name__ == "__main__":
    main()
