"""SerialIterator: the original's batches, draw for draw."""

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenary.dataset import Iterator
from catenary.errors import SnapshotError
from catenary.iterators import OrderSampler, SerialIterator, ShuffleOrderSampler
from catenary.iterators.position import Position, advance
from catenary.serializers import NpzDeserializer, load_npz, save_npz
from catenary.serializers.npz import serialize

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "links.json").read_text())


def state(batch, iterator):
    return {
        "batch": batch,
        "position": iterator.current_position,
        "epoch": iterator.epoch,
        "is_new_epoch": iterator.is_new_epoch,
        "epoch_detail": iterator.epoch_detail,
        "previous_epoch_detail": iterator.previous_epoch_detail,
    }


@pytest.mark.parametrize("case", GOLDEN["iterators"], ids=str)
def test_golden(case):
    np.random.seed(3)
    iterator = SerialIterator(
        list(range(case["size"])), case["batch_size"], case["repeat"], case["shuffle"]
    )
    steps = [state(None, iterator)]
    steps.extend(state(next(iterator, None), iterator) for _ in range(8))
    assert steps == case["steps"]
    assert np.random.rand() == case["drawn"]
    saved = {
        key: [array.dtype.str, list(array.shape)] for key, array in serialize(iterator).items()
    }
    assert saved == case["saved"]


@given(
    size=st.integers(1, 9),
    batch_size=st.integers(1, 12),
    repeat=st.booleans(),
    shuffle=st.booleans(),
    before=st.integers(0, 12),
)
def test_a_saved_iterator_goes_on_where_it_was(size, batch_size, repeat, shuffle, before):
    def make():
        return SerialIterator(list(range(size)), batch_size, repeat, shuffle)

    iterator, stream = make(), io.BytesIO()
    for _ in range(before):
        next(iterator, None)
    save_npz(stream, iterator)
    again = make()
    load_npz(stream, again)
    assert state(None, again) == state(None, iterator)
    randomness = np.random.get_state()
    expected = [state(next(iterator, None), iterator) for _ in range(8)]
    np.random.set_state(randomness)
    assert [state(next(again, None), again) for _ in range(8)] == expected


@given(size=st.integers(1, 9), batch_size=st.integers(1, 12), shuffle=st.booleans())
def test_each_sweep_has_every_example_once(size, batch_size, shuffle):
    iterator = SerialIterator(range(size), batch_size, shuffle=shuffle)
    seen = [example for _ in range(10) for example in next(iterator)]
    for start in range(0, len(seen) - size + 1, size):
        assert sorted(seen[start : start + size]) == list(range(size))
    once = SerialIterator(range(size), batch_size, repeat=False, shuffle=shuffle)
    assert sorted(example for batch in once for example in batch) == list(range(size))


def test_reset_begins_anew():
    iterator = SerialIterator(list(range(5)), 2, repeat=False, shuffle=False)
    first = list(iterator)
    with pytest.raises(StopIteration):
        iterator.next()
    iterator.reset()
    assert iterator.previous_epoch_detail is None
    assert not iterator.repeat
    assert list(iterator) == first == [[0, 1], [2, 3], [4]]


def test_an_order_sampler_is_asked_once_an_epoch():
    asked = []

    def backwards(order, position):
        asked.append((order.tolist(), position))
        return order[::-1]

    iterator = SerialIterator(list("abc"), 2, order_sampler=backwards)
    assert [next(iterator) for _ in range(3)] == [["c", "b"], ["a", "a"], ["b", "c"]]
    assert asked == [([0, 1, 2], 0), ([2, 1, 0], 2), ([0, 1, 2], 1)]


def test_a_generator_of_ones_own():
    def batches():
        sampler = ShuffleOrderSampler(np.random.RandomState(1))
        return next(SerialIterator(range(9), 9, order_sampler=sampler))

    assert batches() == batches() == np.random.RandomState(1).permutation(9).tolist()


def test_contradictions():
    for shuffle in (True, False):
        with pytest.raises(ValueError, match="both decide the order"):
            SerialIterator([1], 1, shuffle=shuffle, order_sampler=ShuffleOrderSampler())
    with pytest.raises(ValueError, match="is empty"):
        advance(Position(0, 0, False, None), 1, repeat=True, sampler=None, dataset_size=0)
    iterator = SerialIterator(
        [1, 2], 2, order_sampler=lambda order, position: order[: 2 - position]
    )
    iterator._position = iterator._position._replace(offset=1)
    with pytest.raises(ValueError, match="1 indices after an order of 2"):
        next(iterator)


def test_files_of_chainer_1():
    stored = {
        "current_position": np.asarray(2),
        "epoch": np.asarray(1),
        "is_new_epoch": np.asarray(False),
        "_order": np.array([3, 1, 0, 2]),
    }
    iterator = SerialIterator(list(range(4)), 2)
    NpzDeserializer(stored).load(iterator)
    assert iterator.previous_epoch_detail == 1.0
    assert next(iterator) == [0, 2]
    beginning = {**stored, "current_position": np.asarray(0), "epoch": np.asarray(0)}
    NpzDeserializer(beginning).load(iterator)
    assert iterator.previous_epoch_detail is None


def test_a_file_of_another_dataset_changes_nothing():
    stream = io.BytesIO()
    save_npz(stream, SerialIterator(list(range(4)), 2))
    iterator = SerialIterator(list(range(5)), 2)
    next(iterator)
    before = state(None, iterator), iterator._position.order.copy()
    with pytest.raises(SnapshotError, match="'order'"):
        load_npz(stream, iterator)
    assert state(None, iterator) == before[0]
    np.testing.assert_array_equal(iterator._position.order, before[1])


def test_loading_does_not_write_into_an_order_that_someone_holds():
    order = np.arange(4)
    iterator = SerialIterator(list(range(4)), 2, order_sampler=lambda current, position: order)
    NpzDeserializer({**serialize(iterator), "order": np.array([3, 2, 1, 0])}).load(iterator)
    assert next(iterator) == [3, 2]
    assert order.tolist() == [0, 1, 2, 3]


def test_iterators_can_be_pickled_and_used_in_a_with_block():
    np.random.seed(0)
    with SerialIterator(list(range(5)), 2) as iterator:
        again = pickle.loads(pickle.dumps(iterator))
        assert next(again) == next(iterator)
    iterator.finalize()


def test_the_base_classes():
    class Nothing(Iterator):
        pass

    assert iter(Nothing()).serialize(None) is None
    with pytest.raises(NotImplementedError, match="Nothing does not define"):
        next(Nothing())
    with pytest.raises(NotImplementedError, match="OrderSampler does not define"):
        OrderSampler()(np.arange(1), 0)
