"""Temperature and accuracy over trainings of eight settings (supplement A)."""

import numpy as np
import xarray as xr
from scipy import stats

from relu_book.claims import Reading
from relu_book.experiments.standing import standing
from relu_book.experiments.temperature.temperatures import temperatures

DRAWS = 2000


def first_layer_reading(record: xr.Dataset) -> Reading:
    """S-txt-1 and S-txt-2.

    Args:
        record: As ``first_layer`` measures it.
    """
    # Settings differ in two ways, and by their names in one.
    settings = record.stack(setting=("schedule", "learning_rate"), create_index=False)
    names = [
        f"{schedule} at {rate:g}"
        for schedule, rate in zip(
            settings.schedule.values, settings.learning_rate.values, strict=True
        )
    ]
    settings = settings.assign_coords(setting=names)
    claims = ("S-txt-1", "S-txt-2")
    return standing(claims, names, _related, settings, dim="setting", of_many=True)


def _related(record: xr.Dataset) -> dict[str, dict]:
    trainings = record.transpose("setting", "seed", ...)
    accuracy = trainings["test_accuracy"].values
    mean = temperatures(trainings).mean("step")
    layers = mean.sizes["layer"]
    curves = {
        "first": mean.isel(layer=0),
        "middle": mean.isel(layer=layers // 2),
        "last": mean.isel(layer=-1),
        "mean": mean.mean("layer"),
    }
    peaks = np.broadcast_to(trainings["learning_rate"].values[:, None], accuracy.shape)
    ends = {name: interval(value.values, accuracy) for name, value in curves.items()}
    first = curves["first"].values
    others = [ends[name] for name in ("middle", "last", "mean")]
    return {
        "S-txt-1": {
            "correlation": rank(first, accuracy),
            "low": ends["first"][0],
            "high": ends["first"][1],
            "trainings": accuracy.size,
            "at_equal_peak": partial(first, accuracy, peaks),
        },
        "S-txt-2": {
            "low": [low for low, _ in others],
            "high": [high for _, high in others],
            "trainings": accuracy.size,
        },
    }


def rank(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's correlation of all values; 0 where one is constant."""
    found = (
        np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1] if np.ptp(x) and np.ptp(y) else 0
    )
    return float(found)


def interval(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """95 % interval of the rank correlation, settings (rows) drawn with replacement."""
    drawn = np.random.default_rng(0).integers(len(x), size=(DRAWS, len(x)))
    found = [rank(x[rows], y[rows]) for rows in drawn]
    return tuple(float(end) for end in np.quantile(found, (0.025, 0.975)))


def partial(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> float:
    """The rank correlation of x and y with what the ranks of z explain taken from both."""
    xy, xz, yz = rank(x, y), rank(x, z), rank(y, z)
    scale = np.sqrt((1 - xz**2) * (1 - yz**2))
    return float((xy - xz * yz) / scale) if scale else 0.0
