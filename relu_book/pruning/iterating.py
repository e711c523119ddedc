"""Iterative magnitude pruning (pruning paper 3.1, algorithm 1, and 4.3).

    train for all epochs, and keep the parameters Θ_r of epoch r
    repeat: M <- M without the share p of smallest |Θ_T| among what M keeps, pool by pool
            Θ <- Θ_r ∘ M, train on from epoch r with the mask held

As printed, steps 3 to 6 are repeated, so that each round would train twice; here a round trains
once, and prunes by the parameters that the round before has ended with. The algorithm rewinds to
r = 0, the experiments of the paper to r = 3. Frankle and Carbin, 2019, arXiv:1803.03635; rewinding
to an early epoch: Frankle et al., 2019, arXiv:1903.01611.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from relu_book.pruning.kept import Kept, identity
from relu_book.pruning.masks import Masks, densities, smaller_masks
from relu_book.pruning.pools import pools
from relu_book.pruning.rates import checked_rates, left

State = dict[str, Tensor]
Train = Callable[[nn.Module, int], Iterable[int]]


@dataclass(frozen=True, eq=False, repr=False)
class Round:
    """One round of pruning, after its training.

    Attributes:
        number: counted from 1.
        densities: by pool, the share of its parameters that is left, in [0, 1].
        masks: bool, by the name of the parameter, of all pooled parameters.
        state: what ``state_dict`` of the network without masks would hold after the training of
            this round: pruned parameters are exactly 0 in it.
        unpruned: the same after the training before the first round, without any mask.
        start: the same at ``rewind_epoch`` of that training, to which each round goes back.
    """

    number: int
    densities: dict[str, float]
    masks: Masks
    state: State
    unpruned: State
    start: State

    def __repr__(self) -> str:
        left = ", ".join(f"{pool} {share:.4g}" for pool, share in self.densities.items())
        return f"Round({self.number}: {left})"


def iterative_magnitude_pruning(
    model: nn.Module,
    train: Train,
    *,
    rounds: int,
    rates: Mapping[str, float],
    rewind_epoch: int,
    checkpoint: str | PathLike | None = None,
) -> Iterator[Round]:
    """Prune a network round by round, and train what is left.

    Args:
        model: any network with convolutions or hidden linear layers, in the state that training
            starts from. It is trained and masked in place: while a round is looked at, and after
            the last one, it holds that round's parameters and masks of ``torch.nn.utils.prune``;
            ``prune.remove(layer, "weight")`` makes them permanent.
        train: called as ``train(model, first_epoch)``, once without masks from epoch 0, and once a
            round from ``rewind_epoch``. A generator: it trains to the end and yields the number of
            epochs that are finished (counted from epoch 0) after each of them. It makes its
            optimizer and seeds its random numbers itself, each time anew.
        rounds: how many, at least 1.
        rates: the share of the surviving parameters that goes in each round, in [0, 1), by pool:
            ``{"conv": 0.1, "fc": 0.2}``. See ``pools``; a pool that is not named stays whole. Of
            each at least one parameter must be left after the last round.
        rewind_epoch: the number of finished epochs to whose parameters and buffers each round goes
            back, bit by bit; 0 is the state before training.
        checkpoint: where finished trainings are kept, one file each, ``<checkpoint>-00`` for the
            unpruned network and ``<checkpoint>-01`` for the first round. Called again after an
            interruption, with the same network in the state before training, finished rounds are
            read and the first unfinished one is trained, with the bits of an uninterrupted run, if
            ``train`` depends on its arguments alone. Another network, start, rate or rewinding is
            refused, and so is a missing file before others, which went on from it; what ``train``
            does is not looked at.

    Returns:
        An iterator that trains one round each time it is asked for the next.

    Raises:
        TypeError: ``model`` is no module, ``train`` no function or ``checkpoint`` no path.
        ValueError: arguments that do not fit together or to the network, a training that does not
            reach ``rewind_epoch`` or ends with NaN, or files of another pruning; the sentence says
            which.

    Cost: ``rounds + 1`` trainings and two copies of the network in memory.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> x = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
        >>> y = (x[:, :1] * x[:, 1:] > 0).float()
        >>> def train(model, first_epoch):
        ...     optimizer = torch.optim.Adam(model.parameters(), weight_decay=5e-4)
        ...     for epoch in range(first_epoch, 5):
        ...         optimizer.zero_grad()
        ...         nn.functional.mse_loss(model(x), y).backward()
        ...         optimizer.step()
        ...         yield epoch + 1
        >>> model = nn.Sequential(nn.Linear(2, 50), nn.ReLU(), nn.Linear(50, 1))
        >>> for each in iterative_magnitude_pruning(
        ...     model, train, rounds=3, rates={"fc": 0.2}, rewind_epoch=1
        ... ):
        ...     print(each)
        Round(1: fc 0.8)
        Round(2: fc 0.64)
        Round(3: fc 0.5133)
        >>> bool((each.state["0.weight"][~each.masks["0.weight"]] == 0).all())
        True
    """
    pooled = pools(model)
    if not callable(train):
        raise TypeError(
            "train must be a generator function, called as train(model, first_epoch), but got "
            f"{train!r}"
        )
    rounds = _whole(rounds, "rounds", 1)
    rewind_epoch = _whole(rewind_epoch, "rewind_epoch", 0)
    rates = checked_rates(rates, pooled)
    if not rates:
        raise ValueError(
            "rates must be a share by pool, such as {'conv': 0.1, 'fc': 0.2}, but got none"
        )
    pooled = {pool: pooled[pool] for pool in rates}
    _check_enough(model, pooled, rates, rounds)
    setting = {"rates": rates, "rewind_epoch": rewind_epoch, **identity(model)}
    kept = Kept(checkpoint, setting, next(model.parameters()).device)
    return _rounds(model, train, rounds, pooled, rates, rewind_epoch, kept)


def _rounds(
    model: nn.Module,
    train: Train,
    rounds: int,
    pooled: Mapping[str, tuple[str, ...]],
    rates: Mapping[str, float],
    rewind_epoch: int,
    kept: Kept,
) -> Iterator[Round]:
    names = [name for each in pooled.values() for name in each]
    first = kept.load(0)
    if first is None:
        first = _unpruned(model, train, rewind_epoch)
        kept.save(0, first)
    start, trained = first["start"], first["trained"]
    masks = {name: torch.ones_like(start[name], dtype=torch.bool) for name in names}
    for number in range(1, rounds + 1):
        found = kept.load(number)
        if found is None:
            masks = smaller_masks(trained, masks, pooled, rates)
            _put(model, start, masks)
            if _watched(train, model, rewind_epoch) == rewind_epoch:
                raise ValueError(
                    f"train(model, {rewind_epoch}) finished no epoch, so that round {number} is "
                    "pruned and not trained again: rewind to an earlier epoch, or train longer"
                )
            found = {"masks": masks, "trained": _state(model)}
            _check_finite(found["trained"], f"round {number}")
            kept.save(number, found)
        masks, trained = found["masks"], found["trained"]
        _put(model, trained, masks)
        shares = densities(masks, pooled)
        yield Round(number, shares, *map(_copied, (masks, trained, first["trained"], start)))


def _unpruned(model: nn.Module, train: Train, rewind_epoch: int) -> dict[str, State]:
    """The states at ``rewind_epoch`` and after the training without masks."""
    seen = {0: _state(model)} if rewind_epoch == 0 else {}

    def look(epoch: int) -> None:
        if epoch == rewind_epoch:
            seen[epoch] = _state(model)

    last = _watched(train, model, 0, look)
    if rewind_epoch not in seen:
        raise ValueError(
            f"the training cannot be rewound to epoch {rewind_epoch}: train(model, 0) yielded no "
            f"{rewind_epoch}, and its last epoch was {last}"
        )
    trained = _state(model)
    _check_finite(trained, "the unpruned training")
    return {"start": seen[rewind_epoch], "trained": trained}


def _copied(state: State) -> State:
    """What a caller may change without changing the rounds to come."""
    return {name: value.clone() for name, value in state.items()}


def _check_finite(state: State, what: str) -> None:
    for name, value in state.items():
        if not value.isfinite().all():
            raise ValueError(f"{what} diverged: values of {name!r} are NaN or infinite")


def _watched(
    train: Train,
    model: nn.Module,
    first_epoch: int,
    look: Callable[[int], None] = lambda epoch: None,
) -> int:
    """Trains to the end, looks after each epoch, and gives the number of the last."""
    epochs = train(model, first_epoch)
    if not isinstance(epochs, Iterable):
        raise ValueError(
            f"train must be a generator that yields the number of finished epochs, but "
            f"train(model, {first_epoch}) returned {epochs!r}"
        )
    last = first_epoch
    for epoch in epochs:
        try:
            number = operator.index(epoch)
        except TypeError:
            number = last
        if number <= last:
            raise ValueError(
                f"train(model, {first_epoch}) must yield rising numbers of finished epochs, "
                f"counted from epoch 0, but after {last} it yielded {epoch!r}"
            )
        last = number
        look(last)
    return last


@torch.no_grad()
def _put(model: nn.Module, state: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> None:
    """The network holds a state times masks, and the masks."""
    for name, mask in masks.items():
        layer, own = _place(model, name)
        if f"{own}_mask" in layer._buffers:
            layer._buffers[f"{own}_mask"].copy_(mask)
        else:
            prune.custom_from_mask(layer, own, mask)
    held = model.state_dict(keep_vars=True)
    for name, value in state.items():
        # A pruned parameter is 0, not hidden: neither decay nor a moment has anything to move.
        masked = value * masks[name].to(value.dtype) if name in masks else value
        held[f"{name}_orig" if name in masks else name].copy_(masked)
    for name in masks:
        layer, own = _place(model, name)
        # What torch sets before a forward pass, so that nobody meets the parameter of before.
        setattr(layer, own, getattr(layer, f"{own}_orig") * getattr(layer, f"{own}_mask"))


def _state(model: nn.Module) -> State:
    """A copy of all that the network holds, under the names that it has without masks."""
    held = {name: value.detach().clone() for name, value in model.state_dict().items()}
    for name in [each.removesuffix("_mask") for each in held if each.endswith("_mask")]:
        if f"{name}_orig" in held:
            held[name] = held.pop(f"{name}_orig") * held.pop(f"{name}_mask")
    return held


def _place(model: nn.Module, name: str) -> tuple[nn.Module, str]:
    layer, _, own = name.rpartition(".")
    return model.get_submodule(layer), own


def _check_enough(
    model: nn.Module, pooled: Mapping[str, tuple[str, ...]], rates: Mapping[str, float], rounds: int
) -> None:
    """No pool runs empty, which is told before hours of training."""
    for pool, names in pooled.items():
        number = sum(model.get_parameter(name).numel() for name in names)
        for _ in range(rounds):
            number = left(pool, rates[pool], number)


def _whole(value: int, name: str, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number of at least {least}, but got {value!r}")
    return number
