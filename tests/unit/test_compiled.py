"""A kernel is compiled anew when another file of its folder has changed."""

import os
import subprocess
import sys

INNER = """
from relu_book.compiled import kernel


@kernel
def added(number):
    return number + {}
"""

OUTER = """
from inner import added

from relu_book.compiled import kernel


@kernel
def twice(number):
    return added(added(number))


print(twice(1), len(twice.stats.cache_hits))
"""


def test_a_kernel_follows_the_kernels_that_it_calls(tmp_path):
    (tmp_path / "outer.py").write_text(OUTER)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}

    def printed(added: int) -> list[str]:
        (tmp_path / "inner.py").write_text(INNER.format(added))
        command = [sys.executable, tmp_path / "outer.py"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert printed(added=1) == ["3", "0"]
    assert printed(added=1) == ["3", "1"], "what was compiled is not kept"
    assert printed(added=5) == ["11", "0"], "an old kernel was kept"
