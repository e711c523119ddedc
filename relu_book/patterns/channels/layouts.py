"""Which dimensions of a tensor hold channels, and which one of them a pattern lies along.

A layout marks every dimension: PLAIN holds none, CHANNELS holds nothing else, and a tuple of parts
``(size, mark)`` names what was merged into one dimension, the outer part first, so that
``flatten`` and ``view`` can be undone. Dimensions are marked, not counted, because channels may be
split over several (heads, groups).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod

Part = tuple[int, int]
Mark = int | tuple[Part, ...]

PLAIN, CHANNELS = 0, 1


@dataclass(frozen=True)
class Layout:
    """The marks of all dimensions.

    Attributes:
        marks: one for each dimension; at least one is not PLAIN.
        sure: whether the marks follow from the operations; else they are a guess.
    """

    marks: tuple[Mark, ...]
    sure: bool = True

    def dimension(self, shape: Sequence[int]) -> tuple[int, bool]:
        """The dimension that a pattern lies along, and whether it is the only one possible.

        Example:
            >>> Layout((PLAIN, CHANNELS, PLAIN)).dimension((8, 7, 20))
            (1, True)
            >>> Layout((PLAIN, CHANNELS, PLAIN, CHANNELS)).dimension((8, 2, 20, 16))
            (3, False)
        """
        if self._alone is not None:
            return self._alone, self.sure
        pure = [d for d, mark in enumerate(self.marks) if mark == CHANNELS]
        mixed = [d for d, mark in enumerate(self.marks) if isinstance(mark, tuple)]
        several = [d for d in pure + mixed if shape[d] != 1]
        taken = max(pure or mixed, key=lambda d: (shape[d], d))
        sure = self.sure and several in ([], [taken])
        if not pure and taken == 0:  # merged with the samples, unless there is but one
            if len(shape) > 1:
                return usual_dimension(len(shape)), False
            sure = sure and self.marks[0][0][1] == CHANNELS
        return taken, sure

    @cached_property
    def split(self) -> bool:
        """Whether several dimensions hold channels."""
        return sum(mark != PLAIN for mark in self.marks) > 1

    @cached_property
    def _alone(self) -> int | None:
        """The only dimension that holds channels, if it holds nothing else."""
        held = [d for d, mark in enumerate(self.marks) if mark]
        return held[0] if len(held) == 1 and self.marks[held[0]] == CHANNELS else None


# What is computed from parameters alone: no data, so it has no channels that could be followed.
WEIGHT = Layout((), sure=False)


@lru_cache(maxsize=4096)
def layout(marks: tuple[Mark, ...], sure: bool = True) -> Layout | None:
    """The layout of these marks, one object for equal ones; ``None`` where no channels are left."""
    return Layout(marks, sure) if any(marks) else None


@lru_cache(maxsize=256)
def channels_at(dimension: int, dimensions: int, sure: bool = True) -> Layout | None:
    """Channels in one dimension, counted from either end; ``None`` where there is no such one.

    Example:
        >>> channels_at(-1, 3).marks
        (0, 0, 1)
    """
    if not -dimensions <= dimension < dimensions:
        return None
    marks = [PLAIN] * dimensions
    marks[dimension] = CHANNELS
    return layout(tuple(marks), sure)


def usual_dimension(dimensions: int) -> int:
    """Where channels lie by convention: last in one to three dimensions, else second."""
    return dimensions - 1 if dimensions <= 3 else 1


def whole(mark: Mark) -> int:
    """The mark of a dimension whose parts are lost, say by slicing."""
    return CHANNELS if mark else PLAIN


def merged(parts: Iterable[Part]) -> Mark:
    """The mark of one dimension that holds these parts, the outer first."""
    parts = tuple(part for part in parts if part[0] != 1 or part[1])
    marks = {mark for _, mark in parts}
    return (marks.pop() if marks else PLAIN) if len(marks) < 2 else parts


@lru_cache(maxsize=4096)
def reshaped(
    marks: tuple[Mark, ...], before: tuple[int, ...], after: tuple[int, ...]
) -> tuple[Mark, ...] | None:
    """The marks after ``reshape``; ``None`` where channels cannot be told from the rest.

    Example:
        >>> reshaped((PLAIN, CHANNELS, PLAIN), (8, 6, 5), (8, 30))
        (0, ((6, 1), (5, 0)))
        >>> reshaped((PLAIN, ((6, 1), (5, 0))), (8, 30), (8, 2, 3, 5))
        (0, 1, 1, 0)
    """
    left: list[Part] = []
    for mark, size in zip(marks, before, strict=True):
        exact = isinstance(mark, tuple) and prod(n for n, _ in mark) == size
        left += mark if exact else [(size, whole(mark))]
    left = [part for part in left if part != (1, PLAIN)][::-1]  # the next part comes last
    found: list[list[Part]] = []
    for size in after:
        parts: list[Part] = []
        if size == 1 and left and left[-1][0] == 1:
            parts.append(left.pop())
        while size != 1:
            if not left:
                return None
            part, mark = left.pop()
            if part == size:
                parts.append((part, mark))
                size = 1
            elif not part or not size:
                return None
            elif size % part == 0:
                parts.append((part, mark))
                size //= part
            elif part % size == 0:
                parts.append((size, mark))
                left.append((part // size, mark))
                size = 1
            else:
                return None
        found.append(parts)
    if any(size != 1 for size, _ in left) or not found:
        return None
    found[-1] += left[::-1]
    return tuple(map(merged, found))


def agreed(layouts: Sequence[Layout]) -> Layout | None:
    """The layout of what was computed from these, which have equally many dimensions."""
    layouts = [one for one in layouts if one.sure] or layouts
    if not layouts:
        return None
    first = layouts[0]
    for other in layouts[1:]:
        both = zip(first.marks, other.marks, strict=True)
        if other is not first and not any(a and b for a, b in both):
            return layout(first.marks, False)
    return first
