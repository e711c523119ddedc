"""What a network without bias can tell apart, beside trying everything and beside networks."""

from itertools import combinations_with_replacement, permutations

import pytest
import torch

from relu_book.experiments.extrinsic_networks import networks
from relu_book.experiments.extrinsic_networks.rays import class_areas, most_without_bias


@pytest.mark.parametrize("layout", ["D", "I"])
def test_beside_trying_all_breaks(layout, rays=8, steps=6):
    areas = class_areas(layout, rays, steps)
    best = 0.0
    for order in permutations(range(4)):
        total = 0.0
        for ray in range(rays):
            most = 0.0
            for breaks in combinations_with_replacement(range(steps + 1), 3):
                ends = [0, *breaks, steps]
                most = max(
                    most,
                    sum(areas[k, ray, ends[i] : ends[i + 1]].sum() for i, k in enumerate(order)),
                )
            total += most
        best = max(best, total)
    assert most_without_bias(layout, rays, steps) == pytest.approx(100 * best)


def test_finer_steps_agree():
    coarse, fine = (most_without_bias("D", rays, steps) for rays, steps in ((180, 150), (720, 600)))
    assert coarse == pytest.approx(fine, abs=0.5) and 82 < fine < 84
    assert most_without_bias("F") == pytest.approx(fine, abs=0.1)
    assert 91 < most_without_bias("I") < 93


def test_a_network_without_bias_has_each_class_once_a_ray_and_in_one_order():
    model = networks.extrinsic(3, 40, weight=1.0, shift=1.0, seed=0)
    angle = torch.rand(200) * 6.283
    t = torch.linspace(0.01, 6, 800)
    points = t[:, None] * torch.stack([angle.cos(), angle.sin()], -1)[:, None]
    with torch.no_grad():
        labels = model(points).argmax(-1)
    order = model[-1].bias.argsort(descending=True).tolist()
    for ray in labels:
        seen = torch.unique_consecutive(ray).tolist()
        assert seen == sorted(set(seen), key=order.index)
