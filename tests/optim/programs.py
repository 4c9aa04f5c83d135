"""What runs in two processes: training with `fully_shard` and DistributedDataParallel.

The tests run the same in one process and compare.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import distributed, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import CPUOffloadPolicy, fully_shard
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.nn.parallel import DistributedDataParallel

from catenary import optim
from catenary.optimizer_hooks import GradientClipping, WeightDecay

STEPS = 20
HALF = 10

WORDS: dict[str, dict[str, Any]] = {
    "AdamW": {"lr": 0.02, "weight_decay": 0.1},
    "SGD": {"lr": 0.05, "momentum": 0.9},
    "LAMB": {"lr": 0.02},
    "LARS": {"lr": 1.0, "trust_coefficient": 0.05},
    "Muon": {"lr": 0.02, "adamw": {"lr": 0.01}},
    "Adafactor": {"lr": 0.05},
    "AdamWScheduleFree": {"lr": 0.02},
}
CLIPPED = ("AdamW", "SGD")


def model_of(seed: int = 0) -> nn.Sequential:
    """Rows that two processes cannot share evenly, and one row that only one can have."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3), nn.Linear(3, 1)).double()


def optimizer_of(kind: str, model: nn.Module) -> Any:
    opt = getattr(optim, kind)(model, **WORDS[kind])
    if kind in CLIPPED:
        opt.add_hook(GradientClipping(0.5))
    return opt


def loss_of(model: nn.Module, step: int) -> torch.Tensor:
    """The mean over this process's share of a batch of eight."""
    draws = torch.Generator().manual_seed(step)
    x = torch.randn(8, 6, generator=draws, dtype=torch.float64)
    y = torch.randn(8, 1, generator=draws, dtype=torch.float64)
    if distributed.is_initialized():
        x, y = (half.chunk(distributed.get_world_size())[distributed.get_rank()] for half in (x, y))
    return (model(x) - y).square().mean()


def mean_over_processes(value: torch.Tensor) -> float:
    if not distributed.is_initialized():
        return value.item()
    value = value.detach().clone()
    distributed.all_reduce(value)
    return value.item() / distributed.get_world_size()


def train(model: nn.Module, opt: Any, steps: Iterable[int]) -> list[float]:
    losses = []
    for step in steps:
        opt.zero_grad()
        loss = loss_of(model, step)
        loss.backward()
        opt.step()
        losses.append(mean_over_processes(loss))
    return losses


def whole(tensor: Any) -> torch.Tensor:
    held = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return held.detach().clone()


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name.removeprefix("module."): whole(p) for name, p in model.named_parameters()}


def states(opt: Any) -> list[dict[str, torch.Tensor]]:
    return [{k: whole(v) for k, v in opt.state[p].items()} for p in all_of(opt)]


def all_of(opt: Any) -> list[torch.Tensor]:
    return [tensor for group in opt.param_groups for tensor in group["params"]]


def sharded(seed: int = 0, **options: Any) -> nn.Module:
    model = model_of(seed)
    for layer in model:
        if isinstance(layer, nn.Linear):
            fully_shard(layer, **options)
    return fully_shard(model, **options)


def trained(kind: str, model: nn.Module, steps: Iterable[int] = range(STEPS)) -> dict[str, Any]:
    opt = optimizer_of(kind, model)
    losses = train(model, opt, steps)
    return {"losses": losses, "weights": weights(model), "states": states(opt)}


def fsdp_trains(folder: Path) -> dict[str, Any]:
    return {kind: trained(kind, sharded()) for kind in WORDS}


def fsdp_replicates(folder: Path) -> dict[str, Any]:
    """Two copies of the model, each in one part, and one copy in two parts, on meshes of 2-d."""
    found = {}
    for shape in ((2, 1), (1, 2)):
        mesh = init_device_mesh("cpu", shape, mesh_dim_names=("copies", "parts"))
        found[shape] = {k: trained(k, sharded(mesh=mesh)) for k in ("AdamW", "LAMB")}
    return found


def fsdp_offloads(folder: Path) -> dict[str, Any]:
    return trained("AdamW", sharded(offload_policy=CPUOffloadPolicy(pin_memory=False)))


def fsdp_shows(folder: Path) -> dict[str, Any]:
    """What the states look like, and what explain, select, freeze and stats say."""
    model = sharded()
    opt = optimizer_of("AdamW", model)
    opt.collect_stats()
    train(model, opt, range(1))
    first = next(iter(model.parameters()))
    state = opt.state[first]
    found = {
        "like": [(v.device_mesh == first.device_mesh, v.placements == first.placements)
                 for k, v in state.items() if k != "step"],
        "step": type(state["step"]) is torch.Tensor,
        "shapes": [tuple(v.shape) for k, v in opt.state_dict()["state"][0].items() if k != "step"],
        "stats": opt.stats(each=True),
        "selection": str(opt.select("*.bias")),
        "within": opt.select(within=nn.Linear).names,
        "leftover": [param.tensor.grad for param in opt._view.params()],
    }  # fmt: skip
    loss_of(model, 1).backward()
    found["explained"] = str(opt.explain())
    model[3].bias.requires_grad_(False)  # it has a gradient, and rests all the same
    versions, last = [p._version for p in model.parameters()], whole(model[3].bias)
    opt.step()
    found["announced"] = [p._version > v for p, v in zip(model.parameters(), versions, strict=True)]
    found["rested"] = torch.equal(last, whole(model[3].bias))
    model[3].bias.requires_grad_(True)
    opt.clear_in_step()
    loss_of(model, 2).backward()
    opt.step()
    found["zeros"] = [not whole(p.grad).any() for p in model.parameters()]
    opt.clear_in_step(False)
    opt.zero_grad()
    found["cleared"] = [p.grad for p in model.parameters()]
    opt.select("0.*").freeze()
    before = weights(model)
    train(model, opt, range(1, 2))
    found["moved"] = [
        name for name, w in weights(model).items() if not torch.equal(w, before[name])
    ]
    return found


def fsdp_skips(folder: Path) -> dict[str, Any]:
    """One process alone has a gradient that is not a number, in the kernel's way and in hooks'."""
    found = {}
    for way in ("formula", "plain"):
        model = sharded()
        opt = optimizer_of("AdamW", model)
        opt.when_not_finite("skip")
        if way == "plain":
            opt.add_hook(lambda opt: None, name="plain")
        train(model, opt, range(2))
        before = weights(model)
        opt.zero_grad()
        loss_of(model, 2).backward()
        if distributed.get_rank() == 0:
            model[2].weight.grad._local_tensor[0, 0] = torch.nan
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            opt.step()
        same = all(torch.equal(w, before[name]) for name, w in weights(model).items())
        found[way] = (same, [str(one.message) for one in heard])
    return found


def fsdp_hooks(folder: Path) -> dict[str, Any]:
    """Formulas that run by themselves, since a plain hook stands among them."""
    found = {}
    for kind in ("AdamW", "LAMB"):
        model = sharded()
        found[kind] = with_plain_hooks(kind, model)
    return found


def with_plain_hooks(kind: str, model: nn.Module) -> dict[str, torch.Tensor]:
    opt = getattr(optim, kind)(model, **WORDS[kind])
    opt.add_hook(GradientClipping(0.5))
    opt.add_hook(lambda opt: None, name="plain")
    opt.select("2.*").add_hook(lambda rule, param: None, name="plain")
    opt.select("0.*").add_hook(WeightDecay(0.01))
    train(model, opt, range(5))
    return weights(model)


def fsdp_averages(folder: Path) -> dict[str, torch.Tensor]:
    return averaged(sharded())


def averaged(model: nn.Module) -> dict[str, torch.Tensor]:
    opt = optimizer_of("AdamW", model)
    opt.average_weights(0.9)
    train(model, opt, range(5))
    free = optimizer_of("AdamWScheduleFree", model)
    with opt.averaged_weights():
        found = weights(model)
    train(model, free, range(5, 8))
    with free.evaluation_weights():
        found |= {f"{name} for evaluation": held for name, held in weights(model).items()}
    return found | {f"{name} after": held for name, held in weights(model).items()}


def checkpoint(model: nn.Module, opt: Any) -> dict[str, Any]:
    return {"model": get_model_state_dict(model), "opt": get_optimizer_state_dict(model, opt)}


def save(model: nn.Module, opt: Any, place: Path) -> None:
    with quiet():
        dcp.save(checkpoint(model, opt), checkpoint_id=place)


def load(model: nn.Module, opt: Any, place: Path) -> None:
    with quiet():
        found = checkpoint(model, opt)
        dcp.load(found, checkpoint_id=place)
        set_model_state_dict(model, found["model"])
        set_optimizer_state_dict(model, opt, found["opt"])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """torch warns when it saves without a group, and of its own storages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


RESHARDED = ("AdamW", "SGD", "Muon", "Adafactor")


def leave_for_two(folder: Path) -> None:
    """Write what the two processes take over: checkpoints of one process."""
    for kind in RESHARDED:
        model = model_of()
        opt = optimizer_of(kind, model)
        train(model, opt, range(HALF))
        save(model, opt, folder / f"one-{kind}")
        torch.save({"model": model.state_dict(), "opt": opt.state_dict()}, folder / f"{kind}.pt")


def resumed(kind: str, model: nn.Module, place: Path) -> dict[str, Any]:
    """Load into another beginning, and go on to the end."""
    opt = optimizer_of(kind, model)
    load(model, opt, place)
    losses = train(model, opt, range(HALF, STEPS))
    return {"losses": losses, "weights": weights(model), "states": states(opt)}


def fsdp_saves(folder: Path) -> None:
    for kind in RESHARDED:
        model = sharded()
        opt = optimizer_of(kind, model)
        train(model, opt, range(HALF))
        save(model, opt, folder / f"two-{kind}")


def fsdp_takes_over(folder: Path) -> dict[str, Any]:
    return {kind: resumed(kind, sharded(seed=7), folder / f"one-{kind}") for kind in RESHARDED}


def fsdp_takes_whole_states(folder: Path) -> dict[str, Any]:
    """A checkpoint of one process, loaded by ``load_state_dict`` alone."""
    found = {}
    for kind in RESHARDED:
        model = sharded(seed=7)
        opt = optimizer_of(kind, model)
        held = torch.load(folder / f"{kind}.pt", weights_only=False)
        with quiet():
            whole_model = StateDictOptions(full_state_dict=True)
            set_model_state_dict(model, held["model"], options=whole_model)
        opt.load_state_dict(held["opt"])
        train(model, opt, range(HALF, STEPS))
        found[kind] = weights(model)
    return found


class Fork(nn.Module):
    """Two matrices of which the first process holds parts of one shape."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.three = nn.Linear(6, 3).double()
        self.four = nn.Linear(6, 4).double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.three(x).sum(1, keepdim=True).sin() + self.four(x).sum(1, keepdim=True)


def fsdp_forks(folder: Path) -> dict[str, torch.Tensor]:
    model = fully_shard(Fork())
    return on_one_batch(model, optimizer_of("Muon", model))


def even_model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 4), nn.Linear(4, 1)).double()


def tensor_parallel(folder: Path) -> dict[str, Any]:
    """Columns of one layer and rows of the next are spread, the last layer is whole everywhere."""
    found = {}
    for kind in ("AdamW", "LAMB", "Muon"):
        model = even_model()
        plan = {"0": ColwiseParallel(), "2": RowwiseParallel()}
        parallelize_module(model, init_device_mesh("cpu", (2,)), plan)
        opt = optimizer_of(kind, model)
        found[kind] = on_one_batch(model, opt)
    return found


def on_one_batch(model: nn.Module, opt: Any) -> dict[str, torch.Tensor]:
    for step in range(HALF):
        opt.zero_grad()
        x = torch.randn(8, 6, generator=torch.Generator().manual_seed(step), dtype=torch.float64)
        (model(x) - x.sum(1, keepdim=True)).square().mean().backward()
        opt.step()
    return weights(model)


def ddp_trains(folder: Path) -> dict[str, Any]:
    found = {}
    for kind in WORDS:
        model = DistributedDataParallel(model_of())
        opt = optimizer_of(kind, model)
        losses = train(model, opt, range(STEPS))
        names = [name for group in opt.param_groups for name in group["param_names"]]
        found[kind] = {"losses": losses, "weights": weights(model), "names": names}
    return found


PROGRAMS: dict[str, Callable[[Path], Any]] = {
    program.__name__: program
    for program in (
        fsdp_trains, fsdp_replicates, fsdp_offloads, fsdp_shows, fsdp_skips, fsdp_hooks,
        fsdp_averages, fsdp_saves, fsdp_takes_over, fsdp_takes_whole_states, tensor_parallel,
        fsdp_forks, ddp_trains,
    )
}  # fmt: skip
