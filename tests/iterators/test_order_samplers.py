"""Orders of one's own: their generators are part of a snapshot."""

import numpy as np
import pytest

from catenary.iterators import MultiprocessIterator, SerialIterator, ShuffleOrderSampler
from catenary.serializers import load_hdf5, load_npz, save_hdf5, save_npz
from catenary.serializers.npz import serialize

GENERATORS = {
    "RandomState": np.random.RandomState,
    "Generator": np.random.default_rng,
    "Philox": lambda seed: np.random.Generator(np.random.Philox(seed)),
    "MT19937": lambda seed: np.random.Generator(np.random.MT19937(seed)),
}


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize(("save", "load"), [(save_npz, load_npz), (save_hdf5, load_hdf5)])
def test_a_generator_goes_on_where_it_was(name, save, load, tmp_path):
    def make(seed):
        sampler = ShuffleOrderSampler(GENERATORS[name](seed))
        return SerialIterator(list(range(7)), 3, order_sampler=sampler)

    iterator = make(1)
    for _ in range(4):
        next(iterator)
    save(tmp_path / "file.npz", iterator)
    expected = [next(iterator) for _ in range(12)]
    again = make(2)
    load(tmp_path / "file.npz", again)
    assert [next(again) for _ in range(12)] == expected


def test_what_was_read_ahead_draws_nothing(tmp_path):
    class Numbers:
        def __len__(self):
            return 7

        def __getitem__(self, index):
            return int(index)

    def run(iterator):
        with iterator:
            return [next(iterator) for _ in range(9)]

    def sampler():
        return ShuffleOrderSampler(np.random.default_rng(3))

    expected = run(SerialIterator(Numbers(), 3, order_sampler=sampler()))
    found = MultiprocessIterator(Numbers(), 3, order_sampler=sampler(), n_processes=1, n_prefetch=4)
    assert run(found) == expected


@pytest.mark.parametrize(("save", "load"), [(save_npz, load_npz), (save_hdf5, load_hdf5)])
def test_a_file_of_chainer_leaves_the_generator_alone(save, load, tmp_path):
    save(tmp_path / "file.npz", SerialIterator(list(range(7)), 3))
    sampler = ShuffleOrderSampler(np.random.RandomState(4))
    iterator = SerialIterator(list(range(7)), 3, order_sampler=sampler)
    before = sampler._random_state.get_state()[1].copy()
    load(tmp_path / "file.npz", iterator)
    np.testing.assert_array_equal(sampler._random_state.get_state()[1], before)


def test_numpys_own_generator_is_not_saved_here():
    keys = serialize(SerialIterator(list(range(7)), 3))
    assert not [key for key in keys if "order_sampler" in key]


def test_a_file_that_does_not_fit_leaves_the_generator_alone(tmp_path):
    sampler = ShuffleOrderSampler(np.random.RandomState(4))
    save_npz(tmp_path / "file.npz", SerialIterator(list(range(7)), 3, order_sampler=sampler))
    other = ShuffleOrderSampler(np.random.RandomState(5))
    iterator = SerialIterator(list(range(8)), 3, order_sampler=other)
    before = other._random_state.get_state()[1].copy()
    with pytest.raises(ValueError, match="order"):
        load_npz(tmp_path / "file.npz", iterator)
    np.testing.assert_array_equal(other._random_state.get_state()[1], before)


def test_a_sampler_of_ones_own_is_saved_too(tmp_path):
    class Turns:
        count = 0

        def __call__(self, order, position):
            self.count += 1
            return np.roll(np.arange(len(order)), self.count)

        def serialize(self, serializer):
            self.count = serializer("epoch", self.count)

    first = SerialIterator(list(range(5)), 5, order_sampler=Turns())
    for _ in range(3):
        next(first)
    save_npz(tmp_path / "file.npz", first)
    second = SerialIterator(list(range(5)), 5, order_sampler=Turns())
    load_npz(tmp_path / "file.npz", second)
    assert second.order_sampler.count == 4
    assert [next(second) for _ in range(3)] == [next(first) for _ in range(3)]
