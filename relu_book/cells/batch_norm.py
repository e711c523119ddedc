"""Batch normalisation that looks at a reference set, never at the points that a picture is made of.

In training mode batch normalisation subtracts the mean of the batch and divides by its standard
deviation, so what a network does to one point depends on all others. A picture of cells needs one
fixed map; else it would change with the grid (thesis 2.2.4, figure 2.8). Here the map is fixed by a
reference batch: it passes through the network once, whole, and at each normalised channel

    mean = 1/n sum_i x_i,        variance = 1/n sum_i (x_i - mean)^2        (biased, as in training)

are kept and used from then on, as running statistics are used in evaluation mode.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parameter import UninitializedTensorMixin

from relu_book.cells.checks import real
from relu_book.undisturbed import model_as_it_was, random_numbers_as_they_were


@contextmanager
def frozen_batch_norm(model: nn.Module, reference=None) -> Iterator[nn.Module]:
    """A context in which the model is one fixed map: each point by itself, dropout off.

    All modules are in evaluation mode inside. Those batch norms that would have normalised by the
    batch (in training mode, or without running statistics) use the statistics of ``reference``.

    Args:
        model: Any module.
        reference: One batch of inputs, given whole; or a tuple whose first item it is. Cast to the
            model's dtype and device. Needed if a batch norm would normalise by the batch.

    Yields:
        The model itself. When the block ends, also by an exception, training flags, buffers
        (running statistics, numbers of batches) and the attributes of modules are bitwise what
        they were, as :func:`relu_book.undisturbed.model_as_it_was` says.

    Raises:
        TypeError: ``model`` is not a module.
        ValueError: A batch norm needs a reference and there is none, or it is empty; a batch norm
            is called more than once in a pass; parameters have no shape yet, or no numbers.

    Cost: one forward pass of the reference, and a copy of the buffers.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
        >>> data = torch.rand(100, 2)
        >>> with frozen_batch_norm(model, data), torch.no_grad():
        ...     print(model(data.mean(0, keepdim=True)).abs().max() < 1e-5)
        tensor(True)
        >>> model.training, int(model[1].num_batches_tracked)
        (True, 0)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"A model must be a torch.nn.Module, and this one is a {type(model).__name__}."
        )
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if isinstance(tensor, UninitializedTensorMixin):
            raise ValueError(
                f"The parameter {name!r} has no shape yet; pass one batch through the model first."
            )
        if tensor.is_meta:
            raise ValueError(
                f"The parameter {name!r} is on the meta device and has no numbers; load the model."
            )
    by_batch = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None)
    }
    if by_batch and reference is None:
        raise ValueError(
            f"The batch norm {next(iter(by_batch))!r} would normalise by the batch at hand; give a "
            f"reference batch (reference=...) whose statistics it shall use, or call model.eval()."
        )
    with model_as_it_was(model):
        for module in model.modules():
            module.training = False
        if by_batch:
            _use_statistics_of(_as_input(model, reference), model, by_batch)
        yield model


def _use_statistics_of(
    reference: Tensor, model: nn.Module, by_batch: dict[str, _BatchNorm]
) -> None:
    """Gives each batch norm the statistics that it has on the reference as running statistics."""
    found: dict[str, tuple[Tensor, Tensor]] = {}

    def keep(name: str):
        def hook(module, inputs):
            if name in found:
                raise ValueError(
                    f"The batch norm {name!r} is called more than once in one forward pass, with "
                    f"other statistics each time; give each call a module of its own."
                )
            x = inputs[0].detach().double()
            rest = [dim for dim in range(x.ndim) if dim != 1]
            found[name] = (x.mean(rest), x.var(rest, correction=0))

        return hook

    hooks = [module.register_forward_pre_hook(keep(name)) for name, module in by_batch.items()]
    try:
        for module in by_batch.values():
            module.training = True
        with torch.no_grad(), random_numbers_as_they_were(model):
            model(reference)
    finally:
        for hook in hooks:
            hook.remove()
        for module in by_batch.values():
            module.training = False
    for name, (mean, variance) in found.items():
        module = by_batch[name]
        like = next((t for t in (module.running_mean, module.weight) if t is not None), reference)
        module.running_mean = mean.to(like.dtype)
        module.running_var = variance.to(like.dtype)


def _as_input(model: nn.Module, reference) -> Tensor:
    if isinstance(reference, (tuple, list)) and len(reference) and torch.is_tensor(reference[0]):
        reference = reference[0]
    dtype, device = dtype_and_device(model)
    reference = real(reference, "reference").to(device, dtype)
    if reference.ndim < 2 or reference.numel() == 0:
        raise ValueError(
            f"The reference must be a batch of inputs with at least one of them, and its shape is "
            f"{tuple(reference.shape)}."
        )
    return reference


def dtype_and_device(model: nn.Module) -> tuple[torch.dtype, torch.device]:
    """Those of the model's first floating-point parameter, else buffer, else the defaults."""
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point():
            return tensor.dtype, tensor.device
    return torch.get_default_dtype(), torch.device("cpu")
