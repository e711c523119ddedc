"""A start temperature for who has none: from what the first steps of the training bear.

The default policy starts mild and lets the rate rise from step to step. Under a hot target it rises
until weights move as far as they may in a step, or have grown, or the target is met. Half of the
highest temperature that two steps in a row had until then is the start temperature.
"""

from dataclasses import dataclass

from relu_book.actcoolr.policy import Seen
from relu_book.actcoolr.safe import SafePolicy
from relu_book.actcoolr.targets import temperature_of

HOTTEST = 3.17
LEAST = 0.3


@dataclass
class Range:
    """The measured range of the first steps.

    Args:
        last: the step at which it ends at the latest.
        highest: temperature so far, of two steps in a row.
        before: temperature of the step before.
        start: the temperature that was found, ``None`` as long as there is none.

    Example:
        >>> found = Range(last=20)
        >>> for step, share in enumerate((0.2, 0.5, 0.75, 0.875), 1):
        ...     found.observe(step, Seen(0.1, share, relative_step=0.013 * step), SafePolicy())
        >>> found.start
        1.0
    """

    last: int
    highest: float = 0.0
    before: float = 0.0
    start: float | None = None

    def observe(self, step: int, seen: Seen, policy: SafePolicy) -> None:
        """Takes in what a step changed.

        Args:
            step: its number, from 1.
            seen: what was measured.
            policy: whose limits end the range.
        """
        bits = temperature_of(seen.between)
        self.highest = max(self.highest, min(bits, self.before))
        self.before = bits
        is_limit = seen.relative_step > 0.9 * policy.relative_step[bits >= 1]
        is_long = seen.growth > policy.growth[0]
        if is_limit or is_long or self.highest >= HOTTEST or step >= self.last:
            self.start = max(self.highest / 2, LEAST)
