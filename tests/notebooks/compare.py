"""Whether two pictures are the same to a reader's eye, and the pictures inside a piece of HTML.

Pixels: equal size; at most 1 % of all pixels, and at most 10 % of any 32 x 32 square, differ by
more than 24 of 255 in a colour. The second rule sees a moved line or another digit, which is less
than 1 % of a large picture; rounding on another processor moves single pixels along edges.

SVG: the same elements and attributes in the same order; coordinates may differ by half a point.
Matplotlib derives ids of clip paths and markers from their coordinates, so those are renumbered.
"""

import base64
import binascii
import io
import re
from xml.etree import ElementTree

import numpy as np
from PIL import Image, UnidentifiedImageError

COLOUR_TOLERANCE = 24
SHARE_OF_PICTURE = 0.01
SHARE_OF_SQUARE = 0.10
SQUARE = 32
COORDINATE_TOLERANCE = 0.5

_GEOMETRY = {
    "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "points", "transform",
    "width", "height", "viewBox",
}  # fmt: skip
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_HASHED_ID = re.compile(r"\b[a-zA-Z][0-9a-f]{10}\b")

# How WebP, PNG, JPEG, GIF and SVG begin in base64.
_PICTURE = re.compile(
    r"(?<![A-Za-z0-9+/])(?:UklGR|iVBORw0KGgo|/9j/|R0lGOD|PHN2Z|PD94bWwg)[A-Za-z0-9+/]*={0,2}"
)
# The player names itself by a hash of its frames.
_PLAYER = re.compile(r'(data-player=\\?")[0-9a-f]{12}')


def difference(stored: bytes, fresh: bytes) -> str | None:
    """How a fresh picture differs from the stored one, in a phrase; None if it does not.

    Example:
        >>> def square(grey):
        ...     data = io.BytesIO()
        ...     Image.new("L", (50, 50), grey).save(data, "PNG")
        ...     return data.getvalue()
        >>> difference(square(10), square(34)) is None
        True
        >>> difference(square(10), square(35))
        '100.0 % of the pixels differ (1 % allowed)'
    """
    try:
        if _is_svg(stored) and _is_svg(fresh):
            return _svg_difference(stored, fresh)
        return _pixel_difference(_pixels(stored), _pixels(fresh))
    except (UnidentifiedImageError, ElementTree.ParseError, OSError) as error:
        return f"it cannot be read: {error}"


def split_html(page: str) -> tuple[str, list[bytes]]:
    """A piece of HTML without its embedded pictures, and the pictures in their order.

    Example:
        >>> encoded = base64.b64encode(b"<svg></svg>").decode()
        >>> split_html(f'<img alt="a" src="data:image/svg+xml;base64,{encoded}">')
        ('<img alt="a" src="data:image/svg+xml;base64,(picture)">', [b'<svg></svg>'])
    """
    pictures = []

    def take(match):
        pictures.append(decode(match.group()))
        return "(picture)"

    text = _PICTURE.sub(take, page)
    return _PLAYER.sub(r"\1(hash of the frames)", text), pictures


def decode(encoded: str) -> bytes:
    """Bytes of a picture in base64; what is no base64 is an unreadable picture."""
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return b""


def _is_svg(data: bytes) -> bool:
    return data.lstrip()[:5] in (b"<?xml", b"<svg ", b"<svg>")


def _pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"), dtype=np.int16)


def _pixel_difference(stored: np.ndarray, fresh: np.ndarray) -> str | None:
    if stored.shape != fresh.shape:
        sizes = [f"{picture.shape[1]} x {picture.shape[0]}" for picture in (stored, fresh)]
        return f"its size is {sizes[1]} pixels, not {sizes[0]}"
    off = (np.abs(stored - fresh) > COLOUR_TOLERANCE).any(axis=2)
    if off.mean() > SHARE_OF_PICTURE:
        return f"{off.mean():.1%} of the pixels differ (1 % allowed)".replace("%", " %", 1)
    for top in range(0, off.shape[0], SQUARE):
        for left in range(0, off.shape[1], SQUARE):
            square = off[top : top + SQUARE, left : left + SQUARE]
            # Cut squares at the edge count as whole ones: three pixels of eight are no finding.
            share = square.sum() / SQUARE**2
            if share > SHARE_OF_SQUARE:
                return (
                    f"{100 * share:.0f} % of the pixels differ in the square at x {left}, y {top} "
                    f"(10 % allowed)"
                )
    return None


def _svg_difference(stored: bytes, fresh: bytes) -> str | None:
    elements = [list(_tree(data).iter()) for data in (stored, fresh)]
    if len(elements[0]) != len(elements[1]):
        return f"its SVG has {len(elements[1])} elements, not {len(elements[0])}"
    worst, where = 0.0, ""
    for old, new in zip(*elements, strict=True):
        name = old.tag.rpartition("}")[2]
        if (old.tag, sorted(old.attrib), _text(old)) != (new.tag, sorted(new.attrib), _text(new)):
            return f"an SVG element <{name}> has another name, other attributes or another text"
        for attribute, value in old.attrib.items():
            found = _attribute_difference(attribute, value, new.attrib[attribute])
            if isinstance(found, str):
                return f"in its SVG, <{name}> {found}"
            if found > worst:
                worst, where = found, f"<{name}> {attribute.rpartition('}')[2]}"
    if worst > COORDINATE_TOLERANCE:
        return f"its SVG coordinates differ by up to {worst:.3g} points, in {where} (0.5 allowed)"
    return None


def _attribute_difference(attribute: str, old: str, new: str) -> float | str:
    """Largest difference of coordinates, or what differs otherwise."""
    attribute = attribute.rpartition("}")[2]
    if old == new:
        return 0.0
    if old.startswith("data:image") and new.startswith("data:image"):
        found = difference(*(decode(value.partition(",")[2]) for value in (old, new)))
        return f"holds another picture: {found}" if found else 0.0
    numbers = [np.array(_NUMBER.findall(value), dtype=float) for value in (old, new)]
    same_words = _NUMBER.sub("#", old) == _NUMBER.sub("#", new)
    if attribute not in _GEOMETRY or not same_words:
        return f"has another {attribute}: {new[:40]!r}, not {old[:40]!r}"
    return float(np.abs(numbers[0] - numbers[1]).max())


def _tree(data: bytes) -> ElementTree.Element:
    """The SVG with its hashed ids numbered in the order in which they appear."""
    seen: dict[str, str] = {}

    def number(match):
        return seen.setdefault(match.group(), f"id-{len(seen)}")

    root = ElementTree.fromstring(data)
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute == "id" or "#" in value:
                element.set(attribute, _HASHED_ID.sub(number, value))
    return root


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()
