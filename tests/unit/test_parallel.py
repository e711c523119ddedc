"""Seeds side by side give what a loop gives, and errors come through."""

import os

import pytest
import torch

from relu_book.parallel import per_seed


@pytest.mark.parametrize("seeds", [[], [3], [5, 1, 2], range(7)])
def test_results_come_in_order(seeds):
    offset = 10
    assert per_seed(lambda seed: seed + offset, seeds) == [seed + offset for seed in seeds]


def test_tensors_computed_in_a_child_are_those_of_this_process():
    def draw(seed):
        return torch.randn(3, generator=torch.Generator().manual_seed(seed)).tolist()

    assert per_seed(draw, range(4)) == [draw(seed) for seed in range(4)]


def test_an_error_of_one_seed_is_raised():
    def fails(seed):
        if seed == 2:
            raise ValueError("seed 2 is bad")
        return seed

    with pytest.raises(ValueError, match="seed 2 is bad"):
        per_seed(fails, range(4))


class TwoPartsError(Exception):
    """An error that pickle can write but not read."""

    def __init__(self, first, second):
        super().__init__(f"{first}, {second}")


def test_an_error_that_cannot_be_pickled_keeps_its_words_and_notes():
    def fails(seed):
        error = TwoPartsError("seed", seed)
        error.add_note("while measuring")
        raise error

    with pytest.raises((TwoPartsError, RuntimeError), match="seed, 0") as caught:
        per_seed(fails, range(4))
    assert caught.value.__notes__ == ["while measuring"]


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing runs in a second process")
def test_a_killed_process_is_reported():
    parent = os.getpid()

    def dies(seed):
        if os.getpid() != parent:
            os._exit(1)
        pytest.skip("processes cannot be forked here")

    with pytest.raises(RuntimeError, match="ended without a result"):
        per_seed(dies, range(4))
