"""The original loads what we write, and continues to the same parameters."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.optimizers import golden
from tests.optimizers.test_snapshots import INDEX, LABELS, OURS, TAKEN_AFTER, case_of

pytestmark = pytest.mark.oracle

CONTINUE = """
import json, sys
import numpy as np
import chainer

folder, data, names, label, kind, kwargs, start, out = json.loads(sys.argv[1])
stored = np.load(data)


class Net(chainer.Link):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            for name, (first, last, shape) in sorted(names.items()):
                values = stored["initial"][first:last].reshape(shape).astype("f")
                setattr(self, name, chainer.Parameter(values))


net = Net()
opt = getattr(chainer.optimizers, kind)(**kwargs).setup(net)
chainer.serializers.load_npz(folder + "/model.npz", net)
chainer.serializers.load_npz(folder + "/optimizer.npz", opt)
assert opt.t == start and opt.epoch == 1, (opt.t, opt.epoch)
rule = net.w.update_rule
if hasattr(rule, "beta_power"):  # the original does not save it
    for param in net.params():
        param.update_rule.beta_power = rule.hyperparam.beta ** (start + 1)
for step in range(start, 20):
    for name, (first, last, shape) in names.items():
        getattr(net, name).grad = stored["grads"][step][first:last].reshape(shape).astype("f")
    opt.update()
np.savez(out, **{name: getattr(net, name).array for name in names})
"""


@pytest.mark.parametrize("label", LABELS)
def test_the_original_continues_our_snapshot(label: str, oracle: object, tmp_path: Path) -> None:
    entry = INDEX["files"][label]
    names = {p["name"]: (p["start"], p["stop"], p["shape"]) for p in golden.index()["params"]}
    out = tmp_path / "continued.npz"
    request = [
        str(OURS / label), str(golden.FOLDER / "trajectories.npz"), names, label,
        entry["class"], entry["kwargs"], TAKEN_AFTER, str(out),
    ]  # fmt: skip
    oracle(CONTINUE, json.dumps(request))  # type: ignore[operator]
    want = golden.arrays()[f"{case_of(label)}|param"][-1]
    with np.load(out) as continued:
        for name, (first, last, shape) in names.items():
            expected = want[first:last].reshape(shape)
            tolerance = 2e-5 if name == "s" else 0
            np.testing.assert_allclose(continued[name], expected, rtol=tolerance, err_msg=name)
