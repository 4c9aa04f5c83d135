"""Tables, parts and batches: what the original makes of the same expressions."""

import json
from pathlib import Path

import numpy as np
import pytest

from catenary import datasets
from catenary.dataset import concat_examples, tabular
from tests.golden.data_cases import CASES, SETUP, plain

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/data/expressions.json").read_text())


@pytest.fixture(scope="module")
def names():
    names = {"np": np, "datasets": datasets, "tabular": tabular, "concat_examples": concat_examples}
    exec(SETUP, names)
    return names


@pytest.mark.parametrize("case", CASES)
def test_golden(case, names):
    assert plain(eval(case, names)) == GOLDEN[case]
