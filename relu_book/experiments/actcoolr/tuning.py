"""Which of several settings of a method is best, on images and a seed that no result is of.

Each method has its candidates, equally many where accuracies are compared. An experiment of its own
trains all of them with one seed, and the one with the smallest validation error in the end is the
method's; of start temperatures it is the highest one that does not burn the training. The trainings
that are reported have other seeds and are measured on test images.
"""

from collections.abc import Callable, Collection, Mapping

import xarray as xr

from relu_book.experiments.actcoolr.courses import is_stable
from relu_book.records import load
from relu_book.runs import Run

SEED = 100
Changes = Mapping[str, object]


def at_end(record: xr.Dataset) -> xr.DataArray:
    """The validation error at the end, by set-up and seed."""
    return record["validation_error"].isel(check=-1)


def share_error(record: xr.Dataset) -> xr.DataArray:
    """Mean distance of the share D from its target, by set-up and seed; NaN after a divergence."""
    distance = abs(record["share"] - (1 - 2.0 ** -record["target"])).mean("point")
    return distance.where(record["trained"] >= record["updates"])


def coldness(record: xr.Dataset) -> xr.DataArray:
    """The negative highest target, by set-up and seed; NaN where the loss did not fall."""
    return -record["target"].max("point").where(is_stable(record))


def best(
    record: xr.Dataset,
    candidates: Collection[str],
    error: Callable[[xr.Dataset], xr.DataArray] = at_end,
) -> str:
    """The candidate with the smallest error; of equal ones the first.

    Args:
        record: Of an experiment that trained them.
        candidates: Their names along ``setup``.
        error: By set-up and seed; NaN after a divergence.

    Raises:
        ValueError: None of them came to its end.

    Example:
        >>> errors = [[[90.0, 20.0]], [[90.0, 10.0]], [[90.0, float("nan")]]]
        >>> names = {"setup": ["rate_1", "rate_2", "rate_4"]}
        >>> record = xr.Dataset({"validation_error": (("setup", "seed", "check"), errors)}, names)
        >>> best(record, ["rate_1", "rate_2", "rate_4"])
        'rate_2'
    """
    errors = error(record.sel(setup=list(candidates))).mean("seed", skipna=False)
    if not errors.notnull().any():
        raise ValueError(
            f"one of {', '.join(candidates)} was to be chosen, but all of these trainings "
            "diverged: add a candidate with a lower rate or start temperature"
        )
    return str(errors.setup[errors.argmin("setup")].item())


def tuned(
    changes: Changes,
    candidates: Mapping[str, Changes],
    experiment: str,
    run: Run,
    error: Callable[[xr.Dataset], xr.DataArray] = at_end,
) -> tuple[dict[str, object], str]:
    """What a set-up changes, with the best candidate of its method.

    Args:
        changes: Of the set-up itself; they come before those of its candidates.
        candidates: By name what each changes; none, if there is nothing to choose.
        experiment: The name of the one that trained the candidates. Its record at the scale
            ``desk`` is read; at ``smoke`` the first candidate is taken.
        run: Of the job.
        error: As for ``best``.

    Returns:
        The changes, and the name of the candidate; an empty one if there is none.

    Raises:
        FileNotFoundError: The record is not there; the message has the command that makes it.
    """
    if not candidates:
        return dict(changes), ""
    if run.scale == "smoke":
        name = next(iter(candidates))
    else:
        name = best(load(experiment, "desk"), candidates, error)
    return {**candidates[name], **changes}, name
