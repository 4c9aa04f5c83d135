"""The original goes on from our snapshots, and we from the original's."""

from __future__ import annotations

import numpy as np
import pytest

import catenary
from catenary.training import extensions

pytestmark = pytest.mark.oracle

# Runs under the original as it stands, and under us with another `chainer`.
PROGRAM = """
import chainer.functions as F
import chainer.links as L
from chainer import training
from chainer.training import extensions, triggers


class MLP(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(4, 6, nobias=True)
            self.norm = L.BatchNormalization(6)
            self.l2 = L.Linear(6, 3)

    def forward(self, x):
        return self.l2(F.relu(self.norm(self.l1(x))))


def build(out, epochs, seed, resume=None, **options):
    numpy.random.seed(seed)
    source = numpy.random.RandomState(4)
    x = source.randn(23, 4).astype("f")
    t = ((x.sum(axis=1) > 0).astype("i") + (x[:, 0] > 1)).astype("i")
    data = chainer.datasets.TupleDataset(x, t)
    model = L.Classifier(MLP())
    optimizer = chainer.optimizers.Adam(alpha=0.05).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(1e-3))
    iterator = chainer.iterators.SerialIterator(data, 5, shuffle=False)
    updater = training.StandardUpdater(iterator, optimizer)
    trainer = training.Trainer(updater, (epochs, "epoch"), out=out)
    best = triggers.MinValueTrigger("main/loss", (1, "epoch"))
    trainer.extend(extensions.snapshot_object(model, "best", **options), trigger=best)
    trainer.extend(extensions.snapshot(autoload=resume is None, n_retains=2, **options))
    trainer.extend(extensions.ExponentialShift("alpha", 0.9), trigger=(3, "iteration"))
    trainer.extend(extensions.LogReport(trigger=(2, "iteration")))
    if resume is not None:
        chainer.serializers.load_npz(resume, trainer)
    trainer.run()
    found = {path: param.array for path, param in model.namedparams()}
    found["alpha"] = numpy.asarray(optimizer.alpha)
    found["iteration"] = numpy.asarray(updater.iteration)
    log = trainer.get_extension("LogReport").log
    found["log"] = numpy.asarray([entry["main/loss"] for entry in log])
    return found
"""


def ours(out, epochs, seed, **options):
    """What the program finds under us."""
    code = PROGRAM.replace("import chainer.", "import catenary.").replace(
        "from chainer", "from catenary"
    )
    space = {"chainer": catenary, "numpy": np}
    exec(compile(code, "<the program>", "exec"), space)
    return space["build"](str(out), epochs, seed, **options)


def originals(oracle, out, epochs, seed, resume=None):
    """What the program finds under the original."""
    return oracle(f"{PROGRAM}\noutputs = build({str(out)!r}, {epochs}, {seed}, {resume!r})")


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-4, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("writer", ["SimpleWriter", "ProcessWriter"])
def test_the_original_goes_on_from_our_snapshot(writer, oracle, tmp_path):
    whole = ours(tmp_path / "whole", 6, 0)
    make = getattr(extensions.snapshot_writers, writer)
    ours(tmp_path / "cut", 3, 0, writer=make())
    snapshot = str(tmp_path / "cut/snapshot_iter_14")
    with np.load(snapshot) as file:
        assert "catenary/checksum" in file
    # Not by `autoload`, which in the original leaves schedules at their first value for a while.
    assert_equal(originals(oracle, tmp_path / "cut", 6, 1, snapshot), whole)


def test_we_go_on_from_the_originals_snapshot(oracle, tmp_path):
    whole = originals(oracle, tmp_path / "whole", 6, 0)
    originals(oracle, tmp_path / "cut", 3, 0)
    assert_equal(ours(tmp_path / "cut", 6, 1), whole)
