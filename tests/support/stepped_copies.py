"""The distance as one would first write it: copies of model and optimizer, a step, a second pass.

With optimizers of every kind to try it on.
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from relu_book.patterns import watch
from relu_book.training import SGDW


class RateOfItsOwn(Optimizer):
    """A step that is not linear in the rate, with a number of its own that grows, as Prodigy has.

    It writes into gradients, keeps state outside of ``state`` and counts its steps.
    """

    def __init__(self, params, lr=1.0):
        super().__init__(params, {"lr": lr})
        self.estimate, self.steps = torch.tensor(1e-3), []

    @torch.no_grad()
    def step(self, closure=None):
        self.steps.append(len(self.steps))
        norm = sum(p.grad.square().sum() for g in self.param_groups for p in g["params"])
        self.estimate.add_(self.param_groups[0]["lr"] * norm.float().sqrt().cpu())
        for group in self.param_groups:
            for p in group["params"]:
                p.grad.mul_(self.estimate)
                self.state[p].setdefault("sum", torch.zeros_like(p)).add_(p.grad)
                p.sub_(self.state[p]["sum"], alpha=group["lr"])


class Noisy(torch.optim.SGD):
    """Langevin dynamics: noise that grows with the root of the rate."""

    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for group in self.param_groups:
            for p in group["params"]:
                p.add_(torch.randn_like(p), alpha=abs(group["lr"]) ** 0.5)


LINEAR = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "foreach": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, foreach=True),
    "fused": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, fused=True),
    "maximize": lambda p: torch.optim.SGD(p, lr=0.1, maximize=True),
    "tensor rate": lambda p: torch.optim.SGD(p, lr=torch.tensor(0.1, dtype=torch.float64)),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=1e-3),
    "amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "fused adam": lambda p: torch.optim.Adam(p, lr=0.01, fused=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01, lr_decay=0.1),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=1.0),
    "adamax": lambda p: torch.optim.Adamax(p, lr=0.01),
    "nadam": lambda p: torch.optim.NAdam(p, lr=0.01),
    "radam": lambda p: torch.optim.RAdam(p, lr=0.01),
}
ONE_BY_ONE = {
    "sgdw": lambda p: SGDW(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "asgd": lambda p: torch.optim.ASGD(p, lr=0.1),
    "rprop": lambda p: torch.optim.Rprop(p, lr=0.01),
    "adafactor": lambda p: torch.optim.Adafactor(p, lr=0.01),
    "rate of its own": lambda p: RateOfItsOwn(p, lr=0.01),
    "noisy": lambda p: Noisy(p, lr=1e-4),
}
OPTIMIZERS = LINEAR | ONE_BY_ONE


def stepped(model: nn.Module, optimizer: Optimizer, rate: float) -> nn.Module:
    """A copy of the model after the step that the optimizer would take at this rate."""
    model_copy, copied = copy.deepcopy((model, optimizer))
    for name in vars(optimizer).keys() - vars(copied).keys() - {"step"}:  # which copies lack
        if "hooks" not in name:
            setattr(copied, name, copy.deepcopy(vars(optimizer)[name]))
    for group, copied_group in zip(optimizer.param_groups, copied.param_groups, strict=True):
        for p, q in zip(group["params"], copied_group["params"], strict=True):
            q.grad = None if p.grad is None else p.grad.clone()
    first = float(optimizer.param_groups[0]["lr"])
    for group in copied.param_groups:
        new = rate if float(group["lr"]) == first else float(group["lr"]) * (rate / first)
        group["lr"] = torch.full_like(group["lr"], new) if torch.is_tensor(group["lr"]) else new
    with torch.random.fork_rng([]):
        copied.step()
    return model_copy


def signs(model: nn.Module, inputs: tuple) -> dict[str, np.ndarray]:
    """The patterns at each site, as rows of booleans."""
    model = copy.deepcopy(model)
    with torch.random.fork_rng([]), torch.no_grad(), watch(model) as seen:
        model(*inputs)
    return {
        site.name: (site.pre_activation > 0).movedim(site.channel_dim, -1).flatten(0, -2).numpy()
        for site in seen.sites.values()
    }


def distance_by_copies(model, optimizer, inputs: tuple, rates) -> np.ndarray:
    """Shares of changed evaluations, float64 of shape (rates, sites)."""
    before = signs(model, inputs)
    rows = []
    for rate in rates:
        after = signs(stepped(model, optimizer, rate), inputs)
        rows.append([(before[name] != after[name]).any(1).mean() for name in before])
    return np.array(rows)
