"""Kernels compiled by Numba and kept on disk, until a source that they are made of changes.

Numba keeps a compiled function as long as the function's own file stays as it is. Other kernels and
constants are compiled into it, from files that it does not look at, so after an upgrade a kernel
could run that was compiled with the old ones. Here all files of the kernel's folder count.
"""

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

from numba import njit


def kernel(function: Callable) -> Callable:
    """Compiles a function at its first call, without the lock of the interpreter.

    What it is compiled with comes from its own folder. As a decorator: ``@kernel``.
    """
    compiled = njit(nogil=True, cache=True)(function)
    kept = compiled._cache._cache_file
    kept._source_stamp = (kept._source_stamp, _sources(Path(function.__code__.co_filename).parent))
    return compiled


@functools.cache
def _sources(folder: Path) -> str:
    """What all Python files of a folder hold, as one hash."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode() + content)
    return found.hexdigest()
