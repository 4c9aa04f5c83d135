"""On a real GPU: as on the CPU, without a wait, in a graph, on any stream."""

from __future__ import annotations

import pytest
import torch

from catenary import optim, optimizers
from catenary.kernel import DeviceStep
from catenary.optimizer_hooks import GradientClipping, WeightDecay

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


def model(device):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(300, 100), torch.nn.ReLU(), torch.nn.Linear(100, 7))
    return net.to(device)


def give(net, seed):
    torch.manual_seed(seed)
    for param in net.parameters():
        param.grad = torch.randn(param.shape, dtype=param.dtype).to(param.device)


def adamw(net, **words):
    opt = optim.AdamW(net, lr=0.01, **words)
    opt.add_hook(GradientClipping(0.5))
    opt.when_not_finite("skip")
    return opt


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_a_gpu_trains_as_the_cpu_does(dtype):
    nets = [model(device).to(dtype) for device in ("cpu", "cuda")]
    opts = [adamw(net) for net in nets]
    for turn in range(5):
        for net, opt in zip(nets, opts, strict=True):
            give(net, turn)
            opt.step()
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(
            b.cpu(), a, rtol=1e-12 if dtype == torch.float64 else 0, atol=0, check_device=False
        )


@pytest.mark.parametrize("storage", ["master", "kahan", "stochastic"])
def test_storage_is_the_same(storage):
    nets = [model(device).to(torch.bfloat16) for device in ("cpu", "cuda")]
    opts = [adamw(net, storage=storage) for net in nets]
    for turn in range(5):
        for net, opt in zip(nets, opts, strict=True):
            give(net, turn)
            opt.step()
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(b.cpu(), a, rtol=0, atol=0)


def test_a_step_waits_for_nothing():
    net = model("cuda")
    opt = optimizers.Adam().setup(net)
    opt.add_hook(GradientClipping(0.5))
    opt.add_hook(WeightDecay(1e-4))
    opt.loss_scaling()
    for turn in range(3):
        give(net, turn)
        opt.update()
    opt.synchronize()
    give(net, 3)
    torch.cuda.set_sync_debug_mode("error")
    try:
        opt.update()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_skipped_steps_are_told_later():
    net = model("cuda")
    opt = adamw(net)
    give(net, 0)
    opt.step()
    before = [param.detach().clone() for param in net.parameters()]
    net[0].weight.grad[0, 0] = float("nan")
    opt.step()
    with pytest.warns(UserWarning, match="0.weight is not finite"):
        opt.synchronize()
    assert all(map(torch.equal, before, net.parameters()))
    assert int(opt.state[net[0].weight]["step"]) == 1


def test_a_graph_counts_on():
    nets = [model("cuda") for _ in range(2)]
    opts = [adamw(net) for net in nets]
    for net in nets:
        give(net, 0)
    opts[0].step()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        opts[0].step()
    for _ in range(3):
        graph.replay()
    for _ in range(4):
        opts[1].step()
    torch.cuda.synchronize()
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert int(opts[0].state[nets[0][0].weight]["step"]) == 4


def test_it_follows_the_current_stream():
    net = model("cuda")
    opt = adamw(net)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        give(net, 0)
        opt.step()
        made = [param.detach().clone() for param in net.parameters()]
    stream.synchronize()
    other = model("cuda")
    give(other, 0)
    adamw(other).step()
    assert all(map(torch.equal, made, other.parameters()))


def test_tensors_on_two_devices_are_stepped_together():
    """Norms go over both; the host puts them together."""
    nets = [model("cpu"), model("cpu")]
    nets[1][0].to("cuda")
    opts = [adamw(net) for net in nets]
    for turn in range(3):
        for net, opt in zip(nets, opts, strict=True):
            give(net, turn)
            opt.step()
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(b.cpu(), a, rtol=0, atol=0)


def test_it_is_the_device_that_steps():
    net = model("cuda")
    opt = adamw(net)
    give(net, 0)
    opt.step()
    steps = [step for _, step in opt._engine._plan._buckets.values()]
    assert all(isinstance(step, DeviceStep) for step in steps)
