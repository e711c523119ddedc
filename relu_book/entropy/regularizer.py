"""The entropy of every ReLU of a network as a term of its loss (thesis A.1), by ``watch``.

The network stays as it is, with batch normalisation or without: minimise ``loss − λ·H``, with H the
mean entropy of its sites.
"""

from collections.abc import Callable, Iterable
from typing import Self

import torch
from jaxtyping import Float
from torch import Tensor, nn

from relu_book.entropy.potentials import check_relaxation
from relu_book.entropy.relaxed import pattern_entropy
from relu_book.patterns import Site, watch
from relu_book.patterns.names import innermost


class EntropyRegularizer:
    """Measures the entropy of a network's patterns in every forward pass of the block.

    The pass itself stays bitwise as it is (see :class:`relu_book.patterns.watch`, whose limits hold
    here too: inside the block compiled models run eagerly). The patterns of one batch are counted:
    with b evaluations none of a site's entropies exceeds log2 b, and where all its patterns differ
    already it has no gradient.

    Args:
        model: any module.
        relaxation: ``"linear"`` or ``"quadratic"``, as of ``pattern_entropy``.
        sites: which, as ``watch`` takes them; all by default.
        channel_dim: as of ``watch``.

    Attributes:
        entropies: name of the site -> entropy in bits, with its gradient, of the latest pass, in
            execution order. They hold the graph of that pass until the next one.

    Raises:
        ValueError, TypeError, RuntimeError: no such relaxation; as ``watch``; in a pass, as
            ``pattern_entropy``.

    Cost: that of ``pattern_entropy`` at each site.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU())
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> with EntropyRegularizer(model) as regularizer:
        ...     loss = model(torch.randn(64, 2)).square().mean() - 0.1 * regularizer.entropy
        ...     loss.backward()
        ...     optimizer.step()
        >>> list(regularizer.entropies)
        ['1', '3']
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        relaxation: str = "linear",
        sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
        channel_dim: int | None = None,
    ) -> None:
        check_relaxation(relaxation)
        self.entropies: dict[str, Tensor] = {}
        self._relaxation, self._sites, self._called = relaxation, sites, False
        self._watch = watch(
            model, self._measure, sites=sites, channel_dim=channel_dim, with_gradient=True
        )
        self._root = innermost(model)

    @property
    def entropy(self) -> Float[Tensor, ""]:
        """The mean over the sites of the latest pass, in bits, to be subtracted from a loss.

        Raises:
            RuntimeError: there was no pass in the block yet, or it had no ReLU, or none of
                ``sites``.
        """
        if not self.entropies:
            name = type(self._root).__name__
            if not self._called:
                raise RuntimeError(
                    f"no ReLU of {name} has run in the block yet; call the model inside `with`, "
                    "before asking for the entropy"
                )
            if self._sites is None:
                raise RuntimeError(
                    f"{name} ran in the block and called no ReLU, so that it has no patterns; take "
                    "a model with ReLUs"
                )
            raise RuntimeError(
                f"{name} ran in the block without a site that sites={self._sites!r} asks for; "
                "relu_book.patterns.watch shows the names of its sites"
            )
        return torch.stack(list(self.entropies.values())).mean()

    def __enter__(self) -> Self:
        self._watch.__enter__()
        self._called = False
        self._handle = self._root.register_forward_pre_hook(self._begin)
        return self

    def __exit__(self, *error) -> None:
        self._handle.remove()
        self._watch.__exit__(*error)

    def _begin(self, module: nn.Module, args: tuple) -> None:
        self.entropies.clear()
        self._called = True

    def _measure(self, site: Site) -> None:
        self.entropies[site.name] = pattern_entropy(
            site.pre_activation, relaxation=self._relaxation, channel_dim=site.channel_dim
        )
