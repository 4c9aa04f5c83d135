"""For every test of this room: processes are forked, and whoever waits for ever is woken."""

import multiprocessing
import signal

import pytest


@pytest.fixture(autouse=True)
def forked(monkeypatch):
    """Datasets that stand in a test's body can be forked, and not be pickled."""
    context = multiprocessing.get_context("fork")
    monkeypatch.setattr(multiprocessing, "get_context", lambda method=None: context)


@pytest.fixture(autouse=True)
def no_deadlock():
    def wake(number, frame):
        raise TimeoutError("this test waits for something that does not come")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
