"""Networks trained together are those that torch trains one by one."""

import torch
from torch.nn.functional import cross_entropy

from relu_book.experiments.extrinsic_projection import many
from relu_book.models import mlp

WIDTHS, RATE, STEPS = (2, 3, 5, 4), 0.1, 30


def points_and_labels():
    generator = torch.Generator().manual_seed(7)
    points = 2 * torch.rand(4, 10, 20, 2, generator=generator, dtype=torch.float64) - 1
    return points, (points.sum(-1) > 0).long() + 2 * (points[..., 0] > 0.3)


def test_each_is_trained_as_by_sgd_alone():
    points, labels = points_and_labels()
    start = many.networks(WIDTHS, "default", range(5, 9))
    shown = dict(many.trained(start, points, labels, RATE, (0, 1, STEPS)))
    assert list(shown) == [0, 1, STEPS]
    for number in range(4):
        model = mlp(WIDTHS, seed=5 + number, dtype=torch.float64)
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        for step in range(STEPS + 1):
            if step in shown:
                ours = many.network(shown[step], number)
                for parameter, own in zip(model.parameters(), ours.parameters(), strict=True):
                    torch.testing.assert_close(own, parameter, rtol=1e-9, atol=1e-12)
            optimizer.zero_grad()
            batch = step % 10
            cross_entropy(model(points[number, batch]), labels[number, batch]).backward()
            optimizer.step()


def test_before_training_they_are_the_networks_of_their_seeds():
    start = many.networks(WIDTHS, "zero", (3, 11))
    for number, seed in enumerate((3, 11)):
        ours, theirs = many.network(start, number), mlp(WIDTHS, bias=0.0, seed=seed).double()
        for parameter, own in zip(theirs.parameters(), ours.parameters(), strict=True):
            torch.testing.assert_close(own, parameter, rtol=1e-6, atol=1e-7)


def test_layers_give_what_the_module_gives():
    points, _ = points_and_labels()
    start = many.networks(WIDTHS, "default", range(4))
    found = many.outputs(start, points[:, 0])
    for number in range(4):
        model = many.network(start, number)
        for layer, end in enumerate((2, 4, 5)):  # behind each ReLU, and the last linear layer
            torch.testing.assert_close(found[layer][number], model[:end](points[number, 0]))


def test_training_leaves_what_it_is_given():
    points, labels = points_and_labels()
    start = many.networks(WIDTHS, "zero", range(4))
    before = [each.clone() for each in start]
    *_, (_, end) = many.trained(start, points, labels, RATE, (0, 5))
    assert all(torch.equal(one, other) for one, other in zip(start, before, strict=True))
    assert not torch.equal(end[0], start[0])
