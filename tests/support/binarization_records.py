"""Records of the chapter on binarization, in the shape of its experiments, but invented.

``as_record`` makes a data set a record of an experiment at the scale ``desk``; the others make one
in which all statements hold, unless something else is planted.
"""

import json

import numpy as np
import xarray as xr

from relu_book.experiments.binarization.attention import SCALES as ATTENTION
from relu_book.experiments.binarization.cifar_resnets import SCALES as RESNETS
from relu_book.experiments.binarization.pictures import SCALES as PICTURES
from relu_book.runs.registry import find
from relu_book.runs.settings import as_json


def as_record(experiment: str, found: xr.Dataset) -> xr.Dataset:
    """The data set with what a record says of itself."""
    settings = find(experiment).settings("desk")
    seeds = found.seed.values.tolist() if "seed" in found.dims else list(settings.seeds)
    return found.assign_attrs(
        experiment=experiment,
        scale="desk",
        settings=json.dumps(as_json(settings)),
        seeds=json.dumps(seeds),
        data="[]",
    )


def noisy(values: xr.DataArray, seeds: int = 20, noise: float = 0.1) -> xr.DataArray:
    """The values once for each seed, each with a little of its own."""
    many = values.expand_dims(seed=range(seeds))
    return many + noise * np.random.default_rng(0).standard_normal(many.shape)


def resnets(loss=None, bits=(0.3, 4.0, 20.0), power=-0.5):
    """Published ResNets that lose so many points by few samples, few bits and pruning."""
    settings = RESNETS["desk"]
    samples = xr.DataArray(list(settings.samples), dims="samples")
    samples = samples.assign_coords(samples=samples)
    lost = 24 / samples if loss is None else loss(samples)
    names = {"network": list(settings.network)}
    networks = xr.DataArray([92.0, 93.0, 93.5, 94.0], names, "network")
    psb = networks - lost.sel(samples=settings.psb, drop=True)
    by_bits = xr.DataArray(list(bits), {"bits": list(settings.bits)}, "bits")
    rounding = xr.DataArray([0.0, 0.2], {"rounding": ["nearest", "floor"]}, "rounding")
    many = xr.DataArray(list(settings.many_samples), dims="many_samples")
    many = many.assign_coords(many_samples=many)
    pruned = xr.DataArray([0.5, 30.0], {"pruned": list(settings.pruned)}, "pruned")
    found = {
        "accuracy": noisy(networks - lost),
        "bits_accuracy": noisy(psb - by_bits * (1 + rounding)),
        "exponents_accuracy": noisy(psb - 0.4),
        "difference": abs(noisy(0 * networks + 5.0 * many**power, noise=1e-3)),
        "float_accuracy": noisy(networks, noise=0),
        "float_pruned_accuracy": noisy(networks - pruned, noise=0),
        "pruned_accuracy": noisy(psb - pruned),
    }
    return as_record("binarization/cifar_resnets", xr.Dataset(found))


def pictures(kept=0.9, pruned=(0.8, 20.0), right=90.0):
    """Networks for ImageNet that keep such a share of their accuracy with 4 samples."""
    settings = PICTURES["desk"]
    samples = xr.DataArray(list(settings.samples), {"samples": list(settings.samples)}, "samples")
    network = {"network": list(settings.network)}
    float_ = xr.DataArray([60.0, 57.0, 86.0], network, "network")
    worse = xr.DataArray([1.0, 0.1, 0.9], network, "network")
    accuracy = float_ * worse * (1 - 4 * (1 - kept) / samples).clip(min=0)
    lost = xr.DataArray(list(pruned), {"pruned": list(settings.pruned)}, "pruned")
    psb = accuracy.sel(samples=settings.psb, drop=True)
    found = {
        "accuracy": noisy(accuracy),
        "kept_right": noisy(right + 0 * accuracy),
        "float_accuracy": noisy(float_, noise=0),
        "float_pruned_accuracy": noisy(float_ - lost, noise=0),
        "pruned_accuracy": noisy(psb - lost),
    }
    return as_record("binarization/pictures", xr.Dataset(found))


def picture_errors(flatness=0.5, ratio=2.0, relative=0.0, first_last=0.1):
    """Error maps that have so much to do with what 50 pictures show."""
    shape = {"seed": [0], "picture": range(50), "layer": range(3)}
    zeros = xr.DataArray(np.zeros((1, 50, 3)), shape, ("seed", "picture", "layer"))
    noise = np.random.default_rng(0)

    def near(value) -> xr.DataArray:
        return zeros + value + 0.05 * noise.standard_normal(zeros.shape)

    found = {
        "absolute_brightness": near(0.1),
        "absolute_flatness": near(flatness),
        "relative_brightness": near(relative),
        "relative_object": near(relative),
        "ratio": near(xr.DataArray([1.0, 1.2, ratio], dims="layer")),
        "first_last": near(first_last).isel(layer=0, drop=True),
        "absolute0": (("seed", "shown"), np.zeros((1, 50))),
    }
    return as_record("binarization/picture_errors", xr.Dataset(found))


def attention(gain=0.3, falling=True, margin=0.2, scatter=0.3):
    """Refinement that regains a share of what the base samples lost, with entropy more of it.

    Entropy regains ``gain`` more than random places, of pairs with a large base the less, and the
    margin regains ``margin`` more.
    """
    settings = ATTENTION["desk"]
    samples = xr.DataArray(list(settings.samples), {"samples": list(settings.samples)}, "samples")
    network = xr.DataArray([0.0, 20.0], {"network": list(settings.network)}, "network")
    everywhere = 70 + network - 40 / samples
    names = [f"{base}/{more}" for base, more in settings.pairs]
    base, more = (
        xr.DataArray([pair[place] for pair in settings.pairs], {"pair": names}, "pair")
        for place in (0, 1)
    )
    low = everywhere.sel(samples=base).drop_vars("samples")
    room = everywhere.sel(samples=more).drop_vars("samples") - low
    by_entropy = xr.DataArray([1.0, 0.0], {"selection": ["entropy", "random"]}, "selection")
    by_margin = xr.DataArray([0.0, 1.0], {"margin": [0, 1]}, "margin")
    of_base = 1.0 if falling else base / 4
    refined = low + room * (0.4 + gain * by_entropy * of_base + margin * by_margin)
    coverage = 0.4 + 0.35 * by_margin + 0 * network + 0 * samples
    found = {
        "float_accuracy": noisy(70 + network, 10, 0),
        "everywhere": noisy(everywhere, 10, 0.01),
        "refined": noisy(refined, 10, scatter),
        "coverage": noisy(coverage, 10, 0.001),
    }
    return as_record("binarization/attention", xr.Dataset(found))
