"""What the examples in Chainer's style print under the original; run it under its Python.

Writes `examples.json`: name, arguments, and the printed lines without times.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "..", "..", "examples", "chainer")
RUNS = {
    "train_gan": ["-i", "200", "-b", "20"],
    "train_language_model": ["-e", "2", "--words", "2000"],
    "train_word2vec": ["-e", "1", "--words", "10000"],
    "train_word2vec softmax": ["-e", "1", "--words", "10000", "--out-type", "original"],
    "seq2seq": ["-e", "2", "--words", "640"],
    "train_dqn": ["-e", "100"],
}


def numbers(line):
    """The line's words; times, which PrintReport puts last, are left out by the caller."""
    return line.replace("\x1b[J", "").split()


def main():
    found = {}
    for name, args in RUNS.items():
        program = os.path.join(EXAMPLES, name.split()[0] + ".py")
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-W", "ignore", program, *args, "--out", folder]
            out = subprocess.check_output(command, env=dict(os.environ, OMP_NUM_THREADS="1"))
        lines = [numbers(line) for line in out.decode().splitlines()]
        if lines[0][-1] == "elapsed_time":
            lines = [line[:-1] if len(line) == len(lines[0]) else line for line in lines]
        found[name] = {"args": args, "lines": lines}
    with open(os.path.join(HERE, "examples.json"), "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
