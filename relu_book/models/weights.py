"""Weights from a safetensors file into a network, all of them or none."""

from pathlib import Path

import torch
from torch import nn

from relu_book.extras import needs


def load_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """Give a network the parameters and statistics that a safetensors file holds.

    The CIFAR-10 weights of ResNet-20, 32, 44 and 56 that Y. Idelbayev published
    (pytorch_resnet_cifar10) load into ``cifar_resnet`` of version 1, those of torchvision's VGG
    without normalisation into ``vgg(depth, False, size=224, classes=1000, hidden=4096)``. No code
    runs from the file.

    Args:
        model: The network, on any device and of any dtype; it keeps both.
        path: The file. Its names are those of ``model.state_dict()``; a prefix ``module.`` of all
            of them, from training in parallel, is dropped where the network has none, and the
            counters ``num_batches_tracked`` may be missing.

    Returns:
        The same network, so that the call can stand around its construction.

    Raises:
        FileNotFoundError: No such file.
        ValueError: A file that is damaged or not of this format, or one of another network: tensors
            are missing, left over, of another shape, or integers instead of real numbers. The
            network is then as before.
        ImportError: safetensors is not installed.

    Cost: one reading of the file.

    Example:
        >>> import tempfile, torch
        >>> from safetensors.torch import save_file
        >>> from relu_book.models import cifar_resnet, load_weights
        >>> trained = cifar_resnet(8, seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_file(trained.state_dict(), f"{folder}/resnet8.safetensors")
        ...     model = load_weights(cifar_resnet(8), f"{folder}/resnet8.safetensors")
        >>> torch.equal(model.conv1.weight, trained.conv1.weight)
        True
    """
    needs("load_weights", "lab", "safetensors")
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path} to load weights from")
    try:
        stored = load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is damaged or no safetensors file ({error}); fetch or write it again"
        ) from None
    own = model.state_dict()
    if all(name.startswith("module.") and name not in own for name in stored):
        stored = {name.removeprefix("module."): tensor for name, tensor in stored.items()}
    _require_fit(path, model, own, stored)
    with torch.no_grad():
        for name, tensor in stored.items():
            own[name].copy_(tensor)
    return model


def _require_fit(
    path: Path, model: nn.Module, own: dict[str, torch.Tensor], stored: dict[str, torch.Tensor]
) -> None:
    missing = [
        name for name in own if name not in stored and not name.endswith("num_batches_tracked")
    ]
    unknown = [name for name in stored if name not in own]
    both = [name for name in own if name in stored]
    shapes = [
        f"{name} ({tuple(stored[name].shape)} instead of {tuple(own[name].shape)})"
        for name in both
        if stored[name].shape != own[name].shape
    ]
    # Copied all the same, integers that stand for real numbers on a scale would be wrong weights.
    kinds = [
        f"{name} ({stored[name].dtype} instead of {own[name].dtype})"
        for name in both
        if stored[name].is_floating_point() != own[name].is_floating_point()
    ]
    said = [
        f"{text} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for text, names in (
            ("it lacks", missing),
            ("the network has no", unknown),
            ("of another shape are", shapes),
            ("of another kind are", kinds),
        )
        if names
    ]
    if said:
        raise ValueError(
            f"{path} holds the weights of another network than this {type(model).__name__}: "
            f"{'; '.join(said)}"
        )
