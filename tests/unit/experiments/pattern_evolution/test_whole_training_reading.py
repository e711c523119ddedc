"""What is planted in a record of whole trainings is found by its claims."""

import numpy as np
import pytest
import xarray as xr
from pattern_records import WHOLE, changed, counted_on

from relu_book.claims import Reading, load_claims
from relu_book.experiments.curves import known
from relu_book.experiments.pattern_evolution.whole_training import METHODS
from relu_book.experiments.pattern_evolution.whole_training_reading import (
    accuracies,
    whole_training_reading,
)
from relu_book.experiments.trainings import epoch_of

LAST = int(WHOLE.step[-1])
EPOCH = epoch_of(WHOLE)
SIZED = [
    name
    for name, claim in load_claims().items()
    if claim.experiment == "pattern_evolution/whole_training" and claim.sizes
]


# --- the accuracies on two data sets ---


def test_two_data_sets_may_have_other_seeds():
    second = WHOLE.assign_coords(seed=[*WHOLE.seed.values[:-1], 99])
    found = accuracies(WHOLE, second)["fig-3.7.q"]["fixup"].transpose("seed", "data")
    accuracy = 100 * WHOLE.test_accuracy.isel(tested=-1).sel(setup="fixup").values
    assert np.array_equal(found, np.stack([accuracy, accuracy], 1))


def test_a_training_that_diverged_counts_with_the_accuracy_of_guessing():
    fashion = WHOLE.assign_coords(seed=[0, 1, 2, 4, 5]).assign_attrs(
        experiment="pattern_evolution/whole_training_fashion_mnist"
    )
    found = accuracies(WHOLE, fashion)["fig-3.7.q"]
    assert found["fixup"].transpose("data", "seed").values.tolist() == [[50] * 5, [50] * 4 + [10]]
    assert np.all(found["resnet"] == 50) and np.all(found["pyramidnet"] == 50)


# --- figure 3.2 ---


def test_the_steadiest_layer_over_half_of_the_run():
    share = WHOLE.step / LAST
    moving = 0.2 + 0.6 * share
    holding = xr.where(share < 0.45, moving, 0.5)
    one_layer = xr.where(WHOLE.layer == 4, holding, moving)
    steady, restless = (
        whole_training_reading(changed(WHOLE, similarity_start=curve))["fig-3.2.c"]
        for curve in (one_layer, moving)
    )
    assert np.all(steady["steadiest"] < 0.05) and np.all(restless["steadiest"] > 0.1)


def test_what_is_regained_is_more_than_in_the_second_half_of_the_first_epoch():
    early = (WHOLE.step >= EPOCH / 2) & (WHOLE.step <= EPOCH)
    curve = xr.where(WHOLE.step == LAST, 0.5, xr.where(early, 0.25, 0.0))
    found = whole_training_reading(changed(WHOLE, similarity_start=curve))
    for claim in ("fig-3.2.b", "H-fig-4"):
        assert np.allclose(found[claim]["similarity_early"], 0.25)
        assert np.allclose(found[claim]["similarity_end"], 0.5)
        assert found[claim]["similarity_end"].network.values.tolist() == ["toynet", "convnet"]


def test_layers_that_dip():
    entropy = xr.where((WHOLE.step == 300) & (WHOLE.layer <= 4), 0.7, 0.8)
    found = whole_training_reading(changed(WHOLE, relative_entropy=entropy))
    assert np.allclose(found["H-txt-3"]["dipping"], 4 / 19)
    assert np.allclose(found["H-txt-3"]["dip_resnet"].sum("layer"), 0.4)


# --- several numbers of counted images ---


def smaller() -> xr.Dataset:
    """A record like ``WHOLE`` that counted half of the images and found something else."""
    turned = WHOLE.isel(seed=[1, 2, 3, 4, 0]).assign_coords(seed=WHOLE.seed)
    return turned.assign(evaluations=WHOLE.evaluations / 2)


def test_at_each_size_stands_what_a_record_of_this_size_gives():
    small, large = smaller(), WHOLE
    nested = whole_training_reading(counted_on(n256=small, n512=large))
    alone = [whole_training_reading(record) for record in (small, large)]
    claims = load_claims()
    for name in nested:
        sized = {each for names in claims[name].sizes.values() for each in names}
        for quantity, value in nested[name].items():
            if quantity == "images":
                assert value.tolist() == [256, 512]
            elif quantity in sized and name != "fig-3.7.af":
                for at, reading in enumerate(alone):
                    expected = reading[name][quantity].isel(size=0)
                    np.testing.assert_allclose(value.isel(size=at), expected, rtol=1e-5, atol=1e-6)
            elif quantity not in sized and quantity != "gigabytes":
                np.testing.assert_allclose(value, alone[1][name][quantity], rtol=1e-5, atol=1e-6)


def test_two_sizes_decide_and_one_does_not():
    level = xr.where(WHOLE.layer == 1, 0.4, 0.1).where(WHOLE.step < LAST, 1.0)
    entropy = 0.5 + WHOLE.layer / 100
    record = changed(WHOLE, similarity_end=level, relative_entropy=entropy)
    both = counted_on(n256=record, n512=record)
    assert whole_training_reading(both).judge("fig-3.7.ac").verdict == "holds"
    other = changed(record, relative_entropy=0.5 - WHOLE.layer / 100)
    disagree = whole_training_reading(counted_on(n256=other, n512=record))
    assert disagree.judge("fig-3.7.ac").words == "undecided (the two largest sizes disagree)"
    alone = whole_training_reading(record).judge("fig-3.7.ac")
    assert alone.words == "undecided (too few: one size of 2)"
    capped = changed(record, distinct=0.9 * WHOLE.evaluations)
    found = whole_training_reading(counted_on(n256=record, n512=capped)).judge("fig-3.7.ac")
    assert found.verdict == "not decidable at this scale"


# --- the cells whose patterns a rule compares ---

SHARE, BLOCK = WHOLE.step / LAST, WHOLE["block"]
ALWAYS, START, END = SHARE >= 0, SHARE == 0, SHARE == 1
TENTH = SHARE <= 0.1
EVEN = xr.DataArray(np.isin(WHOLE.step, 50 * np.arange(21)), {"step": WHOLE.step}, "step")
SETTLING = (WHOLE.step >= EPOCH / 2) & (WHOLE.step <= EPOCH)
ALL = BLOCK > 0
DEEPEST = WHOLE.layer == xr.where(WHOLE.setup == "pyramidnet", 10, 19)
TOP_THREE = (
    DEEPEST | DEEPEST.shift(layer=-1, fill_value=False) | DEEPEST.shift(layer=-2, fill_value=False)
)
PLAIN, SKIPPED = ["toynet", "convnet"], ["convnet", "resnet"]
RESNETS = ["resnet", "resnet_prelu", "resnet_cyclic", "resnet_onecycle"]
SCHEDULES, WAVES = ["resnet", "resnet_cyclic", "resnet_onecycle"], RESNETS[2:]
DECAY = ["convnet", "resnet", "convnet_prelu", "resnet_prelu"]
OF_DECAY = [*DECAY, "fixup", "pyramidnet"]
EIGHT = list(METHODS)
AROUND = np.logical_or.reduce([WHOLE.step == step for step in (500, 520, 750, 770)])
# By claim the set-ups, layers and steps, of some claims in parts.
CELLS = {
    "fig-3.2.b": [(PLAIN, ALL, START | SETTLING | END)],
    "fig-3.2.c": [(SKIPPED, ALL, ALWAYS)],
    "fig-3.2.e": [([*PLAIN, "resnet"], ALL, ALWAYS)],
    "H-txt-3": [([*PLAIN, "resnet"], ALL, ALWAYS)],
    "H-fig-4": [(SKIPPED, ALL, ALWAYS), (["toynet"], ALL, START | SETTLING | END)],
    "fig-3.7.a": [(EIGHT, ALL, EVEN & ~END)],
    "fig-3.7.b": [([*DECAY, *WAVES], ALL, ALWAYS)],
    "fig-3.7.c": [(SCHEDULES, ALL, ALWAYS)],
    "fig-3.7.d": [(SCHEDULES, ALL, ALWAYS)],
    "fig-3.7.e": [(SCHEDULES, ALL, ALWAYS)],
    "fig-3.7.f": [(OF_DECAY, DEEPEST, SHARE.copy(data=AROUND))],
    "fig-3.7.g": [(SCHEDULES, ALL, TENTH)],
    "fig-3.7.h": [(WAVES, BLOCK == 2, TENTH)],
    "fig-3.7.i": [(RESNETS, BLOCK > 1, TENTH)],
    "fig-3.7.j": [(DECAY, BLOCK == 1, TENTH), (DECAY[::2], DEEPEST, TENTH)],
    "fig-3.7.k": [(EIGHT, ALL, ALWAYS)],
    "fig-3.7.l": [(RESNETS[:2], BLOCK == 2, EVEN & ~END)],
    "fig-3.7.m": [(EIGHT, ALL & (BLOCK != 2), EVEN & ~END)],
    "fig-3.7.n": [(EIGHT, ALL, ALWAYS)],
    "fig-3.7.o": [(EIGHT[:7], ALL, START), (["pyramidnet"], ALL, SHARE == 0.1)],
    "fig-3.7.r": [(EIGHT, ALL, START | END)],
    "fig-3.7.w": [(["convnet"], BLOCK == 3, SHARE >= 0.98)],
    "fig-3.7.x": [(["convnet", *RESNETS], ALL, EVEN)],
    "fig-3.7.y": [(["convnet_prelu", *RESNETS[:2]], BLOCK == 2, EVEN)],
    "fig-3.7.z": [(["resnet_cyclic"], ALL, EVEN)],
    "fig-3.7.aa": [(["resnet_cyclic"], ALL, ALWAYS)],
    "fig-3.7.ab": [(OF_DECAY, ALL, ALWAYS)],
    "fig-3.7.ac": [(["pyramidnet"], ALL, EVEN)],
    "fig-3.7.ad": [(["pyramidnet"], ALL, ALWAYS)],
    "fig-3.7.af": [(["fixup", "resnet"], WHOLE.layer < 19, EVEN)],
    "H-fig-3.a": [(SCHEDULES, TOP_THREE, END)],
    "H-fig-3.b": [(RESNETS, BLOCK == 1, ALWAYS)],
    "H-fig-3.c": [(DECAY[::2], ALL, EVEN)],
    "txt-3.1.7.3": [(RESNETS, ALL, ALWAYS)],
}


def test_every_claim_with_sizes_has_its_cells_here():
    assert set(CELLS) == set(SIZED)


@pytest.fixture(scope="module")
def numbered() -> tuple[xr.DataArray, Reading]:
    """A number for each cell, and the reading of a record that has it as the share there."""
    cells = WHOLE.distinct.copy(data=np.arange(WHOLE.distinct.size).reshape(WHOLE.distinct.shape))
    # Only layer 19 of FixUp is early, which leaves this layer out of fig-3.7.af.
    early = (WHOLE.setup == "fixup") & (WHOLE.layer == 19)
    similarity = xr.where(early | (SHARE > 0.5), 0.9, 0.1)
    record = changed(WHOLE, distinct=cells, evaluations=1.0, similarity_end=similarity)
    return cells, whole_training_reading(record)


@pytest.mark.parametrize("name", CELLS)
def test_the_share_is_that_of_the_cells_that_the_rule_compares(name, numbered):
    cells, reading = numbered
    parts = [WHOLE.setup.isin(setups) & layers & steps for setups, layers, steps in CELLS[name]]
    compared = sum(part.astype(int) for part in parts) > 0
    expected = cells.where(compared & WHOLE.distinct.notnull())
    found = reading[name]["distinct_share"]
    assert found.dims == ("size", "cell")
    assert sorted(found.values[0].tolist()) == sorted(known(expected).tolist())
