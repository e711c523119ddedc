"""Transformer layers run as one fused call in evaluation; watching them still changes nothing."""

import itertools

import pytest
import torch
from torch import nn

from relu_book.patterns import watch

X = torch.randn(3, 5, 16, generator=torch.Generator().manual_seed(0))
PADDING = torch.arange(5) >= torch.tensor([[3], [5], [1]])


def fused_calls(run) -> list[str]:
    """Fused operators that a call runs, as a profile of the dispatcher shows them."""
    from torch.utils._python_dispatch import TorchDispatchMode

    names = []

    class Profile(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            names.append(func.__name__)
            return func(*args, **(kwargs or {}))

    with Profile():
        run()
    return [name for name in names if "_native_multi" in name or "_encoder_layer_fwd" in name]


@pytest.mark.parametrize(
    ("activation", "norm_first", "batch_first", "training", "grad"),
    list(
        itertools.product(
            ["relu", "gelu"], [False, True], [False, True], [False, True], [False, True]
        )
    ),
)
def test_an_encoder_layer(activation, norm_first, batch_first, training, grad):
    torch.manual_seed(1)
    layer = nn.TransformerEncoderLayer(
        *(16, 4, 32), activation=activation, norm_first=norm_first, batch_first=batch_first
    ).train(training)
    with torch.set_grad_enabled(grad):
        torch.manual_seed(2)
        expected = layer(X)
        after = torch.get_rng_state()
        torch.manual_seed(2)
        with watch(layer) as seen:
            assert torch.equal(layer(X), expected)
        assert torch.equal(torch.get_rng_state(), after)
    if activation == "gelu":
        assert not seen.sites
        return
    (site,) = seen.sites.values()
    assert (site.name, site.width, site.channel_dim) == ("/relu", 32, 2)
    if not training:
        with torch.no_grad():
            hidden = X if not norm_first else layer.norm1(X)
            attended, _ = layer.self_attn(hidden, hidden, hidden, need_weights=False)
            x = X + attended
            before = layer.norm2(x) if norm_first else layer.norm1(x)
            expected = layer.linear1(before)
        assert torch.allclose(site.pre_activation, expected, atol=1e-5)


@pytest.mark.parametrize("padding", [None, PADDING])
@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_an_encoder(padding, grad):
    torch.manual_seed(1)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 3).eval()

    def run():
        return model(X, src_key_padding_mask=padding)

    with torch.set_grad_enabled(grad):
        expected = run()
        assert bool(fused_calls(run)) != grad
        names = []
        with watch(model) as seen, watch(model, lambda site: names.append(site.name)):
            assert torch.equal(run(), expected)
    assert list(seen.sites) == names == [f"layers.{layer}/relu" for layer in range(3)]
    assert all(site.pre_activation.shape == (3, 5, 32) for site in seen.sites.values())


def test_attention_alone():
    torch.manual_seed(1)
    model = nn.MultiheadAttention(16, 4, batch_first=True).eval()
    for need_weights in (False, True):
        with torch.no_grad():
            expected = model(X, X, X, need_weights=need_weights)
            assert fused_calls(lambda: model(X, X, X, need_weights=need_weights))  # noqa: B023
            with watch(model) as seen:
                output = model(X, X, X, need_weights=need_weights)
        assert torch.equal(output[0], expected[0])
        assert need_weights == (output[1] is not None)
        assert not seen.sites


def test_hooks_of_the_user_run_once():
    torch.manual_seed(1)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()
    calls = []
    layer.linear1.register_forward_hook(lambda *_: calls.append(1))
    with torch.no_grad():
        expected = layer(X)
        calls.clear()
        with watch(layer) as seen:
            assert torch.equal(layer(X), expected)
    assert len(calls) == 1
    assert list(seen.sites) == ["/relu"]


def test_a_whole_transformer():
    torch.manual_seed(1)
    model = nn.Transformer(16, 4, 2, 2, 32, batch_first=True).eval()
    with torch.no_grad():
        expected = model(X, X)
        with watch(model) as seen:
            assert torch.equal(model(X, X), expected)
    parts = [f"{part}.layers.{layer}/relu" for part in ("encoder", "decoder") for layer in (0, 1)]
    assert list(seen.sites) == parts
