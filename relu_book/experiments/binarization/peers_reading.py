"""Drawn weights beside rounded ones, as a table (thesis 4.1, 4.2.3); it judges nothing."""

import numpy as np
import xarray as xr


def peers_table(record: xr.Dataset) -> str:
    """Accuracies in per cent, a row a method, a column a network.

    Drawn weights have the mean over their drawings and its standard deviation.

    Args:
        record: As ``peers`` measures it.
    """
    names = record.network.values.tolist()
    lines = [f"{'':18}{'bits':>5}{'additions':>11}" + "".join(f"{name:>13}" for name in names)]

    def line(name: str, bits: float, additions: float, found: list[str]) -> None:
        several = "" if np.isnan(additions) else f"{additions:.1f}".removesuffix(".0")
        lines.append(f"{name:18}{bits:5.0f}{several:>11}" + "".join(f"{f:>13}" for f in found))

    one = record.isel(seed=0)
    line("float", 32, np.nan, [f"{value:.1f}" for value in one.float_accuracy.values])
    for method in record.method.values:
        peer = one.sel({"method": method})  # a keyword of that name means something else
        if peer.peer_accuracy.notnull().all():
            accuracies = [f"{value:.1f}" for value in peer.peer_accuracy.values]
            bits, additions = (float(peer[f"peer_{key}"].mean()) for key in ("bits", "additions"))
            line(str(method), bits, additions, accuracies)
    for samples in record.samples.values:
        drawn = record.accuracy.sel(samples=samples)
        pairs = zip(drawn.mean("seed").values, drawn.std("seed", ddof=1).values, strict=True)
        found = [f"{mean:.1f} ± {spread:.1f}" for mean, spread in pairs]
        line(f"drawn, {samples} samples", float(one.bits[0]), float(samples), found)
    return "\n".join(lines)
