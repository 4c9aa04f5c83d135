"""Iterators that read ahead: the original's batches, and a state that is the consumer's."""

import io
import json
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenary import iterators
from catenary.dataset.batch import Batch
from catenary.datasets import TupleDataset
from catenary.iterators import MultiprocessIterator, MultithreadIterator, SerialIterator
from catenary.iterators.position import Position, advance, foresee
from catenary.serializers import load_npz, save_npz
from catenary.serializers.npz import serialize

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/data/iterators.json").read_text())
# From Python 3.12 on; what it warns of, `catenary/__init__.py` takes care of.
pytestmark = pytest.mark.filterwarnings("ignore:This process.* is multi-threaded")

KINDS = [(MultithreadIterator, {"n_threads": 2}), (MultiprocessIterator, {"n_processes": 2})]


class Numbers:
    """A dataset that no iterator can index as an array."""

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return int(index)


def state(batch, iterator):
    return [
        batch,
        iterator.current_position,
        iterator.epoch,
        iterator.is_new_epoch,
        iterator.epoch_detail,
        iterator.previous_epoch_detail,
    ]


@pytest.mark.parametrize("run", GOLDEN, ids=lambda run: f"{run['kind']}{run['arguments']}")
def test_golden(run):
    size, *arguments = run["arguments"]
    np.random.seed(3)
    kind = getattr(iterators, run["kind"])
    with kind(Numbers(size), *arguments, **run["options"]) as iterator:
        assert [state(next(iterator, None), iterator) for _ in run["steps"]] == run["steps"]
        if run["keys"]:
            assert sorted(serialize(iterator)) == run["keys"]


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=["threads", "processes"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_random_numbers_drawn_in_between_stay_where_they_were(kind, options, shuffle):
    def run(iterator):
        with iterator:
            return [(next(iterator), np.random.rand()) for _ in range(12)]

    np.random.seed(1)
    expected = run(SerialIterator(Numbers(10), 4, shuffle=shuffle))
    for depth in (1, 5) if kind is MultiprocessIterator else (1,):
        more = {"n_prefetch": depth} if kind is MultiprocessIterator else {}
        np.random.seed(1)
        assert run(kind(Numbers(10), 4, shuffle=shuffle, **options, **more)) == expected


@settings(max_examples=12, deadline=None)
@given(
    size=st.integers(1, 9),
    batch_size=st.integers(1, 5),
    repeat=st.booleans(),
    shuffle=st.booleans(),
    before=st.integers(0, 9),
    kind=st.sampled_from(KINDS),
)
def test_what_was_read_ahead_is_given_again(size, batch_size, repeat, shuffle, before, kind):
    make, options = kind
    stream = io.BytesIO()
    with make(Numbers(size), batch_size, repeat, shuffle, **options) as iterator:
        for _ in range(before):
            next(iterator, None)
        save_npz(stream, iterator)
        randomness = np.random.get_state()
        expected = [state(next(iterator, None), iterator) for _ in range(8)]
    with make(Numbers(size), batch_size, repeat, shuffle, **options) as again:
        next(again)
        load_npz(stream, again)
        np.random.set_state(randomness)
        assert [state(next(again, None), again) for _ in range(8)] == expected


@given(
    size=st.integers(1, 9),
    batch_size=st.integers(1, 12),
    repeat=st.booleans(),
    shuffle=st.booleans(),
    steps=st.integers(0, 12),
)
def test_what_is_foreseen_is_what_comes(size, batch_size, repeat, shuffle, steps):
    def never(order, position):
        raise AssertionError("asked for an order")

    def turn(order, position):
        return np.roll(order, 1)

    position = Position(0, 0, False, np.arange(size) if shuffle else None)
    for _ in range(steps):
        seen = foresee(position, batch_size, repeat, never, size)
        taken = advance(position, batch_size, repeat, turn, size)
        if taken is None:
            assert seen is None
            return
        if seen is None:
            assert shuffle
            assert repeat
            assert position.offset + batch_size > size
        else:
            np.testing.assert_array_equal(seen[1], taken[1])
            if seen[0] is not None:
                assert seen[0][:3] == taken[0][:3]
            else:
                assert taken[0].is_new_epoch
        position = taken[0]


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=["threads", "processes"])
def test_saving_keeps_what_was_read_ahead(kind, options):
    with kind(Numbers(9), 2, shuffle=False, **options) as iterator:
        next(iterator)
        begun = list(iterator._ahead)
        save_npz(io.BytesIO(), iterator)
        assert list(iterator._ahead) == begun != []


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=["threads", "processes"])
def test_reset_pickle_and_a_second_life(kind, options):
    np.random.seed(0)
    iterator = kind(Numbers(7), 3, False, False, **options)
    everything = [[0, 1, 2], [3, 4, 5], [6]]
    assert list(iterator) == everything
    iterator.reset()
    assert iterator.previous_epoch_detail is None
    assert next(iterator) == [0, 1, 2]
    copy = pickle.loads(pickle.dumps(iterator))
    assert list(copy) == list(iterator) == everything[1:]
    iterator.finalize()
    iterator.finalize()
    iterator.reset()
    assert list(iterator) == everything
    iterator.finalize()
    copy.finalize()


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=["threads", "processes"])
def test_arrays_in_memory_are_indexed_here(kind, options):
    data = TupleDataset(np.arange(6.0), np.arange(6))
    iterator = kind(data, 4, shuffle=False, **options)
    batch = next(iterator)
    assert type(batch) is Batch
    assert batch == [(i, i) for i in range(4)]
    assert iterator._pool is None


class Fails(Numbers):
    broken = True

    def __getitem__(self, index):
        if index == 3 and self.broken:
            raise KeyError("three")
        return int(index)


def test_an_exception_leaves_the_position_where_it_was():
    for make in (SerialIterator, MultithreadIterator):
        data = Fails(8)
        with make(data, 2, shuffle=False) as iterator:
            next(iterator)
            for _ in range(2):
                with pytest.raises(KeyError, match="three"):
                    next(iterator)
                assert state(None, iterator) == [None, 2, 0, False, 0.25, 0.0]
            data.broken = False
            assert [next(iterator) for _ in range(3)] == [[2, 3], [4, 5], [6, 7]]


def test_a_batch_that_failed_does_not_draw_its_order_twice():
    def run(broken):
        np.random.seed(5)
        data = Fails(4)
        iterator, batches = SerialIterator(data, 4), []
        while len(batches) < 3:
            data.broken = broken and not data.broken
            try:
                batches.append(next(iterator))
            except KeyError:
                assert data.broken
        return batches

    assert run(broken=True) == run(broken=False)


def test_threads_read_while_others_work():
    gate = threading.Event()

    class Waits(Numbers):
        def __getitem__(self, index):
            if index >= 2:
                assert gate.wait(10)
            return threading.current_thread().name

    with MultithreadIterator(Waits(6), 2, shuffle=False, n_threads=2) as iterator:
        assert all("catenary-iterator" in name for name in next(iterator))
        gate.set()
        next(iterator)
    assert not [t for t in threading.enumerate() if "catenary-iterator" in t.name]


def test_a_forked_copy_reads_for_itself():
    for kind, options in KINDS:
        with kind(Numbers(9), 2, shuffle=False, **options) as iterator:
            next(iterator)
            pid = os.fork()
            if pid == 0:
                try:
                    fine = [next(iterator) for _ in range(2)] == [[2, 3], [4, 5]]
                    iterator.finalize()
                    os._exit(0 if fine else 1)
                finally:
                    os._exit(2)
            assert os.waitpid(pid, 0)[1] == 0
            assert next(iterator) == [2, 3]


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=["threads", "processes"])
def test_a_program_may_change_the_batch_size(kind, options):
    with kind(Numbers(20), 4, shuffle=False, **options) as iterator:
        batches = [next(iterator)]
        iterator.batch_size = 3
        batches += [next(iterator), next(iterator)]
    assert batches == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=["threads", "processes"])
def test_a_sampler_may_shuffle_in_place(kind, options):
    def run(make, **options):
        def sampler(order, position):
            random.shuffle(order)
            return order

        random = np.random.RandomState(1)
        with make(Numbers(7), 3, order_sampler=sampler, **options) as iterator:
            return [next(iterator) for _ in range(12)]

    assert run(kind, **options) == run(SerialIterator)


def test_contradictions():
    for kind, _ in KINDS:
        with pytest.raises(ValueError, match="both decide the order"):
            kind(Numbers(2), 1, shuffle=True, order_sampler=lambda order, position: order)


def test_dali_says_what_to_use():
    with pytest.raises(NotImplementedError, match=r"nvidia\.dali\.plugin\.pytorch"):
        iterators.DaliIterator(None)
