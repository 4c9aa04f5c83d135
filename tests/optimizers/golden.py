"""The golden trajectories of the original, and how to run one of their cases here."""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catenary import Link, Parameter, optimizer_hooks, optimizers

FOLDER = Path(__file__).parent.parent / "golden"
DTYPES = ("float16", "float32", "float64")


@functools.cache
def index() -> dict[str, Any]:
    return json.loads((FOLDER / "trajectories.json").read_text())


@functools.cache
def arrays() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "trajectories.npz") as stored:
        return {name: stored[name] for name in stored.files}


def split(vector: np.ndarray) -> dict[str, np.ndarray]:
    return {
        p["name"]: vector[p["start"] : p["stop"]].reshape(p["shape"]) for p in index()["params"]
    }


def dtype_of(case_dtype: str, place: int) -> str:
    return DTYPES[place % 3] if case_dtype == "mixed" else case_dtype


class Net(Link):
    """The golden data's model: b (5,), e (0,), k (2, 1, 3), s () and w (3, 4)."""

    def __init__(self, dtype: str) -> None:
        super().__init__()
        with self.init_scope():
            for i, (name, values) in enumerate(sorted(split(arrays()["initial"]).items())):
                setattr(self, name, Parameter(np.array(values, dtype=dtype_of(dtype, i))))


def set_grads(net: Any, step: int, mode: str) -> None:
    values = split(arrays()["grads"][step])
    for path, param in net.namedparams():
        name = path.lstrip("/")
        if mode == "none" and ((name == "b" and step in (2, 3, 7)) or (name == "w" and step < 10)):
            param.cleargrad()
            continue
        grad = np.array(values[name] * (128 if mode == "scaled128" else 1), dtype=param.dtype)
        if mode == "inf" and name == "k" and step in (4, 11):
            grad.flat[0] = np.inf
        param.grad = grad
        if mode == "scaled128":
            # What backward(loss_scale=128) records.
            param._loss_scale = 128.0


def _rule_hooks(opt: Any, net: Any) -> None:
    def decay_post(rule: Any, param: Any) -> None:
        param.array *= np.asarray(0.9, param.dtype)

    net.w.update_rule.add_hook(optimizer_hooks.WeightDecay(0.1))
    net.b.update_rule.add_hook(decay_post, timing="post")


def _rule_override(opt: Any, net: Any) -> None:
    net.w.update_rule.hyperparam.lr = 0.5
    net.b.update_rule.enabled = False


def _rule_override_adam(opt: Any, net: Any) -> None:
    net.w.update_rule.hyperparam.alpha = 0.5
    net.k.update_rule.hyperparam.eta = 0.25
    net.b.update_rule.enabled = False


def _lr_decay(opt: Any, net: Any, step: int) -> None:
    if step:
        name = "alpha" if isinstance(opt, optimizers.Adam) else "lr"
        setattr(opt, name, getattr(opt, name) * 0.9)


def _disable_some(opt: Any, net: Any, step: int) -> None:
    if step in (4, 9):
        net.w.update_rule.enabled = step == 9


def _static_scale(opt: Any, net: Any) -> None:
    opt.set_loss_scale(128.0)


def _hooks(*made: Callable[[], Any], **options: Any) -> Callable[[Any, Any], None]:
    def add(opt: Any, net: Any) -> None:
        for make in made:
            opt.add_hook(make(), **options)

    return add


def _decay() -> Any:
    return optimizer_hooks.WeightDecay(0.05)


def _lasso() -> Any:
    return optimizer_hooks.Lasso(0.02)


def _clip() -> Any:
    return optimizer_hooks.GradientClipping(1.0)


def _hard() -> Any:
    return optimizer_hooks.GradientHardClipping(-0.25, 0.4)


def _noise() -> Any:
    return optimizer_hooks.GradientNoise(0.3)


def _lars() -> Any:
    return optimizer_hooks.GradientLARS()


HOOKS = {
    "WeightDecay": _hooks(_decay),
    "Lasso": _hooks(_lasso),
    "GradientClipping": _hooks(_clip),
    "GradientClipping_noop": _hooks(lambda: optimizer_hooks.GradientClipping(1e6)),
    "GradientHardClipping": _hooks(_hard),
    "GradientNoise": _hooks(_noise),
    "GradientLARS": _hooks(_lars),
    "GradientLARS_args": _hooks(
        lambda: optimizer_hooks.GradientLARS(threshold=0.5, weight_decay=0.01, eps=1e-6)
    ),
    "WeightDecay_then_Clipping": _hooks(_decay, _clip),
    "Clipping_then_WeightDecay": _hooks(_clip, _decay),
    "all": _hooks(_decay, _lasso, _hard, _noise, _lars, _clip),
    "WeightDecay_post": _hooks(_decay, timing="post"),
}

MISC_SETUP: dict[str, Callable[[Any, Any], None]] = {
    "rule_hooks": _rule_hooks,
    "static_scale128": _static_scale,
    "dynamic_scale": lambda opt, net: opt.loss_scaling(interval=3),
}
MISC_EACH = {"lr_decay": _lr_decay, "disable_enable": _disable_some}


@dataclass
class Run:
    """What one case did here: params (steps, N) by name, states, gradients, scales."""

    params: dict[str, list[np.ndarray]] = field(default_factory=dict)
    states: dict[str, dict[str, list[np.ndarray | None]]] = field(default_factory=dict)
    grads: dict[str, list[np.ndarray]] = field(default_factory=dict)
    rule_t: list[list[int]] = field(default_factory=list)
    opt_t: list[int] = field(default_factory=list)
    scales: list[float | None] = field(default_factory=list)
    hyperparam: dict[str, Any] = field(default_factory=dict)


def prepare(case: str, kind: type | None = None) -> tuple[Any, Any, Callable[..., None] | None]:
    """Return (net, optimizer, what to do before each step) of a case.

    Args:
        case: Its name in the index.
        kind: A subclass to use in place of the case's optimizer.
    """
    entry = index()["cases"][case]
    np.random.seed(entry["numpy_seed"])
    net = Net(entry["dtype"])
    made = (kind or getattr(optimizers, entry["opt"]))(**entry["kwargs"])
    made.setup(net)
    if entry.get("use_fp32_update"):
        made.use_fp32_update()
    each = None
    if "hook" in entry:
        HOOKS[entry["hook"]](made, net)
    elif case.startswith("misc."):
        name = case.split(".")[1]
        if name == "rule_override":
            (_rule_override_adam if entry["opt"] == "Adam" else _rule_override)(made, net)
        elif name == "static_scale128_wd":
            _static_scale(made, net)
            made.add_hook(_decay())
        elif name in MISC_SETUP:
            MISC_SETUP[name](made, net)
        each = MISC_EACH.get(name)
    return net, made, each


def steps(case: str, kind: type | None = None) -> Iterator[tuple[int, Any, Any]]:
    """Run a case and yield (step, net, optimizer) after each update."""
    entry = index()["cases"][case]
    net, opt, each = prepare(case, kind)
    for step in range(entry["steps"]):
        if each is not None:
            each(opt, net, step)
        set_grads(net, step, entry["grads"])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="the gradients? of", category=UserWarning)
            opt.update()
        yield step, net, opt


def run(case: str, kind: type | None = None) -> Run:
    """Run a case to its end and record everything that the golden data has."""
    found = Run()
    for _, net, opt in steps(case, kind):
        for path, param in net.namedparams():
            name = path.lstrip("/")
            found.params.setdefault(name, []).append(param.array.copy())
            found.grads.setdefault(name, []).append(param.grad.copy())
            states = dict(param.update_rule.state or {})
            if param.update_rule._fp32_param is not None:
                states["@fp32_param"] = param.update_rule._fp32_param.array
            for key, value in states.items():
                found.states.setdefault(key, {}).setdefault(name, []).append(np.array(value))
        found.rule_t.append([p.update_rule.t for p in net.params()])
        found.opt_t.append(opt.t)
        found.scales.append(opt._loss_scale)
        found.hyperparam = opt.hyperparam.get_dict()
    return found
