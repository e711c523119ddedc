"""The same measurement for many cases, one process a core."""

import ctypes
import multiprocessing
import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt's parameters, as malloc.h numbers them


def each(measure: Callable[[Any], Any], cases: Iterable) -> list:
    """``measure(case)`` for every case, in order.

    Where processes can be forked (Linux, and no GPU in use), each core takes every n-th case with
    one thread; elsewhere the cases run one after the other. An error of a case is raised here, as a
    RuntimeError with its words if it cannot be pickled.

    Args:
        measure: Any function of a case, also a local one; its result must be picklable.
        cases: Seeds, names, or whatever tells one measurement from the other.

    Example:
        >>> each(lambda case: case**2, range(5))
        [0, 1, 4, 9, 16]
    """
    cases = list(cases)
    workers = min(os.cpu_count() or 1, len(cases))
    inside = multiprocessing.parent_process() is not None  # other jobs have the other cores
    forks = sys.platform.startswith("linux") and not torch.cuda.is_initialized()
    if workers < 2 or inside or not forks:
        return [measure(case) for case in cases]
    context = multiprocessing.get_context("fork")
    receivers, processes = [], []
    for worker in range(workers):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(measure, cases[worker::workers], sender), daemon=True
        )
        with warnings.catch_warnings():
            # Newer Pythons warn of threads at a fork; the children use none of the parent's.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        sender.close()
        receivers.append(receiver)
        processes.append(process)
    results: list = [None] * len(cases)
    for worker, receiver in enumerate(receivers):
        try:
            found, error = receiver.recv()
        except EOFError:
            raise RuntimeError(
                f"A process that measured cases {cases[worker::workers]} ended without a result; "
                f"the machine may be out of memory."
            ) from None
        if error is not None:
            raise error
        results[worker::workers] = found
    for process in processes:
        process.join()
    return results


def columns(measure: Callable[[Any], Mapping[str, Any]], cases: Iterable) -> dict[str, np.ndarray]:
    """What ``measure`` finds in every case, by name: arrays whose first axis counts the cases.

    Args:
        measure: A function of a case, as for ``each``, that returns a dict: under each name a
            number or an array, of the same shape in every case.
        cases: One or more.

    Raises:
        ValueError: There is no case, one has other names than the first, or shapes differ.

    Example:
        >>> found = columns(lambda n: {"number": n, "powers": [n, n**2, n**3]}, (2, 3))
        >>> found["number"].tolist(), found["powers"].tolist()
        ([2, 3], [[2, 4, 8], [3, 9, 27]])
    """
    cases = list(cases)
    if not cases:
        raise ValueError("columns needs one case or more, but got none: there would be no names")
    rows = each(measure, cases)
    for case, row in zip(cases, rows, strict=True):
        if row.keys() != rows[0].keys():
            raise ValueError(
                f"every case has the same names, but {cases[0]} has {', '.join(rows[0])} and "
                f"{case} has {', '.join(row)}"
            )
    for name in rows[0]:
        shapes = {np.shape(row[name]): case for case, row in zip(cases, rows, strict=True)}
        if len(shapes) > 1:
            (first, case), (second, other), *_ = shapes.items()
            raise ValueError(
                f"{name} has the same shape in every case, but {first} in {case} and {second} in "
                f"{other}"
            )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def end_with_parent() -> None:
    """Let this process end when its parent does, even if that is killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def keep_freed_memory() -> None:
    """Let this process use the memory of freed tensors again, where the C library is glibc.

    It gives large blocks back to the system, which hands them out again page by page a moment
    later: up to a quarter of the time of a training. What is kept is free again when the process
    ends. Blocks above 32 MB, the most that the library lets one set, are given back as before:
    between counts of many millions of patterns they would leave holes of gigabytes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_MMAP_THRESHOLD, 32 * 2**20)


def give_back_freed_memory() -> None:
    """Give the system what ``keep_freed_memory`` kept, before other work needs it in one piece."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def _work(measure: Callable[[Any], Any], cases: list, sender) -> None:
    end_with_parent()
    torch.set_num_threads(1)
    try:
        sender.send(([measure(case) for case in cases], None))
    except Exception as error:
        sender.send((None, _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, or one with its words if it cannot be taken from one process to another."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        portable = RuntimeError(f"{type(error).__name__}: {error}")
        for note in getattr(error, "__notes__", []):
            portable.add_note(note)
        return portable
    return error
