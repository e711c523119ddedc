"""The reference in PyTorch: right on every device, the twin that the fast code must equal."""

import torch
from torch import Tensor

# Bits 0 to 63 as int64; the last is the sign bit, −2^63.
_BITS = [1 << bit for bit in range(63)] + [-(1 << 63)]
_SIGN = -(1 << 63)
_LEAST_ROWS = 1 << 16  # fewer are not worth a merge


def pack(pre_activation: Tensor, channel_dim: int) -> tuple[Tensor, bool]:
    """Words of the signs along ``channel_dim``, and whether a NaN was met."""
    if pre_activation.is_floating_point() and pre_activation.dtype.itemsize == 1:
        pre_activation = pre_activation.float()  # 8-bit floats cannot be compared
    active = (pre_activation > 0).movedim(channel_dim, -1)
    width = active.shape[-1]
    active = active.reshape(active.shape[:-1].numel(), width)
    bits = torch.tensor(_BITS, device=active.device)
    words = [
        (active[:, start : start + 64] * bits[: min(64, width - start)]).sum(1)
        for start in range(0, width, 64)
    ]
    packed = torch.stack(words, 1) if words else bits.new_zeros(len(active), 0)
    has_nan = pre_activation.is_floating_point() and bool(pre_activation.isnan().any())
    return packed, has_nan


def count(packed: Tensor, width: int, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Distinct rows, in the order of their words as unsigned numbers, and how often each occurs.

    With ``weights`` a row counts that often.
    """
    if weights is None:
        weights = packed.new_ones(len(packed))
    if not packed.shape[1]:  # patterns of no channels are all equal
        rows = min(len(packed), 1)
        return packed[:rows], weights.sum().expand(rows).clone()
    if not len(packed):
        return packed.clone(), weights
    patterns, which = _unique(packed)
    return patterns, weights.new_zeros(len(patterns)).index_add_(0, which, weights)


def _unique(packed: Tensor) -> tuple[Tensor, Tensor]:
    """Distinct rows in the order of their words as unsigned numbers, and which of them each is."""
    # With the sign bit flipped the signed order is the unsigned one. One column needs no dim,
    # which is many times faster.
    dim = 0 if packed.shape[1] > 1 else None
    patterns, which = torch.unique(packed ^ _SIGN, dim=dim, return_inverse=True)
    return patterns.reshape(-1, packed.shape[1]) ^ _SIGN, which.flatten()


class Tally:
    """A streaming count on any device: what waits is merged into the list by ``count``.

    Listed and waiting patterns take up to 512 bytes each and 64 a word while they are merged (as
    measured for ``torch.unique`` on the CPU), so a limit on bytes gives half of them to either.
    """

    def __init__(self, width: int, limit: int | None, max_bytes: int | None, count=count) -> None:
        words = -(-width // 64)
        self._rows = None
        if max_bytes is not None:
            fits = max_bytes // 2 // (512 + 64 * words)
            limit, self._rows = min(fits, fits if limit is None else limit), max(fits, 1)
        self._width, self._limit, self._count = width, limit, count
        self._patterns = torch.empty(0, words, dtype=torch.int64)
        self._counts = torch.empty(0, dtype=torch.int64)
        self._waiting: list[Tensor] = []
        self._filled = 0
        self._unlisted = 0

    def add(self, packed: Tensor) -> None:
        self._patterns = self._patterns.to(packed.device)
        self._counts = self._counts.to(packed.device)
        while len(packed):
            rows = max(_LEAST_ROWS, len(self._patterns))
            if self._rows is not None:
                rows = min(rows, self._rows)
            part = packed[: max(rows - self._filled, 1)]
            self._waiting.append(part.clone())
            self._filled += len(part)
            packed = packed[len(part) :]
            if self._filled >= rows:
                self._merge()

    def finish(self) -> tuple[Tensor, Tensor, int]:
        """Sorted patterns, their counts, and the evaluations that the limit left out."""
        self._merge()
        return self._patterns, self._counts, self._unlisted

    def _merge(self) -> None:
        if not self._filled:
            return
        rows = torch.cat([self._patterns, *self._waiting])
        weights = torch.cat([self._counts, self._counts.new_ones(self._filled)])
        self._waiting, self._filled = [], 0
        patterns, counts = self._count(rows, self._width, weights)
        if self._limit is not None and len(patterns) > self._limit:
            listed = _of_the_first(rows, self._limit)
            self._unlisted += int(weights[~listed].sum())
            patterns, counts = self._count(rows[listed], self._width, weights[listed])
        self._patterns, self._counts = patterns, counts


def _of_the_first(rows: Tensor, limit: int) -> Tensor:
    """Which rows hold one of the first ``limit`` distinct patterns to come."""
    if not limit:
        return rows.new_zeros(len(rows), dtype=torch.bool)
    patterns, which = _unique(rows)
    places = torch.arange(len(rows), device=rows.device)
    first = places.new_full((len(patterns),), len(rows)).scatter_reduce(0, which, places, "amin")
    return first[which] <= first.sort().values[limit - 1]
