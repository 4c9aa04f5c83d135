"""Loops of many kinds grow by nothing, and leave nothing to Python's collector of cycles.

What a step made is gone when the next one has ended. A graph that waited for the collector would be
gone late: it comes when there are many new objects, however large they are.
"""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

import catenary
import catenary.functions as F
import catenary.links as L
from catenary import Variable, iterators, optim, optimizer_hooks, optimizers, serializers, training
from catenary.training import extensions
from tests.examples.census import CAN_COUNT, allocated, growth, more_objects, objects

pytestmark = pytest.mark.skipif(not CAN_COUNT, reason="asks Linux and glibc")


@pytest.fixture(autouse=True)
def one_thread():
    """Let torch not wait for threads: these models are small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


RNG = np.random.RandomState(0)
X = RNG.randn(8, 5).astype("f")
T = RNG.randint(0, 3, 8).astype("i")


class MLP(catenary.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(5, 7)
            self.l2 = L.Linear(7, 3)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))


class Square(catenary.FunctionNode):
    def forward(self, inputs):
        self.retain_inputs((0,))
        return (inputs[0] * inputs[0],)

    def backward(self, target_input_indexes, grad_outputs):
        (x,) = self.get_retained_inputs()
        return (2 * x * grad_outputs[0],)


def plain(optimizer=None, model=None):
    model = model or MLP()
    optimizer = (optimizer or optimizers.Adam()).setup(model)

    def step():
        loss = F.softmax_cross_entropy(model(X), T)
        model.cleargrads()
        loss.backward()
        optimizer.update()

    step.optimizer, step.model = optimizer, model
    return step


def schedule_and_hooks():
    """The learning rate changes at every step, and a hook comes and goes."""
    once = plain(optimizers.MomentumSGD())
    once.optimizer.add_hook(optimizer_hooks.GradientClipping(1))

    def step():
        once.optimizer.lr *= 0.99
        once.optimizer.add_hook(optimizer_hooks.WeightDecay(0.1), "decay")
        once()
        once.optimizer.remove_hook("decay")

    return step


def truncated_backpropagation():
    lstm = L.LSTM(5, 4)
    optimizer = optimizers.SGD().setup(lstm)

    def step():
        loss = F.sum(lstm(X)) + F.sum(lstm(X))
        lstm.cleargrads()
        loss.backward()
        loss.unchain_backward()
        optimizer.update()

    return step


def sequences_of_many_lengths():
    lstm = L.NStepLSTM(1, 5, 4, 0.1)
    optimizer = optimizers.SGD().setup(lstm)

    def step():
        xs = [RNG.randn(n, 5).astype("f") for n in RNG.randint(1, 20, 4)]
        _, _, ys = lstm(None, None, xs)
        lstm.cleargrads()
        F.sum(F.pad_sequence(ys)).backward()
        optimizer.update()

    return step


def gradients_of_gradients():
    once = plain()

    def step():
        x = Variable(X)
        (y,) = Square().apply((F.tanh(once.model(x)),))
        (gradient,) = catenary.grad([F.sum(y)], [x], enable_double_backprop=True)
        loss = F.sum(gradient * gradient)
        once.model.cleargrads()
        loss.backward()
        once.optimizer.update()

    return step


def a_model_each_step():
    """Models of one kind share the formulas and kernels that were made for the first."""

    def step():
        once = plain(optimizers.Adam())
        once.optimizer.add_hook(optimizer_hooks.WeightDecay(0.1))
        once()
        once.model.copy("init")(X)

    return step


def another_memory():
    """The program replaces the array of a parameter, as old programs do."""
    once = plain()

    def step():
        once.model.l1.W.array = once.model.l1.W.array.copy()
        once()

    return step


def loss_scaling():
    model = MLP()
    optimizer = optimizers.Adam().setup(model)
    optimizer.loss_scaling()
    return lambda: optimizer.update(lambda: F.softmax_cross_entropy(model(X), T))


def torchs_words():
    model = torch.nn.Linear(5, 3)
    optimizer = optim.AdamW(model, lr=0.1)

    def step():
        optimizer.zero_grad()
        model(torch.from_numpy(X)).sum().backward()
        optimizer.step()
        optimizer.param_groups[0]["lr"] *= 0.99

    return step


def rules_of_their_own():
    """A model each step, whose rules run one by one, outside a plan."""

    def step():
        model = MLP()
        optimizers.Adam().setup(model)
        F.softmax_cross_entropy(model(X), T).backward()
        for param in model.params():
            param.update()

    return step


def copies_without_a_shape():
    model = catenary.Sequential(L.Linear(None, 3))
    return model.copy


class Holder(catenary.FunctionHook):
    name = "holder"

    def added(self, function):
        self.function = function


def hook_of_a_call():
    """A hook that watches one call, and holds it: a cycle, which the collector finds."""

    def step():
        y = F.tanh(Variable(X))
        y.creator_node.add_hook(Holder())
        F.sum(y).backward()

    return step


def evaluation():
    model = L.Classifier(MLP())

    def step():
        reporter, observation = catenary.Reporter(), {}
        reporter.add_observers("", model.namedlinks())
        with (
            reporter.scope(observation),
            catenary.using_config("train", False),
            catenary.no_backprop_mode(),
        ):
            model(X, T)

    return step


def saving(folder):
    """A state is saved and loaded between steps."""
    once = plain()

    def step():
        once()
        for saved in (once.model, once.optimizer):
            serializers.save_npz(folder / "saved.npz", saved)
            serializers.load_npz(folder / "saved.npz", saved)

    return step


def a_training_each_step(folder):
    data = catenary.datasets.TupleDataset(X, T)

    def step():
        model = L.Classifier(MLP())
        optimizer = optimizers.SGD().setup(model)
        updater = training.updaters.StandardUpdater(iterators.SerialIterator(data, 4), optimizer)
        trainer = training.Trainer(updater, (2, "epoch"), out=folder)
        once_through = iterators.SerialIterator(data, 4, repeat=False, shuffle=False)
        trainer.extend(extensions.Evaluator(once_through, model))
        trainer.extend(extensions.ExponentialShift("lr", 0.5))
        trainer.extend(extensions.LogReport())
        writer = extensions.snapshot_writers.ThreadWriter()
        trainer.extend(extensions.snapshot(writer=writer, n_retains=1))
        trainer.run()

    return step


PURE = [
    plain,
    schedule_and_hooks,
    truncated_backpropagation,
    sequences_of_many_lengths,
    gradients_of_gradients,
    a_model_each_step,
    another_memory,
    loss_scaling,
    torchs_words,
    evaluation,
    rules_of_their_own,
    copies_without_a_shape,
]
WITH_CYCLES = [hook_of_a_call]
WITH_FILES = [saving, a_training_each_step]


def grown(step, warm_up, n):
    """What `n` steps have added, after some that fill caches; there are no more objects."""
    for _ in range(warm_up):
        step()
    objects()
    objects_before, before = objects(), allocated()
    for _ in range(n):
        step()
    now = allocated()
    assert more_objects(objects_before, objects()) == {}
    return growth(before, now)


@pytest.mark.parametrize("loop", PURE + WITH_CYCLES)
def test_a_loop_grows_by_nothing(loop):
    assert grown(loop(), 20, 80)["blocks"] < 15


@pytest.mark.parametrize("loop", WITH_FILES)
def test_a_loop_with_files_grows_by_nothing(loop, tmp_path):
    assert grown(loop(tmp_path), 5, 25)["blocks"] < 15


@pytest.mark.parametrize("loop", PURE)
def test_a_loop_makes_no_cycles(loop):
    step = loop()
    for _ in range(5):
        step()
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            step()
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.long
def test_ten_thousand_steps_grow_by_nothing():
    more = grown(plain(), 500, 10_000)
    assert more["blocks"] < 25
    assert more["heap"] < 30_000  # three bytes a step
    assert more["resident"] < 2**20
