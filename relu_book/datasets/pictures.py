"""Pictures in PNG, JPEG, WebP and other formats, as one array of bytes.

Pictures of one size are taken as they are. Others are brought to one by ``size``: the shorter side
is scaled to 256/224 of it (bilinear, antialiased), then the middle is cut out, the usual way to
test on ImageNet (thesis 2.1.1: the shorter side to 256 pixels; crops of 224).
"""

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from numbers import Integral

import numpy as np

from relu_book.datasets.dataset import DataIntegrityError, reason
from relu_book.datasets.memory import require

# Trying the one right decoder instead of all in turn halves the time of small pictures.
_FORMATS = {b"\x89PNG": ["PNG"], b"\xff\xd8\xff": ["JPEG"], b"RIFF": ["WEBP"]}


def decode(content: bytes, size: int | None = None) -> np.ndarray:
    """One picture.

    Args:
        content: A file of any format that Pillow reads, with 8 bits a channel.
        size: Height and width that it is brought to, see above; None keeps its own.

    Returns:
        Uint8, shape (height, width) for grey pictures, else (height, width, 3). Transparency is
        dropped, palettes are resolved.

    Raises:
        ValueError: Another number of bits.
        ImportError: Pillow is not installed.
        Exception: What Pillow raises for content that it cannot read, of many types.

    Cost: 0.1 ms for 32 x 32 pixels, 8 ms for a usual ImageNet picture.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (40, 30), "red").save(file, "PNG")
        >>> decode(file.getvalue()).shape, decode(file.getvalue(), size=8)[0, 0]
        ((30, 40, 3), array([255,   0,   0], dtype=uint8))
    """
    image = _pillow()
    formats = next((_FORMATS[key] for key in _FORMATS if content.startswith(key)), None)
    with image.open(io.BytesIO(content), formats=formats) as picture:
        if picture.mode.startswith(("I", "F")):
            raise ValueError(f"8 bits a channel were expected, but the mode is {picture.mode}")
        picture = picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
        if size is not None:
            picture = _fit(picture, size)
        return np.asarray(picture)


def stack(
    sources: Iterable[tuple[str, bytes]],
    samples: int,
    *,
    data_set: str,
    remedy: str,
    classes: int,
    size: int | None = None,
    shape: tuple[int, int] | None = None,
    colour: bool = False,
) -> np.ndarray:
    """All pictures of a set in one array.

    Args:
        sources: Of each picture its place, for messages, and its content.
        samples: Their number.
        data_set: Name of the set, for messages.
        remedy: What to do about a damaged file, for messages.
        classes: Number of classes, for messages.
        size: Height and width that all are brought to.
        shape: Height and width that all must have; by default those of the first one.
        colour: Whether grey pictures become coloured ones of three equal channels even if all are
            grey. Where some are coloured, all become so.

    Returns:
        Uint8, shape (samples, channels, height, width).

    Raises:
        DataIntegrityError: A picture cannot be decoded, or has another shape than it must.
        ValueError: Pictures of differing shapes, or a size that is none.
        MemoryError: They do not fit; asked when the first one is known.
        ImportError: Pillow is not installed.

    Cost: that of ``decode``, on all cores where ``size`` is given; 1 byte a value.

    Example:
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("L", (4, 3)).save(file, "PNG")
        >>> sources = [("a.png", file.getvalue())] * 2
        >>> stack(sources, 2, data_set="toy", remedy="ask", classes=1).shape
        (2, 1, 3, 4)
    """
    _pillow()
    if size is not None and not (isinstance(size, Integral) and size >= 1):
        raise ValueError(f"size must be a whole number of at least 1, but got {size!r}")

    def read(source: tuple[str, bytes]) -> tuple[str, np.ndarray]:
        place, content = source
        try:
            return place, decode(content, size)
        except Exception as error:  # damaged files make the decoders raise errors of all kinds
            raise DataIntegrityError(
                f"{place} of the data set {data_set!r} is no intact picture "
                f"({reason(error)}): {remedy}"
            ) from None

    images = None
    for index, (place, picture) in enumerate(_map(read, sources, parallel=size is not None)):
        if images is None:
            expected = (size, size) if size is not None else shape or picture.shape[:2]
            channels = 3 if colour or picture.ndim == 3 else 1
            values = channels * expected[0] * expected[1]
            require(samples, values, 5, f"pictures of {data_set!r}", classes)
            images = np.empty((samples, channels, *expected), dtype=np.uint8)
        if picture.shape[:2] != tuple(expected):
            found, wanted = (" x ".join(map(str, s)) for s in (picture.shape[:2], expected))
            message = f"{place} of the data set {data_set!r} has {found} pixels, expected {wanted}"
            if shape is not None:
                raise DataIntegrityError(f"{message}: {remedy}")
            raise ValueError(f"{message} like the others: bring all to one size by size=")
        if picture.ndim == 3 and images.shape[1] == 1:
            images = images.repeat(3, axis=1)
        images[index] = picture if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return images


def _fit(picture, size: int):
    """The middle of a picture, as torchvision's Resize and CenterCrop cut it out."""
    short = round(size * 256 / 224)
    width, height = picture.size
    new = [int(short * side / min(width, height)) for side in (width, height)]
    left, top = (round((side - size) / 2) for side in new)
    resampling = _pillow().Resampling.BILINEAR
    return picture.resize(new, resampling).crop((left, top, left + size, top + size))


def _map(function, items: Iterable, parallel: bool) -> Iterator:
    """Like map; in threads if wanted, but never far ahead, so that few files are in memory."""
    if not parallel:
        yield from map(function, items)
        return
    items = iter(items)
    with ThreadPoolExecutor() as pool:
        while chunk := list(islice(items, 256)):
            yield from pool.map(function, chunk)


def _pillow():
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "pictures are decoded by Pillow, which is not installed: "
            "run `pip install pillow` or `pip install 'relu-book[lab]'`"
        ) from None
    return Image
