"""Every family of torchvision's classification networks: each ReLU once, in execution order.

The truth is read one floor below, at the dispatcher, which knows nothing of modules and functions.
"""

import gc

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from relu_book.patterns import count_patterns, watch
from relu_book.torchvision_compat import torchvision

# Network -> size of its input, first and last site.
NETWORKS = {
    "alexnet": (64, "features.1", "classifier.5"),
    "convnext_tiny": (32, None, None),
    "densenet121": (32, "features.relu0", "/relu"),
    "efficientnet_b0": (32, None, None),
    "efficientnet_v2_s": (32, None, None),
    "googlenet": (32, "conv1/relu", "inception5b.branch4.1/relu"),
    "inception_v3": (75, "Conv2d_1a_3x3/relu", "Mixed_7c.branch_pool/relu"),
    "maxvit_t": (224, None, None),
    "mnasnet0_5": (32, "layers.2", "layers.16"),
    "mobilenet_v2": (32, "features.0.2", "features.18.2"),
    "mobilenet_v3_small": (32, "features.1.block.0.2", "features.11.block.2.activation"),
    "regnet_x_400mf": (32, "stem.2", "trunk_output.block4.block4-11.activation"),
    "regnet_y_400mf": (32, "stem.2", "trunk_output.block4.block4-5.activation"),
    "resnet18": (32, "relu", "layer4.1.relu:1"),
    "resnet50": (32, "relu", "layer4.2.relu:2"),
    "resnext50_32x4d": (32, "relu", "layer4.2.relu:2"),
    "shufflenet_v2_x0_5": (32, "conv1.2", "conv5.2"),
    "squeezenet1_1": (32, "features.1", "classifier.2"),
    "swin_t": (32, None, None),
    "swin_v2_t": (32, "features.1.0.attn.cpb_mlp.1", "features.7.1.attn.cpb_mlp.1"),
    "vgg11_bn": (32, "features.2", "classifier.4"),
    "vit_b_16": (224, None, None),
}
RELU_OPERATORS = ("relu", "hardtanh", "threshold", "leaky_relu", "_prelu_kernel")


class ReLUOperators(TorchDispatchMode):
    """Collects the inputs of ReLU operators, in order."""

    def __init__(self):
        super().__init__()
        self.inputs = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.__name__.partition(".")[0]
        clamps = name.rstrip("_") in ("clamp", "clamp_min") and args[1] == 0
        if clamps or name.rstrip("_") in RELU_OPERATORS:
            self.inputs.append(args[0].clone())
        return func(*args, **(kwargs or {}))


def build(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision().models.get_model(name, weights=None, **options)


def channel_dim(site: str, tensor: torch.Tensor) -> int:
    """Convolutions make dimension 1, the perceptron on positions in Swin 2 makes the last."""
    return tensor.ndim - 1 if "cpb_mlp" in site else 1


def test_no_family_is_forgotten():
    models = torchvision().models
    modules = {
        models.get_model_builder(name).__module__ for name in models.list_models(module=models)
    }
    assert modules == {models.get_model_builder(name).__module__ for name in NETWORKS}


@pytest.mark.parametrize("name", NETWORKS)
def test_each_relu_once_in_order(name):
    size, first, last = NETWORKS[name]
    model = build(name).eval()
    x = torch.randn(1, 3, size, size)
    with torch.no_grad():
        expected = model(x)
        with ReLUOperators() as truth:
            model(x)
        with watch(model) as seen:
            assert torch.equal(model(x), expected)
        names = []
        with watch(torch.compile(model, backend="aot_eager"), lambda s: names.append(s.name)) as b:
            assert torch.equal(b._root(x), expected)
    sites = list(seen.sites.values())
    assert len(sites) == len(truth.inputs)
    for site, tensor in zip(sites, truth.inputs, strict=True):
        assert torch.equal(site.pre_activation, tensor)
        assert site.channel_dim == channel_dim(site.name, tensor)
    assert names == list(seen.sites)
    compiled = torch.compile(model, backend="aot_eager")
    if names:
        counts = count_patterns(compiled, [x], batch_norm="running")
        assert list(counts) == names
        for (found_name, found), tensor in zip(counts.items(), truth.inputs, strict=True):
            rows = tensor.movedim(channel_dim(found_name, tensor), -1).flatten(0, -2) > 0
            assert (found.width, found.total) == (rows.shape[1], len(rows))
            assert found.distinct == len(torch.unique(rows, dim=0))
    else:
        with pytest.raises(ValueError, match="made no ReLU-like call"):
            count_patterns(compiled, [x], batch_norm="running")
    assert ([names[0], names[-1]] if names else [None, None]) == [first, last]
    del model, seen, truth, sites
    gc.collect()


@pytest.mark.parametrize("name", ["googlenet", "mobilenet_v3_small", "densenet121"])
def test_training_steps_stay_as_they_are(name):
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    results = []
    for watched in (False, True):
        model = build(name).train()
        torch.manual_seed(1)
        block = watch(model)
        if watched:
            block.__enter__()
        output = model(x)
        output = output if isinstance(output, torch.Tensor) else output.logits
        output.square().sum().backward()
        if watched:
            block.__exit__(None, None, None)
        state = [output, *model.state_dict().values(), torch.get_rng_state()]
        results.append(state + [p.grad for p in model.parameters() if p.grad is not None])
    assert len(results[0]) == len(results[1])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
    assert len(block.sites) > 10
