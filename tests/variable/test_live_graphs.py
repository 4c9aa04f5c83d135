"""Programs that update parameters while graphs live, and loops that must not grow."""

from __future__ import annotations

import gc
import mmap
import sys
import weakref

import numpy as np

import catenary.functions as F
import catenary.links as L
from catenary import optimizers
from catenary.function_node import FunctionNode
from catenary.link import Chain
from catenary.variable import Parameter, Variable


def generator_and_critic():
    np.random.seed(0)
    return L.Linear(2, 3), L.Linear(3, 1)


def gan_step(generator, critic, noise, real):
    """One generator output, two losses, two optimizers: the critic is updated in between."""
    fakes = generator(noise)
    score = critic(fakes)
    generator_loss = F.mean(F.softplus(-score))
    critic_loss = F.mean(F.softplus(score)) + F.mean(F.softplus(-critic(real)))
    return generator_loss, critic_loss


def test_a_gan_with_one_generator_output_and_two_optimizers():
    generator, critic = generator_and_critic()
    for_generator = optimizers.SGD(lr=0.5).setup(generator)
    for_critic = optimizers.SGD(lr=0.5).setup(critic)
    noise, real = np.ones((4, 2), "f"), np.full((4, 3), 2, "f")

    # What it must come to, by hand: gradients of both losses at the parameters of their own time.
    loss, _ = gan_step(generator, critic, noise, real)
    before = [p.array.copy() for p in generator.params()]
    generator.cleargrads()
    loss.backward()
    expected = [
        b - np.float32(0.5) * p.grad for b, p in zip(before, generator.params(), strict=True)
    ]

    generator_loss, critic_loss = gan_step(generator, critic, noise, real)
    critic.cleargrads()
    generator.cleargrads()
    generator_loss.backward()
    for_generator.update()
    critic.cleargrads()
    critic_loss.backward()
    moved = [p.array.copy() for p in critic.params()]
    for_critic.update()
    for parameter, value in zip(generator.params(), expected, strict=True):
        np.testing.assert_array_equal(parameter.array, value)
    assert all((p.array != m).any() for p, m in zip(critic.params(), moved, strict=True))


def test_two_losses_with_an_update_between_through_optimizers():
    link = Chain(a=L.Linear(2, 2, nobias=True, initialW=1))
    optimizer = optimizers.SGD(lr=0.25).setup(link)
    h = link.a(np.ones((1, 2), "f"))
    first, second = F.sum(h * h), F.sum(h)
    for loss in (first, second):
        link.cleargrads()
        loss.backward()
        optimizer.update()
    # dL1/dW = 2·h = 4 with h = 2; dL2/dW = 1
    np.testing.assert_array_equal(link.a.W.array, np.full((2, 2), 1 - 0.25 * 4 - 0.25))


def test_a_parameter_in_a_memory_map(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(np.ones(4, "f").tobytes())
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        array = np.frombuffer(memory, "f").reshape(2, 2)
        link = L.Linear(2, 2, nobias=True)
        optimizer = optimizers.SGD(lr=1).setup(link)
        link.W.array = array
        assert link.W.array is array
        optimizer.update(lambda: F.sum(link(np.ones((1, 2), "f"))))
        assert np.frombuffer(memory, "f").tolist() == [0, 0, 0, 0]
        # The map can only be closed once nothing looks at it.
        link.W.array = array.copy()
        optimizer.setup(link)
        del array
        gc.collect()


def test_a_parameter_in_numpys_memmap(tmp_path):
    array = np.memmap(tmp_path / "weights", "f", "w+", shape=(2,))
    parameter = Parameter(np.zeros(2, "f"))
    parameter.array = array
    parameter.tensor.data += 1
    assert np.fromfile(tmp_path / "weights", "f").tolist() == [1, 1]


class Double(FunctionNode):
    def forward(self, inputs):
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        return (inputs[0] * 2,)

    def backward(self, indexes, gys):
        self.get_retained_outputs()
        return (gys[0] * 2,)


def test_loops_grow_by_nothing():
    link = Chain(a=L.Linear(3, 3), b=L.Linear(3, 1))
    optimizer = optimizers.MomentumSGD(lr=0.01).setup(link)
    x = np.ones((2, 3), "f")

    def step():
        h = Double().apply((F.relu(link.a(x)),))[0]
        optimizer.update(lambda: F.sum(link.b(h)))

    blocks = []
    gc.collect()
    gc.disable()  # What only the garbage collector would find counts as growth.
    try:
        for _ in range(4):
            for _ in range(300):
                step()
            blocks.append((sys.getallocatedblocks(), len(gc.get_objects())))
    finally:
        gc.enable()
    *_, (memory, objects), (more_memory, more_objects) = blocks
    assert more_objects - objects < 20
    # A torch loop alone adds a block of 48 bytes a backward pass, and one for each user's function,
    # in its first few thousand steps. A Variable that stayed would be ten.
    assert more_memory - memory < 3 * 300


def test_clearing_gradients_frees_graphs_kept_for_double_backprop():
    w = Parameter(np.ones(2, "f"))
    loss = F.sum(w * w)
    loss.backward(enable_double_backprop=True)
    creator = weakref.ref(loss.creator)
    del loss
    w.cleargrad()
    gc.collect()
    assert creator() is None


def test_truncated_backpropagation_lets_go():
    state = Variable(np.ones((1, 3), "f"))
    link = L.Linear(3, 3)
    seen = []
    for _ in range(3):
        for _ in range(4):
            state = F.tanh(link(state))
        seen.append(weakref.ref(state.creator))
        loss = F.sum(state)
        link.cleargrads()
        loss.backward()
        loss.unchain_backward()
        del loss
    gc.collect()
    assert [reference() is None for reference in seen] == [True, True, True]
    assert state.creator is None
