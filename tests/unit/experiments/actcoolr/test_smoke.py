"""Every experiment of the chapter runs at its smallest scale, one set-up of each kind."""

from dataclasses import replace

import pytest
import xarray as xr

from relu_book.experiments.actcoolr import (
    controller,
    f1,
    full_10_30,
    gammas,
    lengths,
    pairs,
    pairs_gammas,
)
from relu_book.records import read, save
from relu_book.runs import Run, find

CASES = [
    *(
        (gammas, "gammas", name)
        for name in ("gamma_1_share", "printed_share", "gamma_1_plain", "one_cycle")
    ),
    (gammas, "gammas_third", "cyclic"),
    *((gammas, "gammas_tuning", name) for name in ("constant_10", "start_2_share")),
    (full_10_30, "full_10_30", "epochs_10_share"),
    (f1, "f1", "step_decay"),
    (f1, "f1_tuning", "actcoolr_0.5_gamma_4"),
    (lengths, "lengths", "steps_250"),
    (lengths, "lengths_third", "gamma_20_late"),
    (pairs, "pairs", "vgg_actcoolr"),
    (pairs, "pairs", "preset_share"),
    (pairs, "pairs_third", "conv4_one_cycle"),
    (pairs, "pairs_tuning", "f1_step_decay_3"),
    (pairs_gammas, "pairs_gammas", "vgg_bn_late_best"),
    (pairs_gammas, "pairs_gammas_third", "conv4_power_4"),
    (pairs_gammas, "pairs_gammas_tuning", "vgg_power_10"),
    *(
        (controller, "controller", name)
        for name in (
            *("listing_printed_1", "given_0.001", "every_1", "every_8", "default_vgg"),
            *("images_8", "filters_2", "best_f1", "variant_temperature"),
        )
    ),
    (controller, "controller_third", "listing_corrected_1e-05"),
    (controller, "controller_tuning", "variant_logarithm_0.5"),
]


@pytest.mark.parametrize(("module", "name", "setup"), CASES)
def test_an_experiment_runs_at_its_smallest_scale(tmp_path, module, name, setup):
    known = find(f"actcoolr/{name}")
    smoke, desk = known.settings("smoke"), known.settings("desk")
    assert setup in desk.setup and {"smoke", "desk"} == set(known.expected) - {"paper"}
    found = known.function(replace(smoke, setup=setup), 0, Run(tmp_path, "smoke"))
    assert found.trained > 0 and found.sizes["point"] == 10 and "desk" in known.deviations


def test_results_of_tuned_and_other_set_ups_make_one_record(tmp_path):
    results = []
    for setup in ("gamma_1", "gamma_1_plain", "one_cycle"):
        (tmp_path / setup).mkdir()
        run = Run(tmp_path / setup, "smoke")
        results.append(gammas.gammas(replace(gammas.SCALES["smoke"], setup=setup), 0, run))
    made = xr.concat(results, "setup")
    again = read(save(made, tmp_path / "record.nc"))
    taken = ["start_3.17_temperature", "", "one_cycle_0.3_at_0.3"]
    assert again.candidate.values.tolist() == taken
    assert again.sizes == {"setup": 3, "point": 10, "check": 3}


@pytest.mark.parametrize("policy", ["thesis", "safe"])
def test_bent_targets_run_at_their_smallest_scale(tmp_path, policy):
    known = find("actcoolr/bent")
    one = replace(known.settings("smoke"), policy=policy, start_temperature=0.8, gamma=2.0)
    found = known.function(one, 0, Run(tmp_path, "smoke"))
    assert found.target.values[0] == pytest.approx(0.8 * (1 - 0.5 / 20) ** 2, rel=1e-3)
    assert known.settings("desk").small is False and found.trained == 20
