"""The same measurement for many seeds, one process a core."""

import multiprocessing
import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch


def per_seed(measure: Callable[[int], Any], seeds: Iterable[int]) -> list:
    """``measure(seed)`` for every seed, in order.

    Where processes can be forked (Linux, and no GPU in use), each core takes every n-th seed with
    one thread; elsewhere the seeds run one after the other. An error of a seed is raised here, as a
    RuntimeError with its words if it cannot be pickled.

    Args:
        measure: Any function of a seed, also a local one; its result must be picklable.
        seeds: The seeds.

    Example:
        >>> per_seed(lambda seed: seed**2, range(5))
        [0, 1, 4, 9, 16]
    """
    seeds = list(seeds)
    workers = min(os.cpu_count() or 1, len(seeds))
    inside = multiprocessing.parent_process() is not None  # other jobs have the other cores
    forks = sys.platform.startswith("linux") and not torch.cuda.is_initialized()
    if workers < 2 or inside or not forks:
        return [measure(seed) for seed in seeds]
    context = multiprocessing.get_context("fork")
    receivers, processes = [], []
    for worker in range(workers):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(measure, seeds[worker::workers], sender), daemon=True
        )
        with warnings.catch_warnings():
            # Newer Pythons warn of threads at a fork; the children use none of the parent's.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        sender.close()
        receivers.append(receiver)
        processes.append(process)
    results: list = [None] * len(seeds)
    for worker, receiver in enumerate(receivers):
        try:
            found, error = receiver.recv()
        except EOFError:
            raise RuntimeError(
                f"A process that measured seeds {seeds[worker::workers]} ended without a result; "
                f"the machine may be out of memory."
            ) from None
        if error is not None:
            raise error
        results[worker::workers] = found
    for process in processes:
        process.join()
    return results


def end_with_parent() -> None:
    """Let this process end when its parent does, even if that is killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(measure: Callable[[int], Any], seeds: list[int], sender) -> None:
    end_with_parent()
    torch.set_num_threads(1)
    try:
        sender.send(([measure(seed) for seed in seeds], None))
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
