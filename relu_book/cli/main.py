"""The entry of the command line, and how errors end.

    relu-book list | run NAME | show NAME | promote NAME | claims | doctor | --version

Errors that a user or a machine can cause end in one sentence on stderr. Exit status: 0 done, 1 not
done, 2 not understood, 3 another process works on the same run, 130 stopped by Ctrl-C.
"""

import io
import os
import sys
from collections.abc import Sequence

from relu_book import __version__
from relu_book.extras import needs


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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows ASCII alone gets "?"
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        print(f"relu-book {__version__}")
        return 0
    try:
        needs("the command line", "lab", "tyro")
        from relu_book.cli.commands import understood

        command = understood(words)
    except ImportError as error:
        print(f"relu-book: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"relu-book: {error}", file=sys.stderr)
        return 2
    try:
        command()
    except KeyboardInterrupt:
        print("relu-book: stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ImportError as error:  # an extra is missing, so what _told imports may be missing too
        print(f"relu-book: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        return _told(error)
    return 0


def _told(error: Exception) -> int:
    """An error in one sentence; a traceback before it if nobody expects such an error."""
    import traceback

    from relu_book.runs import AlreadyRunningError, JobsFailedError
    from relu_book.runs.job import EXPECTED_ERRORS, sentence

    if isinstance(error, JobsFailedError) and error.details:
        print(error.details, file=sys.stderr)
    elif not isinstance(error, (*EXPECTED_ERRORS, AlreadyRunningError, JobsFailedError)):
        traceback.print_exception(error)
    print(f"relu-book: {sentence(error)}", file=sys.stderr)
    return 3 if isinstance(error, AlreadyRunningError) else 1
