"""Every site of any network, with a gradient, and a pass that stays as it is."""

import pytest
import torch
from torch import nn

from relu_book.entropy import EntropyRegularizer, pattern_entropy
from relu_book.models import cifar_resnet
from relu_book.patterns import watch


def resnet():
    return cifar_resnet(8, width=4, seed=0, dtype=torch.float64)


def images():
    return torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("relaxation", ["linear", "quadratic"])
def test_entropies_are_those_of_the_pre_activations(relaxation):
    model = resnet()
    with EntropyRegularizer(model, relaxation=relaxation) as regularizer, watch(model) as seen:
        model(images())
    assert list(regularizer.entropies) == list(seen.sites)
    for name, site in seen.sites.items():
        assert regularizer.entropies[name] == pattern_entropy(site.pre_activation)
    mean = sum(regularizer.entropies.values()) / len(seen.sites)
    assert regularizer.entropy.item() == pytest.approx(mean.item())


def test_the_gradient_is_that_of_a_network_written_out():
    torch.manual_seed(0)
    first, second, head = nn.Linear(2, 5), nn.Linear(5, 4), nn.Linear(4, 1)
    model = nn.Sequential(first, nn.ReLU(inplace=True), second, nn.ReLU(), head)
    x = torch.randn(50, 2)
    with EntropyRegularizer(model) as regularizer:
        (model(x).square().mean() - 0.3 * regularizer.entropy).backward()
    ours = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    y = first(x)
    z = second(y.relu())
    entropy = (pattern_entropy(y) + pattern_entropy(z)) / 2
    (head(z.relu()).square().mean() - 0.3 * entropy).backward()
    for parameter, gradient in zip(model.parameters(), ours, strict=True):
        torch.testing.assert_close(gradient, parameter.grad)


def test_the_pass_stays_as_it_is_and_the_model_has_no_hook_left():
    plain, watched = resnet(), resnet()
    with EntropyRegularizer(watched):
        out = watched(images())
    assert torch.equal(out, plain(images()))
    out.sum().backward()
    plain(images()).sum().backward()
    for one, other in zip(watched.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)
    assert not watched._forward_pre_hooks


def test_each_pass_has_entropies_of_its_own():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with EntropyRegularizer(model) as regularizer:
        model(torch.zeros(5, 2))
        assert regularizer.entropy == 0
        model(torch.randn(50, 2))
        assert regularizer.entropy > 0
    assert list(regularizer.entropies) == ["1"]


def test_some_steps_raise_the_entropy():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU())
    x = torch.randn(300, 2) * 0.3 + torch.tensor([2.0, 1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    seen = []
    with EntropyRegularizer(model) as regularizer:
        for _ in range(100):
            optimizer.zero_grad()
            model(x)
            seen.append(regularizer.entropy.item())
            (-regularizer.entropy).backward()
            optimizer.step()
    assert seen[-1] > seen[0] + 0.3


def test_bad_input_gets_one_sentence():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with EntropyRegularizer(model) as regularizer, pytest.raises(RuntimeError, match="no ReLU of"):
        _ = regularizer.entropy
    with pytest.raises(ValueError, match="the relaxation is"):
        EntropyRegularizer(model, relaxation="cubic")
    with pytest.raises(ValueError, match="no site '2'"), EntropyRegularizer(model, sites="2"):
        model(torch.zeros(5, 2))
    with (
        pytest.raises(RuntimeError, match="without a site that sites='nope' asks for"),
        EntropyRegularizer(model, sites="nope") as regularizer,
    ):
        model(torch.zeros(5, 2))
        _ = regularizer.entropy
    without = nn.Linear(2, 3)
    with EntropyRegularizer(without) as regularizer:
        without(torch.zeros(5, 2))
        with pytest.raises(RuntimeError, match="Linear ran in the block and called no ReLU"):
            _ = regularizer.entropy
