"""Links against the original: first values, results, gradients, statistics."""

import json
from pathlib import Path

import numpy as np
import pytest

from catenary import functions as F
from catenary import links as L
from catenary.config import using_config
from catenary.reporter import Reporter
from catenary.sequential import Sequential

FOLDER = Path(__file__).parents[1] / "golden"
FACTS = json.loads((FOLDER / "links.json").read_text())
VISION = json.loads((FOLDER / "vision.json").read_text())["signatures"]  # see test_vision.py
with np.load(FOLDER / "links.npz") as file:
    ARRAYS = {key: file[key] for key in file.files}

MAKE = {
    "Linear(4, 3)": lambda: L.Linear(4, 3),
    "Linear(3)": lambda: L.Linear(3),
    "Linear(None, 3, nobias)": lambda: L.Linear(None, 3, nobias=True),
    "Linear(4, 2, initial)": lambda: L.Linear(
        4, 2, initialW=np.arange(8.0).reshape(2, 4), initial_bias=0.5
    ),
    "Linear(6, 2), n_batch_axes": lambda: L.Linear(6, 2),
    "Convolution2D(2, 4, 3)": lambda: L.Convolution2D(2, 4, 3),
    "Convolution2D(4, 3)": lambda: L.Convolution2D(4, 3),
    "Convolution2D(2, 4, (3, 2), stride, pad, dilate, groups)": lambda: L.Convolution2D(
        2, 4, (3, 2), stride=2, pad=(1, 2), nobias=True, dilate=2, groups=2
    ),
    "EmbedID(5, 3)": lambda: L.EmbedID(5, 3),
    "EmbedID(5, 3, ignore_label)": lambda: L.EmbedID(5, 3, ignore_label=-1),
    "BatchNormalization(3)": lambda: L.BatchNormalization(3),
    "BatchNormalization(axis)": lambda: L.BatchNormalization(axis=(0, 2)),
    "BatchNormalization(3, no gamma)": lambda: L.BatchNormalization(
        3, decay=0.5, eps=1e-3, use_gamma=False
    ),
    "BatchNormalization((3, 2), no beta)": lambda: L.BatchNormalization(
        (3, 2), use_beta=False, initial_avg_var=0
    ),
}


def inputs(shape, seed):
    return np.asarray(np.random.RandomState(seed).randn(*shape), np.float32)


def part(case, prefix):
    start = f"{case}|{prefix}"
    return {key[len(start) :]: array for key, array in ARRAYS.items() if key.startswith(start)}


def close(actual, expected):
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=2e-5)


def run(case, link, **kwargs):
    """Do what `make_links.py` did, and compare."""
    y = link(ARRAYS[f"{case}|x"], **kwargs)
    close(y.array, ARRAYS[f"{case}|y"])
    link.cleargrads()
    y.grad = inputs(y.shape, 99)
    y.backward()
    params = dict(link.namedparams())
    expected = part(case, "param")
    assert params.keys() == expected.keys()
    for path, param in params.items():
        np.testing.assert_array_equal(param.array, expected[path])
        close(param.grad, part(case, "grad")[path])
    persistents(case, link)


def persistents(case, link):
    expected = part(case, "persistent/")
    assert link._persistent == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(link, name), value, rtol=2e-6, atol=1e-7)
        assert np.asarray(getattr(link, name)).dtype == value.dtype


@pytest.mark.parametrize("case", MAKE)
def test_golden(case):
    np.random.seed(7)
    link = MAKE[case]()
    run(case, link, **({"n_batch_axes": 2} if "n_batch_axes" in case else {}))
    if case.startswith("BatchNormalization"):
        run(f"{case} again", link)
        with using_config("train", False):
            expected = ARRAYS[f"{case}|test"]
            close(link(inputs(expected.shape, 4)).array, expected)


def given(spec, seed):
    if isinstance(spec, dict):
        return np.array(spec["ints"], np.int32)
    if spec is None or isinstance(spec[0], int):
        return None if spec is None else inputs(spec, seed)
    return [given(each, seed + i) for i, each in enumerate(spec)]


def flat(out):
    return (
        [each for part in out for each in flat(part)] if isinstance(out, (tuple, list)) else [out]
    )


@pytest.mark.parametrize("one", FACTS["cases"], ids=lambda one: one["link"])
def test_equals_the_original(one):
    np.random.seed(7)
    link = eval(f"L.{one['link']}")
    for k, (_, param) in enumerate(sorted(link.namedparams())):
        if one["fill"]:
            param.array[...] = inputs(param.shape, 5 + k)
    ys = []
    for step in range(one["steps"]):
        ys += flat(link(*[given(spec, 10 * step + k) for k, spec in enumerate(one["inputs"])]))
    link.cleargrads()
    sum(F.sum(y * inputs(y.shape, 99 + k)) for k, y in enumerate(ys)).backward()
    for k, y in enumerate(ys):
        close(y.array, ARRAYS[f"{one['link']}|y{k}"])
    params, grads = part(one["link"], "param"), part(one["link"], "grad")
    assert params.keys() == dict(link.namedparams()).keys()
    for path, param in link.namedparams():
        np.testing.assert_array_equal(param.array, params[path])
        assert (param.grad is not None) == (path in grads)
        if path in grads:
            close(param.grad, grads[path])
    persistents(one["link"], link)


def test_every_link_is_compared():
    cases = [*MAKE, *(one["link"] for one in FACTS["cases"])]
    elsewhere = {"Classifier", "Parameter", *VISION}
    assert {case.split("(")[0] for case in cases} == set(L.__all__) - elsewhere


def test_fine_tuning():
    link = L.BatchNormalization(3)
    for seed in range(3):
        link(inputs((6, 3), seed), finetune=True)
    persistents("BatchNormalization finetune", link)
    link.start_finetuning()
    assert link.N == 0


def test_classifier():
    np.random.seed(7)
    model = L.Classifier(Sequential(L.Linear(4, 6), F.relu, L.Linear(6, 3)))
    reporter = Reporter()
    reporter.add_observer("main", model)
    with reporter:
        loss = model(ARRAYS["Classifier|x"], ARRAYS["Classifier|t"])
    model.cleargrads()
    loss.backward()
    for path, param in model.namedparams():
        close(param.grad, part("Classifier", "grad")[path])
    assert reporter.observation.keys() == FACTS["Classifier"].keys()
    for name, value in FACTS["Classifier"].items():
        np.testing.assert_allclose(reporter.observation[name].array, value, rtol=1e-6)


def test_every_golden_case_is_used():
    cases = {key.split("|")[0] for key in ARRAYS}
    known = {
        *MAKE,
        *(one["link"] for one in FACTS["cases"]),
        *(f"{case} again" for case in MAKE),
        "Classifier",
    }
    known |= {"BatchNormalization finetune", "repeat", "repeat Linear"}
    assert cases <= known
    assert set(MAKE) <= cases
