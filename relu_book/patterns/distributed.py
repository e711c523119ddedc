"""Merging counts over the processes of a training: each counts its share of the data, all get all.

Counts add up: c = Σ_r c_r over the ranks r of a ``torch.distributed`` group. Integers and JSON
travel, nothing that could run code.
"""

import json

import torch
import torch.distributed as dist

from relu_book.patterns.counting import PatternCounts
from relu_book.patterns.packing import words_of


def merge_ranks(
    counts: PatternCounts | dict[str, PatternCounts], group: "dist.ProcessGroup | None" = None
) -> PatternCounts | dict[str, PatternCounts]:
    """Adds up the counts of all processes of a group, exactly; every process gets the result.

    All processes of the group call it, as any collective operation. Errors are raised in all of
    them.

    Args:
        counts: what this process counted: ``PatternCounts``, or a dict of them by site as
            :func:`relu_book.patterns.count_patterns` gives. A process without data passes an empty
            count or an empty dict.
        group: the group; all processes by default. Any backend: NCCL carries the counts over the
            current CUDA device, others over the CPU.

    Returns:
        The same as ``counts``, over all processes, on the device of ``counts`` (on the CPU for an
        empty dict). A dict has the order of the first process that has data.

    Raises:
        ValueError: the processes have different sites, or a site of different widths.
        TypeError: a process gave something else.
        RuntimeError: there is no process group, or this process is not in it.

    Cost: every process sends its distinct patterns once to every other, and merges those of all.
    Memory for the result, before and after each merge, and for the patterns of one process besides.

    Example:
        >>> from relu_book.patterns import count
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> merge_ranks({"relu": count(torch.tensor([[1], [3], [1]]), width=2)})
        {'relu': PatternCounts(width=2, total=3, distinct=2)}
        >>> dist.destroy_process_group()
    """
    if not (dist.is_available() and dist.is_initialized()):
        raise RuntimeError(
            "merge_ranks needs torch.distributed.init_process_group first; a single process has "
            "nothing to merge"
        )
    rank = dist.get_rank(group)
    if rank < 0:
        raise RuntimeError("merge_ranks is called by a process that is not in the group")
    by_site = counts if isinstance(counts, dict) else {"": counts}
    kind = "sites" if isinstance(counts, dict) else "counts"
    wrong = [type(c).__name__ for c in by_site.values() if not isinstance(c, PatternCounts)]
    wrong += [f"the key {name!r}" for name in by_site if not isinstance(name, str)]
    header = {"wrong": wrong[0]} if wrong else {"kind": kind, "sites": _described(by_site)}
    carrier = _carrier(group)
    headers = [json.loads(text) for text in _texts_of_all(json.dumps(header), group, carrier)]
    _check(headers)

    filled = [h["sites"] for h in headers if h["sites"]]
    merged = {}
    for name, (width, *_) in (filled[0] if filled else {}).items():
        device = by_site[name].patterns.device if name in by_site else torch.device("cpu")
        merged[name] = _empty(width, device)
        for source, theirs in enumerate(h["sites"] for h in headers):
            if name not in theirs:
                continue
            own = by_site[name] if source == rank else None
            part = _broadcast(own, *theirs[name], source, group, carrier)
            merged[name] = merged[name].merge(part)
    return merged if kind == "sites" else merged[""]


def _described(by_site: dict[str, PatternCounts]) -> dict[str, tuple[int, int, int, bool]]:
    """Width, distinct patterns, and what is not listed, of each site."""
    return {name: (c.width, c.distinct, c.unlisted, c.mixed) for name, c in by_site.items()}


def _check(headers: list[dict]) -> None:
    """One sentence, the same on all ranks, unless all headers fit together."""
    for rank, header in enumerate(headers):
        if "wrong" in header:
            raise TypeError(
                "merge_ranks takes PatternCounts or a dict of them by site, and rank "
                f"{rank} gave {header['wrong']}"
            )
    kinds = [header["kind"] for header in headers]
    if len(set(kinds)) > 1:
        first = kinds.index("sites")
        raise TypeError(
            f"rank {first} gave a dict of sites and rank {kinds.index('counts')} a single count; "
            "all ranks merge the same"
        )
    filled = [(rank, header["sites"]) for rank, header in enumerate(headers) if header["sites"]]
    for rank, sites in filled[1:]:
        first, expected = filled[0]
        for name in sorted(set(expected) ^ set(sites)):
            has, lacks = (first, rank) if name in expected else (rank, first)
            raise ValueError(
                f"rank {has} has a site {name!r} that rank {lacks} has not; count the same sites "
                "on all ranks (sites=)"
            )
        for name, (width, *_) in sites.items():
            if width != expected[name][0]:
                where = f" at site {name!r}" if name else ""
                raise ValueError(
                    f"rank {first} has width {expected[name][0]} and rank {rank} width "
                    f"{width}{where}; only counts of the same layer can be merged"
                )


def _carrier(group: "dist.ProcessGroup | None") -> torch.device:
    """Where tensors must be for this group's backend."""
    backend = dist.get_backend(group)
    if "nccl" in backend and "gloo" not in backend:
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def _texts_of_all(text: str, group: "dist.ProcessGroup | None", carrier: torch.device) -> list[str]:
    """The text of each rank, on every rank."""
    own = torch.tensor(list(text.encode()), dtype=torch.uint8, device=carrier)
    world = dist.get_world_size(group)
    lengths = [torch.zeros(1, dtype=torch.int64, device=carrier) for _ in range(world)]
    dist.all_gather(lengths, torch.tensor([len(own)], device=carrier), group=group)
    longest = max(int(length) for length in lengths)
    padded = torch.zeros(longest, dtype=torch.uint8, device=carrier)
    padded[: len(own)] = own
    texts = [torch.empty_like(padded) for _ in range(world)]
    dist.all_gather(texts, padded, group=group)
    return [
        bytes(text[: int(length)].tolist()).decode()
        for text, length in zip(texts, lengths, strict=True)
    ]


def _broadcast(
    own: PatternCounts | None,
    width: int,
    rows: int,
    unlisted: int,
    mixed: bool,
    source: int,
    group: "dist.ProcessGroup | None",
    carrier: torch.device,
) -> PatternCounts:
    """The counts of rank ``source``, which alone passes its ``own``."""
    words = words_of(width)
    table = torch.empty(rows, words + 1, dtype=torch.int64, device=carrier)
    if own is not None:
        table[:, :words], table[:, words] = own.patterns, own.counts
    if rows:
        dist.broadcast(table, group=group, group_src=source)
    return PatternCounts(
        table[:, :words].contiguous(), table[:, words].clone(), width, unlisted, mixed
    )


def _empty(width: int, device: torch.device) -> PatternCounts:
    patterns = torch.empty(0, words_of(width), dtype=torch.int64, device=device)
    return PatternCounts(patterns, patterns.new_empty(0), width)
