"""Whether a notebook's kernel runs this code, and whether anybody sits before it."""

import os
import sys


def in_kernel() -> bool:
    """Whether this is the kernel of a notebook.

    Example:
        >>> in_kernel()
        False
    """
    return _kernel() is not None


def kernel_is_live() -> bool:
    """Whether a person runs this notebook, and not a program such as ``jupyter nbconvert``.

    A front end that shows cells to a person says with each that it can ask for input; programs that
    execute a notebook cannot, and say so. With the environment variable ``RELU_BOOK_STATIC=1`` a
    person asks for what such a program would store.
    """
    static = os.environ.get("RELU_BOOK_STATIC", "0") not in ("", "0")
    return not static and bool(getattr(_kernel(), "_allow_stdin", False))


def _kernel() -> object | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)
