"""The share of each pool that goes in a round, and what is left of so many parameters.

Of n survivors round(p n) go, as in ``torch.nn.utils.prune``. A pool that loses all that it has is
refused: a layer of zeros passes nothing on, and a further round has nothing to prune.
"""

from collections.abc import Iterable, Mapping
from numbers import Real

from relu_book.spelling import did_you_mean


def checked_rates(rates: Mapping[str, float], pools: Iterable[str]) -> dict[str, float]:
    """The rates as floats, in the order of the pools.

    Args:
        rates: the share that goes, any real number in [0, 1), by pool.
        pools: the names that there are.

    Raises:
        ValueError: no mapping, a pool that is not there, or no such number.
    """
    known = list(pools)
    if not isinstance(rates, Mapping):
        raise ValueError(
            f"rates must be a share by pool, such as {{'conv': 0.1, 'fc': 0.2}}, but got {rates!r}"
        )
    for pool, rate in rates.items():
        if pool not in known:
            hint = did_you_mean(pool, known, f"the network has {' and '.join(known)}")
            raise ValueError(f"rates names the pool {pool!r}, which the network lacks: {hint}")
        number = isinstance(rate, Real) and not isinstance(rate, bool)
        if not (number and 0 <= rate < 1 and float(rate) < 1):
            raise ValueError(
                f"the rate of the pool {pool!r} must be a share from 0 to below 1, but got {rate!r}"
            )
    return {pool: float(rates[pool]) for pool in known if pool in rates}


def left(pool: str, rate: float, number: int) -> int:
    """How many of so many survivors stay, at least one.

    Args:
        pool: its name, for the sentence.
        rate: the share that goes, in [0, 1).
        number: of survivors.

    Raises:
        ValueError: all would go.

    Example:
        >>> left("fc", 0.2, 1000), left("fc", 0.5, 1)
        (800, 1)
    """
    stay = number - round(rate * number)
    if not stay:
        raise ValueError(
            f"the rate {rate} takes all that is left of the pool {pool!r}, {number} of {number} "
            "parameters: give a smaller rate, or prune fewer rounds"
        )
    return stay
