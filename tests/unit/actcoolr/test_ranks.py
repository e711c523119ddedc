"""Two processes that see different batches take one rate, and end with the same weights.

Plainly, and with accumulated gradients, bfloat16, a scaler and batch norm, all at once.
"""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from relu_book.actcoolr import ActCooLR

STEPS = 24


def network(norm: Callable[[int], nn.Module] = nn.Identity) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Linear(4, 16), norm(16), nn.ReLU(), nn.Linear(16, 16), norm(16), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(16, 1))


def batches(rank: int, dtype: torch.dtype = torch.float64) -> Iterator[Tensor]:
    """Those of a process."""
    generator = torch.Generator().manual_seed(1 + rank)
    while True:
        yield torch.randn(64, 4, generator=generator, dtype=dtype)


def loss_of(model: nn.Module, x: Tensor) -> Tensor:
    return (model(x) - x.prod(1, keepdim=True)).square().mean()


def trained(model: nn.Module, own: Iterator[Tensor], parts: int = 1, scaler=None) -> list:
    """The history and the weights of a training whose gradients are of several batches."""
    scaler = torch.amp.GradScaler("cpu", enabled=False) if scaler is None else scaler
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = ActCooLR(optimizer, model, STEPS, start_temperature=0.5)
    for _ in range(STEPS):
        optimizer.zero_grad()
        for part in range(1, parts + 1):
            alone = model.no_sync() if part < parts else nullcontext()
            with alone, torch.autocast("cpu", torch.bfloat16, scaler.is_enabled()):
                scaler.scale(loss_of(model, next(own)) / parts).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    return [list(scheduler.history), [parameter.tolist() for parameter in model.parameters()]]


def run(rank: int, folder: Path) -> None:
    """What each process does: trainings on its own batches, whose histories are saved."""
    torch.set_num_threads(1)
    meet, limit = f"file://{folder}/meet", timedelta(seconds=120)
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=2, timeout=limit)
    told = {
        "plain": trained(DistributedDataParallel(network().double()), batches(rank)),
        "all at once": trained(
            DistributedDataParallel(network(nn.BatchNorm1d)),
            batches(rank, torch.float32),
            parts=2,
            scaler=torch.amp.GradScaler("cpu", init_scale=256.0),
        ),
        "nan": [train_with_nan(rank, policy, at) for policy, at in CASES],
    }
    (folder / f"{rank}.json").write_text(json.dumps(told))
    dist.barrier()  # whoever leaves early lets the other wait
    dist.destroy_process_group()


# The safe policy measures a step; the thesis' is made to fit just before it; the first step.
CASES = (("safe", 15), ("thesis", 15), ("safe", 0))


def train_with_nan(rank: int, policy: str, at: int) -> list:
    """The history, or the error that the training ends with."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = ActCooLR(optimizer, model, STEPS, start_temperature=0.5, policy=policy)
    torch.manual_seed(1 + rank)
    for step in range(STEPS):
        x = torch.randn(64, 4)
        if rank == 1 and step == at:
            x.fill_(float("nan"))
        optimizer.zero_grad()
        (model(x) - x.prod(1, keepdim=True)).square().mean().backward()
        for parameter in model.parameters():
            parameter.grad.nan_to_num_()
            dist.all_reduce(parameter.grad)
        if policy == "thesis" and step == at - 1:
            scheduler._policy.state["stale"] = True
        try:
            optimizer.step()
        except RuntimeError as error:
            return [str(error)]
        scheduler.step()
    return list(scheduler.history)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What both processes saved."""
    folder = tmp_path_factory.mktemp("ranks")
    in_two_processes(folder)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("training", ["plain", "all at once"])
def test_all_ranks_take_one_rate(told, training):
    one, other = (of_rank[training] for of_rank in told)
    assert one == other
    history, weights = one
    assert not any(entry["skipped"] for entry in history)
    assert len({entry["learning_rate"] for entry in history}) > 10
    assert torch.tensor(weights[0]).isfinite().all()


def test_two_processes_do_as_one_that_sees_both_batches(told):
    both = map(torch.cat, zip(batches(0), batches(1), strict=False))
    alone, _ = trained(network().double(), both)
    for found, expected in zip(told[0]["plain"][0], alone, strict=True):
        for name in ("learning_rate", "mean_share"):
            if expected[name] is None:  # a step that is not measured
                assert found[name] is None
                continue
            # An average of gradients over processes is another rounding.
            assert found[name] == pytest.approx(expected[name], rel=1e-6, abs=1e-9)


def test_no_rank_waits_for_one_that_sees_nan(told):
    one, other = (of_rank["nan"] for of_rank in told)
    assert one == other
    safe, thesis, first = one
    for history in (safe, thesis):
        assert len(history) == STEPS and history[15]["temperature"] is None
    assert thesis[16]["reason"].startswith("fitted mu")  # the fit is made up for
    assert "NaN, here or in another process" in first[0]


def in_two_processes(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=run, args=(rank, folder)) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(180)
        if process.is_alive():
            process.kill()
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
