"""What the records of whole trainings say (thesis 3.1.4, 3.1.6 and 3.1.7, figures 3.2 and 3.7;
article 3.2, 3.4 and 4.3).
"""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import apart
from relu_book.experiments.pattern_evolution.early_phase_reading import occupancies
from relu_book.experiments.pattern_evolution.methods_entropy import dips, entropies
from relu_book.experiments.pattern_evolution.methods_settling import settling
from relu_book.experiments.pattern_evolution.scales import NETWORKS, PAPER, PAPER_STEPS
from relu_book.experiments.pattern_evolution.whole_training import METHODS
from relu_book.experiments.trainings import epoch_of, settings_of


def whole_training_reading(record: xr.Dataset) -> Reading:
    """The claims on figures 3.2 and 3.7, but for the two that need a second record.

    Args:
        record: As ``whole_training`` measures it.
    """
    methods, settings = record.sel(setup=list(METHODS)), settings_of(record)
    full_size = (
        settings["train_images"] >= PAPER["train_images"] and settings["steps"] >= PAPER_STEPS
    )
    quantities = {
        **_three_networks(record, epoch_of(record)),
        **entropies(methods, full_size),
        **settling(methods, full_size),
        "fig-3.7.ag": occupancies(methods),
        "txt-3.1.4.1": {"accuracy": _accuracy(record).sel(setup="resnet")},
    }
    return Reading(quantities, record)


def first_steps_and_end(record: xr.Dataset, early: xr.Dataset) -> Reading:
    """H-fig-1.c: the similarity to the start of ToyNet in its first steps, and in the end.

    Args:
        record: As ``whole_training`` measures it.
        early: As ``early_phase`` measures it, where the first steps are counted one by one.
    """
    first = early["similarity_start"].sel(network="toynet", step=slice(1, 100)).mean("layer")
    end = record["similarity_start"].sel(setup="toynet").isel(step=-1).mean("layer")
    found = {"lowest_similarity": first.min("step"), "similarity_end": end}
    return Reading({"H-fig-1.c": found}, record, early)


def accuracies(record: xr.Dataset, second: xr.Dataset) -> Reading:
    """fig-3.7.q: the accuracies of FixUp, PyramidNet and ResNet on two data sets.

    Args:
        record: As ``whole_training`` measures it.
        second: The same on a second data set, with as many seeds, perhaps others: within a data set
            they are the same for all networks.
    """
    last = [_accuracy(each).drop_vars("seed") for each in (record, second)]
    both = xr.concat(last, "data").sel(setup=["fixup", "pyramidnet", "resnet"])
    return Reading({"fig-3.7.q": apart(both, "setup")}, record, second)


def _accuracy(record: xr.Dataset) -> xr.DataArray:
    """Test accuracy at the end in per cent."""
    return 100 * record["test_accuracy"].isel(tested=-1)


def _three_networks(record: xr.Dataset, epoch: int) -> dict[str, dict]:
    """Figure 3.2: ToyNet, ConvNet and ResNet."""
    record = record.sel(setup=list(NETWORKS)).rename(setup="network")
    similarity = record["similarity_start"]
    mean = similarity.mean("layer")
    lowest, end = mean.min("step"), mean.isel(step=-1)
    toynet, plain = {"network": "toynet"}, {"network": ["toynet", "convnet"]}
    regained = {"lowest_similarity": lowest.sel(plain), "similarity_end": end.sel(plain)}
    falls = {
        **apart((1 - lowest).sel(network=["convnet", "resnet"]), "network", "drop_{}"),
        "steadiest": _steadiest(similarity.sel(network="resnet")),
    }
    after_epoch = similarity.sel(step=epoch)
    means = after_epoch.mean("layer").sel(network=["convnet", "resnet"])
    return {
        "fig-3.2.a": {
            "lowest_similarity": lowest.sel(toynet),
            "similarity_end": end.sel(toynet),
        },
        "fig-3.2.b": regained,
        "fig-3.2.c": falls,
        "fig-3.2.d": apart(after_epoch, "network") | apart(means, "network", "{}_mean"),
        "fig-3.2.e": {"surviving": record["retained_start"].mean("layer").min("step")},
        "H-fig-4": regained | falls,
        "H-txt-3": apart(dips(record["relative_entropy"]), "network", "dip_{}"),
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
