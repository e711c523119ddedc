"""The command line: which commands there are, and how errors end.

    relu-book list | run NAME | show NAME | promote NAME | claims | doctor

Errors that a user or a machine can cause end in one sentence on stderr. Exit status: 0 done, 1 not
done, 2 not understood, 3 another process works on the same run, 130 stopped by Ctrl-C.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import tyro

Name = Annotated[str, tyro.conf.Positional]
Scale = Literal["smoke", "desk", "paper"]


def list_experiments() -> None:
    """The experiments with their scales: state and expected time."""
    from relu_book.cli.texts import listing

    print(listing())


def run(
    name: Name,
    scale: Scale = "smoke",
    seeds: tuple[int, ...] | None = None,
    workers: int | None = None,
    dask: str | None = None,
    fresh: bool = False,
) -> None:
    """Run an experiment, or what is left of it after it was cut off.

    Args:
        name: Name of the experiment, as `relu-book list` has it.
        scale: smoke (seconds), desk (up to an hour on two cores) or paper (the source's own).
        seeds: Seeds instead of those of the scale.
        workers: Processes on this machine; by default one a core if the run is long.
        dask: Address of a Dask scheduler, whose workers then compute.
        fresh: Forget what was computed before.
    """
    from relu_book import experiments
    from relu_book.cli.texts import summary
    from relu_book.experiments.executors import DaskCluster, InProcess, LocalProcesses

    if workers is not None and dask is not None:
        raise ValueError("--workers are on this machine and --dask is a cluster: give one of them")
    executor = None
    if dask is not None:
        executor = DaskCluster(dask)
    elif workers is not None:
        executor = InProcess() if workers == 1 else LocalProcesses(workers)
    record = experiments.run(name, scale, seeds=seeds, executor=executor, fresh=fresh)
    print(summary(record))
    print(f"record: {experiments.run_folder(experiments.find(name), scale) / 'record.nc'}")


def show(name: Name, scale: Scale | None = None) -> None:
    """What an experiment measures, and what its record or run says.

    Args:
        name: Name of the experiment.
        scale: Scale of the record; by default the largest that there is.
    """
    from relu_book.cli.texts import shown

    print(shown(name, scale))


def promote(name: Name, scale: Scale = "smoke") -> None:
    """Make the record of a finished run the committed one.

    Args:
        name: Name of the experiment.
        scale: Its scale.
    """
    from relu_book import experiments

    path = experiments.promote(name, scale)
    print(f"{path}\ngit add it and commit it with what it changes")


def claims() -> None:
    """Write the ledger of the claims, book/claims.md, again, and print the tally."""
    from relu_book import experiments
    from relu_book.claims.ledger import write
    from relu_book.results import repository

    costs = {name: experiments.find(name).expected for name in experiments.names()}
    tally = write(repository(), costs)
    for verdict, number in tally.items():
        print(f"{number:>4}  {verdict}")
    print(f"{tally.total():>4}  claims in book/claims.md")


def doctor() -> None:
    """What is installed, which devices and data there are, and which experiments can run."""
    from relu_book.cli.doctor import examine

    for line in examine():
        print(line, flush=True)


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_experiments,
    "run": run,
    "show": show,
    "promote": promote,
    "claims": claims,
    "doctor": doctor,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after ``relu-book``; by default those of this process.

    Returns:
        The exit status.

    Example:
        >>> main(["show", "activation_cells/cells_over_width", "--scale", "smoke"])
        activation_cells/cells_over_width ...
        0
    """
    command = tyro.extras.SubcommandApp()
    for name, function in COMMANDS.items():
        command.command(name=name)(function)
    try:
        command.cli(args=None if arguments is None else list(arguments), prog="relu-book")
    except KeyboardInterrupt:
        print("relu-book: stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _told(error)
    return 0


def _told(error: Exception) -> int:
    """An error in one sentence; a traceback before it if nobody expects such an error."""
    import traceback

    from relu_book.experiments import AlreadyRunningError, JobsFailedError
    from relu_book.experiments.job import EXPECTED_ERRORS, sentence

    if isinstance(error, JobsFailedError) and error.details:
        print(error.details, file=sys.stderr)
    elif not isinstance(error, (*EXPECTED_ERRORS, AlreadyRunningError, JobsFailedError)):
        traceback.print_exception(error)
    print(f"relu-book: {sentence(error)}", file=sys.stderr)
    return 3 if isinstance(error, AlreadyRunningError) else 1
