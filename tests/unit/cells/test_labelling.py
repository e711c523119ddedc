"""Numbers of rows: the compiled numbering, the plain one and a dictionary agree."""

import importlib
import sys

import numpy as np
import pytest
from numba.core import caching

from relu_book.cells import label_rows
from relu_book.cells.labelling import PlainNumbering, new_numbering
from relu_book.cells.labelling_compiled import CompiledNumbering, _place


def random_rows(words, spread, count=2000):
    """Rows in runs, many of them more than once."""
    rng = np.random.default_rng(words)
    rows = rng.integers(-spread, spread, (count // 4, words))
    return rows[np.sort(rng.integers(0, count // 4, count))]


@pytest.mark.parametrize("words", [1, 2, 9])
@pytest.mark.parametrize("spread", [2, 50, 10**18])
def test_label_rows_against_a_dictionary(words, spread):
    rows = random_rows(words, spread)
    distinct, numbers = label_rows(rows)
    unsigned = [tuple(value % 2**64 for value in row) for row in rows.tolist()]
    expected = {row: number for number, row in enumerate(sorted(set(unsigned)))}
    assert numbers.tolist() == [expected[row] for row in unsigned]
    assert np.array_equal(distinct[numbers], rows)


@pytest.mark.parametrize("chunk", [1, 7, 4096, 10**6])
@pytest.mark.parametrize("words", [1, 3])
def test_numbers_by_first_appearance_in_any_chunks(words, chunk):
    # More distinct rows than a numbering first has room for, in an order that repeats them.
    rows = np.concatenate([random_rows(words, 10**18, 12_000), random_rows(words, 3)] * 2)
    if chunk == 1:
        rows = rows[::10]
    expected = {}
    numbers = [expected.setdefault(tuple(row), len(expected)) for row in rows.tolist()]
    for numbering in (PlainNumbering(words), CompiledNumbering(words)):
        parts = [numbering.add(rows[i : i + chunk]) for i in range(0, len(rows), chunk)]
        assert np.concatenate(parts).tolist() == numbers
        assert numbering.rows.tolist() == [list(row) for row in expected]


def test_rows_that_differ_in_one_bit_of_the_last_word():
    rows = np.zeros((64, 5), dtype=np.int64)
    rows[:, 4] = np.left_shift(np.int64(1), np.arange(64))
    for numbering in (PlainNumbering(5), CompiledNumbering(5)):
        assert numbering.add(rows[::-1]).tolist() == list(range(64))


def test_no_rows():
    distinct, numbers = label_rows(np.empty((0, 2), dtype=np.int64))
    assert distinct.shape == (0, 2)
    assert numbers.tolist() == []
    for numbering in (PlainNumbering(2), CompiledNumbering(2)):
        assert numbering.add(np.empty((0, 2), dtype=np.int64)).tolist() == []
        assert numbering.rows.shape == (0, 2)


@pytest.mark.parametrize(
    "words",
    [np.zeros(3, int), np.zeros((3, 2)), np.zeros((3, 2), np.int32), np.zeros((3, 0), int), ["a"]],
)
def test_what_is_no_row_of_words_is_named(words):
    with pytest.raises(ValueError, match=r"int64 words of shape \(n, words\).*shape \(.*type"):
        label_rows(words)


def test_without_numba_the_plain_numbering_does_it(monkeypatch):
    expected = label_rows(random_rows(2, 5))
    monkeypatch.setitem(sys.modules, "relu_book.cells.labelling_compiled", None)
    assert isinstance(new_numbering(1), PlainNumbering)
    found = label_rows(random_rows(2, 5))
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


def test_nowhere_to_keep_compiled_code_the_plain_numbering_does_it(monkeypatch):
    # What numba meets in a read-only package without a writable cache folder for the user.
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    monkeypatch.delitem(sys.modules, "relu_book.cells.labelling_compiled")
    with pytest.raises(RuntimeError, match="no locator"):
        importlib.import_module("relu_book.cells.labelling_compiled")
    assert isinstance(new_numbering(1), PlainNumbering)
    assert label_rows(np.array([[4], [2], [4]]))[1].tolist() == [1, 0, 1]


def test_any_few_bits_spread_over_the_table():
    # Patterns that differ in ten filters only, high or low, must not pile up in one place.
    table = np.full(4096, -1, dtype=np.int64)
    for word, low in [(0, 0), (0, 53), (1, 0), (1, 53), (1, 40)]:
        rows = np.zeros((1024, 2), dtype=np.int64)
        rows[:, word] = np.left_shift(np.arange(1024), low)
        places = [_place(rows, row, rows, table) for row in range(len(rows))]
        assert np.bincount(places).max() < 8
