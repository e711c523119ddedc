"""Whether a notebook's kernel runs this code, and whether anybody sits before it."""

import sys


def in_kernel() -> bool:
    """Whether this is the kernel of a notebook.

    Example:
        >>> in_kernel()
        False
    """
    return _kernel() is not None


def somebody_watches() -> bool:
    """Whether a person runs this notebook, and not a program such as ``jupyter nbconvert``.

    A front end that shows cells to a person says with each that it can ask for input; programs that
    execute a notebook cannot, and say so.
    """
    return bool(getattr(_kernel(), "_allow_stdin", False))


def _kernel() -> object | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)
