"""Finished trainings of a pruning, in files: one for the unpruned network and one a round.

A file is what ``torch.save`` writes, after the SHA-256 of those bytes, written whole or not at all
and read without running code from it. It says of which pruning it is: of which network, from which
values on, at which rates and rewound to which epoch.
"""

import glob
import hashlib
import io
import os
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from torch import nn

from relu_book.files import write_atomically

_DIGEST = hashlib.sha256().digest_size
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
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
        ValueError: a path without a name, or that ends in a slash.
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
        # A trailing slash, which Path drops, names a folder, and the files would lie beside it.
        folder = path is not None and str(path).endswith(_SEPARATORS)
        if self.path is not None and (folder or not self.path.name):
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
            ValueError: the file is damaged, or of another pruning; or it is missing, and those of
                later rounds, which went on from it, are there.
        """
        if self.path is None:
            return None
        file = self._file(number)
        if not file.exists():
            later = self._after(number)
            if later:
                raise ValueError(
                    f"{file} is missing, from which the training in {later[0].name} went on, so "
                    "that a new one would mix two trainings: put it back, or delete "
                    f"{' and '.join(each.name for each in later)} too"
                )
            return None
        content = file.read_bytes()
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(body).digest() != digest:
            raise ValueError(
                f"{file} is truncated or altered, {len(content)} bytes whose checksum does not "
                "fit: delete it and the files of later rounds, and their trainings are done anew"
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

    def _after(self, number: int) -> list[Path]:
        """The files of later rounds, in order."""
        numbered = re.compile(re.escape(self.path.name) + r"-(\d{2,})")
        found = {}
        for file in self.path.parent.glob(f"{glob.escape(self.path.name)}-*"):
            match = numbered.fullmatch(file.name)
            if match and int(match[1]) > number:
                found[int(match[1])] = file
        return [found[later] for later in sorted(found)]

    def _file(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}-{number:02d}")
