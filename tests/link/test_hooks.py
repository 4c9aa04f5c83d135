"""Hooks that watch links compute, and visitors that send links to devices."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest

from catenary import functions as F
from catenary import links as L
from catenary.backend import CpuDevice
from catenary.device_resident import DeviceResidentsVisitor
from catenary.link import Chain, Link
from catenary.link_hook import LinkHook
from catenary.link_hooks import TimerHook
from catenary.variable import Variable

X = np.ones((2, 3), "f")


class Told(LinkHook):
    """Keeps what it is told."""

    name = "Told"

    def __init__(self):
        self.heard = []

    def added(self, link):
        self.heard.append(("added", link))

    def deleted(self, link):
        self.heard.append(("deleted", link))

    def forward_preprocess(self, args):
        self.heard.append(("before", args.link, args.forward_name, args.args, args.kwargs))

    def forward_postprocess(self, args):
        self.heard.append(("after", args.link, args.args, args.kwargs, args.out))


class Net(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.a = L.Linear(3, 3)
            self.b = L.Linear(3, 2)

    def forward(self, x):
        return self.b(F.relu(self.a(x)))


def test_a_hook_hears_all_links_inside_the_with_block():
    net, hook = Net(), Told()
    with hook as entered:
        assert entered is hook
        y = net(X)
    net(X)
    kinds = [(event[0], event[1]) for event in hook.heard]
    assert kinds == [
        ("added", None),
        ("before", net),
        ("before", net.a),
        ("after", net.a),
        ("before", net.b),
        ("after", net.b),
        ("after", net),
        ("deleted", None),
    ]
    assert hook.heard[1][2:] == ("forward", (X,), {})
    assert hook.heard[6][4] is y


def test_a_hook_of_one_link():
    net, hook = Net(), Told()
    assert net.a.add_hook(hook) is net.a
    assert net.a.local_link_hooks == {"Told": hook}
    net(X)
    assert [event[0] for event in hook.heard] == ["added", "before", "after"]
    assert {event[1] for event in hook.heard} == {net.a}
    with pytest.raises(KeyError, match="Told"):
        net.a.add_hook(Told())
    net.a.add_hook(Told(), "other")
    twin = net.a.copy()
    net.a.delete_hook("Told")
    assert hook.heard[-1] == ("deleted", net.a)
    assert list(net.a.local_link_hooks) == ["other"]
    assert list(twin.local_link_hooks) == ["Told", "other"]
    with pytest.raises(KeyError, match="Told"):
        net.a.delete_hook("Told")
    with pytest.raises(TypeError, match="LinkHook"):
        net.a.add_hook(print)


def test_one_hook_of_a_name_at_a_time_in_each_thread():
    with Told(), pytest.raises(KeyError, match="Told"), Told():
        pass
    here, there = Told(), []

    def run():
        with Told() as hook:
            Net()(X)
        there.append(len(hook.heard))

    with here:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert [event[0] for event in here.heard] == ["added", "deleted"]
    assert there == [8]


def test_a_hook_is_removed_when_the_block_raises():
    with pytest.raises(ZeroDivisionError), Told():
        1 / 0
    with Told():
        pass


def test_the_timer_counts_calls_and_time():
    timer = TimerHook()
    with timer:
        for _ in range(3):
            Net()(X)
    summary = timer.summary()
    assert {name: record["occurrence"] for name, record in summary.items()} == {
        "Linear": 6,
        "Net": 3,
    }
    assert len(timer.call_history) == 9
    assert 0 < summary["Linear"]["elapsed_time"] < summary["Net"]["elapsed_time"]
    assert timer.total_time() == pytest.approx(summary["Net"]["elapsed_time"])


def test_the_timer_reports_in_units(capsys):
    timer = TimerHook()
    timer.call_history = [("Slow", 2.5), ("Quick", 0.002), ("Slow", 1.0), ("Tiny", 4e-10)]
    reports = {}
    for unit in ("auto", "auto_foreach", "ms"):
        out = io.StringIO()
        timer.print_report(unit, out)
        reports[unit] = [line.split() for line in out.getvalue().splitlines()]
    assert reports["auto"][1:] == [
        ["Slow", "3.50sec", "2"],
        ["Quick", "0.00sec", "1"],
        ["Tiny", "0.00sec", "1"],
    ]
    assert [row[1] for row in reports["auto_foreach"][1:]] == ["3.50sec", "2.00ms", "0.40ns"]
    assert [row[1] for row in reports["ms"][1:]] == ["3500.00ms", "2.00ms", "0.00ms"]
    TimerHook().print_report()
    assert capsys.readouterr().out.split() == ["LinkName", "ElapsedTime", "Occurrence"]
    with pytest.raises(KeyError):
        timer.print_report("hours")


class Seen(DeviceResidentsVisitor):
    """Writes down what it visits."""

    def __init__(self):
        self.residents, self.arrays, self.variables = [], [], []

    def visit_device_resident(self, device_resident):
        self.residents.append(device_resident)

    def visit_array(self, arr):
        self.arrays.append(arr)
        return super().visit_array(arr)

    def visit_variable(self, param):
        self.variables.append(param)


def test_a_visitor_sees_all_that_a_link_holds():
    net = Chain(bn=L.BatchNormalization(2), lstm=L.LSTM(3, 2))
    net.lstm(X)
    seen = Seen()
    net.device_resident_accept(seen)
    assert seen.residents == list(net.links())
    assert [id(a) for a in seen.arrays] == [id(net.bn.avg_mean), id(net.bn.avg_var)]
    held = [*net.params(), net.lstm.c, net.lstm.h]
    assert {id(v) for v in seen.variables} == {id(v) for v in held}


def test_a_links_own_arrays_are_sent_with_it():
    class Holder(Link):
        mean = np.ones(2)

        def device_resident_accept(self, visitor):
            super().device_resident_accept(visitor)
            self.sent = visitor.visit_array(self.mean)

    holder = Holder()
    assert holder.to_cpu() is holder
    assert holder.sent is holder.mean
    assert holder.device == CpuDevice()


# ---- links that keep a state
@pytest.mark.parametrize("make", [lambda: L.LSTM(3, 2), lambda: L.GRU(3, 2)])
def test_a_state_is_kept_until_it_is_reset(make):
    link = make()
    first = link(X).array.copy()
    assert not np.allclose(link(X).array, first)
    link.reset_state()
    assert link.h is None
    np.testing.assert_array_equal(link(X).array, first)


def test_a_state_can_be_set():
    lstm, gru = L.LSTM(3, 2), L.GRU(3, 2)
    state = Variable(np.full((2, 2), 0.5, "f"))
    lstm.set_state(state, state)
    gru.set_state(state)
    assert lstm.c is lstm.h is gru.h is state
    for call in (lambda: lstm.set_state(X, state), lambda: gru.set_state(None)):
        with pytest.raises(TypeError, match="Variable"):
            call()
    assert lstm.c is state


def test_batches_may_shrink_and_not_grow():
    lstm = L.LSTM(3, 2)
    lstm(np.ones((3, 3), "f"))
    before = lstm.h.array[2].copy()
    assert lstm(X).shape == (2, 2)
    assert lstm.h.shape == lstm.c.shape == (3, 2)
    np.testing.assert_array_equal(lstm.h.array[2], before)
    with pytest.raises(TypeError, match="reset_state"):
        lstm(np.ones((4, 3), "f"))


def test_a_gru_takes_the_input_alone():
    for wrong in ((), (X, X)):
        with pytest.raises(ValueError, match="StatelessGRU"):
            L.GRU(3, 2)(*wrong)


def test_networks_over_sequences_share_their_weights_with_copies():
    network = L.NStepLSTM(1, 3, 2, 0.0)
    twin = network.copy()
    assert np.shares_memory(twin.ws[0][3].array, network.ws[0][3].array)
    assert twin.ws[0][3] is twin[0].w3
    with pytest.raises(TypeError, match="list of sequences"):
        network(None, None, X)
    with pytest.raises(ValueError, match="inputs have 4 values"):
        network(None, None, [np.ones((2, 4), "f")])
    with pytest.raises(NotImplementedError, match="rnn"):
        L.NStepLSTM.__mro__[2].rnn(network)


def test_a_parameter_link_returns_its_array():
    link = L.Parameter(np.ones(3, "f"))
    F.sum(link() * 2).backward()
    np.testing.assert_array_equal(link.W.grad, [2, 2, 2])


def test_refusals_of_links():
    for call in (
        lambda: L.Scale(bias_term=True),
        lambda: L.Bilinear(2, 2, 2, initial_bias=0),
        lambda: L.Maxout(2, 2, 2, initialW=np.ones((4, 2), "f")),
        lambda: L.Deconvolution2D(2, 3, 2, groups=2),
        lambda: L.InceptionBN(4, 1, 2, 3, 1, 2, "max"),
        lambda: L.GroupNormalization(1)(np.ones(3, "f")),
    ):
        with pytest.raises(ValueError, match=r"needs|tuple of three|groups"):
            call()


def test_arrays_for_maxout():
    weight = np.arange(12, dtype="f").reshape(2, 2, 3)
    link = L.Maxout(3, 2, 2, weight, np.ones((2, 2), "f"))
    np.testing.assert_array_equal(link.linear.W.array, weight.reshape(4, 3))
    assert link.linear.b.array.tolist() == [1] * 4
