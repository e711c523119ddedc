"""Extrinsic layers against definition 10 written out, their counts, and their gradients."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from relu_book.extrinsic import ExtrinsicReLU, ExtrinsicReLU2d
from relu_book.patterns import watch


def drawn(layer, seed=0):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_(generator=generator)
    return layer


def formula(z, weight, inner, outer):
    """[x, 1] + [x, 1] W (A - I) diag(s) W^T diag(s'), matrix by matrix, point by point."""
    rows = []
    for point in z:
        mask = torch.diag((point @ weight > 0).to(z)) - torch.eye(weight.shape[1]).to(z)
        moved = point @ weight @ mask.detach() @ torch.diag(inner) @ weight.T @ torch.diag(outer)
        rows.append(point + moved)
    return torch.stack(rows)


@pytest.mark.parametrize("grow", [False, True])
def test_the_layer_is_the_formula_and_so_is_its_gradient(grow):
    layer = drawn(ExtrinsicReLU(3, 7, grow=grow, dtype=torch.float64))
    x = torch.randn(11, 3, dtype=torch.float64)
    z = torch.cat([x, torch.ones(11, 1)], 1) if grow else x
    theirs = formula(z, layer.weight, layer.inner_shift, layer.outer_shift)
    ours = layer(x)
    assert ours.shape == (11, 3 + grow) == theirs.shape
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(
        torch.autograd.grad(ours.square().sum(), layer.parameters()),
        torch.autograd.grad(theirs.square().sum(), layer.parameters()),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("grow", [False, True])
def test_on_images_every_patch_is_a_point(grow):
    layer = drawn(ExtrinsicReLU2d(2, 5, 3, grow=grow, dtype=torch.float64))
    x = torch.randn(2, 2, 5, 6, dtype=torch.float64)
    z = torch.cat([x, torch.ones(2, 1, 5, 6)], 1) if grow else x
    patches = functional.unfold(z, 3, padding=1).transpose(1, 2)  # (n, positions, c k k)
    weight = layer.weight.flatten(1).T
    moved = torch.stack(
        [
            formula(each, weight, layer.inner_shift, layer.outer_shift.flatten()) - each
            for each in patches
        ]
    )
    theirs = z + functional.fold(moved.transpose(1, 2), (5, 6), 3, padding=1)
    torch.testing.assert_close(layer(x), theirs)


def test_inactive_filters_move_points_and_others_do_not():
    layer = ExtrinsicReLU(2, 2, grow=False)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(2))
    layer.inner_shift.data.fill_(1.0)
    x = torch.tensor([[1.0, 2.0], [-1.0, 2.0], [-1.0, -2.0]])
    assert layer(x).tolist() == [[1, 2], [0, 2], [0, 0]]  # the ReLU itself


@pytest.mark.parametrize(("size", "filters"), [(2, 600), (8, 200)])
def test_at_the_start_the_transpose_is_about_the_inverse(size, filters):
    torch.manual_seed(0)
    layer = ExtrinsicReLU(size, filters, grow=False)
    gram = layer.weight * layer.inner_shift @ layer.weight.T
    assert (gram - torch.eye(size)).abs().max() < 0.3
    x = torch.randn(1000, size)
    deep = nn.Sequential(*(ExtrinsicReLU(size, filters, grow=False) for _ in range(3)))
    assert 0.05 < (deep(x).norm() / x.norm()).item() < 2


@pytest.mark.parametrize("grow", [False, True])
def test_parameters_are_counted_right(grow):
    def count(layer):
        return sum(parameter.numel() for parameter in layer.parameters())

    n = 3 + grow
    assert count(ExtrinsicReLU(3, 7, grow=grow)) == n * 7 + 7 + n
    assert count(ExtrinsicReLU2d(3, 7, 5, grow=grow)) == n * 25 * 7 + 7 + n * 25


def test_watch_sees_their_patterns():
    model = nn.Sequential(ExtrinsicReLU(2, 5), ExtrinsicReLU(3, 6, grow=False))
    images = nn.Sequential(ExtrinsicReLU2d(1, 4, 3))
    with watch(model) as seen:
        model(torch.randn(7, 2))
    assert [site.width for site in seen.sites.values()] == [5, 6]
    with watch(images) as seen:
        images(torch.randn(2, 1, 6, 6))
    assert [site.width for site in seen.sites.values()] == [4]


def test_dimensions_before_the_last_are_free():
    layer = ExtrinsicReLU(2, 5)
    x = torch.randn(3, 4, 2)
    torch.testing.assert_close(layer(x).view(12, 3), layer(x.view(12, 2)))
    assert layer(x[0, 0]).shape == (3,)


def test_bad_input_gets_one_sentence():
    with pytest.raises(ValueError, match="filters is a whole number of at least 1, not 0"):
        ExtrinsicReLU(2, 0)
    with pytest.raises(ValueError, match=r"in_features is a whole number of at least 1, not 2\.5"):
        ExtrinsicReLU(2.5, 3)
    with pytest.raises(ValueError, match="kernel_size is odd"):
        ExtrinsicReLU2d(2, 3, 2)
    with pytest.raises(ValueError, match=r"takes points \(\.\.\., 2\), not of shape \(4, 3\)"):
        ExtrinsicReLU(2, 5)(torch.ones(4, 3))
    with pytest.raises(ValueError, match=r"takes images \(n, 2, h, w\), not of shape \(4, 2\)"):
        ExtrinsicReLU2d(2, 5, 3)(torch.ones(4, 2))
    for layer in (ExtrinsicReLU(2, 5), ExtrinsicReLU2d(2, 5, 3)):
        with pytest.raises(
            TypeError, match="takes a tensor of floating-point numbers, not NoneType"
        ):
            layer(None)
        with pytest.raises(TypeError, match=r"floating-point numbers, not torch\.int64"):
            layer(torch.ones(4, 2, 5, 2, dtype=torch.int64))
    for make in (lambda **k: ExtrinsicReLU(2, 5, **k), lambda **k: ExtrinsicReLU2d(2, 5, 3, **k)):
        for wrong in ("no", 2, None):
            with pytest.raises(TypeError, match="grow is True or False, not"):
                make(grow=wrong)
        for wrong in (torch.int, "float32"):
            with pytest.raises(TypeError, match="dtype is one of floating-point numbers, not"):
                make(dtype=wrong)
