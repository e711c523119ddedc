"""What the comparison on FashionMNIST says: accuracies, how far initial rates part them, costs."""

import xarray as xr

from relu_book.experiments.actcoolr.courses import CHANCE
from relu_book.experiments.actcoolr.fashion_mnist import FACTORS, METHODS

NAMES = {
    "safe": "ActCooLR, safe",
    "thesis": "ActCooLR, thesis",
    "step_lr": "StepLR",
    "one_cycle": "OneCycle",
    "schedule_free": "Schedule-Free",
}


def fashion_mnist_comparison(record: xr.Dataset) -> xr.Dataset:
    """By method, means over the seeds.

    Args:
        record: As ``fashion_mnist`` measures it.

    Returns:
        ``accuracy`` in per cent by ``factor`` of the initial rate, that of chance after a
        divergence; ``best`` and ``spread`` of these; ``extra_passes`` a step and ``overhead`` in
        per cent of the time, both at factor 1. NaN where the method was not installed.
    """
    rows = []
    for method in METHODS:
        one = record.sel(setup=[f"{method}_x{factor:g}" for factor in FACTORS])
        one = one.assign_coords(setup=list(FACTORS)).rename(setup="factor")
        accuracy = 100 - one["test_error"].fillna(CHANCE).where(one["installed"] > 0)
        accuracy = accuracy.mean("seed").drop_vars("candidate", errors="ignore")
        plain = one.sel(factor=1.0, drop=True)
        ratio = plain["seconds"] / plain["plain_seconds"]
        rows.append(
            xr.Dataset(
                {
                    "accuracy": accuracy,
                    "best": accuracy.max(),
                    "spread": accuracy.max() - accuracy.min(),
                    "extra_passes": plain["extra_passes"].mean(),
                    "overhead": 100 * (ratio.mean() - 1),
                }
            )
        )
    return xr.concat(rows, "method").assign_coords(method=list(METHODS))


def fashion_mnist_table(record: xr.Dataset) -> str:
    """The comparison as text, a row a method.

    Args:
        record: As ``fashion_mnist`` measures it.
    """
    found = fashion_mnist_comparison(record)
    head = ["initial rate x", *(f"{factor:g}" for factor in FACTORS), "spread", "passes", "time"]
    lines = [f"{head[0]:18}" + "".join(f"{word:>8}" for word in head[1:])]
    for method in METHODS:
        row = found.sel({"method": method})
        if row["best"].isnull():
            lines.append(f"{NAMES[method]:18}  not installed")
            continue
        accuracies = "".join(f"{value:8.1f}" for value in row["accuracy"].values)
        costs = f"{row['extra_passes'].item():+8.2f}{row['overhead'].item():+7.0f}%"
        lines.append(f"{NAMES[method]:18}{accuracies}{row['spread'].item():8.1f}{costs}")
    return "\n".join(lines)


def fashion_mnist_aims(record: xr.Dataset) -> dict[str, tuple[float, float]]:
    """What ActCooLR's default reached, and what it was to reach, by name.

    Args:
        record: As ``fashion_mnist`` measures it.
    """
    found = fashion_mnist_comparison(record)
    safe, others = found.sel({"method": "safe"}), found.drop_sel(method=["safe", "thesis"])
    return {
        "spread over initial rates, points": (safe["spread"].item(), 1.0),
        "behind the best other method, points": (
            (others["best"].max() - safe["best"]).item(),
            0.5,
        ),
        "longer, per cent": (safe["overhead"].item(), 10.0),
    }
