"""Trainings under a schedule: what they record, how they go on, and how they end."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from killed_runs import KilledError, KilledRun

from relu_book.actcoolr import POLICIES, DivergedError, ThesisPolicy
from relu_book.experiments import watched
from relu_book.experiments.actcoolr.gammas import SCALES, SETUPS
from relu_book.experiments.actcoolr.scheduled import percent_wrong, scheduled
from relu_book.experiments.actcoolr.scheduling import Scheduling, a_third
from relu_book.runs import Run

SMOKE = SCALES["smoke"]


def trained(run, **changes):
    return scheduled(replace(SMOKE.of({}), **changes), 0, run)


def test_what_a_training_records(tmp_path):
    one = trained(Run(tmp_path, "smoke"), probing_step_size=2)
    assert one.sizes == {"point": 10, "check": 3}
    assert one.step.values.tolist() == list(range(2, 21, 2))
    assert one.target.values == pytest.approx(3.17 * (1 - np.arange(0.5, 20, 2) / 20), rel=1e-3)
    for name in ("rate", "loss", "share", "temperature"):
        assert one[name].notnull().all(), name
    # Step 5 and 15 are alone in their parts, so are 10 and 20.
    assert one.seen.notnull().sum() == 4 and ((one.off > 0) | one.off.isnull()).all()
    assert one.trained == one.updates == 20 and one.checked_step.values.tolist() == [0, 10, 20]
    # Ten measurements and the trial steps of the first fit, besides what the watching probe does.
    assert 20 * one.extra_passes > 12


def test_a_fixed_schedule_costs_nothing_and_has_no_temperature(tmp_path):
    one = trained(Run(tmp_path, "smoke"), schedule="one_cycle", learning_rate=0.1, peak=0.5)
    assert one.extra_passes == 0 and one.share.isnull().all() and one.target.isnull().all()
    assert 4 <= one.rate.values.argmax() <= 5 and one.seen.notnull().sum() == 4


def test_a_killed_training_ends_with_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(watched, "CHECKPOINT_STEPS", 3)
    for name in ("straight", "killed"):
        (tmp_path / name).mkdir()
    straight = trained(Run(tmp_path / "straight", "smoke"))
    with pytest.raises(KilledError):
        trained(KilledRun(tmp_path / "killed", 14))
    assert (tmp_path / "killed" / "checkpoint").is_file()
    xr.testing.assert_identical(trained(Run(tmp_path / "killed", "smoke")), straight)


class RunAway(ThesisPolicy):
    """Has no rate any more after its second measurement."""

    def rate(self, target):
        if self.state["mu"] != -1.0 and target < 0.6:
            raise DivergedError("the training has run away")
        return super().rate(target)


@pytest.mark.parametrize(
    "changes", [{"schedule": "constant", "learning_rate": 1e30}, {"policy": "run_away"}]
)
def test_a_divergence_is_a_result(tmp_path, monkeypatch, changes):
    monkeypatch.setitem(POLICIES, "run_away", RunAway)
    one = trained(Run(tmp_path, "smoke"), batch_norm=False, **changes)
    assert 0 < one.trained < 20 and np.isnan(one.test_error)
    assert np.isnan(one.validation_error[-1]) and one.validation_error[0] > 50
    assert one.first_loss > 0 and one.rate[0].notnull() and one.rate[-1].isnull()


def test_lengths():
    desk = SCALES["desk"]
    assert desk.of({}).steps == 1000 and desk.of({"epochs": 2.0}).steps == 750
    third = a_third(SCALES, points=333)["desk"]
    assert third.of({}).steps == 333 and third.of({}).points == 333
    plain = third.of(SETUPS["gamma_1_plain"])
    assert (plain.steps, plain.scheduled_steps, plain.length) == (33, 333, 333)
    assert SMOKE.of(SETUPS["gamma_1_plain"]).network == "convnet"
    assert Scheduling().of({"gamma": 4.0}).gamma == 4


def test_images_without_scores_count_as_wrong():
    scores = torch.tensor([[2.0, 1.0], [np.nan, np.nan], [0.0, 1.0], [np.nan, 1.0]])
    model = torch.nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.eye(2)), model.bias.zero_()
    found = percent_wrong(model, scores, torch.tensor([0, 0, 0, 1]))
    assert found == 75
