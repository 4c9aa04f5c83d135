"""Links: arguments, attributes, refusals."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

from catenary import functions as F
from catenary import initializers
from catenary import links as L
from catenary.config import using_config
from catenary.link import Link
from catenary.reporter import Reporter
from catenary.utils.type_check import InvalidType
from catenary.variable import Parameter, Variable

GOLDEN = Path(__file__).parents[1] / "golden"
FACTS = json.loads((GOLDEN / "links.json").read_text())
VISION = json.loads((GOLDEN / "vision.json").read_text())["signatures"]  # see test_vision.py


def test_the_modules_bear_the_names_of_the_original():
    for name, module in FACTS["modules"].items():
        assert getattr(L, name).__module__ == module
    assert set(FACTS["modules"]) == set(L.__all__) - set(VISION)


def test_signatures_are_the_originals():
    for name, rows in FACTS["signatures"].items():
        given = list(inspect.signature(getattr(L, name).__init__).parameters.values())
        for parameter, (word, kind, default) in zip(given, rows, strict=False):
            if kind == "VAR_POSITIONAL":  # taken only to be refused
                break
            if kind == "VAR_KEYWORD":
                assert parameter.kind is parameter.KEYWORD_ONLY
                break
            empty = parameter.default is parameter.empty
            assert (parameter.name, parameter.kind.name) == (word, kind), name
            assert callable(parameter.default) or (
                (None if empty else repr(parameter.default)) == default
            )


# ---- Linear
def test_linear_without_in_size_takes_it_from_the_first_input():
    for link in (L.Linear(2), L.Linear(None, 2), L.Linear(2, initial_bias=np.float32([1, 2]))):
        assert (link.in_size, link.out_size, link.W.array) == (None, 2, None)
        assert link(np.ones((1, 3, 2), np.float32)).shape == (1, 2)
        assert link.W.shape == (2, 6)
    assert link.b.array.tolist() == [1, 2]


def test_linear_without_bias():
    link = L.Linear(2, 3, nobias=True)
    assert link.b is None
    assert [path for path, _ in link.namedparams()] == ["/W"]


def test_initial_values_of_all_kinds():
    assert (L.Linear(2, 3, initialW=0.5).W.array == 0.5).all()
    assert (L.Linear(2, 3, initialW=initializers.One()).W.array == 1).all()
    weight = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.testing.assert_array_equal(L.Linear(2, 3, initialW=weight).W.array, weight)
    assert (L.Convolution2D(1, 2, 3, initial_bias=3).b.array == 3).all()
    np.testing.assert_array_equal(L.EmbedID(3, 2, initialW=weight).W.array, weight)


def test_parameters_have_the_dtype_of_the_configuration():
    with using_config("dtype", np.dtype(np.float64)):
        assert L.Linear(2, 3).W.dtype == np.float64
        assert L.BatchNormalization(2).avg_mean.dtype == np.float64
    assert L.BatchNormalization(2, dtype=np.float16).gamma.dtype == np.float16


# ---- Convolution2D
def test_convolution_without_in_channels():
    for link in (L.Convolution2D(4, 3), L.Convolution2D(None, 4, 3)):
        assert link(np.ones((1, 2, 5, 5), np.float32)).shape == (1, 4, 3, 3)
        assert link.W.shape == (4, 2, 3, 3)


def test_convolution_with_pairs():
    link = L.Convolution2D(1, 1, (3, 2), stride=(1, 2), pad=[1, 0], dilate=2)
    assert link.W.shape == (1, 1, 3, 2)
    assert (link.stride, link.pad, link.dilate) == ((1, 2), [1, 0], (2, 2))


@pytest.mark.parametrize(("channels", "side"), [((3, 4), "3 input"), ((4, 3), "3 output")])
def test_groups_that_do_not_divide_the_channels(channels, side):
    with pytest.raises(ValueError, match=f"{side} channels cannot be divided into 2 groups"):
        L.Convolution2D(*channels, 3, groups=2)
    lazy = L.Convolution2D(None, channels[1], 3, groups=2)
    with pytest.raises(ValueError, match="cannot be divided"):
        lazy(np.ones((1, channels[0], 4, 4), np.float32))
    assert not lazy.W.is_initialized


def test_dilate_and_groups_are_keywords():
    with pytest.raises(TypeError):
        L.Convolution2D(1, 1, 3, 1, 0, False, None, None, 2)


# ---- BatchNormalization
def test_size_or_axis():
    with pytest.raises(RuntimeError, match="needs size"):
        L.BatchNormalization()
    link = L.BatchNormalization(axis=0)
    assert (link.avg_mean, link.avg_var, link.axis) == (None, None, (0,))
    assert "size=None" in str(link)
    link(np.ones((4, 2, 3), np.float32))
    assert link.avg_mean.shape == link.gamma.shape == (2, 3)
    assert "size=(2, 3)" in str(link)


def test_initial_values_of_the_averages():
    link = L.BatchNormalization(2, initial_avg_mean=3, initial_avg_var=np.float32([1, 2]))
    assert link.avg_mean.tolist() == [3, 3]
    assert link.avg_var.tolist() == [1, 2]


def test_an_initializer_that_is_given_is_not_changed():
    initializer = initializers.Normal(1.0)
    link = L.BatchNormalization(2, dtype=np.float64, initial_gamma=initializer)
    assert link.gamma.dtype == np.float64
    assert initializer.dtype is None


def test_without_scale_and_shift():
    link = L.BatchNormalization(2, use_gamma=False, use_beta=False)
    assert (link.gamma, link.beta, list(link.params())) == (None, None, [])
    assert "use_gamma=False, use_beta=False" in str(link)
    x = np.float32([[1, 2], [3, 6]])
    np.testing.assert_allclose(link(x).array, [[-1, -1], [1, 1]], rtol=1e-4)


def test_testing_changes_no_average():
    link = L.BatchNormalization(2)
    with using_config("train", False):
        link(np.ones((3, 2), np.float32))
    assert link.avg_mean.tolist() == [0, 0]


def test_a_batch_that_does_not_fit_is_not_counted():
    link = L.BatchNormalization(2)
    with pytest.raises(InvalidType):
        link(np.ones((3, 5), np.float32), finetune=True)
    assert link.N == 0


# ---- Classifier
class Predictor(Link):
    def forward(self, *args, **kwargs):
        self.called = args, kwargs
        return Variable(np.float32([[1.0, 0.0], [0.0, 1.0]]))


T = np.int32([0, 0])


@pytest.mark.parametrize(
    ("key", "args", "kwargs", "inputs"),
    [
        (-1, (1, 2, T), {}, ((1, 2), {})),
        (0, (T, 1, 2), {}, ((1, 2), {})),
        (-2, (1, T, 2), {"x": 3}, ((1, 2), {"x": 3})),
        ("t", (1,), {"t": T, "x": 2}, ((1,), {"x": 2})),
    ],
)
def test_where_the_labels_are(key, args, kwargs, inputs):
    model = L.Classifier(Predictor(), label_key=key)
    loss = model(*args, **kwargs)
    assert model.predictor.called == inputs
    assert model.loss is loss
    assert model.accuracy.array == 0.5
    assert model.y.shape == (2, 2)


@pytest.mark.parametrize(("key", "args"), [(3, (1, 2)), (-3, (1, 2)), ("t", (1,))])
def test_labels_that_are_missing(key, args):
    model = L.Classifier(Predictor(), label_key=key)
    with pytest.raises(ValueError, match=f"label_key is {key!r}, and there is no such argument"):
        model(*args)
    with pytest.raises(TypeError, match="not a float"):
        L.Classifier(Predictor(), label_key=1.0)


def test_accuracy_can_be_left_out():
    model = L.Classifier(Predictor(), lossfun=lambda y, t: F.sum(y), accfun=None)
    model.compute_accuracy = False
    reporter = Reporter()
    reporter.add_observer("main", model)
    with reporter:
        assert model(1, T).array == 2
    assert list(reporter.observation) == ["main/loss"]
    assert model.accuracy is None


def test_the_last_graph_is_forgotten_before_the_next_is_built():
    model = L.Classifier(Predictor())
    model(1, T)

    def forward(*args):
        assert model.y is model.loss is model.accuracy is None
        return Variable(np.zeros((2, 2), np.float32))

    model.predictor.forward = forward
    model(1, T)


def test_loss_goes_down():
    np.random.seed(0)
    model = L.Classifier(L.Linear(2, 2))
    x, t = np.float32([[1, 0], [0, 1]]), np.int32([0, 1])
    losses = []
    for _ in range(5):
        model.cleargrads()
        loss = model(x, t)
        loss.backward()
        losses.append(float(loss.array))
        for param in model.params():
            assert isinstance(param, Parameter)
            param.array -= 0.5 * param.grad
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 1.5


# ---- from_params
@pytest.mark.parametrize("nobias", [False, True])
@pytest.mark.parametrize(
    "link",
    [
        lambda **k: L.Linear(3, 2, **k),
        lambda **k: L.Convolution2D(4, 2, (3, 1), stride=2, pad=1, dilate=2, groups=2, **k),
        lambda **k: L.ConvolutionND(1, 4, 2, 3, stride=2, cover_all=True, groups=2, **k),
    ],
)
def test_links_are_made_of_given_values(link, nobias):
    given = link(initial_bias=0.5)
    words = ("stride", "pad", "dilate", "groups", "cover_all")
    options = {word: getattr(given, word) for word in words if hasattr(given, word)}
    state = np.random.get_state()[1].copy()
    made = type(given).from_params(given.W, given.b, nobias=nobias, **options)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert type(made) is type(given)
    np.testing.assert_array_equal(made.W.array, given.W.array)
    assert not np.shares_memory(made.W.array, given.W.array)
    assert (made.b is None) == nobias
    size = (2, 3) if isinstance(given, L.Linear) else (2, 4, 9, 9)[: given.W.ndim]
    y, expected = made(np.ones(size, "f")), given(np.ones(size, "f"))
    np.testing.assert_allclose(y.array + (0.5 if nobias else 0), expected.array, rtol=1e-6)
    with pytest.raises(ValueError, match="and b 3 values"):
        type(given).from_params(given.W.array, np.ones(3, "f"))


def test_a_table_is_made_of_given_values():
    table = np.arange(6, dtype="f").reshape(3, 2)
    link = L.EmbedID.from_params(table, ignore_label=-1)
    np.testing.assert_array_equal(link(np.array([2, -1])).array, [[4, 5], [0, 0]])
    assert not np.shares_memory(link.W.array, table)
