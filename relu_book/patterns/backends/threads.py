"""Calls that run beside each other in as many threads as torch has.

For code that holds the interpreter's lock only for moments, as the Numba kernels and NumPy's sort.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import torch

_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def together(calls: list[Callable[[], object]]) -> list:
    """What each call returns, in their order; an error of one is raised when all have ended.

    Example:
        >>> together([lambda: 1, lambda: 2])
        [1, 2]
    """
    threads = min(torch.get_num_threads(), len(calls))
    if threads < 2:
        return [call() for call in calls]
    key = os.getpid(), threads  # a process that was forked has none of its parent's threads
    if key not in _pools:
        _pools[key] = ThreadPoolExecutor(threads, thread_name_prefix="relu_book")
    futures = [_pools[key].submit(call) for call in calls]
    wait(futures)
    return [future.result() for future in futures]
