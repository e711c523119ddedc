"""torchvision imports whether or not its binary fits; nothing else in the library imports it.

Each case runs in an interpreter of its own: an import happens once in a process.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
needs_torchvision = pytest.mark.skipif(
    find_spec("torchvision") is None, reason="torchvision is not installed"
)


def python(code: str, *folders: Path) -> str:
    """Run the code with warnings as errors; nothing may reach stderr. Returns what it prints."""
    preamble = f"import sys; sys.path[:0] = {[str(folder) for folder in (*folders, ROOT)]!r}\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", preamble + code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def fake_torchvision(folder: Path, body: str) -> Path:
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(body)
    return folder


def test_the_library_needs_neither_torchvision_nor_the_other_extras():
    code = """
import relu_book, relu_book.datasets, relu_book.models, relu_book.devices
import relu_book.torchvision_compat
print([name for name in ("torchvision", "sklearn", "pooch", "matplotlib") if name in sys.modules])
"""
    assert python(code) == "[]"


@needs_torchvision
def test_models_datasets_and_transforms_work_also_after_a_failed_import():
    code = """
try:
    import torchvision
except RuntimeError:
    pass
import torch
from concurrent.futures import ThreadPoolExecutor
from relu_book.torchvision_compat import torchvision as load
with ThreadPoolExecutor(4) as pool:
    vision, *others = pool.map(lambda _: load(), range(4))
assert all(other is vision for other in others) and vision is sys.modules["torchvision"]
picture, label = vision.datasets.FakeData(size=1, image_size=(3, 32, 32), num_classes=4)[0]
pixels = vision.transforms.ToTensor()(picture)
print(tuple(vision.models.resnet18(num_classes=4).eval()(pixels[None]).shape))
"""
    assert python(code) == "(1, 4)"


def test_missing_operators_are_declared_and_the_image_warning_is_swallowed(tmp_path):
    body = """
import warnings
import torch
warnings.warn("Failed to load image Python extension: libc10_cuda.so")
for operator in ("nms", "qnms"):
    torch.library.register_fake("torchvision::" + operator)(lambda dets, scores, limit: dets)
"""
    code = """
from relu_book.torchvision_compat import torchvision
print(torchvision().__file__)
"""
    folder = fake_torchvision(tmp_path, body)
    assert Path(python(code, folder)).parent == folder / "torchvision"


@pytest.mark.parametrize("declared", [("nms",), ("nms", "qnms")])
def test_operators_that_somebody_else_declared_are_left_alone(tmp_path, declared):
    body = """
import torch
for operator in ("nms", "qnms"):
    torch.library.register_fake("torchvision::" + operator)(lambda dets, scores, limit: dets)
"""
    code = f"""
import torch
library = torch.library.Library("torchvision", "FRAGMENT")
for name in {declared!r}:
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from relu_book.torchvision_compat import torchvision
print(torchvision().__name__)
"""
    assert python(code, fake_torchvision(tmp_path, body)) == "torchvision"


def test_an_import_that_fails_for_another_reason_says_so(tmp_path):
    code = """
from relu_book.torchvision_compat import torchvision
try:
    torchvision()
except ImportError as error:
    print(error)
"""
    folder = fake_torchvision(tmp_path, "raise RuntimeError('different CUDA major versions')")
    message = python(code, folder)
    assert "different CUDA major versions" in message and "install the versions" in message
    assert "\n" not in message


def test_torchvision_that_is_not_installed_is_named_with_its_remedy(monkeypatch):
    from relu_book import torchvision_compat

    torchvision_compat.torchvision.cache_clear()
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ImportError, match="pip install torchvision"):
        torchvision_compat.torchvision()
