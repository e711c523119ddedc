"""What small networks say: is one that raises its entropy better than one that does not?"""

import numpy as np
import xarray as xr
from scipy import stats

from relu_book.experiments.entropy_gradient.small_networks import METHODS, WIDTHS
from relu_book.experiments.trainings import settings_of

NAMES = {
    "plain": "as it is",
    "batch_norm": "batch normalisation",
    "entropy_linear": "entropy, linear",
    "entropy_quadratic": "entropy, quadratic",
}
DATA = {"checkboard": "checkboard", "digits": "scanned digits", "fashion_mnist": "FashionMNIST"}


def chosen(record: xr.Dataset) -> xr.Dataset:
    """Each method with the candidate that is best on the first seeds, on the others.

    A training that diverged has an accuracy of 0.

    Args:
        record: As ``small_networks`` measures it.

    Returns:
        By ``data`` and ``method`` the number of the ``candidate``, and by ``seed`` besides the
        ``accuracy`` in per cent by ``check`` and the mean ``entropy`` of the layers in bits.
    """
    number = settings_of(record)["choosing"]
    accuracy = record["test_accuracy"].fillna(0.0)
    first = accuracy.isel(seed=slice(None, number), check=-1).mean("seed")
    best = first.argmax("candidate")
    others = {"seed": slice(number, None)}
    return xr.Dataset(
        {
            "candidate": best + 1,
            "accuracy": accuracy.isel(candidate=best).isel(others),
            "entropy": record["entropy"].isel(candidate=best).isel(others),
        }
    )


def gains(found: xr.Dataset, over: str = "plain") -> xr.Dataset:
    """Paired differences of the accuracy in the end to that of another method, with intervals.

    Args:
        found: As ``chosen`` gives it.
        over: The method to compare with.

    Returns:
        By ``data`` and ``method`` the ``gain`` in points, and the ends ``low`` and ``high`` of its
        95 % interval over the seeds.
    """
    end = found["accuracy"].isel(check=-1)
    difference = (end - end.sel({"method": over})).drop_sel(method=[over])
    number = difference.sizes["seed"]
    reach = stats.t.ppf(0.975, number - 1) * difference.std("seed", ddof=1) / np.sqrt(number)
    mean = difference.mean("seed")
    return xr.Dataset({"gain": mean, "low": mean - reach, "high": mean + reach})


def small_networks_table(record: xr.Dataset) -> str:
    """The comparison as text: a part a data set, a row a method.

    Args:
        record: As ``small_networks`` measures it.
    """
    found = chosen(record)
    over = gains(found)
    lines = [f"{'':20}{'λ, rate':>12}{'bits':>7}{'after 1/3':>11}{'end':>7}  gain"]
    for data in (name for name in WIDTHS if name in found["data"]):
        lines.append(DATA[data])
        for method, candidates in METHODS.items():
            here = {"data": data, "method": method}
            one = found.sel(here)
            strength, rate = candidates[one["candidate"].item() - 1]
            early, *_, end = one["accuracy"].mean("seed").values
            line = f"  {NAMES[method]:18}{f'{strength:g}, {rate:g}':>12}"
            line += f"{one['entropy'].mean().item():7.1f}{early:11.1f}{end:7.1f}"
            if method in over["method"]:
                gain, low, high = (over[name].sel(here).item() for name in ("gain", "low", "high"))
                line += f"  {gain:+.1f} ({low:+.1f} to {high:+.1f})"
            lines.append(line)
    return "\n".join(lines)
