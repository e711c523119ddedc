"""A run that is killed on its way, to be resumed."""

from pathlib import Path

from relu_book.runs import Run


class KilledError(Exception):
    """Stands for a process that is gone."""


class KilledRun(Run):
    """A run that ends after some updates."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder, "smoke")
        self.after = after

    def progress(self, done: float, total: float) -> None:
        if done == self.after:
            raise KilledError
