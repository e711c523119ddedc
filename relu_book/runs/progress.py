"""Progress of a run with the time left: a bar on a terminal, a line that changes in a notebook,
plain lines in a log.

Jobs tell how far they are in their folders, whichever process they run in; a thread looks there.
"""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from relu_book.notebooks import in_kernel
from relu_book.runs.job import Job, progress_of

EVERY_ON_TERMINAL, EVERY_IN_LOG, BETWEEN_LINES = 1.0, 30.0, 5.0  # seconds


class Progress:
    """Shows how much of a run is done, on stderr or below the cell, while its block runs.

    Args:
        jobs: All jobs of the run.
        done: How many were done before.
        enabled: Whether to show anything.
    """

    def __init__(self, jobs: Sequence[Job], done: int, enabled: bool = True) -> None:
        self._jobs = jobs
        self._done = done
        self._enabled = enabled
        self._finished: set[str] = set()
        self._started = self._spoken = time.monotonic()
        self._share_at_start = self._share()
        self._name = f"{jobs[0].experiment} {jobs[0].scale}"
        self._stop = threading.Event()
        self._bar: tqdm | None = None
        self._below_cell: Any = None  # IPython's handle of what is shown there
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Progress":
        if self._enabled:
            if sys.stderr.isatty():
                tqdm.monitor_interval = 0  # no second thread to watch over this one
                self._bar = tqdm(total=100, desc=self._name, bar_format="{desc} |{bar}| {postfix}")
            elif self._done:
                self._line(f"{self._done} of {len(self._jobs)} jobs were done before")
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._enabled:
            return
        self._stop.set()
        self._thread.join()
        if self._bar is not None:
            self._show()
            self._bar.close()

    def finished(self, job: Job) -> None:
        """A job is done."""
        self._finished.add(job.folder)
        last = self._done + len(self._finished) == len(self._jobs)
        rested = time.monotonic() - self._spoken > BETWEEN_LINES
        if self._enabled and self._bar is None and (last or rested):
            self._line(f"{job.label} is done, {self._words()}")

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_ON_TERMINAL if self._bar is not None else EVERY_IN_LOG):
            self._show()

    def _show(self) -> None:
        if self._bar is None:
            self._line(self._words())
            return
        self._bar.n = round(100 * self._share(), 1)
        self._bar.set_postfix_str(self._words())

    def _share(self) -> float:
        """Share of the whole run that is done, between 0 and 1."""
        shares = [
            1.0 if job.folder in self._finished else progress_of(Path(job.folder)).share
            for job in self._jobs
        ]
        return sum(shares) / len(shares)

    def _words(self) -> str:
        share = self._share()
        spent = time.monotonic() - self._started
        advance = share - self._share_at_start
        left = f"about {duration(spent * (1 - share) / advance)} left" if advance > 0 else "started"
        return f"{100 * share:.0f} % of {len(self._jobs)} jobs after {duration(spent)}, {left}"

    def _line(self, text: str) -> None:
        self._spoken = time.monotonic()
        line = f"{self._name}: {text}"
        if not in_kernel():
            print(line, file=sys.stderr, flush=True)
        elif self._below_cell is None:
            from IPython.display import display

            self._below_cell = display({"text/plain": line}, raw=True, display_id=True)
        else:
            self._below_cell.update({"text/plain": line}, raw=True)


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    Example:
        >>> duration(8.2), duration(75), duration(5400)
        ('8 s', '1 min 15 s', '1 h 30 min')
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"
