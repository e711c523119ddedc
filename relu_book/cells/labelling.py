"""Numbers rows of words: equal rows get equal numbers, exactly, as they come in.

The patterns of a grid come chunk by chunk; each new pattern gets the next number, and a pattern
seen before the number that it has. Rows are compared word by word, so no two patterns are ever
taken for one. This file is the plain version that always works; ``labelling_compiled`` does the
same in machine code.
"""

import numpy as np


class PlainNumbering:
    """Numbers in the order in which rows turn up, by a dictionary."""

    def __init__(self, words: int):
        self._words = words
        self._numbers: dict[bytes, int] = {}

    def add(self, rows: np.ndarray) -> np.ndarray:
        """``(n,)`` int64, the number of each row of ``(n, words)`` int64."""
        if not len(rows):
            return np.empty(0, dtype=np.int64)
        # Neighbours mostly lie in one cell: only the first of a run needs to be looked up.
        starts = np.append(0, np.flatnonzero((rows[1:] != rows[:-1]).any(1)) + 1)
        known = self._numbers
        numbers = [known.setdefault(row.tobytes(), len(known)) for row in rows[starts]]
        return np.repeat(np.array(numbers, dtype=np.int64), np.diff(starts, append=len(rows)))

    @property
    def rows(self) -> np.ndarray:
        """``(distinct, words)`` int64; row i is the one with number i."""
        return np.frombuffer(b"".join(self._numbers), dtype=np.int64).reshape(-1, self._words)


def new_numbering(words: int):
    """A numbering in machine code where numba is installed, else in plain Python."""
    try:
        from relu_book.cells.labelling_compiled import CompiledNumbering
    except (ImportError, RuntimeError):  # no numba, or nowhere to keep what it compiles
        return PlainNumbering(words)
    return CompiledNumbering(words)


def sorted_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows in the order of their words as unsigned numbers, and where each one went.

    Args:
        rows: (n, words) int64, all different.

    Returns:
        The sorted rows, and (n,) int64: row i is now number ``places[i]``.
    """
    order = np.lexsort(rows.view(np.uint64).T[::-1])
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return rows[order], places


def label_rows(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number rows of words: equal rows get equal numbers.

    Args:
        words: (n, words) int64.

    Returns:
        The distinct rows, sorted as unsigned numbers from the first word on, and (n,) int64 with
        the place of each row among them.

    Raises:
        ValueError: ``words`` is not such an array.

    Cost: a comparison with the row before or a look in a table a row, some 10 ns, and a sort of the
    distinct rows. Without numba some 0.5 microseconds for each row that differs from the last.

    Example:
        >>> distinct, numbers = label_rows(np.array([[5], [5], [-1], [3]]))
        >>> distinct.ravel().tolist(), numbers.tolist()
        ([3, 5, -1], [1, 1, 2, 0])
    """
    words = np.asarray(words)
    if words.ndim != 2 or not words.shape[1] or words.dtype != np.int64:
        raise ValueError(
            f"Rows to label are int64 words of shape (n, words) with at least one word, and these "
            f"have shape {words.shape} and type {words.dtype}."
        )
    if not len(words):
        return words, np.empty(0, dtype=np.int64)
    numbering = new_numbering(words.shape[1])
    numbers = numbering.add(words)
    distinct, places = sorted_rows(numbering.rows)
    return distinct, places[numbers]
