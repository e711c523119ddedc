"""What networks with the regulariser and with batch normalisation say (thesis A.1)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.entropy_gradient.effects import EFFECTS
from relu_book.experiments.entropy_gradient.regulariser import KINDS, TRIED
from relu_book.experiments.lengths import at_two_lengths

NAMES = {
    "batch_norm": "batch normalisation",
    "beside": "regulariser beside it",
    "instead": "regulariser in its place",
    "neither": "neither",
}


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


def regulariser_table(record: xr.Dataset) -> str:
    """What each kind took, and what became of it, a row a kind; means over the seeds.

    Args:
        record: As ``regulariser`` measures it.
    """
    lines = [f"{'':26}{'λ, rate':>10}{'trained':>9}{'bits':>7}{'accuracy':>10}"]
    for kind, (accuracy, entropy) in by_kind(record).items():
        # Each seed takes the best of the same tuning.
        taken = TRIED[str(record["candidate"].sel(setup=kind).values[0])]
        strength = 0.0 if kind == "neither" else taken["strength"]
        pair = f"{strength:g}, {taken['learning_rate']:g}"
        whole = f"{int(accuracy.notnull().sum())}/{accuracy.size}"
        means = f"{float(entropy.mean()):7.1f}{float(accuracy.mean()):10.1f}"
        lines.append(f"{NAMES[kind]:26}{pair:>10}{whole:>9}{means}")
    return "\n".join(lines)


def counting(record: xr.Dataset) -> xr.DataArray:
    """Whether a layer counts: fewer than half of its patterns are distinct without either term.

    Elsewhere the entropy is bounded by the number of images, and hardly rises. By ``seed``, of
    ``layer``; NaN of a training that diverged does not count.

    Args:
        record: As ``regulariser`` measures it.
    """
    neither = record.sel(setup="neither", drop=True)
    return (neither["distinct"] / neither["evaluations"]) < 0.5


def _gains(record: xr.Dataset) -> dict[str, dict]:
    accuracy, beside, normalised = (
        record["test_accuracy"].sel(setup=kind, drop=True)
        for kind in ("instead", "beside", "batch_norm")
    )
    counts = counting(record)
    raised = record["entropy"].sel(setup="instead") - record["entropy"].sel(setup="neither")
    return {
        "txt-A.1.2": {
            "gain": accuracy - normalised,
            "gain_beside": beside - normalised,
            "accuracy": accuracy,
            # Without any layer that counts the guard refuses what is said of all.
            "entropy_gain": raised.where(counts | ~counts.any("layer")).mean("layer"),
            "counted": int(counts.sum("layer").min()),
        }
    }
