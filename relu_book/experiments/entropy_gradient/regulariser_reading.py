"""What networks with the regulariser and with batch normalisation say (thesis A.1)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.entropy_gradient.effects import EFFECTS
from relu_book.experiments.entropy_gradient.regulariser import KINDS
from relu_book.experiments.lengths import at_two_lengths


def regulariser_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claim that the regulariser made networks no better.

    Args:
        record: As ``regulariser`` measures it.
        third: As ``regulariser_third`` does, with the same seeds.
    """
    return at_two_lengths(EFFECTS, ("txt-A.1.2",), KINDS, _gains, record, third)


def by_kind(record: xr.Dataset) -> dict[str, tuple[xr.DataArray, xr.DataArray]]:
    """By kind the test accuracy in per cent and the mean entropy of the layers, each by seed.

    Args:
        record: As ``regulariser`` measures it.
    """
    return {
        kind: (one["test_accuracy"], one["entropy"].mean("layer"))
        for kind in KINDS
        for one in [record.sel(setup=kind, drop=True)]
    }


def _gains(record: xr.Dataset) -> dict[str, dict]:
    kinds = by_kind(record)
    accuracy, entropy = kinds["instead"]
    normalised, _ = kinds["batch_norm"]
    return {
        "txt-A.1.2": {
            "gain": accuracy - normalised,
            "gain_beside": kinds["beside"][0] - normalised,
            "accuracy": accuracy,
            "entropy_gain": entropy - kinds["neither"][1],
        }
    }
