"""StandardUpdater and ParallelUpdater on Links."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import Chain, backend, dataset, optimizers, serializers, training
from catenary import functions as F
from catenary import links as L
from catenary.datasets import DictDataset, TupleDataset
from catenary.iterators import SerialIterator
from catenary.training.updaters import MultiprocessParallelUpdater, ParallelUpdater, StandardUpdater
from catenary.training.updaters.multiprocess_parallel_updater import (
    gather_grads,
    gather_params,
    scatter_grads,
    scatter_params,
)

RNG = np.random.RandomState(3)
X = RNG.randn(12, 3).astype("f")
T = (X[:, 0] > 0).astype("i")


def model_of(seed=0):
    np.random.seed(seed)
    return L.Classifier(L.Linear(3, 2))


def iterator(batch=4, data=None, **kwargs):
    data = TupleDataset(X, T) if data is None else data
    return SerialIterator(data, batch, shuffle=False, **kwargs)


def weights(model):
    return np.concatenate([param.array.ravel() for param in model.params()])


def test_an_update_is_a_batch_a_loss_and_a_step():
    model, twin = model_of(), model_of()
    optimizer = optimizers.MomentumSGD(lr=0.1).setup(model)
    updater = StandardUpdater(iterator(), optimizer)
    by_hand = optimizers.MomentumSGD(lr=0.1).setup(twin)
    for i in (0, 4, 8, 0):
        updater.update()
        by_hand.update(twin, X[i : i + 4], T[i : i + 4])
        assert np.array_equal(weights(model), weights(twin))
    assert (updater.iteration, updater.epoch, updater.is_new_epoch) == (4, 1, False)
    assert (updater.epoch_detail, updater.previous_epoch_detail) == (pytest.approx(4 / 3), 1.0)
    assert optimizer.epoch == 1
    assert updater.get_optimizer("main") is optimizer
    assert updater.get_all_optimizers() == {"main": optimizer}
    assert updater.get_iterator("main").batch_size == 4
    assert (updater.device, updater.input_device) == (None, None)


def test_an_iterator_that_has_ended_says_so():
    updater = StandardUpdater(iterator(12, repeat=False), optimizers.SGD().setup(model_of()))
    updater.update()
    with pytest.raises(StopIteration, match=r"SerialIterator has ended.*repeat=True"):
        updater.update()
    assert updater.iteration == 1


def test_a_dataset_is_no_iterator():
    updater = StandardUpdater(TupleDataset(X, T), optimizers.SGD().setup(model_of()))
    with pytest.raises(TypeError, match=r"TupleDataset is none.*SerialIterator\(dataset, batch"):
        updater.update()


def test_an_error_of_the_iterators_own_passes_through():
    class Faulty(SerialIterator):
        def next(self):
            return self.absent

    updater = StandardUpdater(Faulty([1], 1), optimizers.SGD().setup(model_of()))
    with pytest.raises(AttributeError, match="absent"):
        updater.update()


def test_new_epoch_is_called_only_if_wanted():
    optimizer = optimizers.SGD().setup(model_of())
    updater = StandardUpdater(iterator(12), optimizer, auto_new_epoch=False)
    updater.update()
    assert (optimizer.epoch, optimizer.use_auto_new_epoch) == (0, False)
    optimizer.new_epoch()
    StandardUpdater(iterator(), optimizer)
    assert optimizer.use_auto_new_epoch


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TupleDataset(X, T), ((4, 3), (4,))),
        (DictDataset(x=X, t=T), {"x": (4, 3), "t": (4,)}),
        (X, ((4, 3),)),
    ],
)
def test_batches_are_unpacked_for_the_loss_function(data, expected):
    model, seen = model_of(), []

    def loss_func(*args, **kwargs):
        seen.append({k: v.shape for k, v in kwargs.items()} or tuple(a.shape for a in args))
        x = kwargs["x"] if kwargs else args[0]
        return F.sum(model.predictor(x))

    optimizer = optimizers.SGD().setup(model)
    StandardUpdater(iterator(data=data), optimizer, loss_func=loss_func).update()
    assert seen == [expected]


def test_a_loss_scale_reaches_the_optimizer():
    optimizer = optimizers.SGD().setup(model_of())
    updater = StandardUpdater(iterator(), optimizer, loss_scale=128)
    assert (updater.loss_scale, optimizer._loss_scale) == (128, 128)


class Recorder(dataset.Converter):
    """A converter that notes which device it was given."""

    def __init__(self):
        self.devices = []

    def __call__(self, batch, device=None):
        self.devices.append(device)
        return dataset.concat_examples(batch, device)


def test_models_and_batches_go_where_one_says():
    cpu, sent = backend.get_device("@numpy"), []
    for kwargs, expected in (
        ({}, None),
        ({"device": "@numpy"}, cpu),
        ({"device": -1}, cpu),
        ({"input_device": "@numpy"}, cpu),
    ):
        model, converter = model_of(), Recorder()
        model.to_device = sent.append
        updater = StandardUpdater(iterator(), optimizers.SGD().setup(model), converter, **kwargs)
        updater.update()
        assert converter.devices == [expected]
        assert updater.input_device == expected
        assert updater.device == (expected if "device" in kwargs else None)
    assert sent == [cpu, cpu]


def test_functions_of_the_older_kind_get_a_devices_number():
    seen = []

    def converter(batch, device):
        seen.append(device)
        return dataset.concat_examples(batch)

    for device in (None, "@numpy"):
        optimizer = optimizers.SGD().setup(model_of())
        StandardUpdater(iterator(), optimizer, converter, device).update()
    assert seen == [None, -1]


def test_several_optimizers_and_iterators_are_saved_under_chainers_keys(tmp_path):
    class Both(StandardUpdater):
        def update_core(self):
            for name in ("main", "other"):
                x, t = self.converter(self.get_iterator(name).next())
                optimizer = self.get_optimizer(name)
                optimizer.update(optimizer.target, x, t)

    def build():
        opts = {"main": optimizers.SGD(), "other": optimizers.Adam()}
        for seed, optimizer in enumerate(opts.values()):
            optimizer.setup(model_of(seed))
        return Both({"main": iterator(), "other": iterator(5)}, opts)

    updater = build()
    updater.update()
    values = serializers.npz.serialize(updater)
    assert {key.split("/")[0] for key in values} == {
        *("iterator:main", "iterator:other", "model:main", "model:other"),
        *("optimizer:main", "optimizer:other", "iteration"),
    }
    values = {key: value.copy() for key, value in values.items()}
    updater.update()
    resumed = build()
    serializers.NpzDeserializer(values).load(resumed)
    resumed.update()
    for name in ("main", "other"):
        ours, theirs = (u.get_optimizer(name).target for u in (updater, resumed))
        assert np.array_equal(weights(ours), weights(theirs))


def test_iterators_are_finalized():
    done = []
    iterators = {"main": iterator(), "other": iterator()}
    for name, each in iterators.items():
        each.finalize = lambda name=name: done.append(name)
    StandardUpdater(iterators, optimizers.SGD().setup(model_of())).finalize()
    assert done == ["main", "other"]


# ---- ParallelUpdater
def parallel(model, lr=0.1, batch=4, **kwargs):
    optimizer = optimizers.SGD(lr=lr).setup(model)
    return ParallelUpdater(iterator(batch), optimizer, **kwargs)


def test_parallel_models_add_their_gradients_and_stay_equal():
    model, twin = model_of(), model_of()
    updater = parallel(model, devices={"main": "@numpy", "a": -1, "b": "@numpy"}, batch=6)
    by_hand = optimizers.SGD(lr=0.1).setup(twin)
    for i in (0, 6, 0):
        updater.update()
        parts = [slice(i + k, i + 6, 3) for k in range(3)]
        by_hand.update(lambda parts=parts: sum(twin(X[part], T[part]) for part in parts))
        np.testing.assert_allclose(weights(model), weights(twin), rtol=1e-6)
    assert list(updater._models) == ["main", "a", "b"]
    for other in updater._models.values():
        assert np.array_equal(weights(other), weights(model))
    assert updater.get_optimizer("main").epoch == 1


def test_parallel_models_report_under_their_names(tmp_path):
    updater = parallel(model_of(), devices={"main": -1, "second": -1})
    trainer = training.Trainer(updater, (1, "iteration"), str(tmp_path))
    trainer.run()
    assert set(trainer.observation) == {
        *("main/loss", "main/accuracy", "second/loss", "second/accuracy")
    }


def test_parallel_takes_models_of_ones_own_and_a_loss_function():
    model = model_of()
    other, seen = model.copy("copy"), []

    def loss_func(x, t):
        seen.append(len(x))
        return F.sum(x * 0) + F.sum(model.predictor.W * 0) + F.sum(other.predictor.W)

    updater = parallel(
        model, models={"main": model, "x": other}, devices={"main": -1, "x": -1}, batch=5,
        loss_func=loss_func, loss_scale=2.0,
    )  # fmt: skip
    before = weights(model)
    updater.update()
    assert seen == [3, 2]
    moved = (before - weights(model)).reshape(-1)
    assert np.allclose(np.sort(moved), [0, 0, *[0.2] * 6])
    assert np.array_equal(weights(other), weights(model))


def test_a_lazy_model_and_a_small_batch_do_in_parallel_too():
    class Lazy(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l = L.Linear(None, 2)

        def forward(self, x, t):
            return F.softmax_cross_entropy(self.l(x), t)

    model = Lazy()
    updater = parallel(model, devices={"main": -1, "a": -1}, batch=2)
    updater.update()
    assert np.array_equal(weights(updater._models["a"]), weights(model))
    updater = parallel(model_of(), devices={"main": -1, "a": -1, "b": -1}, batch=2)
    updater.update()
    assert updater.iteration == 1


def test_parallel_says_what_it_needs():
    with pytest.raises(ValueError, match="`devices`, by name, or `models`"):
        parallel(model_of())
    with pytest.raises(KeyError, match="called 'main'; there is a"):
        parallel(model_of(), devices={"a": -1})


# ---- MultiprocessParallelUpdater, as far as it needs no process
def test_gradients_and_parameters_are_gathered_by_path():
    model = L.Classifier(L.Linear(2, 1))
    model.predictor.W.array[...] = [[1, 2]]
    model.predictor.b.array[...] = 3
    assert gather_params(model).tolist() == [1, 2, 3]
    model.cleargrads()
    model.predictor.b.grad = np.array([4], "f")
    assert gather_grads(model).tolist() == [0, 0, 4]
    scatter_params(model, np.array([7, 8, 9], "f"))
    scatter_grads(model, np.array([4, 5, 6], "f"))
    assert model.predictor.W.array.tolist() == [[7, 8]]
    assert model.predictor.W.grad.tolist() == [[4, 5]]
    assert (model.predictor.b.array.item(), model.predictor.b.grad.item()) == (9, 6)


@pytest.mark.parametrize(
    ("optimizer", "attribute", "expected"),
    [
        (optimizers.SGD(lr=0.3), "lr", 0.1),
        (optimizers.Adam(eps=0.25), "eps", 0.75),
        (optimizers.AdaDelta(eps=0.25), "eps", 2.25),
    ],
)
def test_an_optimizer_is_adapted_to_sums_of_gradients(optimizer, attribute, expected):
    optimizer.setup(model_of())
    with pytest.warns(UserWarning, match=f"added over 3 processes, so .*{attribute} is now"):
        updater = MultiprocessParallelUpdater(
            [iterator() for _ in range(3)], optimizer, devices={"a": -1, "main": -1, "b": "@numpy"}
        )
    assert getattr(optimizer, attribute) == pytest.approx(expected)
    assert len(updater._devices) == 3
    updater.finalize()


@pytest.mark.parametrize(
    ("sizes", "devices", "complaint"),
    [
        ((12, 12), ["@numpy"], "2 iterators do not fit 1 devices"),
        ((12, 9), ["@numpy"] * 2, r"have \[9, 12\] examples"),
        ((12,), None, "devices is None"),
        ((12,), [None], r"devices is \[None\]"),
    ],
)
def test_parts_that_do_not_fit_are_refused(sizes, devices, complaint):
    optimizer = optimizers.SGD(lr=0.3).setup(model_of())
    parts = [iterator(data=TupleDataset(X[:n], T[:n])) for n in sizes]
    with pytest.raises(ValueError, match=complaint):
        MultiprocessParallelUpdater(parts, optimizer, devices=devices)
    assert optimizer.lr == 0.3
