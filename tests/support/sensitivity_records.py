"""Records of the chapter on sensitivity, in the shape that its experiments give them, but invented.

``record`` makes one of mu and sigma by state and layer. ``KNOBS`` are the sizes of what is planted;
with their defaults all statements hold. ``diverged`` are set-ups and seeds that end early.
"""

import json
from types import SimpleNamespace

import numpy as np
import xarray as xr
from scipy.special import ndtr

from relu_book.experiments.sensitivity.sweeps import RATES, _result
from relu_book.runs.settings import as_json
from relu_book.training import History

SEEDS = (0, 1, 2, 3, 4)
END = 0.4  # of the run, where a training diverges
KNOBS = {
    "growth": 0.5,
    "first_epoch": 1.0,
    "start_plain": 1.0,
    "jump": 0.6,
    "jump_convnet": 0.05,
    "jump_fixup_layers": 0.5,
    "jump_fixup": 0.0,
    "depth_of_layer": -1.5,
    "sigma": 1.3,
    "sigma_end": -0.2,
    "sigma_end_last": 0.2,
    "sigma_convnet": 0.7,
    "wobble": 0.0,
    "wobble_convnet": 0.3,
    "by_width": -0.9,
    "by_depth": -0.2,
    "sigma_by_width": -0.3,
    "momentum": 0.3,
    "momentum_end": 0.3,
    "decay": -0.8,
    "decay_small_rate": -2.0,
    "l2": -0.1,
    "l2_jump": -0.1,
    "follows_rate": -0.3,
    "fashion": -1.5,
    "alarm": 3.0,
    "false_alarm": 1.0,
    "misfit": 0.08,
    "arctan": False,
    "misfit_everywhere": 0.0,
    "failing": ("sgdw_0.001",),
    "diverged": (),
    "hot_one_cycle": 0.8,
    "hot_step_decay": 0.4,
    "cold_step_decay": 0.02,
    "cold_one_cycle": 0.1,
    "fall": 0.0,
    "deviation": 0.0,
    "normal": 0.02,
    "seed_noise": 0.01,
}


def rate_of(one, state: np.ndarray) -> np.ndarray:
    """The learning rate after so many updates."""
    time = state / one.steps
    if one.schedule == "step_decay":
        return one.learning_rate * 0.1 ** ((time >= 0.5).astype(float) + (time >= 0.75))
    if one.schedule == "one_cycle":
        falling = 1.05 - (time - 0.3) / 0.7
        return one.learning_rate * np.where(time < 0.3, 0.04 + 3.2 * time, falling)
    return np.full(len(time), one.learning_rate)


def transition(setup: str, one, state: np.ndarray, k: dict) -> tuple[np.ndarray, np.ndarray]:
    """Mu and sigma by state and layer."""
    time, epochs = state / one.steps, state / one.epoch
    layers = one.depth - 1
    place = np.arange(1, layers + 1) / layers - 0.5
    profile = setup in ("one_cycle", "step_decay")
    plain = not one.batch_norm or one.network == "fixup"
    mu = -3 + k["growth"] * time
    if setup == "step_decay":
        mu = mu - 3 + 3 * k["first_epoch"] * np.minimum(epochs, 1)
    elif plain and one.network != "fixup":
        mu = mu + k["start_plain"] * np.exp(-state / 50)
    elif not plain and not profile:
        mu = mu + k["first_epoch"] * np.minimum(epochs, 1)
    jump = 0.3 if profile else k["jump_fixup"] if plain else k["jump"]
    if one.network == "convnet":
        jump, mu = k["jump_convnet"], mu - 0.5
    if setup.startswith("l2"):
        mu = mu + k["l2"] * time
        jump = jump + k["l2_jump"] * np.log(one.weight_decay / 1e-3)
    drops = sum((state > drop).astype(float) for drop in one.drops)
    mu = mu + jump * drops
    if setup.startswith("resnet_width"):
        mu = mu + k["by_width"] * np.log(one.width / 16)
    if setup.startswith("toynet"):
        mu = mu + k["by_depth"] * np.log(one.depth / 14)
    if setup.startswith("momentum"):
        mu = mu - np.log(1 - one.momentum) * (k["momentum"] + k["momentum_end"] * time)
    if one.decoupled:
        late = k["decay_small_rate"] * np.maximum(time - 0.5, 0)
        mu = mu + (k["decay"] * time + late) * one.weight_decay / 1e-3
    if setup == "one_cycle":
        mu = mu + k["follows_rate"] * np.log(rate_of(one, state) / one.learning_rate)
    if setup == "four_fashion":
        mu = mu - 0.5
    mu = mu[:, None] + k["depth_of_layer"] * place
    if one.network == "fixup":
        sign = np.resize([1, -1, 0], layers) * (np.arange(layers) < layers - 1)
        mu = mu + k["jump_fixup_layers"] * np.outer(drops, sign)
    ends = np.where(np.arange(layers) == layers - 1, k["sigma_end_last"], k["sigma_end"])
    sigma = k["sigma"] + time[:, None] * ends
    wobble = k["wobble"]
    if one.network == "convnet":
        sigma, wobble = sigma + k["sigma_convnet"], k["wobble_convnet"]
    if setup.startswith("resnet_width"):
        sigma = sigma + k["sigma_by_width"] * np.log(one.width / 16)
    if setup == "four_fashion":
        sigma = 3 * np.exp(k["fashion"] * time[:, None]) + 0 * sigma
    if setup == "vgg11_diverging":
        sigma = sigma * np.where(time > 0.5, k["alarm"], 1)[:, None]
    if setup == "vgg11_converging":
        sigma = sigma * np.where(time > 0.5, k["false_alarm"], 1)[:, None]
    return mu, sigma * (1 + wobble * np.sin(6 * time))[:, None]


def _found(setup: str, one, seed: int, k: dict) -> dict[int, dict]:
    states = np.array(one.states)
    mu, sigma = transition(setup, one, states, k)
    seed_mu, seed_sigma = k["seed_noise"] * seed, 1 + k["seed_noise"] * seed
    misfit = k["misfit"] if setup == "vgg11_diverging" else k["misfit_everywhere"]

    def shares(place: int, extra: float = 0.0) -> np.ndarray:
        z = (np.log(RATES)[:, None] - mu[place] - seed_mu - extra) / (sigma[place] * seed_sigma)
        plain = ndtr(z * (1 + extra))
        if k["arctan"]:
            plain = 1 - (1 - np.arctan(np.exp(z)) / np.pi) ** 16
        found = plain + misfit * np.sin(3 * np.log(RATES))[:, None] * plain * (1 - plain) * 4
        found[12] -= k["fall"]
        return np.clip(found, 0, 1)

    found = {}
    for place, state in enumerate(one.states):
        own = shares(place)
        if state not in one.full:
            own[1::2] = np.nan
        there = {"own": own}
        if state in one.plain:
            there["deviation"] = np.full(one.depth - 1, k["deviation"])
        if state == one.middle:
            there["again"] = np.stack([shares(place, 0.001 * b).mean(1) for b in range(4)])
        if state in one.plain and one.momentum:
            there["gradient"] = shares(place).mean(1)
        found[state] = there
    return found


def _own(setup: str, one, k: dict) -> dict[int, np.ndarray]:
    schedule = one.schedule if one.schedule == "one_cycle" else "step_decay"
    return {
        step: np.full(
            one.depth - 1,
            0.7 if step <= k[f"hot_{schedule}"] * one.steps else k[f"cold_{schedule}"],
        )
        for step in one.own
    }


def _history(setup: str, one, seed: int, k: dict) -> History:
    state = np.arange(one.steps)
    time = state / one.steps
    loss = 2.3 * np.exp(-time)
    if setup == "vgg11_diverging":
        loss = np.where(time > 0.7, np.nan, loss)
    if setup in k["failing"] and seed == 0:
        loss = loss + 3 * np.maximum(time - 0.6, 0)
    return History(state, loss, rate_of(one, state), None)


def record(name: str, settings, setups: dict, **knobs) -> xr.Dataset:
    """A record of an experiment, five seeds of it.

    Args:
        name: Of the experiment.
        settings: Of the experiment.
        setups: Those that it has.
        **knobs: Other sizes than those of ``KNOBS``.
    """
    k = KNOBS | knobs
    others = [settings.of(changes) for changes in setups.values()]
    rows = []
    for setup, one in zip(setups, others, strict=True):
        each = []
        for seed in SEEDS:
            found, own = _found(setup, one, seed, k), _own(setup, one, k)
            history, last = _history(setup, one, seed, k), one.steps
            if (setup, seed) in k["diverged"]:
                last = int(END * one.steps)
                found = {state: there for state, there in found.items() if state < last}
                own = {step: values for step, values in own.items() if step <= last}
                history = History(
                    *(part[:last] for part in (history.step, history.loss, history.learning_rate)),
                    None,
                )
            made = _result(one, SimpleNamespace(found=found, own=own), history, others)
            there = made.layer < one.depth
            width = xr.where(there, 16.0, np.nan)
            ratio = np.full(made.sizes["layer"], k["normal"])
            extra = {
                "normal_gradients": ("layer", ratio),
                "normal_pre_activations": ("layer", ratio),
                "scale_gradients": width,
                "scale_pre_activations": width,
            }
            each.append(
                made.assign(
                    width=width,
                    updates=float(one.steps),
                    trained=float(last),
                    epoch=float(one.epoch),
                    **(extra if name.startswith("profiles") else {}),
                )
            )
        rows.append(xr.concat(each, xr.IndexVariable("seed", list(SEEDS)), join="exact"))
    found = xr.concat(rows, xr.IndexVariable("setup", list(setups)), join="exact")
    return found.assign_attrs(
        experiment=f"sensitivity/{name}",
        scale="desk",
        settings=json.dumps(as_json(settings)),
        seeds=json.dumps(list(SEEDS)),
        data=json.dumps([{"name": "cifar10"}]),
    )
