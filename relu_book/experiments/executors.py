"""Where jobs run: in this process, in processes beside it, or on a Dask cluster.

Every executor has one method, ``map(function, jobs)``, which yields results as they are completed.
Whichever runs a job, it is computed on one torch thread from its seed, and gives the same bits.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from relu_book.experiments.job import Job, Outcome


class Executor(Protocol):
    """What the runner asks of an executor."""

    def map(self, function: Callable[[Job], Outcome], jobs: Sequence[Job]) -> Iterator[Outcome]:
        """``function(job)`` for every job, in the order in which they are completed."""
        ...


class InProcess:
    """One job after the other, here."""

    def map(self, function: Callable[[Job], Outcome], jobs: Sequence[Job]) -> Iterator[Outcome]:
        """``function(job)`` for every job, in their order."""
        return map(function, jobs)


def default_executor(jobs: Sequence[Job]) -> Executor:
    """The executor for those who name none."""
    return InProcess()
