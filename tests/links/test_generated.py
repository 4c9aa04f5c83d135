"""Generated links start, answer, learn and remember as the original's do."""

from __future__ import annotations

import json
import math
import pathlib
import warnings
from collections import defaultdict

import numpy as np
import pytest

import catenary
from tests.oracle.bounds import compared
from tests.oracle.generated_links import evaluate, summary

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "generated_links.npz")
TABLE = json.loads(GOLDEN["table"].tobytes())
FLAT = {dtype: GOLDEN[dtype] for dtype in GOLDEN.files if dtype != "table"}


def expected_by_case():
    """Return words and summaries by case, dtype and name; and dtypes and shapes likewise."""
    found = defaultdict(lambda: defaultdict(dict))
    forms = defaultdict(lambda: defaultdict(dict))
    for key, words in TABLE["words"].items():
        number, dtype, name = key.split("|")
        found[int(number)][dtype][name] = np.array(words)
    for key, (pool, start, shape, form) in TABLE["places"].items():
        number, dtype, name = key.split("|")
        array = FLAT[pool][start : start + math.prod(shape)].reshape(shape)
        found[int(number)][dtype][name] = array
        forms[int(number)][dtype][name] = form
    return found, forms


EXPECTED, FORMS = expected_by_case()
LINKS = sorted({one["link"] for one in TABLE["cases"]})


def check(number, dtype):
    one = TABLE["cases"][number]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = evaluate(catenary, one, dtype)
    for name, form in FORMS[number][dtype].items():
        if name in found:
            assert [found[name].dtype.name, *found[name].shape] == form, name
    own = {name: summary(array) for name, array in found.items()}
    _, off = compared(one["link"], dtype, own, EXPECTED[number])
    assert not off, f"{dtype}: {off}\n{json.dumps(one)}"


@pytest.mark.parametrize("link", LINKS)
def test_equals_the_original(link):
    for number, one in enumerate(TABLE["cases"]):
        if one["link"] == link:
            for dtype in EXPECTED[number]:
                check(number, dtype)


def test_every_link_has_cases_that_are_right():
    right = {
        one["link"]
        for number, one in enumerate(TABLE["cases"])
        if "error" not in EXPECTED[number]["float32"]
    }
    assert right == set(LINKS)
    vision = {"GoogLeNet", "ResNet50Layers", "ResNet101Layers", "ResNet152Layers"}
    assert set(catenary.links.__all__) - right - vision == {"VGG16Layers", "VGG19Layers"}


def test_a_summary_is_off_by_no_more_than_the_array():
    rng = np.random.RandomState(0)
    array = rng.normal(size=(40, 5))
    other = array.copy()
    other[7, 3] += 0.5
    assert 0 < np.abs(summary(other) - summary(array)).max() <= 0.5
    assert summary(array[0]) is not array  # few numbers stay as they are
    np.testing.assert_array_equal(summary(array[:1]), array[:1])
