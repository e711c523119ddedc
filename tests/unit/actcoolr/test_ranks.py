"""Two processes that see different batches take one rate, and end with the same weights."""

import json
import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from relu_book.actcoolr import ActCooLR

STEPS = 24


def run(rank: int, folder: Path) -> None:
    """What each process does: a training on its own batches, whose history is saved."""
    torch.set_num_threads(1)
    meet, limit = f"file://{folder}/meet", timedelta(seconds=120)
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=2, timeout=limit)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU())
    model = DistributedDataParallel(model.append(nn.Linear(16, 1)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = ActCooLR(optimizer, model, STEPS, start_temperature=0.5)
    torch.manual_seed(1 + rank)
    for _ in range(STEPS):
        x = torch.randn(64, 4)
        optimizer.zero_grad()
        (model(x) - x.prod(1, keepdim=True)).square().mean().backward()
        optimizer.step()
        scheduler.step()
    weights = [parameter.tolist() for parameter in model.parameters()]
    (folder / f"{rank}.json").write_text(json.dumps([list(scheduler.history), weights]))
    dist.barrier()  # whoever leaves early lets the other wait
    dist.destroy_process_group()


def run_with_nan(rank: int, folder: Path) -> None:
    """Trainings in which one process alone sees NaN; its gradients do not count."""
    torch.set_num_threads(1)
    meet, limit = f"file://{folder}/meet", timedelta(seconds=120)
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=2, timeout=limit)
    told = [train_with_nan(rank, policy, at) for policy, at in CASES]
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


def test_no_rank_waits_for_one_that_sees_nan(tmp_path):
    in_two_processes(run_with_nan, tmp_path)
    one, other = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert one == other
    safe, thesis, first = one
    for history in (safe, thesis):
        assert len(history) == STEPS and history[15]["temperature"] is None
    assert thesis[16]["reason"].startswith("fitted mu")  # the fit is made up for
    assert "NaN, here or in another process" in first[0]


def test_all_ranks_take_one_rate(tmp_path):
    in_two_processes(run, tmp_path)
    one, other = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert one == other
    assert len({entry["learning_rate"] for entry in one[0]}) > 10


def in_two_processes(target: Callable[[int, Path], None], folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=target, args=(rank, folder)) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(180)
        if process.is_alive():
            process.kill()
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
