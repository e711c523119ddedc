"""ReLUs that run where no Python call is made are named or refused, not passed over in silence."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from relu_book.patterns import count_patterns, watch
from relu_book.patterns.scripted import scripted_relus

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)

    @torch.jit.script
    def scripted_relu(x: torch.Tensor) -> torch.Tensor:
        if x.dim() > 1:
            x = torch.relu_(x)
        return x

    @torch.jit.script
    def scripted_clamp(x: torch.Tensor) -> torch.Tensor:
        return x.clamp(0.0, 6.0)

    @torch.jit.script
    def no_relu(x: torch.Tensor) -> torch.Tensor:
        return F.hardtanh(x.clamp(-1.0).sigmoid())


def helper(x):
    return sum(scripted_clamp(no_relu(y)) for y in (x,))


def decorated(function):
    return lambda *args: scripted_relu(function(*args))


class Calls(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.before, self.function, self.last = nn.Linear(3, 4), function, nn.Linear(4, 2)

    def forward(self, x):
        return self.after(self.before(x))

    def after(self, x):
        return F.relu(self.last(self.function(x)))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (scripted_relu, [("0", "scripted_relu", ["relu"])]),
        (helper, [("0", "scripted_clamp", ["clamp"])]),
        (decorated(helper), [("0", "scripted_clamp", ["clamp"]), ("0", "scripted_relu", ["relu"])]),
        (no_relu, []),
        (torch.tanh, []),
    ],
)
def test_scripted_functions_are_named(function, expected):
    model = nn.Sequential(Calls(function))
    assert sorted(scripted_relus(model)) == expected
    block = watch(model)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(2):
            with block:
                model(torch.randn(2, 3))
    assert sorted(str(warning.message).split("'")[1] for warning in told) == [
        name for _, name, _ in expected
    ]
    assert list(block.sites) == ["0/relu"]


def test_counting_tells_of_them_once():
    with pytest.warns(
        UserWarning, match="'scripted_clamp', whose .*clamp.* cannot be seen"
    ) as told:
        count_patterns(Calls(helper), torch.randn(8, 3).split(2))
    assert len(told) == 1


@pytest.fixture
def quantised() -> nn.Module:
    """Converted and fused, but for its head."""
    quantization = torch.ao.quantization
    engine = torch.backends.quantized.supported_engines[-1]
    torch.backends.quantized.engine = engine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nn.Sequential(
            *(quantization.QuantStub(), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)),
            *(nn.ReLU6(), quantization.DeQuantStub(), nn.Flatten(), nn.Linear(64, 5), nn.ReLU()),
        ).eval()
        model = quantization.fuse_modules(model, [["1", "2"]])
        model.qconfig, model[7].qconfig = quantization.get_default_qconfig(engine), None
        model = quantization.prepare(model)
        with watch(model) as seen:  # not converted yet: all are seen
            model(torch.randn(2, 3, 8, 8))
        assert list(seen.sites) == ["1.1", "4", "8"]
        return quantization.convert(model)


def test_quantised_relus_are_refused_unless_others_are_asked_for(quantised):
    x = torch.randn(2, 3, 8, 8)
    with pytest.raises(TypeError, match=r"ReLUs of '1/conv2d_relu' run inside one fused call"):
        count_patterns(quantised, [x])
    with (
        pytest.raises(TypeError, match=r"site '4/?\w*' is a quantised tensor"),
        watch(quantised, sites=[1, "8"]),
    ):
        quantised(x)
    assert list(count_patterns(quantised, [x], sites="8")) == ["8"]
