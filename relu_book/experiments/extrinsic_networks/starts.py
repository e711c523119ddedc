"""Which start of a network is best, on validation points of seeds that no result is of.

Extrinsic networks have sixteen candidates, four scales of W by four of s. The scales of W go in
equal ratios from that with W Wᵀ ≈ I to that of He; the thesis speaks of both (A.3.1). The ordinary
network has sixteen as well, scales of all its weights with ratios of √2, that of He among them.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from relu_book.records import load
from relu_book.runs import Run

SEEDS = (100, 101, 102)
SHIFTS = (0.1, 0.3, 1.0, 3.0)
FACTORS = (0.1, 0.3, 1.0, 3.0)
CHANCE = 25.0  # of four classes, in per cent

Start = Mapping[str, float]
HE: Start = {"weight": 1.0, "shift": float("nan")}  # of an ordinary network


def extrinsic_starts(filters: int, size: int = 2) -> list[Start]:
    """The candidates of an extrinsic network.

    Example:
        >>> [round(start["weight"], 2) for start in extrinsic_starts(600)[::4]]
        [0.04, 0.12, 0.34, 1.0]
    """
    least = (size / (2 * filters)) ** 0.5
    weights = least ** (1 - np.arange(4) / 3)
    return [{"weight": float(w), "shift": s} for w in weights for s in SHIFTS]


def ordinary_starts() -> list[Start]:
    """The candidates of an ordinary network.

    Example:
        >>> ordinary_starts()[8]
        {'weight': 1.0, 'shift': nan}
    """
    return [{"weight": 2.0 ** (k / 2), "shift": float("nan")} for k in range(-8, 8)]


def table(starts: list[Start], accuracy: list[float]) -> xr.Dataset:
    """Candidates and their validation accuracy in per cent, NaN after a divergence."""
    columns = {name: [start[name] for start in starts] for name in ("weight", "shift")}
    columns["validation_accuracy"] = accuracy
    return xr.Dataset({name: ("candidate", values) for name, values in columns.items()})


def best(record: xr.Dataset) -> Start:
    """The candidate with the highest mean over the seeds; a network that diverged guesses.

    Args:
        record: By seed, of one network.

    Example:
        >>> found = [table(ordinary_starts()[7:9], [90.0, value]) for value in (95.0, np.nan)]
        >>> round(best(xr.concat(found, "seed"))["weight"], 2)
        0.71
    """
    mean = record["validation_accuracy"].fillna(CHANCE).mean("seed")
    one = record.isel(seed=0, candidate=int(mean.argmax("candidate")), missing_dims="ignore")
    return {name: float(one[name]) for name in ("weight", "shift")}


def chosen(experiment: str, run: Run, candidates: list[Start], **where: object) -> Start:
    """The best start of a network, from the record that tried them.

    Args:
        experiment: That one. Its record at the scale ``desk`` is read; at ``smoke`` the last
            candidate but one is taken.
        run: Of the job.
        candidates: Of the network.
        **where: Which network of the record.

    Raises:
        FileNotFoundError: The record is not there; the message has the command that makes it.
    """
    if run.scale == "smoke":
        return candidates[-2]
    return best(load(experiment, "desk").sel(**where))
