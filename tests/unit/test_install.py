"""What each extra installs is enough for what the documentation says that it is for.

An environment holds the library as ``pip`` would build it, and links to those installed packages
that the extra asks for, directly or through others: what nobody asks for is missing there, as it
would be after ``pip install '.[extra]'`` on a fresh machine. No network is needed.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
EXTRAS = PROJECT["optional-dependencies"]
FLOORS = SETTINGS["tool"]["importlinter"]["contracts"][0]["layers"]


# ---- the environments ----------------------------------------------------------------------------


def asked_for(requirements: list[str]) -> list[Distribution]:
    """The installed distributions that these requirements ask for, those of others included."""
    found, seen = {}, set()
    waiting = [(requirement, "") for requirement in requirements]
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        if (text, extra) in seen or not (
            requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        ):
            continue
        seen.add((text, extra))
        if requirement.name == PROJECT["name"]:
            waiting += [(more, "") for own in requirement.extras for more in EXTRAS[own]]
            continue
        try:
            found[requirement.name.lower()] = one = distribution(requirement.name)
        except PackageNotFoundError:
            pytest.skip(f"{requirement.name} is not installed here")
        waiting += [(more, own) for more in one.requires or () for own in ("", *requirement.extras)]
    return list(found.values())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The library as git holds it, built: a file that git ignores is missing in it."""
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(
        ["git", "ls-files", "relu_book", "pyproject.toml", "README.md", "LICENSE*"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, check=True, capture_output=True, text=True
    )
    return source / done.stdout.split()[-1]


@dataclass(frozen=True)
class Environment:
    folder: Path

    def python(self, code: str, **variables: str) -> subprocess.CompletedProcess:
        return self("python", "-P", "-c", code, **variables)

    def __call__(self, program: str, *words: str, **variables: str) -> subprocess.CompletedProcess:
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        return subprocess.run(
            [self.folder / "bin" / program, *words],
            cwd=variables.pop("cwd", self.folder),
            env=kept | {"PATH": os.defpath, "OMP_NUM_THREADS": "1"} | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """The environment of an extra; of "" that of the bare library. Each is made once."""

    @cache
    def make(extra: str) -> Environment:
        wanted = asked_for(PROJECT["dependencies"] + EXTRAS.get(extra, []))
        folder = tmp_path_factory.mktemp(extra or "bare")
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
        (site,) = folder.glob("lib/python*/site-packages")
        for one in wanted:
            for top in {file.parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
                if not (site / top).exists():
                    (site / top).symlink_to(one.locate_file(top))
        with zipfile.ZipFile(wheel) as file:
            file.extractall(site)
        for name, target in PROJECT["scripts"].items():
            module, _, function = target.partition(":")
            script = folder / "bin" / name
            script.write_text(
                f"#!{folder}/bin/python\nimport sys\nfrom {module} import {function}\n"
                f"sys.exit({function}())\n"
            )
            script.chmod(0o755)
        return Environment(folder)

    return make


def succeeded(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def sentence(done: subprocess.CompletedProcess) -> str:
    """What a command that is refused says: one line, and nothing else."""
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# ---- the bare library ----------------------------------------------------------------------------

PATTERNS_AND_CELLS = """
import torch
from torch import nn
from relu_book import datasets
from relu_book.cells import exact_cells, rasterize
from relu_book.models import cifar_resnet, mlp, vgg
from relu_book.patterns import count_patterns
from relu_book.training import train
model = mlp((2, 7, 2), seed=0)
images = datasets.load("clusters").images
(counts,) = count_patterns(model, images.split(8)).values()
assert counts.total == len(images) and 1 < counts.distinct <= 29
exact_cells(model, 0)
rasterize(model, 0, resolution=8)
"""


def test_the_bare_library_counts_and_draws(environment):
    succeeded(environment("").python(PATTERNS_AND_CELLS))


def test_the_lower_floors_import_nothing_of_what_the_extras_bring():
    """Also where it is installed; the backends, which are chosen when they are there, apart."""
    floors = [set(layer.replace("|", " ").split()) for layer in FLOORS]
    lower = set.union(*floors[floors.index({"torchvision_compat"}) + 1 :])
    assert {"patterns", "cells"} <= lower
    files = [file for room in lower for file in ROOT.glob(f"relu_book/{room}*/**/*.py")]
    files += [ROOT / "relu_book" / f"{room}.py" for room in lower]
    found = {
        name
        for file in files
        if file.is_file() and "backends" not in file.parts and "compiled" not in file.stem
        for node in imports_of(file.read_text(encoding="utf-8"))
        for name in packages(node)
    }
    own = {"relu_book", *sys.stdlib_module_names}
    assert found - own == {"torch", "numpy", "scipy", "jaxtyping"}


LACKING = {
    "import relu_book.records": "lab",
    "import relu_book.runs": "lab",
    "from relu_book.experiments import run": "lab",
    "from relu_book.claims import check": "lab",
    "import relu_book.plots.style": "book",
    "from relu_book.explore import explore": "book",
    "from relu_book.models import load_weights; load_weights(None, 'x')": "lab",
    "from relu_book.datasets import load; load('digits')": "lab",
    "from relu_book.datasets import load; load('x.parquet', root='.')": "lab",
    "from relu_book.datasets import load; load('mnist')": "lab",
    "from relu_book.torchvision_compat import torchvision; torchvision()": "lab",
    "from relu_book.patterns import set_backend; set_backend('numba')": "fast",
    "from relu_book.patterns import set_backend; set_backend('triton')": "triton",
}
TRIED = """
import json
said = []
for code in {codes}:
    try:
        exec(code)
        said.append(None)
    except ImportError as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_what_the_bare_library_lacks_is_said_with_the_extra_that_brings_it(environment, tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"")
    done = environment("").python(TRIED.format(codes=list(LACKING)), cwd=tmp_path)
    said = dict(zip(LACKING, json.loads(succeeded(done)), strict=True))
    for code, extra in LACKING.items():
        assert said[code] is not None and f"pip install 'relu-book[{extra}]'" in said[code], code
        assert "\n" not in said[code]


@pytest.mark.parametrize("words", [[], ["--help"], ["doctor"]])
def test_the_bare_command_line_says_which_extra_it_needs(environment, words):
    said = sentence(environment("")("relu-book", *words))
    assert said == (
        "relu-book: the command line needs tyro, which is not installed: "
        "run `pip install 'relu-book[lab]'`\n"
    )


# ---- the extras ----------------------------------------------------------------------------------


def test_the_reference_names_every_extra():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    assert [extra for extra in EXTRAS if f"| `{extra}` |" not in page] == []


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_every_extra_can_be_installed_and_can_count(environment, extra):
    succeeded(environment(extra).python("import relu_book.patterns, relu_book.cells"))


@pytest.mark.parametrize(("extra", "backend"), [("fast", "numba"), ("triton", "triton")])
def test_the_backends_are_there(environment, extra, backend):
    code = f"from relu_book.patterns import set_backend\nset_backend('{backend}')"
    succeeded(environment(extra).python(code, TRITON_INTERPRET="1"))


OWN = '''
from dataclasses import dataclass
import xarray as xr
from relu_book.experiments import experiment

@dataclass(frozen=True)
class Settings:
    seeds: tuple[int, ...] = (0, 1)

@experiment(chapter="own", scales={"smoke": Settings()}, expected={"smoke": "a moment"})
def ones(settings, seed, run):
    """relu-book run own/ones"""
    return xr.Dataset({"value": run.load("digits").images.shape[0]})
'''
NAME = "tutorial/dense_by_rate"


@pytest.mark.parametrize("inside", [True, False], ids=["inside a clone", "outside"])
def test_lab_is_enough_for_experiments(environment, tmp_path, inside):
    lab = environment("lab")
    (tmp_path / "own.py").write_text(OWN)
    place = {
        "cwd": ROOT if inside else tmp_path,
        "PYTHONPATH": str(tmp_path),
        "RELU_BOOK_EXPERIMENTS": "own",
        "RELU_BOOK_RUNS": str(tmp_path / "runs"),
    }
    ran = lab("relu-book", "run", "own/ones", **place)
    assert "value (seed 2): 1293 to 1293" in succeeded(ran)
    listed = succeeded(lab("relu-book", "list", **place))
    assert "own/ones\n  smoke  measured, not promoted (takes a moment)\n" in listed
    assert (f"{NAME}\n  smoke  recorded" in listed) == inside
    assert ("no clone of the book" in listed) != inside
    assert "value (seed 2)" in succeeded(lab("relu-book", "show", "own/ones", **place))
    shown = succeeded(lab("relu-book", "show", NAME, **place))
    assert ("Committed record" in shown) == inside and ("no clone of the book" in shown) != inside


def test_lab_runs_the_books_own_and_examines_itself(environment, tmp_path):
    lab = environment("lab")
    place = {"cwd": ROOT, "RELU_BOOK_RUNS": str(tmp_path), "RELU_BOOK_DATA": str(tmp_path)}
    ran = succeeded(lab("relu-book", "run", "tutorial/skip_connections", **place))
    assert "scale:    smoke" in ran
    said = sentence(lab("relu-book", "claims", "--check", **place))
    assert "the ledger of claims needs nbformat" in said and "'relu-book[book]'" in said
    examined = succeeded(lab("relu-book", "doctor", **place))
    assert "  records          yes" in examined and "  verdicts         yes" in examined
    assert "  pictures         no: relu_book.plots needs matplotlib" in examined
    assert "  cluster          no: " in examined and "'relu-book[cluster]'" in examined
    assert "In short: of the experiments you can run " in examined


def test_lab_has_what_the_data_sets_and_networks_need(environment, tmp_path):
    code = (
        "from relu_book.datasets import load\nload('digits')\n"
        "from relu_book.torchvision_compat import torchvision\ntorchvision().models.alexnet\n"
        "import relu_book.datasets.parquet as parquet\nparquet._pyarrow()\n"
        "import relu_book.datasets.pictures as pictures\npictures._pillow()\n"
        "import relu_book.datasets.files as files\nfiles._pooch()\n"
        "from safetensors.torch import save_file\nfrom relu_book.models import *\n"
        "save_file(mlp((2, 3, 2)).state_dict(), 'w')\nload_weights(mlp((2, 3, 2)), 'w')\n"
    )
    succeeded(environment("lab").python(code, cwd=tmp_path))


def test_cluster_brings_dask(environment):
    code = (
        "from relu_book.runs.executors import DaskCluster\n"
        "try:\n    list(DaskCluster('tcp://127.0.0.1:9').map(None, []))\n"
        "except OSError as error:\n    print(error)\n"
    )
    said = succeeded(environment("cluster").python(code))
    assert said.startswith("no Dask scheduler answers at tcp://127.0.0.1:9")
    succeeded(environment("cluster")("python", "-m", "distributed.cli.dask_scheduler", "--version"))


def test_book_has_what_the_notebooks_need(environment, tmp_path):
    notebooks = [imports_of(source_of(path)) for path in ROOT.glob("book/*.ipynb")]
    imports = sorted({ast.unparse(node) for nodes in notebooks for node in nodes})
    assert len(imports) > 20, "the notebooks import something"
    code = "\n".join(imports) + (
        "\nfrom relu_book.explore import explore\n"
        "import ipywidgets, jupyterlab, nbclient, nbconvert\n"
        "print(len(explore(lambda n: np.full((8, 8), n, np.uint8), n=[0, 9]).frames))\n"
    )
    book = environment("book")
    done = book.python(code, cwd=ROOT, RELU_BOOK_STATIC="1", MPLCONFIGDIR=str(tmp_path))
    assert succeeded(done).split() == ["2"]
    checked = book("relu-book", "claims", "--check", cwd=ROOT)
    assert "which is not installed" not in checked.stderr


def source_of(notebook: Path) -> str:
    """The code of a notebook; what is meant for a shell does nothing."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return re.sub(r"^( *)[!%].*", r"\1pass", "\n".join(code), flags=re.MULTILINE)


def imports_of(source: str) -> list[ast.Import | ast.ImportFrom]:
    """The import statements of a module's own level."""
    body = ast.parse(source).body
    return [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The packages that a statement imports from."""
    modules = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    return {module.partition(".")[0] for module in modules}


def test_test_has_what_the_tests_need(environment):
    """Every package that a test imports at its top; what it may lack, it skips without.

    The tests of the site run where the site is built, whose builder no extra brings.
    """
    files = [file for file in ROOT.glob("tests/**/*.py") if "site" not in file.parts]
    imports = [node for file in files for node in imports_of(file.read_text(encoding="utf-8"))]
    beside = [*files, *ROOT.glob("book/**/*.py")]
    own = {part for file in beside for part in (file.stem, *file.parts)} | {"relu_book", "triton"}
    wanted = sorted(set().union(*map(packages, imports)) - own)
    assert {"pytest", "hypothesis"} <= set(wanted)
    code = f"from importlib.util import find_spec\nprint([n for n in {wanted} if not find_spec(n)])"
    assert succeeded(environment("test").python(code)) == "[]\n"
