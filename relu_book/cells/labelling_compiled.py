"""The numbering of rows in machine code, by numba: ``labelling.PlainNumbering`` made fast.

A row equal to the one before it takes its number; any other is looked up in a hash table with open
addressing, in which each entry is compared word by word. Compiled once and kept on disk beside this
file.
"""

import numpy as np

from relu_book.compiled import kernel


class CompiledNumbering:
    """Numbers in the order in which rows turn up; see ``labelling.PlainNumbering``."""

    def __init__(self, words: int):
        self._rows = np.empty((1024, words), dtype=np.int64)
        self._used = 0
        self._table = np.full(2 * len(self._rows), -1, dtype=np.int64)

    def add(self, rows: np.ndarray) -> np.ndarray:
        """``(n,)`` int64, the number of each row of ``(n, words)`` int64."""
        rows = np.ascontiguousarray(rows)
        numbers = np.empty(len(rows), dtype=np.int64)
        done = 0
        while True:
            done, self._used = _number(rows, done, self._rows, self._used, self._table, numbers)
            if done == len(rows):
                return numbers
            grown = np.empty((2 * len(self._rows), rows.shape[1]), dtype=np.int64)
            grown[: self._used] = self.rows
            self._rows = grown
            self._table = np.full(2 * len(grown), -1, dtype=np.int64)
            _fill(grown, self._used, self._table)

    @property
    def rows(self) -> np.ndarray:
        """``(distinct, words)`` int64; row i is the one with number i."""
        return self._rows[: self._used]


@kernel
def _place(rows, row, known, table):
    """Where the number of a row lies in the table, or the empty place where it belongs."""
    mixed = np.uint64(0x9E3779B97F4A7C15)
    for k in range(rows.shape[1]):
        mixed = (mixed ^ np.uint64(rows[row, k])) * np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(32)
    # Once more, so that the highest bits of the last word reach the places of a small table too.
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(32)
    mask = np.uint64(table.shape[0] - 1)
    place = np.int64(mixed & mask)
    while table[place] >= 0:
        number = table[place]
        same = True
        for k in range(rows.shape[1]):
            if known[number, k] != rows[row, k]:
                same = False
                break
        if same:
            break
        place = (place + 1) & np.int64(mask)
    return place


@kernel
def _fill(known, used, table):
    for number in range(used):
        table[_place(known, number, known, table)] = number


@kernel
def _number(rows, done, known, used, table, numbers):
    """Numbers rows from ``done`` on until all are numbered or ``known`` is full."""
    for row in range(done, rows.shape[0]):
        same = row > 0
        if same:
            for k in range(rows.shape[1]):
                if rows[row, k] != rows[row - 1, k]:
                    same = False
                    break
        if same:
            numbers[row] = numbers[row - 1]
            continue
        place = _place(rows, row, known, table)
        if table[place] < 0:
            if used == known.shape[0]:
                return row, used
            known[used] = rows[row]
            table[place] = used
            used += 1
        numbers[row] = table[place]
    return rows.shape[0], used
