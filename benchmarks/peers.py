"""Peers that need a Python of their own: asked once, or standing by to answer line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

__all__ = ["Process", "chainer_calls", "chainer_step", "once", "optax_step"]

CHAINER_STEP = """
import json, sys, time
import numpy as np
import chainer

kind, shapes = json.loads(sys.argv[1])


class Net(chainer.Link):
    def __init__(self):
        super().__init__()
        rng = np.random.RandomState(0)
        with self.init_scope():
            for i, shape in enumerate(shapes):
                values = (rng.randn(*shape) * 0.05).astype("f")
                setattr(self, "p%04d" % i, chainer.Parameter(values))


net = Net()
opt = getattr(chainer.optimizers, kind)().setup(net)
for param in net.params():
    param.grad = (np.random.randn(*param.shape) * 0.01).astype("f")
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    opt.update()
    print((time.perf_counter() - start) * 1e3, flush=True)
"""

CHAINER_CALLS = """
import json, sys
import chainer

sys.path.insert(0, json.loads(sys.argv[1]))
import call_table

call_table.serve(chainer)
"""

OPTAX_STEP = """
import json, sys, time
import jax, jax.numpy as jnp
import numpy as np
import optax

kind, shapes = json.loads(sys.argv[1])
make = {
    "SGD": lambda: optax.sgd(1e-3),
    "MomentumSGD": lambda: optax.sgd(1e-3, momentum=0.9),
    "NesterovAG": lambda: optax.sgd(1e-3, momentum=0.9, nesterov=True),
    "AdaGrad": lambda: optax.adagrad(1e-3),
    "AdaDelta": lambda: optax.adadelta(1.0),
    "RMSprop": lambda: optax.rmsprop(1e-3),
    "RMSpropGraves": lambda: optax.rmsprop(1e-3, centered=True, momentum=0.9),
    "Adam": lambda: optax.adam(1e-3),
    "AdamW": lambda: optax.adamw(1e-3),
    "AMSGrad": lambda: optax.amsgrad(1e-3),
}[kind]
rng = np.random.RandomState(0)
params = [jnp.asarray((rng.randn(*s) * 0.05).astype("f")) for s in shapes]
grads = [jnp.asarray((rng.randn(*s) * 0.01).astype("f")) for s in shapes]
rule = make()
state = rule.init(params)


def step(params, state, grads):
    updates, state = rule.update(grads, state, params)
    return optax.apply_updates(params, updates), state


step = jax.jit(step, donate_argnums=(0, 1))
params, state = jax.block_until_ready(step(params, state, grads))
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    params, state = jax.block_until_ready(step(params, state, grads))
    print((time.perf_counter() - start) * 1e3, flush=True)
"""


def once(python: str, program: str, *arguments: str) -> str:
    """Return what a program prints under another Python; where it fails, end with its reason."""
    process = _started(python, program, *arguments)
    said, complaints = process.communicate()
    if process.returncode:
        sys.exit(_absent(python, complaints))
    return said


class Process:
    """A program that says ``ready`` and then answers each line with one of its own.

    Where it does not get ready, the benchmark ends with the reason.

    Args:
        python: The interpreter that has what the program imports.
        program: Its text.
        request: What it is told, as JSON in its first argument.
    """

    def __init__(self, python: str, program: str, request: Any) -> None:
        self._process = _started(python, program, json.dumps(request))
        if self._answer() != "ready":
            _, complaints = self._process.communicate()
            sys.exit(_absent(python, complaints))

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, line: str) -> str:
        """Send a line and return the one that answers it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def step(self) -> float:
        """Return the milliseconds that a step took."""
        return float(self.ask("step"))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def _started(python: str, program: str, *arguments: str) -> subprocess.Popen[str]:
    # A stand-in on PYTHONPATH would answer in the original's place.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            [python, "-W", "ignore", "-c", program, *arguments],
            stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment,
        )  # fmt: skip
    except OSError as error:
        sys.exit(f"no peer: {error}")


def _absent(python: str, complaints: str) -> str:
    reason = (complaints.strip().splitlines() or ["it said nothing"])[-1]
    return f"no peer under {python}: {reason}"


def chainer_step(python: str, name: str, shapes: list[Any]) -> Process:
    """Return the original's optimizer over parameters of these shapes."""
    return Process(python, CHAINER_STEP, [name, shapes])


def chainer_calls(python: str, folder: str) -> Process:
    """Return the original, answering what `call_table.serve` describes.

    Args:
        python: The interpreter that has it.
        folder: Where `call_table.py` is.
    """
    return Process(python, CHAINER_CALLS, folder)


def optax_step(python: str, name: str, shapes: list[Any]) -> Process | None:
    """Return optax's counterpart, jitted with donated buffers; None where it has none."""
    return Process(python, OPTAX_STEP, [name, shapes]) if f'"{name}"' in OPTAX_STEP else None
