"""Refining where a network is uncertain: planted gains are found, and ``attend`` gives the same."""

import pytest
import torch
from binarization_records import attention as made

from relu_book.binarization import attend
from relu_book.datasets import load
from relu_book.experiments.binarization.attention import SCALES, _part
from relu_book.experiments.binarization.attention_reading import attention_reading, savings
from relu_book.experiments.binarization.published import prepared
from relu_book.experiments.binarization.resampled import Drawn
from relu_book.runs import Run, run


@pytest.mark.parametrize(
    ("claim", "planted"),
    [
        ("tab-4.2.order-attention", {"gain": -0.2}),
        ("fig-4.5.a", {"gain": -0.2}),
        ("fig-4.5.c", {"margin": -0.2}),
    ],
)
def test_what_is_planted_is_found(claim, planted):
    assert attention_reading(made()).judge(claim).verdict == "holds"
    assert attention_reading(made(**planted)).judge(claim).verdict == "fails"


def test_a_small_coverage_saves_more():
    saved = savings(made()).mean(("seed", "network"))
    assert saved.sel(pair="2/32", margin=0).item() == pytest.approx(
        1 - (2 + 0.4 * 30) / 32, abs=0.01
    )
    assert (saved.sel(margin=0) > saved.sel(margin=1)).all()


def test_a_small_run(tmp_path):
    found = run("binarization/attention", "smoke", root=tmp_path, progress=False)
    assert found["refined"].dims == ("network", "seed", "pair", "margin", "selection")
    assert (found["coverage"].sel(margin=1) >= found["coverage"].sel(margin=0)).all()


def test_a_pair_is_what_attend_gives(tmp_path):
    settings, (images, labels) = SCALES["smoke"], prepared("untrained", load, 20)
    drawn = Drawn(
        type(settings)(network="untrained", images=20), 5, Run(tmp_path, "smoke"), passes=1
    )
    network = drawn.network(2)
    with torch.inference_mode():
        right, refined, coverage = _part(
            network, images, labels, settings, 5, torch.Generator().manual_seed(0)
        )
        network.stream.seed, network.stream.passes = 5, 0
        found = attend(network, images, 2, 4, margin=1)
    pair = settings.pairs.index((2, 4))
    assert torch.equal(refined[pair, 1, 0], found.outputs.argmax(1) == labels)
    assert torch.equal(right[1], found.base_outputs.argmax(1) == labels)
    assert coverage[1, 1].mean().item() == pytest.approx(found.coverage)
