"""Cases side by side give what a loop gives, and errors come through."""

import os
import subprocess
import sys

import pytest
import torch

from relu_book.parallel import columns, each


@pytest.mark.parametrize("cases", [[], [3], [5, 1, 2], range(7), iter("abc"), [(2, "b"), None]])
def test_results_come_in_order(cases):
    cases = list(cases)
    assert each(lambda case: (case, 10), iter(cases)) == [(case, 10) for case in cases]


def test_tensors_computed_in_a_child_are_those_of_this_process():
    def draw(seed):
        return torch.randn(3, generator=torch.Generator().manual_seed(seed)).tolist()

    assert each(draw, range(4)) == [draw(seed) for seed in range(4)]


def test_an_error_of_one_case_is_raised():
    def fails(seed):
        if seed == 2:
            raise ValueError("seed 2 is bad")
        return seed

    with pytest.raises(ValueError, match="seed 2 is bad"):
        each(fails, range(4))


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
        each(fails, range(4))
    assert caught.value.__notes__ == ["while measuring"]


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing runs in a second process")
def test_a_killed_process_is_reported():
    parent = os.getpid()

    def dies(seed):
        if os.getpid() != parent:
            os._exit(1)
        pytest.skip("processes cannot be forked here")

    with pytest.raises(RuntimeError, match="ended without a result"):
        each(dies, range(4))


def test_columns_stand_under_their_names_whatever_order_they_are_told_in():
    def measure(n):
        found = {"row": [n, 10 * n], "n": n, "yes": n > 1}
        return found if n < 3 else dict(reversed(found.items()))

    found = columns(measure, iter((2, 1, 3)))
    assert list(found) == ["row", "n", "yes"]
    assert found["row"].tolist() == [[2, 20], [1, 10], [3, 30]]
    assert found["n"].tolist() == [2, 1, 3]
    assert found["yes"].dtype == bool


@pytest.mark.parametrize(
    ("measure", "cases", "message"),
    [
        (lambda n: {"n": n}, [], "one case or more"),
        (lambda n: {"n": n} if n < 2 else {"m": n}, range(3), "but 0 has n and 2 has m"),
        (lambda n: {"n": n} if n else {"n": n, "m": 1}, range(2), "but 0 has n, m and 1 has n"),
        (lambda n: {"n": [1] * n}, (1, 2), r"n has the same .* but \(1,\) in 1 and \(2,\) in 2"),
    ],
)
def test_columns_that_do_not_fit_are_refused(measure, cases, message):
    with pytest.raises(ValueError, match=message):
        columns(measure, cases)


# Small pages, as some kernels give memory in pages of two megabytes (PR_SET_THP_DISABLE is 41).
_FAULTS = """
import ctypes, resource, torch
from torch import nn
from relu_book.parallel import keep_freed_memory
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)
{call}
torch.set_num_threads(1)
layers = nn.Sequential(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 32, 3))
images = torch.ones(64, 3, 32, 32)
def pages(steps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        layers(images).sum().backward()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
pages(6)
print(pages(5))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory, so Linux only")
@pytest.mark.parametrize(("call", "kept"), [("keep_freed_memory()", True), ("", False)])
def test_memory_of_freed_tensors_is_used_again(call, kept):
    code = _FAULTS.format(call=call)
    faults = int(subprocess.check_output([sys.executable, "-c", code], text=True))
    assert faults < 10_000 if kept else faults > 10_000


_RESIDENT = """
import torch
from relu_book.parallel import give_back_freed_memory, keep_freed_memory
keep_freed_memory()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
blocks = [torch.ones(4_000_000) for _ in range(20)]  # 320 MB
last = torch.ones(1000)
del blocks
before = resident()
give_back_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory, so Linux only")
def test_memory_that_was_kept_is_given_back_when_asked():
    given = int(subprocess.check_output([sys.executable, "-c", _RESIDENT], text=True))
    assert given > 250e6
