"""ActCooLR: a learning rate schedule that prescribes temperatures and finds the rates (thesis 3.3).

``ActCooLR`` is the scheduler. A *target* says how hot each moment of the training is to be, a
*policy* how the rate that makes it so is found: ``SafePolicy``, the default, follows no target into
a divergence; ``ThesisPolicy`` is algorithm 6 of appendix A.4 as it stands there; ``ListingPolicy``
and ``DynamicPolicy`` are those of the supplement, sections H and D. ``PRESETS`` are the settings of
its section G.
"""

from relu_book.actcoolr.dynamic import DynamicPolicy
from relu_book.actcoolr.fitted import FittedPolicy
from relu_book.actcoolr.history import History
from relu_book.actcoolr.listing import ListingPolicy
from relu_book.actcoolr.policy import DivergedError, Limits, Policy, Seen
from relu_book.actcoolr.presets import PRESETS, Preset
from relu_book.actcoolr.safe import SafePolicy
from relu_book.actcoolr.scheduler import POLICIES, ActCooLR
from relu_book.actcoolr.search import bracket
from relu_book.actcoolr.targets import ProbabilityTarget, TemperatureTarget
from relu_book.actcoolr.thesis import ThesisPolicy

__all__ = [
    "POLICIES",
    "PRESETS",
    "ActCooLR",
    "DivergedError",
    "DynamicPolicy",
    "FittedPolicy",
    "History",
    "Limits",
    "ListingPolicy",
    "Policy",
    "Preset",
    "ProbabilityTarget",
    "SafePolicy",
    "Seen",
    "TemperatureTarget",
    "ThesisPolicy",
    "bracket",
]
