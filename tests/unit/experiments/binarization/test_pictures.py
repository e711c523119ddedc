"""Networks for ImageNet: what is planted in records is found, and small runs are what they say."""

import pytest
from binarization_records import picture_errors, pictures, resnets

from relu_book.experiments.binarization.pictures_reading import (
    errors_reading,
    kept_reading,
    pictures_reading,
    pruning_reading,
)
from relu_book.runs import run


def test_one_plain_network_does_not_tell_what_most_do():
    found = pictures_reading(pictures())
    verdicts = {found.judge(claim).verdict for claim in ("fig-4.3.a", "fig-4.3.b")}
    assert verdicts == {"not decidable at this scale"}
    assert found["fig-4.3.a"]["relative_accuracy"].values == pytest.approx([0.9], abs=0.01)


@pytest.mark.parametrize(
    ("pruned", "verdict"), [((0.8, 20.0), "holds"), ((4.0, 20.0), "fails"), ((0.8, 2.0), "fails")]
)
def test_pruning_is_judged_in_five_plain_networks(pruned, verdict):
    found = pruning_reading(resnets(), pictures(pruned=pruned))
    assert found["tab-4.2.order-prune"]["float_25"].sizes["network"] == 5
    assert found.judge("tab-4.2.order-prune").verdict == verdict


@pytest.mark.parametrize(
    ("claim", "planted"),
    [
        ("fig-4.4.a", {"flatness": 0.1}),
        ("fig-4.4.b", {"ratio": 1.1}),
        ("fig-4.4.c", {"relative": 0.4}),
    ],
)
def test_errors_in_pictures(claim, planted):
    assert errors_reading(picture_errors()).judge(claim).verdict == "holds"
    assert errors_reading(picture_errors(**planted)).judge(claim).verdict == "fails"


def test_errors_that_reach_the_last_layer_and_predictions_that_change_refute():
    def verdict(errors, networks):
        return kept_reading(errors, networks).judge("fig-4.4.d").verdict

    assert verdict(picture_errors(), pictures()) == "holds"
    assert verdict(picture_errors(first_last=0.6), pictures()) == "fails"
    assert verdict(picture_errors(), pictures(right=60.0)) == "fails"


def test_small_runs(tmp_path):
    found = run("binarization/pictures", "smoke", root=tmp_path, progress=False)
    assert found["kept_right"].dims == ("network", "seed", "samples")
    errors = run("binarization/picture_errors", "smoke", root=tmp_path, progress=False)
    assert errors["ratio"].dims == ("seed", "picture", "layer") and (errors["ratio"] > 0).all()
    assert errors["absolute0"].dims == ("seed", "shown", "row0", "column0")
    # Errors of the second layer are not those of the third.
    assert errors["absolute2"].mean() != errors["absolute1"].mean()
