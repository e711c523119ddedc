"""Checkpoints: the whole state of a run in one file, written at once or not at all.

The file is what ``torch.save`` writes, followed by the SHA-256 of those bytes: torch does not
notice a flipped bit by itself. It is written beside its place, forced to the disk and renamed, so
that at any moment the place holds one complete checkpoint or none. It is read with
``weights_only=True``: tensors, numbers and strings, and no code from the file runs.
"""

import hashlib
import io
import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch

from relu_book.files import remove_unfinished, write_atomically
from relu_book.training import checks

_DIGEST = hashlib.sha256().digest_size
# How a file of torch.save begins; its older form is a bare pickle.
_ZIP = b"PK\x03\x04"


class CheckpointError(ValueError):
    """A file that is no complete checkpoint, or one of a run with other settings."""


class Checkpoint:
    """Where a run keeps its state, and how often: ``train(..., checkpoint=Checkpoint(path, 500))``.

    If the file exists, ``train`` goes on from there and ends with the weights, the history and the
    results of an uninterrupted run, bit by bit. A finished run leaves its last state, so that the
    same call returns at once; delete the file to train anew.

    Args:
        path: Of the file; its folder is made if need be.
        every: Updates between two checkpoints; the state after the last update is always kept. The
            cost is that of writing the weights, the optimizer's state and the history.

    Raises:
        ValueError: ``every`` is below 1.

    Example:
        >>> import tempfile, torch
        >>> from pathlib import Path
        >>> from relu_book.models import mlp
        >>> from relu_book.training import Checkpoint, train
        >>> x = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
        >>> def run(path):
        ...     model = mlp((2, 8, 2), seed=0)
        ...     optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        ...     return train(model, x, (x[:, 0] > 0).long(), optimizer=optimizer, steps=10,
        ...                  batch_size=16, checkpoint=Checkpoint(path, every=4))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first = run(Path(folder) / "run.pt")
        ...     again = run(Path(folder) / "run.pt")  # reads the finished state
        >>> bool((first.loss == again.loss).all())
        True
    """

    def __init__(self, path: str | os.PathLike, every: int) -> None:
        self.path = Path(path)
        self.every = checks.positive(every, "every")

    def due(self, step: int, total_steps: int) -> bool:
        """Whether the state after this many updates is kept."""
        return step % self.every == 0 or step == total_steps

    def save(self, state: Mapping) -> None:
        """Write a state in place of the one before.

        Args:
            state: Tensors, numbers, strings, None, and dicts and lists of them.

        Raises:
            OSError: the file cannot be written (a full disk, say); the one before is intact.
            CheckpointError: the state holds something that cannot be read back.
        """
        buffer = io.BytesIO()
        try:
            torch.save(dict(state), buffer)
            content = buffer.getvalue()
            torch.load(io.BytesIO(content), weights_only=True, map_location="meta")
        except (pickle.PickleError, AttributeError, TypeError) as error:
            raise CheckpointError(
                f"the state of this run cannot be kept in a checkpoint, which holds tensors, "
                f"numbers and strings alone: {_first_sentence(error)}"
            ) from None
        try:
            remove_unfinished(self.path.parent, self.path.name)
            write_atomically(self.path, content + hashlib.sha256(content).digest())
        except OSError as error:
            raise OSError(
                error.errno,
                f"the checkpoint could not be written ({error.strerror}; the one before, if any, "
                f"is intact): make room or give another path",
                str(self.path),
            ) from None

    def load(self) -> dict | None:
        """The state in the file; None where there is no file.

        Raises:
            CheckpointError: the file is truncated, altered, or no checkpoint.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        body, digest = content[:-_DIGEST], content[-_DIGEST:]
        if hashlib.sha256(body).digest() != digest:
            raise CheckpointError(
                f"{self.path} is no complete checkpoint ({len(content)} bytes whose checksum does "
                f"not fit: truncated or altered): delete it to start the run anew"
            )
        try:
            if not body.startswith(_ZIP):
                raise pickle.UnpicklingError("no zip archive")
            return torch.load(io.BytesIO(body), weights_only=True, map_location="cpu")
        except (pickle.UnpicklingError, RuntimeError) as error:
            raise CheckpointError(
                f"{self.path} holds something else than tensors, numbers and strings, which is "
                f"not read ({_first_sentence(error)}): give another path"
            ) from None

    def resume(self, settings: dict[str, str]) -> dict | None:
        """The state in the file, if it is that of a run with these settings.

        Args:
            settings: What decides the course of a run, as text, by name.

        Raises:
            CheckpointError: the file is damaged or of other settings; names the first of them.
        """
        state = self.load()
        if state is None:
            return None
        kept = state.get("settings")
        if not isinstance(kept, dict):
            raise CheckpointError(
                f"{self.path} is a checkpoint, but not of a training run: give another path"
            )
        for name in {**settings, **kept}:
            here, there = settings.get(name, "nothing"), kept.get(name, "nothing")
            if here != there:
                raise CheckpointError(
                    f"{self.path} is of a run with other settings ({name} was {there}, is now "
                    f"{here}): delete it to start anew, or give another path"
                )
        return state


def _first_sentence(error: Exception) -> str:
    return str(error).strip().splitlines()[0].split(". ")[0]
