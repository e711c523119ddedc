"""A repeat of a pruning, whose rounds are jobs: all of them, put together as a run does it."""

from dataclasses import replace
from pathlib import Path

import xarray as xr

from relu_book.experiments.pruning.pruned import Pruning, by_round, one_round
from relu_book.runs import Run


def run_of(folder: Path) -> Run:
    """That of a job in a folder of its own, beside which the jobs of its run share another."""
    return Run(folder / "job", "smoke", shared=folder / "shared")


def repeat(settings: Pruning, seed: int, folder: Path) -> xr.Dataset:
    """The record of one repeat, without a dimension of seeds."""
    return together(
        {
            number: one_round(replace(settings, round=number), seed, run_of(folder))
            for number in settings.round
        }
    )


def together(jobs: dict[int, xr.Dataset]) -> xr.Dataset:
    """That of the results of all rounds, by number."""
    parts = [result.expand_dims(round=[number]) for number, result in jobs.items()]
    return by_round(xr.concat(parts, "round"))
