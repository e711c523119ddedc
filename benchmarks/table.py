"""A line of the table that the benchmarks print."""


def row(name: str, what: str, ours: float, baseline: float, budget: float | None, **more) -> dict:
    """One line of the table; the ratio is how many times faster than the baseline we are."""
    return {
        "name": name,
        "what": what,
        "seconds": ours,
        "baseline": baseline,
        "ratio": baseline / ours,
        "budget": budget,
        **more,
    }
