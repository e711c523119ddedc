"""What a record says about the code and the machine that measured it."""

import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import relu_book
from relu_book.runs.source import Source

PACKAGES = ("relu-book", "torch", "numpy", "scipy", "numba", "scikit-learn", "xarray")


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Versions of Python and of the packages that are installed, by name."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def commit(source: Source | None = None) -> tuple[str, str]:
    """The commit of this checkout, and whether the code that measures differs from it.

    Only ``relu_book`` itself counts, and an experiment of one's own: pages and records do not
    change what is measured. The answer is that of the first call, since the code that runs was
    read then.

    Args:
        source: The code of the experiment, if it is not one of the book.

    Returns:
        Commit and ``clean``, ``uncommitted changes`` or, where git does not hold the experiment in
        this checkout, ``experiment in no commit``; twice ``unknown`` outside a checkout.
    """
    package = Path(relu_book.__file__).parent
    head = _git(package, "rev-parse", "HEAD")
    changes = _git(package, "status", "--porcelain", "--", ".")
    # A package installed inside some other repository is none of that repository's files.
    if head is None or changes is None or not _git(package, "ls-files", "--", "__init__.py"):
        return "unknown", "unknown"
    if source is not None:
        held = _git(package, "ls-files", "--error-unmatch", "--", *source.files)
        if source.typed or held is None:
            return head, "experiment in no commit"
        changes += _git(package, "status", "--porcelain", "--", *source.files) or ""
    return head, "uncommitted changes" if changes else "clean"


def peak_memory() -> int:
    """Most memory that this process has held so far, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def device_name(device: torch.device) -> str:
    """Device and its maker's name for it, such as ``cuda: NVIDIA H100``."""
    if device.type == "cuda":
        return f"{device}: {torch.cuda.get_device_name(device)}"
    return f"{device}: {_processor()}"


@cache
def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(folder: Path, *arguments: str) -> str | None:
    """Output of a git command; None where git or a repository is missing."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
