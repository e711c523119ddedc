"""Algorithm 1 of the pruning paper, step by step, on small networks that learn to sort noise."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book.models import cifar_blocks
from relu_book.pruning import Round, iterative_magnitude_pruning, pools

EPOCHS, STEPS, REWIND = 4, 3, 3
RATES = {"conv": 0.1, "fc": 0.2}
Seen = Callable[[nn.Module, int], None]


def removed_each_time(runs: int = 6, rounds: int = 10) -> dict:
    """P-alg-1.a: how many go, whether the smallest go, and whether any comes back."""
    found: dict[str, list[float]] = {
        "count_deviation": [],
        "larger_than_kept": [],
        "come_back": [],
    }
    for seed in range(runs):
        for before, each in _with_the_one_before(pruned(seed, rounds)):
            for pool, names in pools(network(seed)).items():
                was, trained, now = (_flat(part, names) for part in (*before, each.masks))
                gone, expected = was & ~now, round(RATES[pool] * int(was.sum()))
                found["count_deviation"].append(int(gone.sum()) - expected)
                found["larger_than_kept"].append(_larger(trained, gone, now))
                found["come_back"].append(int((now & ~was).sum()))
    return found


def starts(runs: int = 3, rounds: int = 5) -> dict:
    """P-alg-1.b: the parameters at the start of each round, less the stored ones times the mask."""
    return {
        name: [
            difference
            for seed in range(runs)
            for difference in _differences(seed, rounds, rewind_epoch)
        ]
        for name, rewind_epoch in (("deviation_start", 0), ("deviation_epoch_3", REWIND))
    }


def _differences(seed: int, rounds: int, rewind_epoch: int) -> Iterator[float]:
    stored: dict[str, Tensor] = {}
    begun: list[dict[str, Tensor]] = []

    def look(model: nn.Module, epoch: int) -> None:
        # The first training passes here at every epoch, before any mask; later ones begin here.
        if epoch == rewind_epoch:
            held = {name: value.detach().clone() for name, value in model.named_parameters()}
            begun.append(held)
            stored.update({} if len(begun) > 1 else held)

    for each in pruned(seed, rounds, rewind_epoch=rewind_epoch, look=look):
        start = begun[-1]
        for name, value in stored.items():
            mask = each.masks.get(name)
            now = start[name] if mask is None else start[f"{name}_orig"]
            expected = value if mask is None else torch.where(mask, value, 0.0)
            yield float((now - expected).abs().max())


def pools_apart(rounds: int = 10) -> dict:
    """P-alg-1.c: what is left of each pool, and whether its own smallest parameters went."""
    found: dict[str, list[float]] = {"iteration": [], "larger_than_kept": []}
    sizes = {
        pool: sum(dict(network(0).named_parameters())[name].numel() for name in names)
        for pool, names in pools(network(0)).items()
    }
    for before, each in _with_the_one_before(pruned(0, rounds)):
        larger = 0
        for pool, names in pools(network(0)).items():
            was, trained, now = (_flat(part, names) for part in (*before, each.masks))
            larger += _larger(trained, was & ~now, now)
            word = {"conv": "conv", "fc": "dense"}[pool]
            for name, value in (
                ("rate", RATES[pool]),
                ("density", each.densities[pool]),
                ("size", sizes[pool]),
            ):
                found.setdefault(f"{word}_{name}", []).append(value)
        found["iteration"].append(each.number)
        found["larger_than_kept"].append(larger)
    return found


def zeros_that_stay(epochs: int = 23) -> dict:
    """P-alg-1.d: pruned parameters that are not 0 after training again, without and with decay."""
    found: dict[str, list[float]] = {"not_zero": [], "weight_decay": [], "training_steps": []}
    for decay in (0.0, 5e-4):
        for each in pruned(0, 3, decay=decay, epochs=epochs):
            wrong = [int((each.state[name][~mask] != 0).sum()) for name, mask in each.masks.items()]
            found["not_zero"].append(sum(wrong))
            found["weight_decay"].append(decay)
            found["training_steps"].append(STEPS * (epochs - REWIND))
    return found


def network(seed: int) -> nn.Module:
    """A tenth of the network for four classes, on pictures of 8 x 8 pixels."""
    return cifar_blocks(4, width=0.1, size=8, dropout=0.0, seed=seed)


def pruned(
    seed: int,
    rounds: int,
    *,
    rewind_epoch: int = REWIND,
    decay: float = 5e-4,
    epochs: int = EPOCHS,
    look: Seen = lambda model, epoch: None,
) -> Iterator[Round]:
    """The library's pruning of such a network.

    Args:
        seed: of the network and the pictures.
        rounds: how many.
        rewind_epoch: where each starts again.
        decay: l2 of Adam.
        epochs: of a training, of three steps each.
        look: told of the network at the start of each training and after each epoch.
    """
    draw = torch.Generator().manual_seed(seed)
    images, labels = torch.randn(16, 3, 8, 8, generator=draw), torch.arange(16) % 4

    def train(model: nn.Module, first_epoch: int) -> Iterator[int]:
        look(model, first_epoch)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=decay)
        model.train()
        for epoch in range(first_epoch, epochs):
            for _ in range(STEPS):
                optimizer.zero_grad()
                cross_entropy(model(images), labels).backward()
                optimizer.step()
            look(model, epoch + 1)
            yield epoch + 1

    return iterative_magnitude_pruning(
        network(seed), train, rounds=rounds, rates=RATES, rewind_epoch=rewind_epoch
    )


def _with_the_one_before(
    rounds: Iterator[Round],
) -> Iterator[tuple[tuple[dict[str, Tensor], dict[str, Tensor]], Round]]:
    """Each round with masks and trained parameters that it pruned from."""
    before = None
    for each in rounds:
        if before is None:
            ones = {name: torch.ones_like(mask) for name, mask in each.masks.items()}
            before = ones, each.unpruned
        yield before, each
        before = each.masks, each.state


def _flat(part: dict[str, Tensor], names: tuple[str, ...]) -> Tensor:
    return torch.cat([part[name].flatten() for name in names])


def _larger(weights: Tensor, gone: Tensor, kept: Tensor) -> int:
    """How many of those that went are larger than the smallest that stayed."""
    return int((weights[gone].abs() > weights[kept].abs().min()).sum())
