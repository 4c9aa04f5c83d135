"""Datasets, converters and iterators under the original. Run: ORACLE_PYTHON make_data.py"""

import json
import os

import chainer
import numpy as np
from chainer import datasets
from chainer.dataset import concat_examples, tabular
from data_cases import CASES, SETUP, plain

HERE = os.path.dirname(os.path.abspath(__file__))

SIZES = [(10, 3), (9, 3), (4, 6), (1, 3)]


def iterate(kind, options, size, batch_size, repeat, shuffle):
    np.random.seed(3)
    cls = getattr(chainer.iterators, kind)
    iterator = cls(list(range(size)), batch_size, repeat, shuffle, **options)
    steps = []
    for _ in range(8):
        try:
            batch = [int(example) for example in iterator.next()]
        except StopIteration:
            batch = None
        steps.append(
            [
                batch,
                iterator.current_position,
                iterator.epoch,
                bool(iterator.is_new_epoch),
                iterator.epoch_detail,
                iterator.previous_epoch_detail,
            ]
        )
    saved = {}
    if shuffle or kind == "MultithreadIterator":  # the other one cannot save without an order
        iterator.serialize(saved.setdefault)
    iterator.finalize()
    return {
        "kind": kind,
        "options": options,
        "arguments": [size, batch_size, repeat, shuffle],
        "steps": steps,
        "keys": sorted(key for key, value in saved.items() if value is not None),
    }


def main():
    names = {"np": np, "datasets": datasets, "tabular": tabular, "concat_examples": concat_examples}
    exec(SETUP, names)
    results = {case: plain(eval(case, names)) for case in CASES}
    with open(os.path.join(HERE, "data", "expressions.json"), "w") as file:
        json.dump(results, file, indent=0)
    runs = [
        iterate(kind, options, size, batch_size, repeat, shuffle)
        for kind, options in (
            ("MultithreadIterator", {"n_threads": 2}),
            ("MultiprocessIterator", {"n_processes": 2}),
        )
        for size, batch_size in SIZES
        for repeat in (True, False)
        for shuffle in (True, False)
    ]
    with open(os.path.join(HERE, "data", "iterators.json"), "w") as file:
        json.dump(runs, file, indent=0)


if __name__ == "__main__":
    main()
