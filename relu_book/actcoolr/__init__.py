"""ActCooLR: a learning rate schedule that prescribes temperatures and finds the rates (thesis 3.3).

``ActCooLR`` is the scheduler. A *target* says how hot each moment of the training is to be, a
*policy* how the rate that makes it so is found: ``ThesisPolicy`` is algorithm 6 of appendix A.4.
"""

from relu_book.actcoolr.history import History
from relu_book.actcoolr.policy import DivergedError, Limits, Policy, Seen
from relu_book.actcoolr.scheduler import POLICIES, ActCooLR
from relu_book.actcoolr.search import bracket
from relu_book.actcoolr.targets import ProbabilityTarget, TemperatureTarget
from relu_book.actcoolr.thesis import ThesisPolicy

__all__ = [
    "POLICIES",
    "ActCooLR",
    "DivergedError",
    "History",
    "Limits",
    "Policy",
    "ProbabilityTarget",
    "Seen",
    "TemperatureTarget",
    "ThesisPolicy",
    "bracket",
]
