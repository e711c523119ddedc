"""What the records of whole trainings say (thesis 3.1.4, 3.1.6 and 3.1.7, figures 3.2 and 3.7;
article 3.2, 3.4 and 4.3).
"""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import apart, during, time_mean
from relu_book.experiments.pattern_evolution.early_phase_reading import occupancies
from relu_book.experiments.pattern_evolution.evolution import counted
from relu_book.experiments.pattern_evolution.methods_entropy import dipping, dips, entropies
from relu_book.experiments.pattern_evolution.methods_settling import settling
from relu_book.experiments.pattern_evolution.scales import (
    NETWORKS,
    PAPER,
    PAPER_STEPS,
    TINY_IMAGENET_STEPS,
)
from relu_book.experiments.pattern_evolution.whole_training import DIVERGED, METHODS
from relu_book.experiments.trainings import by_size, epoch_of, settings_of

GUESSING = 10.0  # per cent: the accuracy of guessing one of ten classes


def whole_training_reading(record: xr.Dataset) -> Reading:
    """The claims on figures 3.2 and 3.7, but for the two that need a second record.

    Where a rule asks for several numbers of counted images its quantities are by ``size``; the
    others are those of the largest number.

    Args:
        record: As ``whole_training`` measures it.
    """
    sized, full_size = by_size(record), _full_size(record, PAPER_STEPS)
    methods = sized.sel(setup=list(METHODS))
    quantities = {
        **_three_networks(sized, epoch_of(record)),
        **entropies(methods, full_size),
        **settling(methods, full_size),
        "fig-3.7.ag": occupancies(methods.isel(size=-1)),
        "txt-3.1.4.1": {"accuracy": _accuracy(record).sel(setup="resnet")},
    }
    return Reading(quantities, record)


def first_steps_and_end(record: xr.Dataset, early: xr.Dataset) -> Reading:
    """H-fig-1.c: the similarity to the start of ToyNet in its first steps, and in the end.

    Args:
        record: As ``whole_training`` measures it.
        early: As ``early_phase`` measures it, where the first steps are counted one by one.
    """
    whole, first_steps = (by_size(each).isel(size=-1) for each in (record, early))
    first = first_steps["similarity_start"].sel(network="toynet", step=slice(1, 100)).mean("layer")
    end = whole["similarity_start"].sel(setup="toynet").isel(step=-1).mean("layer")
    found = {"lowest_similarity": first.min("step"), "similarity_end": end}
    return Reading({"H-fig-1.c": found}, record, early)


def accuracies(record: xr.Dataset, second: xr.Dataset) -> Reading:
    """fig-3.7.q: the accuracies of FixUp, PyramidNet and ResNet on two data sets.

    Args:
        record: As ``whole_training`` measures it.
        second: The same on a second data set, with as many seeds, perhaps others: within a data set
            they are the same for all networks.
    """
    last = [_with_diverged(each).drop_vars("seed") for each in (record, second)]
    both = xr.concat(last, "data").sel(setup=["fixup", "pyramidnet", "resnet"])
    full_size = _full_size(record, PAPER_STEPS) and _full_size(second, TINY_IMAGENET_STEPS)
    found = {**apart(both, "setup"), "full_size": full_size}
    return Reading({"fig-3.7.q": found}, record, second)


def _full_size(record: xr.Dataset, steps: int) -> bool:
    """Whether it was trained on the source's 50,000 images or more, as long as there."""
    settings = settings_of(record)
    return settings["train_images"] >= PAPER["train_images"] and settings["steps"] >= steps


def _accuracy(record: xr.Dataset) -> xr.DataArray:
    """Test accuracy at the end in per cent."""
    return 100 * record["test_accuracy"].isel(tested=-1)


def _with_diverged(record: xr.Dataset) -> xr.DataArray:
    """The accuracy; where a training stands in for one that diverged, that of guessing."""
    accuracy = _accuracy(record)
    for setup, seed in DIVERGED.get(record.attrs["experiment"], {}).items():
        stands_in = (accuracy.setup == setup) & (accuracy.seed == seed)
        accuracy = accuracy.where(~stands_in, GUESSING)
    return accuracy


def _three_networks(record: xr.Dataset, epoch: int) -> dict[str, dict]:
    """Figure 3.2: ToyNet, ConvNet and ResNet."""
    record = record.sel(setup=list(NETWORKS)).rename(setup="network")
    similarity, distinct = record["similarity_start"], record["distinct"]
    mean, last = similarity.mean("layer"), int(record.step[-1])
    lowest, end = mean.min("step"), mean.isel(step=-1)
    skipped = {"network": ["convnet", "resnet"]}
    toynet, plain = {"network": "toynet"}, {"network": ["toynet", "convnet"]}
    regained = {
        "similarity_early": time_mean(mean.sel(plain), epoch / 2, epoch),
        "similarity_end": end.sel(plain),
    }
    falls = {
        **apart((1 - lowest).sel(skipped), "network", "drop_{}"),
        "steadiest": _steadiest(similarity.sel(network="resnet")),
    }
    entropy = record["relative_entropy"]
    at_regained = during(distinct, (0, 0), (epoch / 2, epoch), (last, last))
    at_falls = distinct.sel(skipped)
    at_both = xr.concat([at_falls, at_regained.sel(network=["toynet"])], "network", join="outer")
    return {
        "fig-3.2.a": {
            "lowest_similarity": lowest.sel(toynet).isel(size=-1),
            "similarity_end": end.sel(toynet).isel(size=-1),
        },
        "fig-3.2.b": regained | counted(record, at_regained.sel(plain)),
        "fig-3.2.c": falls | counted(record, at_falls),
        "fig-3.2.e": {
            "surviving": record["retained_start"].mean("layer").min("step"),
            **counted(record, distinct),
        },
        "H-fig-4": {
            **regained,
            **falls,
            **counted(record, at_both),
        },
        "H-txt-3": {
            "dipping": dipping(entropy.sel(plain)),
            "dip_resnet": dips(entropy.sel(network="resnet")),
            **counted(record, distinct),
        },
    }


def _steadiest(similarity: xr.DataArray) -> xr.DataArray:
    """For each seed, how little a layer moves over half of the run, at best.

    Smallest over layers and stretches of half the run of (largest - smallest) / mean. The start,
    where every similarity is 1, is left out.
    """
    later = similarity.sel(step=slice(1, None))
    steps = later.step.values
    half = steps[-1] / 2
    spreads = []
    for first in steps[steps <= steps[-1] - half]:
        # A stretch ends at the first counted step that makes it half the run or longer.
        part = later.sel(step=slice(first, steps[np.searchsorted(steps, first + half)]))
        spreads.append((part.max("step") - part.min("step")) / part.mean("step"))
    return xr.concat(spreads, "stretch").min(("stretch", "layer"))
