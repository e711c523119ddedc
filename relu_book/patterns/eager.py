"""Compiled code runs eagerly while a watch block lasts, since compiled calls cannot be seen."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_open_blocks = 0
_stance = None


@contextmanager
def compiled_code_runs_eagerly() -> Iterator[None]:
    """Ignores ``torch.compile`` for the block; the stance before the first open block returns.

    Blocks need not close in the order in which they opened (a half-used generator may hold one).
    """
    global _open_blocks, _stance
    with _lock:
        if not _open_blocks:
            _stance = torch.compiler.set_stance("force_eager")
        _open_blocks += 1
    try:
        yield
    finally:
        with _lock:
            _open_blocks -= 1
            if not _open_blocks:
                _stance.__exit__(None, None, None)
                _stance = None
