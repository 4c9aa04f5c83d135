"""The same seed gives the original's run, curve for curve."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import catenary
import catenary.functions as F
import catenary.links as L
from catenary import datasets, iterators, optimizers
from catenary.dataset import concat_examples
from tests.optimizers.golden import FOLDER


class MLP(catenary.Chain):
    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, 100)
            self.l2 = L.Linear(None, 100)
            self.l3 = L.Linear(None, 10)

    def forward(self, x: Any) -> Any:
        h = F.dropout(F.relu(self.l1(x)), 0.5)
        h = F.dropout(F.relu(self.l2(h)), 0.5)
        return self.l3(h)


def test_a_seeded_mlp_follows_the_originals_loss_curve() -> None:
    want = json.loads((FOLDER / "mlp_curve.json").read_text())
    train, test = datasets.get_digits()
    examples = [*train, *test]
    images, labels = concat_examples(examples)
    np.random.seed(0)
    model = L.Classifier(MLP())
    opt = optimizers.MomentumSGD(lr=0.01).setup(model)
    batches = iterators.SerialIterator(datasets.TupleDataset(images, labels), 100, shuffle=True)
    losses, accuracies = [], []
    while batches.epoch < 3:
        x, t = concat_examples(batches.next())
        opt.update(model, x, t)
        losses.append(float(model.loss.array))
        accuracies.append(float(model.accuracy.array))
    np.testing.assert_allclose(losses, want["losses"], rtol=0, atol=5e-6)
    np.testing.assert_allclose(accuracies, want["accuracies"], rtol=0, atol=1e-6)
    with catenary.using_config("train", False):
        final = float(model.predictor(images).array.sum())
    np.testing.assert_allclose(final, want["sum_of_outputs"], rtol=1e-4)
