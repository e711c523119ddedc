"""The samples on the device: moved once, then drawn, augmented and scaled there batch by batch."""

from collections.abc import Callable

import torch
from torch import Tensor

from relu_book.training.batches import Batches
from relu_book.training.inputs import to_input
from relu_book.training.randomness import stream_seeds


class Feed:
    """Endless batches of network inputs and labels.

    Args:
        images: Shape (n, ...), floating point or uint8; moved to ``device`` as they are.
        labels: Shape (n, ...).
        batch_size: Samples a batch.
        seed: Of the order, and of the draws of ``augment``.
        augment: Called as ``augment(images, generator)`` before bytes become numbers.
        device: Where the network is.
        dtype: What the network computes in.
        layout: ``torch.channels_last`` or ``torch.contiguous_format``.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int,
        seed: int,
        augment: Callable[[Tensor, torch.Generator], Tensor] | None,
        device: torch.device,
        dtype: torch.dtype,
        layout: torch.memory_format,
    ) -> None:
        self.order = Batches(len(images), batch_size, seed, device)
        self.generator = torch.Generator().manual_seed(stream_seeds(seed)[0])
        self.images = images.to(device).contiguous(memory_format=layout)
        self.labels = labels.to(device)
        self.augment, self.dtype, self.layout = augment, dtype, layout

    def __next__(self) -> tuple[Tensor, Tensor]:
        index = next(self.order)
        batch = self.images[index]
        if self.augment is not None:
            batch = self.augment(batch, self.generator)
        batch = to_input(batch, self.dtype)
        return batch.contiguous(memory_format=self.layout), self.labels[index]

    def state_dict(self) -> dict:
        """Where the order is and what the next draws will be."""
        return {"order": self.order.state_dict(), "augmentation": self.generator.get_state()}

    def load_state_dict(self, state: dict) -> None:
        """Go on from where ``state_dict`` was taken."""
        self.order.load_state_dict(state["order"])
        self.generator.set_state(state["augmentation"])
