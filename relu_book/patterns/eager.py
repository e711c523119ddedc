"""Compiled code runs eagerly while a watch block lasts, since compiled calls cannot be seen."""

import contextlib
import threading
import warnings
from collections.abc import Iterator

import torch

_HOOKS_WARNING = "Using `torch.compile.module.` when there are global hooks"

_lock = threading.Lock()
_open_blocks = 0
_stance = None
_filter = None


@contextlib.contextmanager
def compiled_code_runs_eagerly() -> Iterator[None]:
    """Ignores ``torch.compile`` for the block; the stance before the first open block returns.

    Compiled modules warn of global hooks, such as a watch block uses; for the block they do not.
    Blocks need not close in the order in which they opened (a half-used generator may hold one).
    """
    global _open_blocks, _stance, _filter
    with _lock:
        if not _open_blocks:
            _stance = torch.compiler.set_stance("force_eager")
            warnings.filterwarnings("ignore", message=_HOOKS_WARNING, category=UserWarning)
            _filter = warnings.filters[0]
        _open_blocks += 1
    try:
        yield
    finally:
        with _lock:
            _open_blocks -= 1
            if not _open_blocks:
                _stance.__exit__(None, None, None)
                with contextlib.suppress(ValueError):  # the user has reset the filters meanwhile
                    warnings.filters.remove(_filter)
