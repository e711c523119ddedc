"""The curvature by products with the Hessian is that of the whole Hessian, and of curvlinops."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from relu_book.experiments.sensitivity.curvature import largest_curvature
from relu_book.models import mlp


def case(batch_norm=True):
    generator = torch.Generator().manual_seed(1)
    model = mlp((4, 6, 3), batch_norm, seed=0)
    x = torch.randn(20, 4, generator=generator)
    return model, x, torch.randint(3, (20,), generator=generator)


def test_it_is_the_largest_eigenvalue():
    model, x, y = case()
    names = [name for name, _ in model.named_parameters()]
    sizes = [p.numel() for p in model.parameters()]
    flat = torch.cat([p.detach().reshape(-1) for p in model.parameters()])

    def loss(flat):
        parts = zip(names, flat.split(sizes), model.parameters(), strict=True)
        own = {name: part.view_as(p) for name, part, p in parts}
        return F.cross_entropy(torch.func.functional_call(model, own, x), y)

    largest = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat))[-1].item()
    found, direction = largest_curvature(model, F.cross_entropy(model(x), y))
    assert found == pytest.approx(largest, rel=0.02)
    assert np.linalg.norm(direction) == pytest.approx(1)
    again, _ = largest_curvature(model, F.cross_entropy(model(x), y), direction)
    assert again == pytest.approx(largest, rel=0.02)


def test_an_overflow_is_nan():
    model, x, y = case()
    found, _ = largest_curvature(model, F.cross_entropy(model(x), y) * math.inf)
    assert math.isnan(found)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # where curvlinops is imported
def test_it_is_that_of_curvlinops():
    curvlinops = pytest.importorskip("curvlinops")
    from scipy.sparse.linalg import eigsh

    model, x, y = case(batch_norm=False)  # whose counter its vmap cannot write
    operator = curvlinops.HessianLinearOperator(
        model, torch.nn.CrossEntropyLoss(), list(model.parameters()), [(x, y)]
    )
    (theirs,) = eigsh(operator.to_scipy(), 1, which="LA")[0]
    found, _ = largest_curvature(model, F.cross_entropy(model(x), y))
    assert found == pytest.approx(theirs, rel=0.02)
