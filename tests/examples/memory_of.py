"""Run an example and say what lives in it: `memory_of.py 200,500,1000 EXAMPLE ARGS...`.

After each of these numbers of updates but the first it prints as JSON what `census` finds, and as
"traced" the bytes that were allocated since the first number and live, by file. What the program
itself keeps is taken from it before that: the log of a LogReport, and the means since its last
entry. At the last number the process ends.
"""

import gc
import json
import os
import runpy
import sys
import tracemalloc
from pathlib import Path

import census
import chainer

from catenary.reporter import DictSummary
from catenary.training.extensions import LogReport

FIRST, *SEEN = map(int, sys.argv[1].split(","))
count = 0
plain = chainer.GradientMethod.update


def empty_logs():
    for report in [found for found in gc.get_objects() if type(found) is LogReport]:
        report.log.clear()
        report._summary = DictSummary()


def look():
    empty_logs()
    found = {**census.allocated(), "objects": census.objects()}
    statistics = tracemalloc.take_snapshot().statistics("filename")
    found["traced"] = {each.traceback[0].filename: each.size for each in statistics}
    return json.dumps(found)


def update(self, *args, **kwargs):
    """Look before an update, when a StandardUpdater holds no graph."""
    global count
    if count == FIRST:
        tracemalloc.start()
        look()
    if count in SEEN:
        print("memory", look(), flush=True)
    if count == SEEN[-1]:
        os._exit(0)
    count += 1
    return plain(self, *args, **kwargs)


chainer.GradientMethod.update = update
program = sys.argv[2]
sys.argv = sys.argv[2:]
sys.path[0] = str(Path(program).parent)
runpy.run_path(program, run_name="__main__")
