"""States that are neither NumPy's nor torch's: CuPy's, through DLPack, here played by a wrapper."""

from __future__ import annotations

import numpy as np

from catenary import Link, Parameter, optimizers, serializers


class Foreign:
    """An array that shows its memory by DLPack alone."""

    def __init__(self, held):
        self.held = held
        self.shape, self.dtype = held.shape, held.dtype

    def __dlpack__(self, **options):
        return self.held.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.held.__dlpack_device__()


class Net(Link):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.w = Parameter(np.ones(3, np.float32))


def stepped(foreign):
    net = Net()
    opt = optimizers.MomentumSGD(lr=0.5).setup(net)
    for _ in range(3):
        net.w.grad = np.ones(3, np.float32)
        opt.update()
        rule = net.w.update_rule
        if foreign and isinstance(rule.state["v"], np.ndarray):
            rule.state["v"] = Foreign(rule.state["v"])
    return net, opt


def test_they_are_stepped_in_place():
    (net, _), (plain, _) = stepped(foreign=True), stepped(foreign=False)
    np.testing.assert_array_equal(net.w.array, plain.w.array)
    held = net.w.update_rule.state["v"]
    assert isinstance(held, Foreign)
    np.testing.assert_array_equal(held.held, plain.w.update_rule.state["v"])


def test_they_are_saved_and_loaded_into(tmp_path):
    net, opt = stepped(foreign=True)
    serializers.save_npz(tmp_path / "file.npz", opt)
    expected = net.w.update_rule.state["v"].held.copy()
    other_net, other = stepped(foreign=True)
    other_net.w.update_rule.state["v"].held[...] = 0
    serializers.load_npz(tmp_path / "file.npz", other)
    np.testing.assert_array_equal(other_net.w.update_rule.state["v"].held, expected)
