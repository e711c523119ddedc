"""Drawing weights: how many of n Bernoulli trials succeed, exactly and sample by sample (eq 4.8).

Sample i of a weight is 1 if a uniform number u is below its probability p. The binary digits of u
come from a counter-based generator (``stream``): for 16 samples a word of 64 bits has four digits
each, first the leading one. Since p is a float, it has at most 53 binary digits, and comparing them
draws with probability p itself, not with a rounded one; on average two digits of u decide.

As each sample is a number of its own, n samples and m more are n + m of the same stream, in any
parts. Nothing is kept between draws: the place says it all.
"""

from functools import cache
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import torch
from jaxtyping import Float, Int32
from torch import Tensor

from relu_book.binarization.encoding import Encoding, checked_samples, encode
from relu_book.binarization.stream import Key, Stream

BLOCK = 16  # samples that one word has digits for
_DIGITS = 53
_STEP, _FIRST, _SECOND = (
    word - (1 << 64) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


def sample(
    weights: Float[Tensor, "*shape"] | Encoding,
    samples: int,
    *,
    generator: torch.Generator | None = None,
    deterministic: bool = False,
) -> Float[Tensor, "*shape"]:
    """Weights drawn by equation 4.8, s·2^e·(B/n + 1) with B binomial of n and p.

    Args:
        weights: as :func:`~relu_book.binarization.encode` takes them, or encoded.
        samples: n, at least 1.
        generator: draws the seed of this call; without one torch's global generator does.
        deterministic: weights whose p is a multiple of 1/n are not drawn but taken as they are,
            as thesis 4.2.1 notes: 3 is (2 + 4)/2.

    Returns:
        Of the weights' shape and dtype, with mean w. A weight in the last octave of its type, such
        as 2^127 and more in float32, may be drawn as infinite: twice its power of two is.

    Raises:
        TypeError, ValueError: as :func:`~relu_book.binarization.encode`; ``samples`` is no whole
            number from 1 to 2^30.

    Cost: with Numba some 2 ns a weight for 16 samples, 8 ns for 64; without it 100 times as long.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> drawn = sample(torch.full((1000,), 2.5), 1, generator=generator)
        >>> sorted(set(drawn.tolist())), 2.4 < drawn.mean() < 2.6
        ([2.0, 4.0], tensor(True))
    """
    n = checked_samples(samples)
    encoding = weights if isinstance(weights, Encoding) else encode(weights)
    key = Stream(generator).key(0)
    counts = torch.zeros(encoding.sign.shape, dtype=torch.int32, device=encoding.sign.device)
    add_successes(encoding.probability, key, 0, n, counts)
    if deterministic:
        counts = with_exact_counts(encoding.probability, counts, n)
    return with_successes(encoding.scale, counts, n)


def add_successes(
    probability: Float[Tensor, "*shape"], key: Key, start: int, stop: int, counts: Tensor
) -> None:
    """Adds the successes among the samples ``start`` to ``stop`` of each weight, in place.

    Args:
        probability: p of each weight.
        key: of a layer and pass.
        start: the first sample, from 0.
        stop: the first sample not drawn.
        counts: int32 of the same shape and device, contiguous.
    """
    kernels = _compiled() if counts.device.type == "cpu" else None
    if kernels is None:
        _add_successes(probability, key, start, stop, counts)
    else:
        if probability.dtype in (torch.float16, torch.bfloat16):
            probability = probability.float()
        p = probability.detach().reshape(-1).numpy()
        kernels.add_successes(p, *map(np.uint64, key), start, stop, counts.view(-1).numpy())


def with_successes(
    scale: Float[Tensor, "*shape"], counts: Int32[Tensor, "*shape"], samples: int
) -> Float[Tensor, "*shape"]:
    """s·2^e·(B/n + 1) for counts B of n samples, rounded once if n is no power of two."""
    wide = torch.promote_types(scale.dtype, torch.float32)
    return counts.to(wide).div_(samples).add_(1).mul_(scale).to(scale.dtype)


def with_exact_counts(
    probability: Float[Tensor, "*shape"], counts: Int32[Tensor, "*shape"], samples: int
) -> Int32[Tensor, "*shape"]:
    """The counts, where p·n is a whole number that number (thesis 4.2.1)."""
    exact, whole = exact_counts(probability, samples)
    return torch.where(whole, exact.to(torch.int32), counts)


def exact_counts(probability: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """p·n in float64, and where it is a whole number."""
    expected = probability.double() * samples
    return expected, expected == expected.floor()


@cache
def _compiled() -> ModuleType | None:
    """Numba's kernel where it is installed."""
    if find_spec("numba") is None:
        return None
    from relu_book.binarization import sampling_compiled

    return sampling_compiled


def _add_successes(probability: Tensor, key: Key, start: int, stop: int, counts: Tensor) -> None:
    """The same for any device, in PyTorch: all weights, one word of 16 samples after the other."""
    p = probability.detach().double().reshape(-1)
    digits_of_p = (p * 2.0**_DIGITS).long()
    first, other = (part - (1 << 64) if part >> 63 else part for part in key)
    weights = torch.arange(p.numel(), device=p.device) << 30
    total = torch.zeros_like(weights)
    for block in range(start // BLOCK, -(-stop // BLOCK)):
        lanes = [block * BLOCK + i for i in range(BLOCK)]
        mask = sum(1 << i for i, sample in enumerate(lanes) if start <= sample < stop)
        undecided = torch.full_like(weights, mask)
        ones = torch.zeros_like(weights)
        for number in range(-(-_DIGITS // 4)):
            place = (weights | (block << 4 | number)) * _STEP + first
            word = (place ^ _shifted(place, 30)) * _FIRST + other
            word = (word ^ _shifted(word, 27)) * _SECOND
            word = word ^ _shifted(word, 31)
            for quarter in range(4):
                digit = _DIGITS - 1 - (4 * number + quarter)
                if digit < 0:
                    break
                u = word >> (16 * quarter)
                one = -((digits_of_p >> digit) & 1)  # all ones or all zeros
                ones |= undecided & one & ~u
                undecided &= ~(u ^ one)
            if not undecided.any():
                break
        for i in range(BLOCK):
            total += (ones >> i) & 1
    counts += total.view(counts.shape).to(counts.dtype)


def _shifted(number: Tensor, bits: int) -> Tensor:
    """A shift to the right that brings zeros, which torch has for unsigned numbers alone."""
    return (number >> bits) & ((1 << (64 - bits)) - 1)
