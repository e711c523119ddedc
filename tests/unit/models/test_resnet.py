"""ResNet, ConvNet and ToyNet: against formulas written out, published counts, and each other."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from relu_book.models import cifar_resnet, convnet, resnet18, toynet
from relu_book.patterns import watch


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def sites(model: nn.Module, size: int = 32) -> dict[str, tuple[int, ...]]:
    """Channels, height and width of every site, in execution order."""
    with watch(model) as watched:
        model(torch.zeros(2, 3, size, size))
    return {name: tuple(site.pre_activation.shape[1:]) for name, site in watched.sites.items()}


def convolutions(model: nn.Module) -> list[tuple]:
    return [
        (part.in_channels, part.out_channels, part.kernel_size, part.stride, part.padding)
        for part in model.modules()
        if isinstance(part, nn.Conv2d)
    ]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    # As many as the published weights of version 1 have (pytorch_resnet_cifar10: 0.27, 0.46, 0.66,
    # 0.85 and 1.7 million). Version 2 normalises 16 filters less at its beginning, which has no
    # normalisation, 32 less in the two units that widen, and 64 more at its end.
    "depth, expected",
    [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)],
)
def test_parameters_are_as_many_as_published(depth, version, expected):
    assert parameters(cifar_resnet(depth, version)) == expected
    if version == 2:
        assert parameters(convnet(depth)) == expected


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("width", [1, 3, 16])
def test_parameters_follow_the_closed_form(n, width):
    def counted(filters, batch_norm):
        total = 27 * filters[0] + 10 * filters[2] + 10
        inputs = filters[0]
        for outputs in filters:
            total += 9 * outputs * (inputs + (2 * n - 1) * outputs)
            total += 2 * n * outputs * (2 if batch_norm else 1)
            inputs = outputs
        return total + filters[0] * (2 if batch_norm else 1)

    depth, filters = 6 * n + 2, (width, 2 * width, 4 * width)
    for batch_norm in (True, False):
        assert parameters(
            cifar_resnet(depth, 1, width, batch_norm=batch_norm)
        ) == counted(filters, batch_norm)  # fmt: skip
        for family in (cifar_resnet, convnet):
            model = family(depth, width=width, batch_norm=batch_norm)
            assert parameters(model) == counted(filters, batch_norm)
        toy = toynet(depth, width, batch_norm=batch_norm)
        assert parameters(toy) == counted(3 * (width,), batch_norm)


def expected_sites(n: int, version: int, filters: tuple[int, ...], size: int) -> dict[str, tuple]:
    names = {"relu": (filters[0], size, size)} if version == 1 else {}
    before = filters[0], size
    for stage, width in enumerate(filters, start=1):
        side = -(-size // 2 ** (stage - 1))
        for unit in range(n):
            prefix = f"layer{stage}.{unit}"
            if version == 1:
                names[f"{prefix}.relu_before"] = names[f"{prefix}.relu_after"] = (width, side, side)
            else:
                kind = "relu" if (stage, unit) == (1, 0) else "relu_after"
                names[f"{prefix}.{kind}"] = (before[0], before[1], before[1])
                names[f"{prefix}.relu_before"] = (width, side, side)
            before = width, side
    if version == 2:
        names["relu_after"] = (before[0], before[1], before[1])
    return names


@pytest.mark.parametrize("size", [8, 16, 28, 32])
@pytest.mark.parametrize("n", [1, 3, 5])
def test_sites_stand_in_order_with_the_filters_of_their_stage(n, size):
    depth = 6 * n + 2
    for model, version, filters in (
        (cifar_resnet(depth, 1), 1, (16, 32, 64)),
        (cifar_resnet(depth, 2), 2, (16, 32, 64)),
        (convnet(depth), 2, (16, 32, 64)),
        (toynet(depth), 2, (32, 32, 32)),
        (cifar_resnet(depth, width=4), 2, (4, 8, 16)),
    ):
        expected = expected_sites(n, version, filters, size)
        assert len(expected) == depth - 1
        assert list(sites(model, size).items()) == list(expected.items())


@pytest.mark.parametrize("version", [1, 2])
def test_names_tell_what_stands_around_an_addition(version):
    """What happens is written down in order, a sum when its skip is computed."""
    model = cifar_resnet(20, version, batch_norm=False, seed=0)
    events = []
    for name, part in model.named_modules():
        if hasattr(part, "branch"):
            part.shortcut.register_forward_hook(lambda *_: events.append("sum"))
        if isinstance(part, nn.ReLU):
            part.register_forward_hook(lambda *_, name=name: events.append(name))
        if isinstance(part, nn.Conv2d):
            part.register_forward_hook(lambda *_: events.append("convolution"))
    model(torch.randn(2, 3, 8, 8))
    assert events.count("sum") == 9
    for place, event in enumerate(events):
        kind = event.rpartition(".")[2]
        if kind == "relu_after":
            assert events[place - 1] == "sum"
        elif kind == "relu_before":
            assert events[place + 1 : place + 3] == ["convolution", "sum"]
        elif kind == "relu":
            assert events[:place] == ["convolution"]
    assert sum(event.endswith("relu_after") for event in events) == 9


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("depth", [8, 20, 32])
def test_convnet_is_resnet_without_its_skips(depth, batch_norm):
    residual = cifar_resnet(depth, batch_norm=batch_norm, seed=1)
    plain = convnet(depth, batch_norm=batch_norm, seed=1)
    assert convolutions(plain) == convolutions(residual)
    assert all(window == (3, 3) for _, _, window, _, _ in convolutions(plain))
    assert list(sites(plain).items()) == list(sites(residual).items())
    assert plain.state_dict().keys() == residual.state_dict().keys()
    assert all(map(torch.equal, plain.parameters(), residual.parameters()))
    images = torch.randn(2, 3, 16, 16)
    assert not torch.allclose(plain.eval()(images), residual.eval()(images))
    for part in residual.modules():
        if hasattr(part, "branch"):
            part.shortcut = None
    assert torch.equal(plain(images), residual(images))


def test_toynet_has_the_strides_of_convnet_and_32_filters_everywhere():
    toy, conv = convolutions(toynet(20)), convolutions(convnet(20))
    assert [shape[2:] for shape in toy] == [shape[2:] for shape in conv]
    assert {shape[1] for shape in toy} == {32}
    assert [stride for *_, stride, _ in toy].count((2, 2)) == 2


def norm(x: torch.Tensor, weights: dict, name: str) -> torch.Tensor:
    mean, variance, scale, shift = (
        weights[f"{name}.{part}"][None, :, None, None]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift


def conv(x: torch.Tensor, weights: dict, name: str, stride: int = 1) -> torch.Tensor:
    return functional.conv2d(x, weights[f"{name}.weight"], stride=stride, padding=1)


def plain_resnet(
    x: torch.Tensor, weights: dict, n: int, version: int, skip: bool = True
) -> torch.Tensor:
    """ResNet from its weights, written out."""
    x = conv(x, weights, "conv1")
    if version == 1:
        x = norm(x, weights, "bn1").relu()
    for stage in (1, 2, 3):
        for unit in range(n):
            at = f"layer{stage}.{unit}"
            stride = 2 if stage > 1 and unit == 0 else 1
            if version == 1:
                y = norm(conv(x, weights, f"{at}.conv1", stride), weights, f"{at}.bn1").relu()
                y = norm(conv(y, weights, f"{at}.conv2"), weights, f"{at}.bn2")
            else:
                y = conv(norm(x, weights, f"{at}.bn1").relu(), weights, f"{at}.conv1", stride)
                y = conv(norm(y, weights, f"{at}.bn2").relu(), weights, f"{at}.conv2")
            if skip:
                carried = torch.zeros_like(y)
                new = y.shape[1] - x.shape[1]
                carried[:, new // 2 : new // 2 + x.shape[1]] = x[:, :, ::stride, ::stride]
                y = y + carried
            x = y.relu() if version == 1 else y
    if version == 2:
        x = norm(x, weights, "bn").relu()
    pooled = x.flatten(2).sum(2) / (x.shape[2] * x.shape[3])
    return pooled @ weights["linear.weight"].T + weights["linear.bias"]


@pytest.mark.parametrize("size", [8, 13, 32])
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("version, width", [(1, 4), (2, 4), (2, 3)])
def test_outputs_are_those_of_the_network_written_out(version, width, skip, size):
    if version == 1 and not skip:
        pytest.skip("ConvNet is version 2")
    family = cifar_resnet if skip else convnet
    arguments = {"version": version} if skip else {}
    model = family(14, width=width, seed=2, dtype=torch.float64, **arguments)
    images = torch.randn(5, 3, size, size, dtype=torch.float64)
    for _ in range(3):
        model(images)  # Running statistics that are neither 0 nor 1.
    weights = model.eval().state_dict()
    expected = plain_resnet(images, weights, 2, version, skip)
    torch.testing.assert_close(model(images), expected, rtol=1e-11, atol=1e-11)


def test_resnet18_is_the_usual_one_for_cifar():
    model = resnet18()
    # As many as kuangliu/pytorch-cifar's ResNet18, which the CIFAR literature counts as 11.17 M.
    assert parameters(model) == 11_173_962
    shapes = sites(resnet18(), 32)
    assert len(shapes) == 17
    assert [shape[0] for shape in shapes.values()] == [64] * 5 + [128] * 4 + [256] * 4 + [512] * 4
    assert [shape[1] for shape in shapes.values()] == [32] * 5 + [16] * 4 + [8] * 4 + [4] * 4
    assert [name for name in shapes if name.endswith("relu_before")] == [
        f"layer{stage}.{unit}.relu_before" for stage in (1, 2, 3, 4) for unit in (0, 1)
    ]
    layers = [part for part in model.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    assert len(layers) - 3 == 18, "three convolutions stand on skips"


def test_resnet18_without_skips_keeps_its_other_weights():
    residual, plain = resnet18(4, seed=3), resnet18(4, skip=False, seed=3)
    rest = {k: v for k, v in residual.state_dict().items() if "shortcut" not in k}
    assert plain.state_dict().keys() == rest.keys()
    assert all(torch.equal(value, rest[name]) for name, value in plain.state_dict().items())
    assert list(sites(plain)) == list(sites(residual))


def test_a_projected_skip_is_a_normalised_window_of_one_pixel():
    model = resnet18(3, seed=4, dtype=torch.float64).eval()
    unit = model.layer2[0]
    x = torch.randn(2, 3, 9, 9, dtype=torch.float64)
    window = unit.shortcut[0].weight.detach()[:, :, 0, 0]
    carried = torch.einsum("oi,nihw->nohw", window, x[:, :, ::2, ::2]) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(unit(x), (unit.branch(x) + carried).relu())


@pytest.mark.parametrize("version", [0, 3, "2", None])
def test_a_version_other_than_1_and_2_raises(version):
    with pytest.raises(ValueError, match="version must be 1 or 2"):
        cifar_resnet(20, version)
