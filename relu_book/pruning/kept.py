"""Finished trainings of a pruning, in files: one for the unpruned network and one a round.

A file is what ``torch.save`` writes, after the SHA-256 of those bytes, written whole or not at all
and read without running code from it. It says of which pruning it is: of which network, from which
values on, at which rates and rewound to which epoch.
"""

import hashlib
import io
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from torch import nn

from relu_book.files import write_atomically

_DIGEST = hashlib.sha256().digest_size
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # in memory, another in each run


def identity(model: nn.Module) -> dict[str, object]:
    """What tells a network in a given state from others, by the word that a sentence has for it.

    Args:
        model: any network; its class and the layers that it prints count, and of all that its
            ``state_dict`` holds the names, shapes, types and bytes.

    Cost: SHA-256 of the state, about half a second a gigabyte.

    Example:
        >>> one, other = nn.Linear(2, 2), nn.Linear(2, 2)
        >>> [name for name, value in identity(one).items() if identity(other)[name] != value]
        ['initial values']
    """
    state = model.state_dict()
    digest = hashlib.sha256()
    for value in state.values():
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return {
        "layers": _ADDRESS.sub("", f"{type(model).__qualname__} {model!r}"),
        "shapes": {name: tuple(value.shape) for name, value in state.items()},
        "types": {name: value.dtype for name, value in state.items()},
        "initial values": digest.hexdigest(),
    }


class Kept:
    """Files of one pruning, or none.

    Args:
        path: how their names begin; None keeps nothing.
        setting: what the pruning depends on, told apart by its text.
        device: where tensors are read to.

    Raises:
        TypeError: no path.
        ValueError: a path without a name.
    """

    def __init__(
        self, path: str | PathLike | None, setting: Mapping[str, object], device: torch.device
    ) -> None:
        if path is not None and not isinstance(path, str | PathLike):
            raise TypeError(
                "checkpoint must be a path that the names of files begin with, or None, but got "
                f"{path!r}"
            )
        self.path = None if path is None else Path(path)
        if self.path is not None and not self.path.name:
            raise ValueError(
                "checkpoint must end in a name that those of files begin with, but got "
                f"{str(path)!r}"
            )
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
        if there.keys() != self.setting.keys():
            raise ValueError(
                f"{file} is of another version of this library, which tells prunings apart "
                f"otherwise: {self._what_to_do}"
            )
        other = [name for name, here in self.setting.items() if there[name] != here]
        if other:
            raise ValueError(
                f"{file} is of a pruning with other {' and other '.join(other)}: {self._what_to_do}"
            )
        return found

    @property
    def _what_to_do(self) -> str:
        return f"delete the files that begin with {self.path.name}, or give another checkpoint"

    def _file(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}-{number:02d}")
