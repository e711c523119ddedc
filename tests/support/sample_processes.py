"""Processes that the tests start, kill and read: the command ``relu-book``, and a Dask cluster.

They are forked from one server that has imported what they need, so that each costs milliseconds
and not the seconds that torch takes.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from relu_book.cli.main import main
from relu_book.records import files
from relu_book.runs import executors, job

HERE = Path(__file__).parent
# The first optimizer imports torch._dynamo, which takes seconds.
IMPORTED = [
    "sample_processes", "sample_experiments", "relu_book.cli.commands", "relu_book.cli.texts",
    "torch._dynamo",
]  # fmt: skip


def _context() -> multiprocessing.context.BaseContext:
    paths = [str(HERE.parents[1]), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys(os.pathsep.join(paths).split(os.pathsep))
    )
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


@dataclass
class Command:
    """A running ``relu-book``, in a process of its own."""

    process: BaseProcess
    out: Path
    err: Path

    def wait(self, seconds: float = 500) -> "Command":
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"still running: {self.err.read_text()}"
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    @property
    def status(self) -> int | None:
        return self.process.exitcode

    @property
    def output(self) -> str:
        return self.out.read_text()

    @property
    def errors(self) -> str:
        return self.err.read_text()


def start(folder: Path, *words: str, path: str = str(HERE), **environment: str) -> Command:
    """``relu-book WORDS`` with the experiments of a folder, its output kept in another."""
    number = len(list(folder.glob("out-*")))
    command = Command(None, folder / f"out-{number}", folder / f"err-{number}")
    command.out.touch()
    variables = {name: value for name, value in os.environ.items() if name.startswith("RELU_BOOK")}
    variables |= {"RELU_BOOK_EXPERIMENTS": "sample_experiments"} | environment
    arguments = (words, variables, path, str(command.out), str(command.err))
    command.process = _context().Process(target=_relu_book, args=arguments)
    command.process.start()
    return command


def relu_book_command(folder: Path, *words: str, **environment: str) -> Command:
    """The same, when it has ended."""
    return start(folder, *words, **environment).wait()


def _relu_book(
    words: tuple[str, ...], variables: dict[str, str], path: str, out: str, err: str
) -> None:
    os.environ.update(variables)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if the tests run behind
    sys.path.insert(0, path)
    executors.START = "forkserver"
    multiprocessing.set_forkserver_preload(IMPORTED)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), stream.fileno())
    if "SAMPLE_COMMIT" in variables:
        job.commit = lambda _: ("0" * 40, variables["SAMPLE_COMMIT"])
    if "SAMPLE_KILL_AT" in variables:
        _die_at(int(variables["SAMPLE_KILL_AT"]))
    status = main(words)
    sys.stdout.flush()
    sys.exit(status)


def _die_at(number: int) -> None:
    """The process is killed when it has written a file for the n-th time, before it is renamed."""
    written, rename = [], files.Path.replace

    def replace(path: Path, target: Path) -> Path:
        written.append(path)
        if len(written) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(path, target)

    files.Path.replace = replace


@contextlib.contextmanager
def dask_cluster(
    workers: int, threads: int = 1, path: str = str(HERE), **environment: str
) -> Iterator[tuple[str, list[BaseProcess]]]:
    """A scheduler and its workers, each a process: the scheduler's address, and the workers."""
    context = _context()
    here, there = context.Pipe()
    scheduler = context.Process(target=_scheduler, args=(there,), daemon=True)
    scheduler.start()
    address = here.recv()
    started = [
        context.Process(target=_worker, args=(address, threads, path, environment), daemon=True)
        for _ in range(workers)
    ]
    for process in started:
        process.start()
    try:
        yield address, started
    finally:
        for process in [*started, scheduler]:
            process.kill()
            process.join()


def _scheduler(connection) -> None:
    from distributed import Scheduler

    async def serve() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
            connection.send(scheduler.address)
            await scheduler.finished()

    asyncio.run(serve())


def _worker(address: str, threads: int, path: str, environment: dict[str, str]) -> None:
    from distributed import Worker

    os.environ.update(environment)
    sys.path.insert(0, path)

    async def serve() -> None:
        async with Worker(address, nthreads=threads, dashboard=False) as worker:
            await worker.finished()

    asyncio.run(serve())


def wait_until(condition, seconds: float = 500) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.03)
