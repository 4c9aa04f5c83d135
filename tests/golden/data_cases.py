"""Expressions that the original and we must evaluate to the same. Runs on the original's Python."""

import numpy as np

SETUP = """
def fill(i): return {"d": "d%d" % i, "e": i * 2}
table = tabular.from_data((("a", np.arange(10)), ("b", [3, 1, 4, 1, 5, 9, 2, 6, 5, 3])))
named = tabular.from_data({"x": np.arange(12).reshape(6, 2), ("d", "e"): fill}, size=6)
single = tabular.from_data(("s", lambda i: i * i), size=5)
def swap(a, b): return b, a
def add(a, b): return {"sum": a + b}
def total(a, b): return a + b
def swaps(a, b): return b, a
"""

CASES = [
    # tables
    "table[3]",
    "table[2:5]",
    "table[[1, 7]]",
    "table[-1]",
    "list(table)",
    "table.keys",
    "table.mode",
    "table.asdict()[2]",
    "table.asdict().fetch()",
    "table.fetch()",
    "table.convert(table.fetch())",
    "named[1]",
    "named.astuple()[1]",
    "named.keys",
    "named.mode",
    "named.fetch()",
    "named.convert(named.fetch())",
    "single[2]",
    "single.mode",
    "single.fetch()",
    "single.astuple()[3]",
    "tabular.from_data([3, 1])[1]",
    "tabular.from_data(np.arange(3)).fetch()",
    "tabular.from_data(([1, 2], np.arange(2)))[1]",
    # views
    "table.slice[2:8:3].fetch()",
    "table.slice[8:2:-3].fetch()",
    "table.slice[::-1].fetch()",
    "table.slice[[5, -1, 0]].fetch()",
    "table.slice[[i % 3 == 0 for i in range(10)]].fetch()",
    "table.slice[np.arange(10) > 7].fetch()",
    "table.slice[2:8].slice[1:5:2].fetch()",
    "table.slice[2:8].slice[::-2].fetch()",
    "table.slice[2:8].slice[[3, 0]].fetch()",
    "table.slice[[9, 8, 7]].slice[1:].fetch()",
    "table.slice[[9, 8, 7]].slice[[2, 0]].fetch()",
    "table.slice[[]].fetch()",
    "len(table.slice[7:3])",
    "table.slice[:, 'b'][4]",
    "table.slice[:, 'b'].mode",
    "table.slice[:, ('b',)][4]",
    "table.slice[:3, ('b', 'a')].fetch()",
    "table.slice[:3, (1, -2)].keys",
    "table.slice[:, ('b', 'a')].slice[:2, 1].fetch()",
    "named.slice[1:3, ('e', 'x')].fetch()",
    "single.slice[1:3].fetch()",
    "single.slice[1:3, ('s',)].mode",
    # several tables
    "table.concat(table).fetch()",
    "table.slice[:2].concat(table.slice[8:]).fetch()",
    "table.slice[:2].concat(table.slice[8:])[3]",
    "table.slice[:2].concat(table.slice[8:]).slice[3:0:-1].fetch()",
    "table.slice[:2].concat(table.slice[8:]).slice[2:].fetch()",
    "table.slice[:2].concat(table.slice[8:]).slice[[3, 0, 2], 'b'].fetch()",
    "table.join(tabular.from_data(('c', list(range(10)))))[4]",
    "table.join(tabular.from_data(('c', list(range(10))))).slice[:2, ('c', 'a')].fetch()",
    "table.join(tabular.from_data(('c', list(range(10))))).slice[:2, ('c', 'a', 'c')].fetch()",
    "single.join(tabular.from_data(('c', list(range(5))))).mode",
    # functions
    "table.transform(('p', 'q'), swap)[5]",
    "table.transform(('p', 'q'), swap).slice[:3, ('q',)].fetch()",
    "table.transform('sum', add)[5]",
    "table.transform('sum', add).mode",
    "table.asdict().transform('t', total).fetch()",
    "table.transform_batch(('p', 'q'), swaps).fetch()",
    "table.transform_batch(('p', 'q'), swaps).slice[2:4, 'p'].fetch()",
    "table.transform_batch(('p', 'q'), swaps).mode",
    "single.transform('n', lambda s: -s).fetch()",
    "table.with_converter(lambda a, b: a[:2].tolist() + b[:2]).convert(table.fetch())",
    "table.asdict().with_converter(lambda a, b: b[0]).convert(table.asdict().fetch())",
    "tabular.DelegateDataset(named)[2]",
    # parts
    "[part[:] for part in datasets.split_dataset_n(list(range(11)), 3)]",
    "[part[:] for part in datasets.split_dataset_n(list(range(4)), 2, [3, 1, 0, 2])]",
    "[part[:] for part in datasets.split_dataset_n_random(list(range(11)), 3, seed=2)]",
    "[part[:] for part in datasets.split_dataset_random(list(range(7)), 3, seed=5)]",
    "[(a[:], b[:]) for a, b in datasets.get_cross_validation_datasets(list(range(10)), 4)]",
    "[(a[:], b[:]) for a, b in datasets.get_cross_validation_datasets([1, 2, 3], 3, [2, 0, 1])]",
    "[(a[:], b[:]) for a, b in datasets.get_cross_validation_datasets_random(range(3), 2, seed=3)]",
    "datasets.ConcatenatedDataset([1, 2], np.arange(3))[:]",
    "datasets.TransformDataset([1, 2, 3], lambda x: -x)[1:]",
    "datasets.get_fashion_mnist_labels()",
    "datasets.get_kuzushiji_mnist_labels()",
    # batches
    "concat_examples([(np.ones((1, 2), 'f'), 3), (np.zeros((2, 1), 'f'), 4)], padding=(9, None))",
    "concat_examples([np.arange(2), np.arange(3)], padding=-1)",
    "concat_examples([{'a': 1.5, 'b': [1, 2]}, {'a': 2, 'b': [3, 4]}])",
    "concat_examples([np.float32(1), np.float32(2)])",
    "concat_examples([True, False])",
    "concat_examples([np.zeros((0, 2)), np.ones((2, 2))], padding=5)",
]


def plain(value):
    """Return a value as JSON can hold it, kinds and dtypes told apart."""
    if isinstance(value, np.ndarray):
        return ["array", value.dtype.str, value.tolist()]
    if isinstance(value, np.generic):
        return ["scalar", value.dtype.str, value.item()]
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, [plain(part) for part in value]]
    if isinstance(value, dict):
        return ["dict", {str(key): plain(part) for key, part in value.items()}]
    if value is None or isinstance(value, type):
        return ["name", getattr(value, "__name__", "None")]
    return value
