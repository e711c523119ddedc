"""The largest curvature of a loss, which bounds the rate of gradient descent.

On a quadratic loss with Hessian H descent at rate η with momentum β grows without bound where

    η λ > 2 (1 + β),        λ = the largest eigenvalue of H,

and networks train near this edge (Cohen et al., 2021, arXiv 2103.00065). λ comes from products
with H alone, each two backward passes (Pearlmutter, 1994), by Lanczos' method, the power iteration
that keeps what it has seen. The library curvlinops gives the same number.
"""

import numpy as np
import torch
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh
from torch import Tensor, nn

PRECISION, VECTORS, RESTARTS = 1e-2, 10, 5


def largest_curvature(
    model: nn.Module, loss: Tensor, start: np.ndarray | None = None
) -> tuple[float, np.ndarray | None]:
    """The largest eigenvalue of the Hessian, to about 1 %, and its direction.

    Args:
        model: A network.
        loss: At the weights of now, with its graph, which is kept.
        start: A direction to begin with, such as that of the step before; else a random one.

    Returns:
        λ and its direction of norm 1, (parameters,); NaN and ``start`` where it did not converge or
        overflowed.

    Cost: with a good start about 11 products, of two backward passes each.

    Example:
        >>> model = nn.Linear(3, 20, bias=False)
        >>> weights = torch.arange(60.0).view(20, 3)
        >>> value, _ = largest_curvature(model, (weights * model.weight**2).sum())
        >>> round(value)
        118
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    sizes = [p.numel() for p in parameters]
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)

    def product(vector: np.ndarray) -> np.ndarray:
        flat = torch.from_numpy(np.ascontiguousarray(vector, dtype=np.float32).ravel())
        parts = [part.view_as(p) for part, p in zip(flat.split(sizes), parameters, strict=True)]
        rows = torch.autograd.grad(gradients, parameters, parts, retain_graph=True)
        return torch.cat([row.reshape(-1) for row in rows]).double().numpy()

    hessian = LinearOperator((sum(sizes), sum(sizes)), product, dtype=np.float64)
    if start is None:
        start = np.random.default_rng(0).standard_normal(sum(sizes))
    try:
        values, vectors = eigsh(
            hessian, 1, which="LA", v0=start, tol=PRECISION, ncv=VECTORS, maxiter=RESTARTS
        )
    except ArpackError:
        return np.nan, start
    return float(values[0]), vectors[:, 0]
