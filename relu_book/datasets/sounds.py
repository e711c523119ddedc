"""Sounds in wav files of 16 bits a value and one channel, as one array of whole numbers."""

import io
import struct
import wave
from collections.abc import Iterable
from numbers import Integral

import numpy as np

from relu_book.datasets.dataset import DataIntegrityError
from relu_book.datasets.memory import require

#: Value 32 768 stands for 1, so that loudest sounds lie in [-1, 1).
FULL_SCALE = 32_768


def decode(content: bytes, rate: int | None = None) -> np.ndarray:
    """One sound.

    Args:
        content: A wav file, 16-bit linear PCM, one channel.
        rate: Values a second that it must have; None takes any.

    Returns:
        Int16, shape (time,).

    Raises:
        ValueError: Another format, or fewer values than the file states.

    Cost: 30 us for a second at 16 kHz.

    Example:
        >>> file = io.BytesIO()
        >>> with wave.open(file, "wb") as sound:
        ...     sound.setparams((1, 2, 16_000, 3, "NONE", ""))
        ...     sound.writeframes(np.array([0, -1, 256], dtype="<i2").tobytes())
        >>> decode(file.getvalue())
        array([  0,  -1, 256], dtype=int16)
    """
    try:
        with wave.open(io.BytesIO(content)) as sound:
            channels, width, found, stated = sound.getparams()[:4]
            values = sound.readframes(stated)
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:
        raise ValueError(f"not a wav file: {error or 'it ends early'}") from None
    if (channels, width) != (1, 2) or rate not in (None, found):
        raise ValueError(
            f"one channel of 16 bits{f' at {rate} Hz' if rate else ''} was expected, "
            f"but it has {channels} of {8 * width} at {found} Hz"
        )
    if not stated or len(values) != 2 * stated:
        raise ValueError(f"{stated} values are stated, {len(values) // 2} are there")
    return np.frombuffer(values, dtype="<i2").astype(np.int16)


def stack(
    sources: Iterable[tuple[str, bytes]],
    samples: int,
    *,
    data_set: str,
    remedy: str,
    classes: int,
    length: int | None = None,
    rate: int | None = None,
) -> np.ndarray:
    """All sounds of a set in one array.

    Args:
        sources: Of each sound its place, for messages, and its content.
        samples: Their number.
        data_set: Name of the set, for messages.
        remedy: What to do about a damaged file, for messages.
        classes: Number of classes, for messages.
        length: Values that each is brought to: zeros follow a shorter one, a longer one is cut
            off. By default all must be as long as the first one.
        rate: Values a second that all must have; by default as many as it has.

    Returns:
        Int16, shape (samples, 1, length).

    Raises:
        DataIntegrityError: A file is no such sound or ends early.
        ValueError: Sounds of differing lengths, or a length that is none.
        MemoryError: They do not fit.

    Cost: that of ``decode``; 2 bytes a value.

    Example:
        >>> file = io.BytesIO()
        >>> with wave.open(file, "wb") as sound:
        ...     sound.setparams((1, 2, 16_000, 2, "NONE", ""))
        ...     sound.writeframes(b"\\1\\0\\2\\0")
        >>> stack([("a.wav", file.getvalue())], 1, data_set="", remedy="", classes=1, length=3)
        array([[[1, 2, 0]]], dtype=int16)
    """
    if length is not None and not (isinstance(length, Integral) and length >= 1):
        raise ValueError(f"length must be a whole number of at least 1, but got {length!r}")
    sounds = None
    for index, (place, content) in enumerate(sources):
        try:
            sound = decode(content, rate)
        except ValueError as error:
            raise DataIntegrityError(
                f"{place} of the data set {data_set!r} is no intact sound ({error}): {remedy}"
            ) from None
        if sounds is None:
            width = length or len(sound)
            require(samples, width, 6, f"sounds of {data_set!r}", classes)
            sounds = np.zeros((samples, 1, width), dtype=np.int16)
        if length is None and len(sound) != width:
            raise ValueError(
                f"{place} of the data set {data_set!r} has {len(sound)} values, the ones before it "
                f"have {width}: bring all to one length by length="
            )
        sounds[index, 0, : len(sound)] = sound[:width]
    return sounds
