"""Data sets that are read from files: where they are found, what is refused, how they arrive.

Small stand-ins for the published files, with checksums of their own, and a server on this machine.
"""

import dataclasses
import gzip
import hashlib
import logging
import struct
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from relu_book.datasets import DataIntegrityError, data_root, idx, load

STEMS = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
FILES = tuple(f"{stem}-ubyte" for stem in STEMS)
LAYOUTS = [
    (folder, compressed)
    for folder in ("FashionMNIST/raw", "fashion-mnist")
    for compressed in (True, False)
]


@pytest.fixture(autouse=True)
def quiet_downloads():
    """Pooch announces each download on stderr; the tests have read it."""
    import pooch

    level = pooch.get_logger().level
    pooch.get_logger().setLevel(logging.WARNING)
    yield
    pooch.get_logger().setLevel(level)


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """The four files of a small set, 40 training and 20 test pictures of 28 x 28."""
    random = np.random.default_rng(0)
    contents = {}
    for part, n in (("train", 40), ("t10k", 20)):
        pictures = random.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        header = struct.pack(">BBBBIII", 0, 0, 8, 3, n, 28, 28)
        contents[f"{part}-images-idx3-ubyte"] = header + pictures.tobytes()
        labels = bytes(label % 10 for label in range(n))
        contents[f"{part}-labels-idx1-ubyte"] = struct.pack(">BBBBI", 0, 0, 8, 1, n) + labels
    return contents


@pytest.fixture
def published(monkeypatch, contents, tmp_path) -> Path:
    """Make the small set the published one; its mirror is the folder that is returned."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    files = {}
    for key, file in idx._FASHION_MNIST.files.items():
        plain = contents[file.name]
        compressed = gzip.compress(plain, mtime=0)
        (mirror / f"{file.name}.gz").write_bytes(compressed)
        files[key] = dataclasses.replace(
            file,
            compressed_md5=hashlib.md5(compressed).hexdigest(),
            plain_md5=hashlib.md5(plain).hexdigest(),
        )
    small = dataclasses.replace(idx._FASHION_MNIST, files=files, mirrors=())
    monkeypatch.setattr(idx, "_FASHION_MNIST", small)
    monkeypatch.delenv("RELU_BOOK_DATA", raising=False)
    return mirror


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing on stderr."""


@pytest.fixture
def mirrors(monkeypatch, published) -> str:
    """Serve the mirror at the address that is returned, and name it the only one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=published))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    name_mirrors(monkeypatch, address)
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


def name_mirrors(monkeypatch, *addresses: str) -> None:
    monkeypatch.setattr(
        idx, "_FASHION_MNIST", dataclasses.replace(idx._FASHION_MNIST, mirrors=addresses)
    )


def lay_out(published: Path, root: Path, folder: str, compressed: bool = True) -> Path:
    """Copy the files of the mirror to where a user may have them."""
    target = root / folder
    target.mkdir(parents=True)
    for source in published.iterdir():
        content = source.read_bytes()
        name = source.name if compressed else source.stem
        (target / name).write_bytes(content if compressed else gzip.decompress(content))
    return target


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# Found


@pytest.mark.parametrize("folder, compressed", LAYOUTS)
def test_every_layout_is_found(published, contents, tmp_path, folder, compressed):
    root = tmp_path / "root"
    lay_out(published, root, folder, compressed)
    for split, part, n in (("train", "train", 40), ("test", "t10k", 20)):
        data = load("fashion_mnist", split, root=root, validation=0)
        assert data.images.shape == (n, 1, 28, 28) and data.images.dtype == torch.float32
        pixels = np.frombuffer(contents[f"{part}-images-idx3-ubyte"][16:], dtype=np.uint8)
        assert np.array_equal((data.images * 255).round().numpy().ravel(), pixels)
        assert data.images.min() == 0 and data.images.max() == 1
        assert data.labels.tolist() == [label % 10 for label in range(n)]
        assert data.classes[9] == "Ankle boot"


def test_train_and_validation_divide_the_published_training_set(published, tmp_path):
    lay_out(published, tmp_path, "fashion-mnist")
    whole = load("fashion_mnist", root=tmp_path)
    parts = [
        load("fashion_mnist", split, root=tmp_path, validation=10, seed=3)
        for split in ("train", "validation")
    ]
    assert [len(part) for part in parts] == [30, 10]
    assert sorted(parts[1].labels.tolist()) == list(range(10))
    together = torch.cat([part.images for part in parts]).flatten(1).numpy()
    assert np.array_equal(np.unique(together, axis=0), np.unique(whole.images.flatten(1), axis=0))
    assert len(whole) == 40, "by default nothing is held out"


def test_the_root_is_the_argument_else_the_variable_else_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path / "variable"))
    assert data_root(tmp_path / "argument") == tmp_path / "argument"
    assert data_root(str(tmp_path)) == tmp_path
    assert data_root() == tmp_path / "variable"
    monkeypatch.setenv("RELU_BOOK_DATA", "~/data")
    assert data_root() == Path.home() / "data"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for empty in ("", None):
        monkeypatch.setenv("RELU_BOOK_DATA", "")
        if empty is None:
            monkeypatch.delenv("RELU_BOOK_DATA")
        assert data_root().name in ("relu_book", "Cache")
        if sys.platform == "linux":
            assert data_root() == tmp_path / "cache" / "relu_book"


def test_files_are_found_through_the_variable(monkeypatch, published, tmp_path):
    lay_out(published, tmp_path / "data", "fashion-mnist")
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path / "data"))
    assert len(load("fashion_mnist", "test")) == 20


# Refused


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_named_with_the_remedy(published, tmp_path, missing):
    folder = lay_out(published, tmp_path / "root", "fashion-mnist")
    (folder / f"{missing}.gz").unlink()
    before = everything(tmp_path)
    split = "train" if missing.startswith("train") else "test"
    with pytest.raises(FileNotFoundError, match=rf"{missing}\.gz .*download=True") as caught:
        load("fashion_mnist", split, root=tmp_path / "root")
    assert "\n" not in str(caught.value) and "RELU_BOOK_DATA" in str(caught.value)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_a_root_that_does_not_exist_is_not_made(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r"download=True"):
        load(name, root=tmp_path / "nowhere")
    assert not everything(tmp_path)


def truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip_a_bit(content: bytes) -> bytes:
    return content[:100] + bytes([content[100] ^ 1]) + content[101:]


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, lambda content: b"", lambda c: c + b"\0"])
@pytest.mark.parametrize("folder, compressed", LAYOUTS)
@pytest.mark.parametrize("file", FILES[2:])
def test_a_damaged_file_is_named_with_its_checksum(
    published, tmp_path, folder, compressed, file, damage
):
    place = lay_out(published, tmp_path / "root", folder, compressed)
    victim = place / (f"{file}.gz" if compressed else file)
    victim.write_bytes(damage(victim.read_bytes() + bytes(101)))
    expected = next(f for f in idx._FASHION_MNIST.files.values() if f.name == file)
    with pytest.raises(DataIntegrityError, match=r"truncated or altered .*download=True") as caught:
        load("fashion_mnist", "test", root=tmp_path / "root")
    assert isinstance(caught.value, OSError)
    message = str(caught.value)
    assert str(victim) in message and "\n" not in message
    assert (expected.compressed_md5 if compressed else expected.plain_md5) in message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0",
        b"\x1f\x8b\x08\0",
        b"\0\0\x0d\1\0\0\0\1\0",
        b"\0\0\x08\3\0\0\0\1\0\0\0\2",
        b"\0\0\x08\1\0\0",
        b"\0\0\x08\1\0\0\0\2\5",
        b"\0\0\x08\1\0\0\0\1\5\5",
    ],
)
def test_content_that_is_not_idx_raises(content):
    with pytest.raises(ValueError, match="idx file"):
        idx.read_idx(content)


def test_idx_may_have_any_number_of_dimensions():
    assert idx.read_idx(b"\0\0\x08\2\0\0\0\2\0\0\0\0").shape == (2, 0)
    assert idx.read_idx(b"\0\0\x08\0\7").item() == 7


# Downloaded


def test_a_download_is_stored_once_in_the_layout_of_torchvision(mirrors, published, tmp_path):
    root = tmp_path / "root"
    data = load("fashion_mnist", "test", root=root, download=True)
    assert len(data) == 20
    stored = {"FashionMNIST", "FashionMNIST/raw"}
    stored |= {f"FashionMNIST/raw/{file}.gz" for file in FILES[2:]}
    assert everything(root) == stored
    for file in published.iterdir():
        file.unlink()  # nothing is fetched a second time
    assert load("fashion_mnist", "test", root=root, download=True).checksum == data.checksum
    assert load("fashion_mnist", "test", root=root).checksum == data.checksum


@pytest.mark.parametrize("folder, compressed", LAYOUTS)
def test_a_download_replaces_a_damaged_file(mirrors, published, tmp_path, folder, compressed):
    place = lay_out(published, tmp_path / "root", folder, compressed)
    victim = place / (f"{FILES[2]}.gz" if compressed else FILES[2])
    victim.write_bytes(truncate(victim.read_bytes()))
    assert len(load("fashion_mnist", "test", root=tmp_path / "root", download=True)) == 20
    assert len(load("fashion_mnist", "test", root=tmp_path / "root")) == 20


def test_another_mirror_serves_where_the_first_one_is_down(
    monkeypatch, mirrors, published, tmp_path
):
    name_mirrors(monkeypatch, "http://127.0.0.1:9/", mirrors + "nowhere/", mirrors)
    assert len(load("fashion_mnist", "test", root=tmp_path / "root", download=True)) == 20


@pytest.mark.parametrize("kept", [False, True])
def test_a_failed_download_is_one_sentence_and_leaves_nothing(
    monkeypatch, mirrors, published, tmp_path, kept
):
    root = tmp_path / "deep" / "root"
    if kept:
        root.mkdir(parents=True)
    name_mirrors(monkeypatch, "http://127.0.0.1:9/", mirrors + "nowhere/")
    before = everything(tmp_path)
    with pytest.raises(ConnectionError, match=r"t10k.* could not be downloaded") as caught:
        load("fashion_mnist", "test", root=root, download=True)
    assert "\n" not in str(caught.value) and str(root) in str(caught.value)
    assert caught.value.__context__ is None
    assert everything(tmp_path) == before


@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
def test_a_download_that_arrives_damaged_is_refused_and_leaves_nothing(
    mirrors, published, tmp_path, damage
):
    source = published / f"{FILES[2]}.gz"
    source.write_bytes(damage(source.read_bytes()))
    before = everything(tmp_path)
    with pytest.raises(DataIntegrityError, match=r"wrong MD5 sum.* nothing was stored"):
        load("fashion_mnist", "test", root=tmp_path / "root", download=True)
    assert everything(tmp_path) == before


def test_an_interrupted_download_leaves_nothing(monkeypatch, mirrors, tmp_path):
    import pooch

    def interrupted(self, url, output_file, *_, **__):
        Path(output_file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    before = everything(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        load("fashion_mnist", "test", root=tmp_path / "root", download=True)
    assert everything(tmp_path) == before


def test_a_failed_download_keeps_the_file_that_was_there(monkeypatch, mirrors, published, tmp_path):
    place = lay_out(published, tmp_path / "root", "FashionMNIST/raw")
    victim = place / f"{FILES[2]}.gz"
    victim.write_bytes(b"damaged, but the user's own")
    name_mirrors(monkeypatch, "http://127.0.0.1:9/")
    with pytest.raises(ConnectionError):
        load("fashion_mnist", "test", root=tmp_path / "root", download=True)
    assert victim.read_bytes() == b"damaged, but the user's own"


def test_a_folder_that_cannot_be_written_is_named(mirrors, tmp_path):
    (tmp_path / "root").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"cannot be written .*RELU_BOOK_DATA") as caught:
        load("fashion_mnist", "test", root=tmp_path / "root", download=True)
    assert not isinstance(caught.value, (ConnectionError, DataIntegrityError))


@pytest.mark.parametrize("name", ["pooch", "sklearn"])
def test_a_missing_package_is_named_with_its_remedy(monkeypatch, tmp_path, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install"):
        if name == "pooch":
            load("mnist", root=tmp_path, download=True)
        else:
            load("digits")
