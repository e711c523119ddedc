"""Both relaxed counts over a plane with four patterns (thesis figure A.2)."""

import numpy as np
import torch
from matplotlib.figure import Figure

from relu_book.entropy import potential
from relu_book.plots.words import described

_TITLES = {"linear": "linear, min |yᵢ|", "quadratic": "quadratic, ½ Σ yᵢ²"}


@described(
    alt="Two maps over a plane with four quadrants. The linear potential is a valley along both "
    "axes and rises with the distance to the nearer one; its arrows stand at right angles to "
    "the nearer axis. The quadratic potential is a bowl; its arrows point away from the origin.",
    caption="Figure A.2: the relaxed counts of two filters, in the four cells of the plane, and "
    "their gradients (arrows), along which a rising count moves a point. The linear one vanishes "
    "on the borders, the quadratic one at the origin only: near a border its gradient points along "
    "it.",
)
def potentials(reach: float = 2.0) -> Figure:
    """Both potentials with their gradients.

    Args:
        reach: how far the plane is shown, from the origin.
    """
    figure = Figure(figsize=(9.2, 4.6))
    line = torch.linspace(-reach, reach, 121, dtype=torch.float64)
    coarse = torch.linspace(-0.9 * reach, 0.9 * reach, 10, dtype=torch.float64)
    for axes, relaxation in zip(figure.subplots(1, 2), _TITLES, strict=True):
        x, y = torch.meshgrid(line, line, indexing="xy")
        height = potential(torch.stack([x, y], -1), relaxation, channel_dim=-1)
        image = axes.pcolormesh(line.numpy(), line.numpy(), height.numpy(), rasterized=True)
        points = torch.cartesian_prod(coarse, coarse).requires_grad_()
        (slope,) = torch.autograd.grad(potential(points, relaxation).sum(), points)
        axes.quiver(*points.detach().numpy().T, *slope.numpy().T, color="white", pivot="mid")
        axes.axhline(0, color="white", linewidth=0.8)
        axes.axvline(0, color="white", linewidth=0.8)
        axes.set(title=_TITLES[relaxation], aspect="equal", xlabel="y₁", ylabel="y₂")
        axes.set(xticks=np.arange(-2, 3), yticks=np.arange(-2, 3))
        figure.colorbar(image, ax=axes)
    return figure
