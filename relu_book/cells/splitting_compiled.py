"""The splitting of polygons in machine code, by numba: ``splitting.PlainMesh`` made fast.

The same rules and results, up to the order of the parts. One piece is followed through all units of
the layer while the sides cut off wait on a stack, so the polygon at hand stays in the first-level
cache; cut points are found again in a hash table with the key (edge, unit). About 1 microsecond a
part for layers of some 16 units, and 5 nanoseconds for each unit that passes a piece by.

Compiled once (some seconds) and kept on disk beside this file.
"""

import numpy as np

from relu_book.cells.pieces import COINCIDENCE, TOLERANCE, Pieces, Split, TooManyPiecesError
from relu_book.compiled import kernel


class CompiledMesh:
    """The points of a mesh, and the splitting of its pieces; see ``splitting.PlainMesh``."""

    def __init__(self, points):
        start = np.array(points, dtype=np.float64).reshape(-1, 2)
        room = np.zeros((max(1024, 2 * len(start)), 2))
        room[: len(start)] = start
        empty = np.full(4096, -1, dtype=np.int64)
        self._state = (room, len(start), empty, empty.copy(), empty.copy(), 0)

    @property
    def points(self) -> np.ndarray:
        """``(points, 2)`` float64 in local coordinates."""
        return self._state[0][: self._state[1]]

    def split(self, pieces, affine, rounding, order, first_unit, limit) -> Split:
        """Cuts each piece along the lines of all units; arguments as ``PlainMesh.split``."""
        result, self._state = _split(
            pieces.offsets, pieces.corners, affine, rounding, order, first_unit, limit, *self._state
        )
        parents, offsets, corners, words, thin, coincident, complete = result
        if not complete:
            raise TooManyPiecesError
        return Split(Pieces(offsets, corners), parents, words.view(np.int64), thin, coincident)


@kernel
def _larger(array, needed):
    """The same entries with room for ``needed``, at least doubled so that growth stays cheap."""
    grown = np.empty((max(needed, 2 * array.shape[0]), *array.shape[1:]), dtype=array.dtype)
    grown[: array.shape[0]] = array
    return grown


@kernel
def _slot(edge, unit, edges, units):
    """Where (edge, unit) lies in the table, or the empty place where it belongs."""
    mask = np.uint64(edges.shape[0] - 1)
    mixed = np.uint64(edge) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= np.uint64(unit) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    place = np.int64(mixed & mask)
    while edges[place] != -1 and (edges[place] != edge or units[place] != unit):
        place = (place + 1) & np.int64(mask)
    return place


@kernel
def _larger_table(edges, units, values):
    size = 2 * edges.shape[0]
    new_edges = np.full(size, -1, dtype=np.int64)
    new_units = np.full(size, -1, dtype=np.int64)
    new_values = np.full(size, -1, dtype=np.int64)
    for old in range(edges.shape[0]):
        if edges[old] != -1:
            place = _slot(edges[old], units[old], new_edges, new_units)
            new_edges[place] = edges[old]
            new_units[place] = units[old]
            new_values[place] = values[old]
    return new_edges, new_units, new_values


@kernel
def _next_cut(step, piece, affine, rounding, order, x, y, size, height, word, left_out):
    """The first step at which a unit cuts the polygon, or the number of units.

    Writes the bits of the units passed by into ``word`` and the heights of the corners over the
    cutting line into ``height``, and counts in ``left_out``. A function of its own because numba
    counts references, atomically, in each round of a loop whose function ever replaces an array.
    """
    left = right = x[0]
    bottom = top = y[0]
    for i in range(1, size):
        left = min(left, x[i])
        right = max(right, x[i])
        bottom = min(bottom, y[i])
        top = max(top, y[i])
    x_mid = (left + right) / 2
    y_mid = (bottom + top) / 2
    x_reach = (right - left) / 2 + COINCIDENCE
    y_reach = (top - bottom) / 2 + COINCIDENCE
    while step < order.shape[0]:
        unit = order[step]
        a = affine[piece, 0, unit]
        b = affine[piece, 1, unit]
        c = affine[piece, 2, unit]
        bit = np.uint64(1) << np.uint64(unit & 63)
        # Most lines miss even the upright box around the piece.
        h = a * x_mid + b * y_mid + c
        reach = abs(a) * x_reach + abs(b) * y_reach
        if h > reach:
            word[unit >> 6] |= bit
        elif h >= -reach:
            high = -np.inf
            low = np.inf
            for i in range(size):
                h = a * x[i] + b * y[i] + c
                height[i] = h
                high = max(high, h)
                low = min(low, h)
            slope = abs(a) + abs(b)
            tolerance = TOLERANCE * slope + rounding[unit]
            if high > tolerance and low < -tolerance:
                return step
            overhang = min(high, -low)
            if overhang > COINCIDENCE * slope + rounding[unit]:
                left_out[0] += 1
            elif overhang > 0.0:
                left_out[1] += 1
            if high > -low:
                word[unit >> 6] |= bit
        step += 1
    return step


@kernel
def _split(
    offsets, corners, affine, rounding, order, first_unit, limit,
    points, used, edges, units, values, entries,
):  # fmt: skip
    count = offsets.shape[0] - 1
    width = affine.shape[2]
    words_a_row = (width + 63) // 64
    longest = 0
    for piece in range(count):
        longest = max(longest, offsets[piece + 1] - offsets[piece])
    longest += width + 2

    # The polygon at hand, and room to build one of its sides.
    at = np.empty(longest, dtype=np.int64)
    x = np.empty(longest)
    y = np.empty(longest)
    height = np.empty(longest)
    side = np.empty(longest, dtype=np.int64)
    word = np.zeros(words_a_row, dtype=np.uint64)

    # Sides that wait: their corners one after the other, and the unit at which each goes on.
    waiting = np.empty(64 * longest, dtype=np.int64)
    waiting_start = np.zeros(width + 2, dtype=np.int64)
    waiting_step = np.zeros(width + 2, dtype=np.int64)
    waiting_word = np.zeros((width + 2, words_a_row), dtype=np.uint64)

    room = max(64, 2 * count)
    parents = np.empty(room, dtype=np.int64)
    ends = np.empty(room + 1, dtype=np.int64)
    words = np.empty((room, words_a_row), dtype=np.uint64)
    out = np.empty(6 * room, dtype=np.int64)
    ends[0] = 0
    parts = 0
    left_out = np.zeros(2, dtype=np.int64)
    complete = True

    for piece in range(count):
        size = offsets[piece + 1] - offsets[piece]
        for i in range(size):
            at[i] = corners[offsets[piece] + i]
        word[:] = np.uint64(0)
        step = 0
        stack = 0
        while True:
            for i in range(size):
                x[i] = points[at[i], 0]
                y[i] = points[at[i], 1]
            while True:
                step = _next_cut(
                    step, piece, affine, rounding, order, x, y, size, height, word, left_out
                )
                if step == width:
                    break
                unit = order[step]
                step += 1
                slope = abs(affine[piece, 0, unit]) + abs(affine[piece, 1, unit])
                tolerance = TOLERANCE * slope + rounding[unit]

                # From the highest corner round to the first below, and on to the first above again.
                leave = height[:size].argmax()
                while height[(leave + 1) % size] >= -tolerance:
                    leave = (leave + 1) % size
                down = (leave + 1) % size
                enter = down
                while height[(enter + 1) % size] <= tolerance:
                    enter = (enter + 1) % size
                up = (enter + 1) % size

                if used + 2 > points.shape[0]:
                    points = _larger(points, used + 2)
                if 2 * (entries + 2) > edges.shape[0]:
                    edges, units, values = _larger_table(edges, units, values)
                leave_point = at[leave]
                enter_point = at[enter]
                for crossing in range(2):
                    if crossing == 0:
                        i, j = leave, down
                        on_line = height[leave] <= tolerance
                    else:
                        i, j = enter, up
                        on_line = height[enter] >= -tolerance
                    if on_line:
                        continue
                    if at[i] > at[j]:
                        i, j = j, i
                    edge = at[i] << 32 | at[j]
                    place = _slot(edge, first_unit + unit, edges, units)
                    if edges[place] == -1:
                        share = height[i] / (height[i] - height[j])
                        points[used, 0] = x[i] + share * (x[j] - x[i])
                        points[used, 1] = y[i] + share * (y[j] - y[i])
                        edges[place] = edge
                        units[place] = first_unit + unit
                        values[place] = used
                        used += 1
                        entries += 1
                    if crossing == 0:
                        leave_point = values[place]
                    else:
                        enter_point = values[place]

                # The side below waits.
                start = waiting_start[stack]
                if start + size + 2 > waiting.shape[0]:
                    waiting = _larger(waiting, start + size + 2)
                end = start
                i = down
                while True:
                    waiting[end] = at[i]
                    end += 1
                    if i == enter:
                        break
                    i = (i + 1) % size
                if enter_point != at[enter]:
                    waiting[end] = enter_point
                    end += 1
                waiting[end] = leave_point
                end += 1
                waiting_word[stack] = word
                waiting_step[stack] = step
                stack += 1
                waiting_start[stack] = end

                # The side above goes on.
                length = 0
                i = up
                while True:
                    side[length] = at[i]
                    length += 1
                    if i == leave:
                        break
                    i = (i + 1) % size
                if leave_point != at[leave]:
                    side[length] = leave_point
                    length += 1
                side[length] = enter_point
                size = length + 1
                for i in range(size):
                    at[i] = side[i]
                    x[i] = points[side[i], 0]
                    y[i] = points[side[i], 1]
                word[unit >> 6] |= np.uint64(1) << np.uint64(unit & 63)

            if parts == limit:
                complete = False
                break
            if parts == parents.shape[0]:
                parents = _larger(parents, parts + 1)
                words = _larger(words, parts + 1)
                ends = _larger(ends, parts + 2)
            if ends[parts] + size > out.shape[0]:
                out = _larger(out, ends[parts] + size)
            for i in range(size):
                out[ends[parts] + i] = at[i]
            words[parts] = word
            parents[parts] = piece
            ends[parts + 1] = ends[parts] + size
            parts += 1
            if stack == 0:
                break
            stack -= 1
            size = waiting_start[stack + 1] - waiting_start[stack]
            for i in range(size):
                at[i] = waiting[waiting_start[stack] + i]
            word[:] = waiting_word[stack]
            step = waiting_step[stack]
        if not complete:
            break

    found = (
        parents[:parts].copy(),
        ends[: parts + 1].copy(),
        out[: ends[parts]].copy(),
        words[:parts].copy(),
        left_out[0],
        left_out[1],
        complete,
    )
    return found, (points, used, edges, units, values, entries)
