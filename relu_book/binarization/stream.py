"""Random numbers that are a function of where they stand: seed, pass, layer, weight, sample.

A stream is a few numbers: its seed, how many passes were drawn from it, how many samples were added
to the last one. Each layer of each pass has a key of its own, and with it every weight and sample
its random digits, whatever else was drawn before. So a pass can be drawn again, go on where it
stopped, and be the same on every device.
"""

import torch
from torch import Tensor

_MASK = (1 << 64) - 1
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

Key = tuple[int, int]


class Stream:
    """The state of a binarized network's randomness.

    Args:
        generator: gives the seed; without one torch's global generator, so that
            ``torch.manual_seed`` fixes it.

    Attributes:
        seed: of 63 bits.
        passes: how many were begun; the last one has this number.
        added: samples that refining added to the last pass.

    Example:
        >>> stream = Stream(torch.Generator().manual_seed(0))
        >>> stream.passes, stream.key(3) == stream.key(3), stream.key(3) == stream.key(4)
        (0, True, False)
    """

    def __init__(self, generator: torch.Generator | None = None) -> None:
        check_generator(generator)
        device = "cpu" if generator is None else generator.device
        drawn = torch.randint(
            (1 << 63) - 1, (), generator=generator, device=device, dtype=torch.int64
        )
        self.seed = int(drawn)
        self.passes = 0
        self.added = 0

    def next_pass(self) -> None:
        """Begins a pass of new draws."""
        self.passes += 1
        self.added = 0

    def key(self, layer: int, call: int = 0) -> Key:
        """Two numbers of 64 bits for a layer of the last pass, and for a call of it."""
        first = self.seed
        for number in (self.passes, layer, call):
            first = mixed(mixed(first + _STEP) + number)
        return first, mixed(first + _STEP)

    def state(self) -> Tensor:
        """Seed, passes and added samples, int64 of shape (3,), for a checkpoint."""
        return torch.tensor([self.seed, self.passes, self.added])

    def set_state(self, state: Tensor) -> None:
        """Goes on from a state.

        Raises:
            ValueError: it is none.
        """
        if not (isinstance(state, Tensor) and state.shape == (3,) and state.dtype == torch.int64):
            raise ValueError(
                "the state of a stream is int64 of shape (3,), seed, passes and added samples, not "
                f"{state!r:.100}; load one that a stream has given"
            )
        seed, passes, added = state.tolist()
        if passes < 0 or added < 0:
            raise ValueError(
                "the passes and added samples of a stream are at least 0, not "
                f"{passes} and {added}; load a state that a stream has given"
            )
        self.seed, self.passes, self.added = seed, passes, added


def check_generator(generator: object) -> None:
    """Raises a TypeError unless it is a generator of torch, or ``None`` for the global one."""
    if not (generator is None or isinstance(generator, torch.Generator)):
        raise TypeError(
            f"generator is a torch.Generator, not {generator!r:.100}; make one by "
            "torch.Generator().manual_seed(0)"
        )


def mixed(number: int) -> int:
    """A number of 64 bits whose bits all depend on all of the given one's (SplitMix64's mixing).

    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", with the constants
    of Stafford's variant 13.

    Example:
        >>> hex(mixed(0x9E3779B97F4A7C15))
        '0xe220a8397b1dcdaf'
    """
    number &= _MASK
    number = (number ^ (number >> 30)) * _FIRST & _MASK
    number = (number ^ (number >> 27)) * _SECOND & _MASK
    return number ^ (number >> 31)
