"""The networks of the pruning paper: blocks of two convolutions, and one hidden dense layer.

Pruning paper 4.2, table 2, for problems of 2, 4, 6, 8 and 10 classes (* has batch normalisation,
MP is a 2 x 2 max pooling, § has dropout):

    2       16*, 16, MP                                                   256§
    4       16*, 16, MP, 32*, 32, MP                                      256§
    6       64*, 64, MP, 128*, 128, MP, 256*, 256, MP                     256§
    8, 10   64*, 64*, MP, 128*, 128*, MP, 256*, 256*, MP, 512*, 512*, MP  1024§*

Text and table differ: the output layer has one unit a class (text; 10 in the table), and each block
two convolutions (table; two to four in the text). The network ends with scores, of which the loss
takes the softmax. Not printed: the window (3 x 3 as in VGG, with zeros around), the share of
dropout, whether convolutions before batch normalisation have a bias (as is torch's default), and
the order of dropout and normalisation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from relu_book.models.layers import Layers, whole
from relu_book.models.vgg import VGG


@dataclass(frozen=True)
class Row:
    """A row of table 2.

    Attributes:
        filters: of the two convolutions of each block.
        both: whether both convolutions of a block have batch normalisation, else the first alone.
        hidden: filters of the dense layer.
        hidden_norm: whether it has batch normalisation.
    """

    filters: tuple[int, ...]
    both: bool
    hidden: int
    hidden_norm: bool


_LARGE = Row((64, 128, 256, 512), True, 1024, True)
ROWS = {
    2: Row((16,), False, 256, False),
    4: Row((16, 32), False, 256, False),
    6: Row((64, 128, 256), False, 256, False),
    8: _LARGE,
    10: _LARGE,
}


def cifar_blocks(
    problem: int = 10,
    *,
    classes: int | None = None,
    width: float = 1.0,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    size: int = 32,
    dropout: float = 0.5,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """A network of the pruning paper, table 2.

    Args:
        problem: 2, 4, 6, 8 or 10, the row of the table.
        classes: number of outputs; by default those of the problem.
        width: a factor for the filters of all hidden layers, rounded, at least one filter.
        activation: called without arguments once a site; returns a module.
        in_channels: channels of the images.
        size: height and width of the images in pixels; each block halves it, rounding down.
        dropout: share of the dense layer's outputs that a training pass drops.
        seed: as for ``cifar_resnet``.
        dtype: as for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, size, size)`` to ``(n, classes)``: the blocks
        in ``features``, the dense layers in ``classifier``, each layer as convolution or linear
        layer, batch normalisation where it has it, and activation.

    Raises:
        ValueError: another problem, a count below 1, images too small for the poolings, or a
            dropout outside 0 to 1.
        TypeError: a count that is no whole number, or an activation that makes no module.

    Cost: 1.05, 0.54, 2.2 and 6.8 million parameters for 2, 4, 6 and 8 or 10 classes; at a quarter
    of the width a sixteenth of it.

    Example:
        >>> import torch
        >>> from relu_book.models import cifar_blocks
        >>> model = cifar_blocks(4, seed=0)
        >>> [part.out_channels for part in model.features if hasattr(part, "out_channels")]
        [16, 16, 32, 32]
        >>> model(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 4])
    """
    if problem not in ROWS:
        raise ValueError(
            f"table 2 has networks for {', '.join(map(str, ROWS))} classes, but got problem "
            f"{problem!r}"
        )
    if not width > 0:
        raise ValueError(f"width must be a positive factor, but got {width!r}")
    row = ROWS[problem]
    channels, size = whole("in_channels", in_channels), whole("size", size)
    classes = problem if classes is None else whole("classes", classes)
    side = size >> len(row.filters)
    if side < 1:
        raise ValueError(
            f"{len(row.filters)} poolings need images of at least {2 ** len(row.filters)} pixels, "
            f"but got size {size}"
        )
    layers = Layers(activation, True, seed, dtype)

    def scaled(filters: int) -> int:
        return max(round(width * filters), 1)

    features: list[nn.Module] = []
    for filters in map(scaled, row.filters):
        for normalised in (True, row.both):
            features.append(layers.convolution(channels, filters, bias=True))
            if normalised:
                features.append(layers.normalisation(filters))
            features.append(layers.relu())
            channels = filters
        features.append(nn.MaxPool2d(2))
    hidden = scaled(row.hidden)
    dense = [layers.linear(channels * side * side, hidden)]
    if row.hidden_norm:
        dense.append(nn.BatchNorm1d(hidden, dtype=layers.dtype))
    dense += [layers.relu(), nn.Dropout(dropout), layers.linear(hidden, classes)]
    return Blocks(nn.Sequential(*features), nn.Sequential(*dense), size)


class Blocks(VGG):
    """The blocks in ``features``, the dense layers in ``classifier``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, size, size) to (n, classes)."""
        if x.shape[-2:] != (self.size, self.size):
            raise ValueError(
                f"this network takes images of {self.size} x {self.size} pixels, but got "
                f"{x.shape[-2]} x {x.shape[-1]}; make it with their size= instead"
            )
        return self.classifier(self.features(x).flatten(1))
