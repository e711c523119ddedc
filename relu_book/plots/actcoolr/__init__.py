"""The pictures of the chapter on ActCooLR (thesis 3.3, A.4; supplement B, D, G and H).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption. The course of one training with the scheduler is
drawn by ``relu_book.plots.schedule``, which users draw theirs with, too.
"""

from relu_book.plots.actcoolr.bent import POLICIES, draw_bent
from relu_book.plots.actcoolr.runaway import ceiling, course, cut, last, loop, reach
from relu_book.plots.actcoolr.steering import draw_steering, targets

__all__ = [
    "POLICIES",
    "ceiling",
    "course",
    "cut",
    "draw_bent",
    "draw_steering",
    "last",
    "loop",
    "reach",
    "targets",
]
