"""Whether a data set fits into memory, asked before anything is read.

Linux grants more memory than there is and ends a program later, without a word. So what is free is
read from the system first, and a set that does not fit is refused in one sentence.
"""

import os
from pathlib import Path


def require(samples: int, values: int, bytes_a_value: int, what: str, classes: int) -> None:
    """Refuse what does not fit.

    Args:
        samples: Their number.
        values: Numbers in one sample.
        bytes_a_value: While loading: the numbers as stored and as float32.
        what: The samples and the set, for the message.
        classes: Number of classes.

    Raises:
        MemoryError: It takes more than is free; the message says how many of each class would fit.

    Cost: under 1 ms.

    Example:
        >>> require(10, 3 * 32 * 32, 5, "pictures of 'cifar10'", 10)
    """
    needed, free = samples * values * bytes_a_value, available()
    if free is not None and needed > free:
        fitting = int(0.9 * free) // (values * bytes_a_value * max(classes, 1))
        raise MemoryError(
            f"the {samples} {what} take {needed / 1e9:.1f} GB in memory, of which "
            f"{free / 1e9:.1f} GB are free: load fewer of each class by per_class= "
            f"({fitting} would fit)" + (", or smaller ones by size=" if fitting < 1 else "")
        )


def available() -> int | None:
    """Bytes of memory that a program may still take; None where the system does not say.

    Example:
        >>> free = available()
        >>> free is None or free > 0
        True
    """
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = dict(line.split(":") for line in lines)
        free = int(sizes["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (AttributeError, OSError, ValueError):  # Windows
            return None
    try:
        # A container may be allowed less than the machine has.
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text())
        used = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        free = min(free, limit - int(used["anon"]))
    except (OSError, KeyError, ValueError):  # no such limit
        pass
    return max(free, 0)
