"""Optimizers against their formulas, written with scalars, and against torch's own."""

import copy

import pytest
import torch
from torch.optim import SGD, AdamW

from relu_book.models import mlp
from relu_book.training import OPTIMIZERS, SGDW, make_optimizer


def path(make, steps=50, gradient=lambda w: 2 * w):
    """The weight after each step, from 1, on a loss whose gradient is given."""
    weight = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimizer, weights = make([weight]), []
    for _ in range(steps):
        weight.grad = gradient(weight.detach().clone())
        optimizer.step()
        weights.append(weight.item())
    return weights


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("decay", [0.0, 5e-4, 0.1])
def test_sgdw_is_its_formula(momentum, decay):
    w, v, expected = 1.0, 0.0, []
    for _ in range(50):
        v = momentum * v + 2 * w
        w = (w - 0.05 * v) * (1 - decay)
        expected.append(w)
    measured = path(lambda p: SGDW(p, lr=0.05, momentum=momentum, weight_decay=decay))
    assert measured == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_without_decay_it_is_torchs_sgd_to_the_bit(momentum):
    ours = path(lambda p: SGDW(p, lr=0.03, momentum=momentum))
    assert ours == path(lambda p: SGD(p, lr=0.03, momentum=momentum))


def test_decay_does_not_depend_on_the_learning_rate_unlike_that_of_l2_and_adamw():
    def shrunk(make):
        return path(make, steps=2000, gradient=torch.zeros_like)[-1]

    for rate in (1e-3, 0.1, 1.0):
        decayed = shrunk(lambda p, rate=rate: SGDW(p, lr=rate, momentum=0.9, weight_decay=5e-4))
        assert decayed == pytest.approx((1 - 5e-4) ** 2000, rel=1e-10)
    assert shrunk(lambda p: AdamW(p, lr=0.1, weight_decay=5e-4)) == pytest.approx(0.905, abs=1e-3)
    # At a constant rate the two decays agree without momentum, and only then.
    for momentum, l2 in ((0.0, 0.905), (0.9, 0.368)):
        decayed = shrunk(lambda p, m=momentum: SGD(p, lr=0.1, momentum=m, weight_decay=5e-4))
        assert decayed == pytest.approx(l2, abs=1e-3)
        apart = shrunk(lambda p, m=momentum: SGDW(p, lr=0.1, momentum=m, weight_decay=0.1 * 5e-4))
        assert apart == pytest.approx(0.905, abs=1e-3)


def test_groups_have_their_own_numbers_and_a_weight_without_gradient_stays():
    first, second, frozen = (torch.nn.Parameter(torch.ones(2)) for _ in range(3))
    optimizer = SGDW(
        [{"params": [first, frozen]}, {"params": [second], "lr": 0.5, "weight_decay": 0.0}],
        lr=0.0,
        weight_decay=0.25,
    )
    first.grad = second.grad = torch.ones(2)
    optimizer.step()
    assert (first.tolist(), second.tolist(), frozen.tolist()) == ([0.75] * 2, [0.5] * 2, [1.0] * 2)


def test_closure_is_called_with_gradients():
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = SGDW([weight], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 1
    assert weight.item() == 0.5


def test_state_moves_to_another_optimizer():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(3))
    first = SGDW([weight], lr=0.1, momentum=0.9, weight_decay=0.01)
    weight.grad = torch.randn(3)
    first.step()
    other = torch.nn.Parameter(weight.detach().clone())
    second = SGDW([other], lr=7.0)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    weight.grad = other.grad = torch.randn(3)
    first.step()
    second.step()
    assert torch.equal(weight, other)


@pytest.mark.parametrize(
    "numbers", [{"lr": -1}, {"momentum": 1}, {"momentum": -0.1}, {"weight_decay": 1.5}]
)
def test_numbers_out_of_range_are_named(numbers):
    (name,) = numbers
    with pytest.raises(ValueError, match=rf"{name} must lie in \[0, "):
        SGDW([torch.nn.Parameter(torch.ones(1))], **numbers)


def test_optimizers_by_name():
    model = mlp((2, 4, 2), seed=0)
    for name, kind in OPTIMIZERS.items():
        optimizer = make_optimizer(name, model, 0.125)
        assert type(optimizer) is kind
        assert [group["lr"] for group in optimizer.param_groups] == [0.125]
        assert list(map(id, optimizer.param_groups[0]["params"])) == list(
            map(id, model.parameters())
        )
    with pytest.raises(ValueError, match="no optimizer 'SGDW'; close names: 'sgdw', 'sgd'"):
        make_optimizer("SGDW", model, 0.1)
    with pytest.raises(ValueError, match="no optimizer 'lbfgs'; there are: 'sgd', 'sgdw', 'adam'"):
        make_optimizer("lbfgs", model, 0.1)
    with pytest.raises(TypeError, match=r"optimizer 'sgdw' cannot be made of these .* 'betas'"):
        make_optimizer("sgdw", model, 0.1, betas=(0.9, 0.99))
