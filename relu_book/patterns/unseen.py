"""Which watch blocks are open, and code that those of its thread do not see."""

import threading
from typing import Any

open_blocks: list[Any] = []  # of relu_book.patterns.watch, which builds on this file


class unseen:  # noqa: N801, as torch.no_grad
    """What runs here is ours or a consumer's: the blocks open in this thread do not see it."""

    def __enter__(self) -> None:
        thread = threading.get_ident()
        self._blocks = [block for block in open_blocks if block._thread == thread]
        for block in self._blocks:
            block._blind += 1

    def __exit__(self, *error: object) -> None:
        for block in self._blocks:
            block._blind -= 1
