"""Entropy normalisation: a layer in the place of batch normalisation (thesis A.1).

Batch normalisation with zero bias gives the largest entropy of patterns only where the filters are
independent of each other. This layer changes nothing of what passes; it measures the entropy of
the patterns that the ReLU behind it will have, for a loss that asks for more of it. The thesis
calls the whole "discrete activation vanishing entropy normalization" and reports no gain over batch
normalisation.
"""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from relu_book.entropy.potentials import check_relaxation
from relu_book.entropy.relaxed import pattern_entropy


class EntropyNormalization(nn.Module):
    """Passes its input on and measures, while training, the entropy of its patterns.

    Stands before a ReLU. Without parameters and buffers; it does nothing in evaluation mode.

    Args:
        relaxation: ``"linear"`` or ``"quadratic"``, as of ``pattern_entropy``.
        channel_dim: the dimension of the filters.

    Attributes:
        entropy: of the last pass in training mode, in bits, with its gradient; None before the
            first, and in copies. It holds the graph of that pass until the next one.

    Raises:
        ValueError: no such relaxation; in a pass, as ``pattern_entropy``.

    Cost: that of ``pattern_entropy`` in each pass.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Linear(2, 8), EntropyNormalization(), nn.ReLU())
        >>> loss = model(torch.randn(64, 2)).square().mean()
        >>> layers = [part for part in model.modules() if isinstance(part, EntropyNormalization)]
        >>> (loss - 0.1 * sum(layer.entropy for layer in layers)).backward()
        >>> model[0].weight.grad.shape
        torch.Size([8, 2])
    """

    entropy: Tensor | None

    def __init__(self, relaxation: str = "linear", channel_dim: int = 1) -> None:
        super().__init__()
        check_relaxation(relaxation)
        self.relaxation = relaxation
        self.channel_dim = channel_dim
        self.entropy = None

    def forward(self, pre_activation: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        if self.training:
            self.entropy = pattern_entropy(
                pre_activation, relaxation=self.relaxation, channel_dim=self.channel_dim
            )
        return pre_activation

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "entropy": None}  # a graph can be neither copied nor pickled

    def extra_repr(self) -> str:
        return f"{self.relaxation!r}, channel_dim={self.channel_dim}"
