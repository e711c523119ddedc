"""What the first steps say at the size of the source (thesis 3.1.4 and 3.1.7, figure 3.1).

Two records stand side by side: three seeds whose patterns were counted on up to 10,240 images, and
one seed in which all 50,000 were. A measure of all images in the other seeds is what they have on
fewer, times what all images make of it in the seed that counted both. That rests on seeds whose
measures grow alike, which is asked where all of them were counted: between the two largest numbers
of images. Of shares it is asked as means over the layers, as nearly all rules use them; in single
layers rare patterns that are found again let them scatter more. A count on all training images is
no sample of them, so nothing is asked there about patterns that occur once.
"""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.pattern_evolution.early_phase_reading import (
    figure_3_1,
    images_of_source_size,
)
from relu_book.experiments.pattern_evolution.scales import NETWORKS
from relu_book.experiments.trainings import by_size

SHARES = (
    "max_frequency",
    "relative_entropy",
    "similarity_start",
    "absent_start",
)

# Growth of a seed's measure beside the mean of all seeds; between 10,240 and 50,000 images lie
# little more than two such doublings.
ALIKE = 0.05


def first_steps_reading(record: xr.Dataset, all_images: xr.Dataset | None = None) -> Reading:
    """The claims on figure 3.1 and on the first steps, at the source's size.

    Args:
        record: As ``first_steps`` measures it, three seeds or more of the three networks.
        all_images: As ``first_steps_all_images`` measures it, for the claims that ask for all
            images; where seeds do not grow alike, these are not decidable.
    """
    often = by_size(record.sel(network=list(NETWORKS)))
    known = all_images is not None and seeds_grow_alike(often)
    counted = on_all_images(often, all_images) if known else often
    found = figure_3_1(often, counted, images_of_source_size(record, counted))
    return Reading(found, record, *([] if all_images is None else [all_images]))


def seeds_grow_alike(record: xr.Dataset) -> bool:
    """Whether with twice as many images each measure grows in each seed as in the mean of them.

    Args:
        record: By ``size``, two or more of them.

    Returns:
        True if the mean growth is met within 5 % by 90 % of the counts, by seed, network, layer and
        step, and by 90 % of each share, as means over the layers.
    """
    shares = record[list(SHARES)].mean("layer")
    return all(_grows_alike(each) for each in (record["distinct"], *shares.values()))


def _grows_alike(values: xr.DataArray) -> bool:
    """Whether 90 % of the values grow with the images as the mean of the seeds, within 5 %."""
    before, after = (values.isel(size=place, drop=True) for place in (-2, -1))
    growth = after / before.where(before > 0)  # what is zero has no growth
    beside = abs(growth / growth.mean("seed") - 1)
    return bool((beside <= ALIKE).where(beside.notnull()).mean() >= 0.9)


def on_all_images(record: xr.Dataset, all_images: xr.Dataset) -> xr.Dataset:
    """A record with one more size: the measures of all images, in proportion to one seed.

    Args:
        record: By ``size``, with the smaller number of images of ``all_images`` among its own.
        all_images: One seed, counted on a smaller number of images and on all of them.

    Returns:
        Numbers of patterns, shares and ``evaluations`` at the steps that both counted, by ``size``.

    Raises:
        ValueError: No size of the record is the smaller number.
    """
    one = by_size(all_images).isel(seed=0, drop=True).sel(network=record.network)
    few, all_ = (one.isel(size=place, drop=True) for place in (0, -1))
    number = int(one["size"][0])
    if number not in record["size"]:
        raise ValueError(
            f"a record of {', '.join(map(str, record['size'].values))} counted images cannot be "
            f"carried on from {number}: give the two records of one experiment and scale"
        )
    steps = one.step[one.step.isin(record.step)]
    at_steps = record[["distinct", *SHARES, "evaluations"]].sel(step=steps)
    base = at_steps.sel(size=number, drop=True)
    # What is zero on the fewer images has no proportion, and stays.
    ratio = (all_ / few).where(few > 0, 1.0)[["distinct", *SHARES]]
    grown, evaluations = base[list(ratio)] * ratio.sel(step=steps), all_["evaluations"]
    grown = grown.assign(
        distinct=grown["distinct"].clip(max=evaluations),
        evaluations=evaluations.broadcast_like(base["evaluations"]),
        **{name: grown[name].clip(max=1.0) for name in SHARES},
    )
    sizes = xr.concat([at_steps, grown.expand_dims(size=[int(one["size"][-1])])], "size")
    return sizes.assign(block=record["block"].isel(size=-1, drop=True, missing_dims="ignore"))
