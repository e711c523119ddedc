"""Run every benchmark, print one table, and write ``_build/bench.json``.

    python -m benchmarks [NAME ...]     NAME: packing, cells, ...; all of them without one

Each ``bench_NAME.py`` has a function ``table()`` that returns rows: ``what`` is measured, the
``seconds`` of our path, the ``baseline`` (what a user would write instead), the ``ratio`` of the
two, and the ``budget`` that it is held against. All times of a row come from one run.
"""

import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy
import torch

from benchmarks.rivals import versions

FOLDER = Path(__file__).parent


def main() -> None:
    names = sys.argv[1:] or sorted(p.stem.removeprefix("bench_") for p in FOLDER.glob("bench_*.py"))
    rows = []
    for name in names:
        print(f"measuring {name} ...", flush=True)
        module = importlib.import_module(f"benchmarks.bench_{name}")
        rows += [{"benchmark": name, **row} for row in module.table()]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = [[_text(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *text, strict=True)]
    for line in [columns, *text]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=FOLDER
    ).stdout.strip()
    machine = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        **versions(),
        "commit": commit,
    }
    target = FOLDER.parent / "_build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"written to {target}")


def _text(value) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
