"""Merging over processes: two of them with gloo, against counting everything in one."""

import datetime
import json
import multiprocessing
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from relu_book.patterns import (
    PatternCounter,
    PatternCounts,
    count,
    count_patterns,
    merge_ranks,
    pack,
)

WIDTHS = (1, 17, 64, 65, 130)
LIMIT = datetime.timedelta(seconds=300)


def patterns_of(rank: int, width: int, rows: int = 400) -> torch.Tensor:
    """Patterns of a rank, about half of which the other has too."""
    generator = torch.Generator().manual_seed(rank)
    pool = torch.rand(300, width, generator=torch.Generator().manual_seed(9)) > 0.5
    return pack(pool[100 * rank + torch.randint(0, 200, (rows,), generator=generator)])


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(3, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 70), nn.ReLU()
    )


def data() -> torch.Tensor:
    return torch.randn(60, 3, generator=torch.Generator().manual_seed(1))


def limited(rank: int) -> PatternCounts:
    counter = PatternCounter(17, max_patterns=30)
    counter.update(patterns_of(rank, 17))
    return counter.result()


def wrong_calls(rank: int) -> dict[str, object]:
    one, wide = count(torch.tensor([[1]]), 2), count(torch.tensor([[1]]), 3)
    return {
        "sites": {"a": one, "b": one} if rank else {"a": one},
        "width of a site": {"a": one, "b": wide if rank else one},
        "width": wide if rank else one,
        "kind": one if rank else {"a": one},
        "type": one if rank else "counts",
        "type in a dict": {"a": one} if rank else {"a": [1]},
        "key": {1: one},
    }


def run(rank: int, folder: Path) -> None:
    """What each process does: merges of all kinds, one after the other, saved as files."""
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2, timeout=LIMIT
    )
    mine = folder / str(rank)
    mine.mkdir()
    for width in WIDTHS:
        merge_ranks(count(patterns_of(rank, width), width)).save(mine / f"{width}.npz")
    for name, batch_norm in (("batch", "batch"), ("running", "running")):
        counts = count_patterns(model(), data().split(10)[rank::2], batch_norm=batch_norm)
        merged = merge_ranks(counts)
        (mine / f"{name}.json").write_text(json.dumps(list(merged)))
        for number, counts in enumerate(merged.values()):
            counts.save(mine / f"{name}{number}.npz")
    # a wrapped model, with more batches on one rank than on the other
    counts = count_patterns(DistributedDataParallel(model()), data().split(12)[rank::2])
    for name, merged in merge_ranks(counts).items():
        merged.save(mine / f"wrapped {name}.npz")
    # a rank without data: no sites at all, or an empty count
    some = {"x": count(patterns_of(1, 65), 65)}
    merge_ranks(some if rank else {})["x"].save(mine / "no sites.npz")
    merge_ranks(count(patterns_of(rank, 65)[: 400 * rank], 65)).save(mine / "no patterns.npz")
    nothing = merge_ranks({})
    merge_ranks(limited(rank)).save(mine / "limited.npz")
    errors = {"nothing": str(nothing)}
    for name, counts in wrong_calls(rank).items():
        try:
            merge_ranks(counts)
        except (TypeError, ValueError) as error:
            errors[name] = f"{type(error).__name__}: {error}"
    alone = dist.new_group([1])
    try:
        own = count(patterns_of(rank, 64), 64)
        errors["group"] = str(merge_ranks(own, alone) == own)
    except RuntimeError as error:
        errors["group"] = str(error)
    (mine / "errors.json").write_text(json.dumps(errors))
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("ranks")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=run, args=(rank, folder), daemon=True) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LIMIT.total_seconds())
        if process.is_alive():
            process.kill()
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    return [folder / "0", folder / "1"]


@pytest.mark.parametrize("width", WIDTHS)
def test_equals_counting_everything_in_one_process(ranks, width):
    expected = count(torch.cat([patterns_of(rank, width) for rank in (0, 1)]), width)
    for folder in ranks:
        assert PatternCounts.load(folder / f"{width}.npz") == expected


@pytest.mark.parametrize("batch_norm", ["batch", "running"])
def test_a_network_counted_in_two_processes(ranks, batch_norm):
    expected = count_patterns(model(), data().split(10), batch_norm=batch_norm)
    for folder in ranks:
        assert json.loads((folder / f"{batch_norm}.json").read_text()) == list(expected)
        for number, counts in enumerate(expected.values()):
            assert PatternCounts.load(folder / f"{batch_norm}{number}.npz") == counts


def test_a_wrapped_model_waits_for_nobody(ranks):
    for name, counts in count_patterns(model(), data().split(12)).items():
        for folder in ranks:
            assert PatternCounts.load(folder / f"wrapped {name}.npz") == counts


def test_a_process_without_data_takes_part(ranks):
    expected = count(patterns_of(1, 65), 65)
    for folder in ranks:
        for name in ("no sites", "no patterns"):
            assert PatternCounts.load(folder / f"{name}.npz") == expected
        assert json.loads((folder / "errors.json").read_text())["nothing"] == "{}"


def test_incomplete_counts_stay_honest(ranks):
    expected = limited(0).merge(limited(1))
    assert not expected.complete
    for folder in ranks:
        assert PatternCounts.load(folder / "limited.npz") == expected


def test_errors_are_one_sentence_on_all_ranks(ranks):
    first, second = (json.loads((folder / "errors.json").read_text()) for folder in ranks)
    assert second.pop("group") == "True"
    assert "not in the group" in first.pop("group")
    assert first == second
    assert first == {
        "nothing": "{}",
        "sites": "ValueError: rank 1 has a site 'b' that rank 0 has not; count the same sites on "
        "all ranks (sites=)",
        "width of a site": "ValueError: rank 0 has width 2 and rank 1 width 3 at site 'b'; only "
        "counts of the same layer can be merged",
        "width": "ValueError: rank 0 has width 2 and rank 1 width 3; only counts of the same layer "
        "can be merged",
        "kind": "TypeError: rank 0 gave a dict of sites and rank 1 a single count; all ranks merge "
        "the same",
        "type": "TypeError: merge_ranks takes PatternCounts or a dict of them by site, and rank 0 "
        "gave str",
        "type in a dict": "TypeError: merge_ranks takes PatternCounts or a dict of them by site, "
        "and rank 0 gave list",
        "key": "TypeError: merge_ranks takes PatternCounts or a dict of them by site, and rank 0 "
        "gave the key 1",
    }


def test_without_a_process_group():
    with pytest.raises(RuntimeError, match=r"needs torch\.distributed\.init_process_group first"):
        merge_ranks(count(torch.tensor([[1]]), 2))
