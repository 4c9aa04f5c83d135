"""Run an example and say how its memory grows: `memory_of.py UPDATES EXAMPLE ARGS...`.

Prints, at half of the updates and at the end, the process's resident bytes and the number of
objects that Python's collector knows; then ends the process.
"""

import gc
import os
import runpy
import sys
from pathlib import Path

import chainer

UPDATES = int(sys.argv[1])
SEEN = {UPDATES // 2, UPDATES}
count = 0
plain = chainer.GradientMethod.update


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def update(self, *args, **kwargs):
    global count
    result = plain(self, *args, **kwargs)
    count += 1
    if count in SEEN:
        gc.collect()
        print("memory", resident(), len(gc.get_objects()), flush=True)
    if count == UPDATES:
        os._exit(0)
    return result


chainer.GradientMethod.update = update
program = sys.argv[2]
sys.argv = sys.argv[2:]
sys.path[0] = str(Path(program).parent)
runpy.run_path(program, run_name="__main__")
