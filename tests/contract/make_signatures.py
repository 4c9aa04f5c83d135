"""Ask the original which arguments its optimizers, rules and hooks take, in which order.

Run under the original's Python; standard output is tests/contract/signatures.json.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil

import chainer


def arguments(kind):
    found = list(inspect.signature(kind.__init__).parameters.values())[1:]
    return [[p.name, None if p.default is p.empty else repr(p.default)] for p in found]


def classes(package, base):
    found = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        for name, kind in vars(importlib.import_module(info.name)).items():
            own = inspect.isclass(kind) and kind.__module__ == info.name
            if own and issubclass(kind, base) and not name.startswith("_"):
                found[name] = arguments(kind)
    return found


table = {
    "optimizers": classes(chainer.optimizers, chainer.GradientMethod),
    "rules": classes(chainer.optimizers, chainer.UpdateRule),
    "hooks": classes(chainer.optimizer_hooks, object),
}
for name in ("AdaBound", "AMSBound", "AMSGrad", "AdamW"):
    table["optimizers"].setdefault(name, arguments(getattr(chainer.optimizers, name)))
# A function as a default prints its address.
table["hooks"]["GradientNoise"][1][1] = "exponential_decay_noise"
print(json.dumps(table, indent=1, sort_keys=True))
