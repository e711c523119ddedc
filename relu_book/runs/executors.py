"""Where jobs run: in this process, in processes beside it, or on a Dask cluster.

Every executor has one method, ``map(function, jobs)``, which yields outcomes as they are completed
and ends what still runs when it is closed. Whichever computes a job, it does so on one torch thread
and from its seed, so the bits are the same.

Processes are spawned, not forked: a fork inherits the locks of torch's and BLAS's threads in
whatever state they are, and cannot use CUDA once its parent has. A spawned process takes two or
three seconds to import torch, which is nothing beside a training.
"""

import multiprocessing
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from relu_book.devices import device
from relu_book.extras import needs
from relu_book.parallel import end_with_parent, keep_freed_memory
from relu_book.runs.job import Job, Outcome, sentence

START = "spawn"
_UNGUARDED = 78  # exit status of a process that is to compute a run and starts it again
_ADDRESS = re.compile(r"(?:(?P<kind>\w+)://)?(?P<host>\[[^]]+\]|[^\s:/\[\]]+):(?P<port>\d+)")
Function = Callable[[Job], Outcome]


class Executor(Protocol):
    """What the runner asks of an executor."""

    def map(self, function: Function, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """``function(job)`` for every job, in the order in which they are completed."""
        ...


class InProcess:
    """One job after the other, here."""

    def map(self, function: Function, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """``function(job)`` for every job, in their order."""
        for job in jobs:
            yield function(job)


class LocalProcesses:
    """Jobs in processes beside this one, which end with it.

    A process that dies, because memory ran out for example, costs the job that it computed and no
    other.

    Args:
        workers: How many jobs are computed at a time; as many as there are cores by default.

    Raises:
        ValueError: Fewer than one.
    """

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, but got {workers}")
        self.workers = workers or cores()

    def map(self, function: Function, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """``function(job)`` for every job, in the order in which they are completed."""
        _in_a_module(jobs)
        waiting = list(reversed(jobs))
        busy: dict[Connection, tuple[BaseProcess, Job]] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self.workers:
                    connection, process = _start(function)
                    _give(connection, process, waiting, busy)
                for connection in wait(list(busy)):
                    process, job = busy.pop(connection)
                    try:
                        outcome = connection.recv()
                    except (EOFError, ConnectionError):
                        process.join()
                        yield _death(process, job)
                        continue
                    if waiting:
                        _give(connection, process, waiting, busy)
                    else:
                        connection.close()  # the process ends when it finds nothing to do
                        process.join()
                    yield outcome
        finally:
            for process, _ in busy.values():
                process.kill()
                process.join()


class DaskCluster:
    """Jobs on the workers of a running Dask cluster, on any machine that has this library.

    Workers have one thread each (``dask worker ADDRESS --nthreads 1``), since jobs seed the
    generator of their process. Where workers share the folder of runs with this machine, their jobs
    resume from checkpoints; where they do not, results come back over the network all the same.

    Args:
        address: Address of the scheduler, such as ``tcp://10.0.0.1:8786``.
        patience: How long to wait for its answer.

    Raises:
        ValueError: The address is none.
    """

    def __init__(self, address: str, patience: str = "10s") -> None:
        if not _ADDRESS.fullmatch(address):
            raise ValueError(
                f"the address of a Dask scheduler is like tcp://10.0.0.1:8786, but got {address!r}"
            )
        self.address = address
        self.patience = patience

    def map(self, function: Function, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """``function(job)`` for every job, in the order in which they are completed.

        Raises:
            ImportError: ``distributed`` is not installed.
            OSError: No scheduler answers at the address.
        """
        _in_a_module(jobs)
        needs("a Dask cluster", "cluster", "distributed")
        from distributed import Client, as_completed

        try:
            self._knock()
            client = Client(self.address, timeout=self.patience, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OSError(
                f"no Dask scheduler answers at {self.address}: start one with `dask scheduler` and "
                f"give its address ({sentence(error)})"
            ) from error
        with client:
            futures = {client.submit(_on_worker, function, job, pure=False): job for job in jobs}
            try:
                for future in as_completed(futures, loop=client.loop):
                    if future.status == "finished":
                        yield future.result()
                    elif future.status == "error":
                        yield Outcome(futures[future], error=sentence(future.exception()))
                    else:
                        lost = f"the Dask scheduler at {self.address} lost the job"
                        yield Outcome(futures[future], error=lost)
            finally:
                client.cancel(list(futures))

    def _knock(self) -> None:
        """Where nothing listens, the client would find out only when its patience ends."""
        parts = _ADDRESS.fullmatch(self.address)
        if parts["kind"] in (None, "tcp", "tls"):
            socket.create_connection((parts["host"].strip("[]"), int(parts["port"])), 3).close()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_executor(jobs: Sequence[Job]) -> Executor:
    """A process a core for several jobs of more than seconds on the CPU; else this process."""
    first = jobs[0]
    here = len(jobs) == 1 or first.scale == "smoke" or first.module == "__main__" or cores() == 1
    return InProcess() if here or device().type != "cpu" else LocalProcesses()


def _in_a_module(jobs: Sequence[Job]) -> None:
    if jobs and jobs[0].module == "__main__":
        raise ValueError(
            f"{jobs[0].experiment} is defined in a notebook or script, where other processes do "
            "not find it: move it to a module, or run it in this process"
        )


def _start(function: Function) -> tuple[Connection, BaseProcess]:
    """A process that computes the jobs it is sent, and the connection to it."""
    context = multiprocessing.get_context(START)
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(function, there))
    process.start()
    there.close()
    return here, process


def _give(connection: Connection, process: BaseProcess, waiting: list, busy: dict) -> None:
    job = waiting.pop()
    busy[connection] = (process, job)
    # A process that is gone already is found out by reading from it.
    try:
        connection.send(job)
    except ConnectionError:
        return


def _serve(function: Function, connection: Connection) -> None:
    """What a process beside does: jobs, until there are none or the parent has died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends this process
    end_with_parent()
    keep_freed_memory()
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(function(job))


def _on_worker(function: Function, job: Job) -> Outcome:
    from distributed import get_worker

    threads = get_worker().state.nthreads
    if threads > 1:
        message = f"a Dask worker has {threads} threads: start workers with --nthreads 1"
        return Outcome(job, error=message, stops_run=True)
    return function(job)


def _death(process: BaseProcess, job: Job) -> Outcome:
    """What became of a job whose process ended without an answer."""
    code = process.exitcode
    if code == _UNGUARDED:
        message = (
            "a process beside this one, which imports the script, came to the run itself: write "
            '`if __name__ == "__main__":` around what the script does'
        )
        return Outcome(job, error=message, stops_run=True)
    if code is not None and code < 0:
        cause = f"was killed by {signal.Signals(-code).name}; memory may have run out"
    else:
        cause = f"ended with status {code}"
    return Outcome(job, error=f"the process that computed it {cause}")


def stop_if_unguarded() -> None:
    """End this process without a word if it is one beside, and still imports its parent's script.

    It would start processes of its own, and so on; the parent says what is wrong.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(_UNGUARDED)
