"""Tables: what the expressions of the original do not show."""

import numpy as np
import pytest

from catenary.dataset import TabularDataset, concat_examples, tabular
from catenary.iterators import SerialIterator


@pytest.fixture
def table():
    return tabular.from_data((("a", np.arange(4)), ("b", [3, 1, 4, 1])))


def test_a_table_of_ones_own():
    class Own(TabularDataset):
        def __len__(self):
            return 4

        keys = ("a", "b", "c")
        mode = tuple

        def get_examples(self, indices, key_indices):
            data = np.arange(12).reshape(4, 3)
            if indices is not None:
                data = data[indices]
            if key_indices is not None:
                data = data[:, list(key_indices)]
            return tuple(data.T)

    own = Own()
    assert own[1] == (3, 4, 5)
    assert own.asdict()[1] == {"a": 3, "b": 4, "c": 5}
    assert own.slice[[3, 2], ("c", 0)].astuple()[1] == (8, 6)
    batch = next(SerialIterator(own, 2, shuffle=False))
    assert [column.tolist() for column in concat_examples(batch)] == [[0, 3], [1, 4], [2, 5]]


def test_what_a_table_must_define():
    empty = TabularDataset()
    for ask in (
        lambda: empty.keys,
        lambda: empty.mode,
        lambda: empty.get_examples(None, None),
        lambda: len(empty),
    ):
        with pytest.raises(NotImplementedError, match="TabularDataset does not define"):
            ask()


def test_a_delegate_converts_by_default(table):
    class Own(tabular.DelegateDataset):
        def __init__(self):
            super().__init__(table.with_converter(lambda a, b: "no"))

    assert isinstance(Own().convert(Own().fetch())[1], np.ndarray)
    assert Own().keys == ("a", "b")
    assert Own().mode is tuple
    assert len(Own()) == 4


def test_wrong_views(table):
    with pytest.raises(ValueError, match="3 booleans choose from 4 rows"):
        table.slice[[True, False, True]]
    for rows in ([4], [-5]):
        with pytest.raises(IndexError, match="no row"):
            table.slice[rows]
    with pytest.raises(IndexError, match="no column 2"):
        table.slice[:, 2]
    with pytest.raises(KeyError, match="no column 'z'; there are a, b"):
        table.slice[:, ("a", "z")]
    with pytest.raises(IndexError):
        table.slice[:2][2]


def test_tables_that_do_not_fit(table):
    other = tabular.from_data((("a", [1]), ("c", [2])))
    with pytest.raises(ValueError, match="need the same keys"):
        table.concat(other)
    with pytest.raises(ValueError, match="need the same length"):
        table.join(other)
    with pytest.raises(ValueError, match=r"\['a'\] appear twice"):
        table.join(table.slice[:, ("a",)])
    with pytest.raises(IndexError):
        table.concat(table)[8]


def test_data_that_make_no_table():
    with pytest.raises(ValueError, match="needs the names"):
        tabular.from_data((lambda i: i, [1]))
    with pytest.raises(ValueError, match="give size"):
        tabular.from_data(("a", lambda i: i))
    with pytest.raises(TypeError, match="not a int"):
        tabular.from_data(3)


def test_functions_that_change_their_minds(table):
    view = table.transform(("x",), lambda a, b: (a,) if a < 2 else {"x": a})
    assert view[0] == (0,)
    with pytest.raises(ValueError, match="returned a tuple before and now a dict"):
        view[3]
    view = table.transform_batch("x", lambda a, b: a if len(a) > 1 else (a,))
    assert view.mode is tuple
    with pytest.raises(ValueError, match=r"transform_batch .* before and now a single value"):
        view.fetch()
    with pytest.raises(ValueError, match=r"got 4 rows and returned \[3\]"):
        table.transform_batch("x", lambda a, b: a[:3]).fetch()


def test_views_read_when_they_are_read():
    data = [1, 2, 3]
    view = tabular.from_data(("a", data)).slice[1:].transform("b", lambda a: a * 10)
    data[2] = 7
    assert view.fetch() == [20, 70]
