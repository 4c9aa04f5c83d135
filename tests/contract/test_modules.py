"""The same contract where the target is a torch module, whose gradients come and go."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from tests.strategies import METHODS, Net, by_hand, draw, give, record, same_bits

SHAPES = {"a": (3,), "b": (2, 2), "c": ()}


def module(arrays):
    return torch.nn.ParameterDict(
        {n: torch.nn.Parameter(torch.tensor(a)) for n, a in arrays.items()}
    )


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_module_moves_as_a_link_does(method):
    start, *grads = draw(1, 4, SHAPES, "float32")
    net, target = Net(start), module(start)
    of_link, of_module = method.make().setup(net), method.make().setup(target)
    for grad in grads:
        give(net, grad)
        for name, tensor in target.items():
            tensor.grad = torch.tensor(grad[name])
        of_link.update()
        of_module.update()
    wanted = record(net)
    assert all(same_bits(p.detach().numpy(), wanted[f"/{n}"]) for n, p in target.items())


@pytest.mark.parametrize(
    "kind", [METHODS[0].kind, by_hand(METHODS[0].kind)], ids=["plan", "by hand"]
)
@pytest.mark.parametrize("freeze", [False, True], ids=["no gradient", "frozen"])
def test_parameters_take_turns(kind, freeze):
    """Each step updates the parameters that have a gradient now, whichever had one before."""
    start, *grads = draw(2, 6, {"a": (3,), "b": (3,)}, "float32")
    target = module(start)
    alone = {n: module({n: start[n]}) for n in start}
    opt, opts = kind().setup(target), {n: kind().setup(alone[n]) for n in alone}
    for i, grad in enumerate(grads):
        moving = "ab"[i % 2]
        for name, tensor in target.items():
            tensor.requires_grad_(name == moving or not freeze)
            tensor.grad = torch.tensor(grad[name]) if name == moving or freeze else None
        alone[moving][moving].grad = torch.tensor(grad[moving])
        before = copy.deepcopy(dict(target.items()))
        opt.update()
        opts[moving].update()
        for name, tensor in target.items():
            assert np.array_equal(tensor.detach(), alone[name][name].detach()), (i, name)
            assert (name == moving) != torch.equal(tensor, before[name])
