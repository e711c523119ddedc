"""Two processes that see different batches take one rate, and end with the same weights."""

import json
import multiprocessing
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
    dist.destroy_process_group()


def test_all_ranks_take_one_rate(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=run, args=(rank, tmp_path)) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(180)
        if process.is_alive():
            process.kill()
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    one, other = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert one == other
    assert len({entry["learning_rate"] for entry in one[0]}) > 10
