import numpy as np
import pytest

pytest.importorskip("numba")

from numba import njit

from relu_book.patterns.backends.numba_prefetch import prefetch


@njit
def ahead(array, item):
    prefetch(array, item)
    return array.sum()


@pytest.mark.parametrize("item", [0, 5, -1, 10**12])
@pytest.mark.parametrize("shape", [(6,), (3, 2), (0, 2)])
def test_a_prefetch_changes_nothing_wherever_it_points(shape, item):
    array = np.ones(shape, np.uint64)
    assert ahead(array, item) == array.size


def test_a_prefetch_is_compiled_to_the_instruction():
    ahead(np.ones(1, np.uint64), 0)
    assert all("call void @llvm.prefetch" in code for code in ahead.inspect_llvm().values())
