"""The commands with their options, and how the words of a command line become one of them."""

import contextlib
import functools
import inspect
import io
import itertools
from collections.abc import Callable
from typing import Annotated, Literal

import tyro

from relu_book.spelling import did_you_mean

Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
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
    from relu_book import runs
    from relu_book.cli.texts import summary
    from relu_book.runs.executors import DaskCluster, InProcess, LocalProcesses

    if workers is not None and dask is not None:
        raise ValueError("--workers are on this machine and --dask is a cluster: give one of them")
    executor = None
    if dask is not None:
        executor = DaskCluster(dask)
    elif workers is not None:
        executor = InProcess() if workers == 1 else LocalProcesses(workers)
    record = runs.run(name, scale, seeds=seeds, executor=executor, fresh=fresh)
    print(summary(record))
    print(f"record: {runs.run_folder(runs.find(name), scale) / 'record.nc'}")


def show(name: Name, scale: Scale | None = None) -> None:
    """What an experiment measures, and what its record or run says.

    Args:
        name: Name of the experiment.
        scale: Scale of the record; by default the largest that there is.
    """
    from relu_book.cli.texts import shown

    print(shown(name, scale))


def promote(name: Name, scale: Scale = "smoke") -> None:
    """Make the record of a finished run the committed one; of an unfinished run, its done jobs.

    Args:
        name: Name of the experiment.
        scale: Its scale.
    """
    from relu_book import runs

    path = runs.promote(name, scale)
    print(f"{path}\ngit add it and commit it with what it changes")


def claims(check: bool = False) -> None:
    """Write the ledger of the claims, book/claims.md, and what follows from it, print the tally.

    Args:
        check: Write nothing, but fail if the pages are not what claims and chapters give today.
    """
    from relu_book.cli.texts import tally
    from relu_book.records import repository

    print(tally(repository(), check))


def doctor() -> None:
    """What is installed, which devices and data there are, and which experiments can run."""
    from relu_book.cli.doctor import examine

    for line in examine():
        print(line, flush=True)


_DESCRIPTION = "Experiments and records of the book, from a terminal."

COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_experiments,
    "run": run,
    "show": show,
    "promote": promote,
    "claims": claims,
    "doctor": doctor,
}


def understood(words: list[str]) -> Callable[[], None]:
    """The command that these words ask for; a ValueError in one sentence if they ask for none."""
    _check_spelling(words)
    command = tyro.extras.SubcommandApp()
    for name, function in COMMANDS.items():
        command.command(name=name)(_later(function))
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return command.cli(args=words, prog="relu-book", description=_DESCRIPTION)
    except SystemExit as end:
        if not end.code:  # help was asked for
            raise
        raise ValueError(_sentence_in(said.getvalue())) from None


def _later(function: Callable[..., None]) -> Callable[..., Callable[[], None]]:
    """The command with its options, not run yet: what goes wrong in it is none of the parser's."""

    @functools.wraps(function)
    def bound(**options: object) -> Callable[[], None]:
        return functools.partial(function, **options)

    return bound


def _check_spelling(words: list[str]) -> None:
    """A misspelt command or option is answered with the close ones."""
    if not words or words[0] in ("-h", "--help"):
        return
    name, known = words[0], list(COMMANDS)
    if name not in COMMANDS:
        hint = did_you_mean(name, known, f"there are {', '.join(known)}", most=2)
        raise ValueError(f"there is no command {name!r}: {hint}")
    options = [f"--{option}" for option in inspect.signature(COMMANDS[name]).parameters]
    for word in words[1:]:
        option = word.partition("=")[0].replace("--no-", "--")
        if word.startswith("--") and option not in (*options, "--help"):
            there = f"there are {', '.join(options)}" if options else "it has none"
            hint = did_you_mean(option, options, there, most=2)
            raise ValueError(f"{name} has no option {option}: {hint}")


def _sentence_in(box: str) -> str:
    """What the parser says in the first paragraph of its box, below the title, in one line."""
    # Its frame is drawn with ASCII characters where others cannot be shown.
    lines = [line.strip("│| ") for line in box.splitlines()[1:]]
    text = itertools.dropwhile(lambda line: not line.strip("─-"), lines)
    words = itertools.takewhile(lambda line: line.strip("─-"), text)
    return f"{' '.join(words).rstrip('.')}; `relu-book --help` and `relu-book COMMAND --help` help"
