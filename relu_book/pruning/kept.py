"""Finished trainings of a pruning, in files: one for the unpruned network and one a round.

A file is what ``torch.save`` writes, after the SHA-256 of those bytes, written whole or not at all
and read without running code from it.
"""

import hashlib
import io
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch

from relu_book.files import write_atomically

_DIGEST = hashlib.sha256().digest_size


class Kept:
    """Files of one pruning, or none.

    Args:
        path: how their names begin; None keeps nothing.
        setting: what the pruning depends on, told apart by its text.
        device: where tensors are read to.
    """

    def __init__(
        self, path: str | PathLike | None, setting: Mapping[str, object], device: torch.device
    ) -> None:
        self.path = None if path is None else Path(path)
        self.setting = {name: repr(value) for name, value in setting.items()}
        self.device = device

    def save(self, number: int, content: Mapping[str, object]) -> None:
        """Keep a finished training."""
        if self.path is None:
            return
        buffer = io.BytesIO()
        torch.save({"setting": self.setting, **content}, buffer)
        body = buffer.getvalue()
        write_atomically(self._file(number), hashlib.sha256(body).digest() + body)

    def load(self, number: int) -> dict | None:
        """A finished training; None where there is none.

        Raises:
            ValueError: the file is damaged, or of another pruning.
        """
        if self.path is None or not self._file(number).exists():
            return None
        file = self._file(number)
        content = file.read_bytes()
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(body).digest() != digest:
            raise ValueError(
                f"{file} is truncated or altered, {len(content)} bytes whose checksum does not "
                "fit: delete it, and the training is done anew"
            )
        found = torch.load(io.BytesIO(body), weights_only=True, map_location=self.device)
        there = found.pop("setting")
        for name, here in self.setting.items():
            if there.get(name) != here:
                raise ValueError(
                    f"{file} is of a pruning with other {name}: delete the files that begin with "
                    f"{self.path.name}, or give another checkpoint"
                )
        return found

    def _file(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}-{number:02d}")
