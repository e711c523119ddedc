"""The soft transition from no change of a pattern to certain change, as the learning rate grows.

Thesis 3.2.3: ``LogNormal`` is its model with two numbers (hypothesis 2), ``ErfPower`` and
``ArctanPower`` are the two that it is compared with, ``change_probability`` is theorem 1. ``Lomax``
is not in the thesis. All are fitted to measured shares of changed patterns with ``.fit``; where
those determine nothing, ``FitError`` says why.
"""

from relu_book.transition.fitting import FitError
from relu_book.transition.log_normal import LogNormal
from relu_book.transition.model import Transition
from relu_book.transition.powers import ArctanPower, ErfPower, Lomax
from relu_book.transition.theorem import change_probability

__all__ = [
    "ArctanPower",
    "ErfPower",
    "FitError",
    "LogNormal",
    "Lomax",
    "Transition",
    "change_probability",
]
