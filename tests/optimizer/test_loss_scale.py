"""A dynamic loss scale: what it skipped, how it went, and that a snapshot keeps it."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import Link, Parameter, optimizers, serializers


class Net(Link):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.a = Parameter(np.ones(3, np.float32))


def trained(bad):
    """Return an optimizer after steps, of which some have gradients that are not finite."""
    opt = optimizers.SGD().setup(Net())
    opt.loss_scaling(interval=2)
    for is_bad in bad:
        opt.target.a.grad = np.full(3, np.inf if is_bad else 1.0, np.float32)
        opt.update()
    return opt


BAD = [False, False, True, False, False, True, True]


@pytest.mark.filterwarnings("ignore:the gradient:UserWarning")
def test_skips_are_counted_and_changes_are_kept():
    opt = trained(BAD)
    assert opt.skipped_steps == 3
    scales = [scale for _, scale in opt.loss_scale_history]
    assert scales == [2.0, 4.0, 2.0, 4.0, 2.0, 1.0]
    assert [t for t, _ in opt.loss_scale_history] == [1, 2, 3, 5, 6, 7]


@pytest.mark.filterwarnings("ignore:the gradient:UserWarning")
@pytest.mark.parametrize("kind", ["npz", "hdf5"])
def test_a_snapshot_keeps_them(kind, tmp_path):
    opt = trained(BAD)
    getattr(serializers, f"save_{kind}")(tmp_path / f"file.{kind}", opt)
    other = trained([])
    getattr(serializers, f"load_{kind}")(tmp_path / f"file.{kind}", other)
    assert other.loss_scale_history == opt.loss_scale_history
    assert other.skipped_steps == 3
    assert other._loss_scale == opt._loss_scale


@pytest.mark.filterwarnings("ignore:the gradient:UserWarning")
def test_a_snapshot_without_them_loads(tmp_path):
    """Files of earlier versions lack the history; those of an unscaled run lack everything."""
    opt = trained(BAD)
    saved = serializers.DictionarySerializer()
    opt.serialize(saved)
    kept = {k: v for k, v in saved.target.items() if not k.endswith(("history", "skipped"))}
    np.savez(tmp_path / "old.npz", **kept)
    other = trained([True])
    serializers.load_npz(tmp_path / "old.npz", other)
    assert other._loss_scale == opt._loss_scale
    assert other.skipped_steps == 1


def test_without_a_dynamic_scale_there_is_nothing():
    opt = optimizers.SGD().setup(Net())
    opt.loss_scaling(scale=8)
    assert opt.loss_scale_history == ()
    assert opt.skipped_steps == 0


@pytest.mark.filterwarnings("ignore:the gradient:UserWarning")
def test_an_empty_history_is_saved_and_loaded(tmp_path):
    opt = trained([])
    serializers.save_npz(tmp_path / "file.npz", opt)
    other = trained(BAD)
    serializers.load_npz(tmp_path / "file.npz", other)
    assert other.loss_scale_history == ()
