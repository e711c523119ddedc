"""The table of patterns of several words."""

import numpy as np
import pytest

from relu_book.patterns.backends.numba_hashed import Hashed


@pytest.mark.parametrize("words", [2, 3, 4])
@pytest.mark.parametrize("first", [0, 25, 50])
def test_patterns_that_differ_in_a_few_channels_do_not_crowd(words, first):
    for word in range(words):
        patterns = np.zeros((1 << 14, words), np.uint64)
        patterns[:, word] = np.arange(1 << 14, dtype=np.uint64) << np.uint64(first)
        hashed = Hashed(words, None, None)
        hashed.add(patterns)
        free = np.flatnonzero(hashed._slots == 0)
        around = np.append(free, free[0] + len(hashed._slots))
        assert np.diff(around).max() < 200  # places in a row that a look-up may go through
        assert len(hashed.finish()[0]) == 1 << 14
