"""Archives that are fetched: unpacked completely or not at all, from a server on this machine."""

import dataclasses
import hashlib
import io
import logging
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from relu_book.datasets import DataIntegrityError, archives, cifar, imagenet, load, memory
from relu_book.datasets.speech_commands import _ARCHIVE as SPEECH

CONTENT = {"one.txt": b"1", "folder/two.txt": b"22"}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing on stderr."""


@pytest.fixture
def mirror(monkeypatch, tmp_path):
    """A folder that is served, and its address."""
    import pooch

    folder = tmp_path / "mirror"
    folder.mkdir()
    level = pooch.get_logger().level
    pooch.get_logger().setLevel(logging.WARNING)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()
    pooch.get_logger().setLevel(level)


def pack(name: str, contents: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(file, "w") as packed:
            for path, content in contents.items():
                packed.writestr(path, content)
    else:
        with tarfile.open(fileobj=file, mode="w:gz") as packed:
            for path, content in contents.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                packed.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture(params=["toy.tar.gz", "toy.zip"])
def toy(request, mirror) -> archives.Archive:
    folder, address = mirror
    content = pack(request.param, {f"top/{name}": value for name, value in CONTENT.items()})
    (folder / request.param).write_bytes(content)
    checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return archives.Archive("toy", request.param, checksum, (address,), "deep/toy", "top", "1 kB")


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_an_archive_is_unpacked_to_its_place_and_nothing_else_is_left(toy, tmp_path):
    archives.fetch(toy, tmp_path / "root")
    assert tree(tmp_path / "root") == {
        "deep": None,
        "deep/toy": None,
        "deep/toy/folder": None,
        **{f"deep/toy/{name}": content for name, content in CONTENT.items()},
    }


def test_files_that_are_there_are_replaced_and_the_users_own_are_kept(toy, tmp_path):
    place = tmp_path / "root" / "deep" / "toy"
    place.mkdir(parents=True)
    (place / "one.txt").write_bytes(b"damaged")
    (place / "own.txt").write_bytes(b"mine")
    archives.fetch(toy, tmp_path / "root")
    expected = {**CONTENT, "folder": None, "own.txt": b"mine"}
    assert tree(place) == expected


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("failure", ["down", "absent", "cut short", "altered"])
def test_a_failed_download_is_one_sentence_and_changes_nothing(
    toy, mirror, tmp_path, there, failure
):
    root = tmp_path / "root"
    if there:
        (root / "deep" / "toy").mkdir(parents=True)
        (root / "deep" / "toy" / "one.txt").write_bytes(b"damaged")
    served = mirror[0] / toy.name
    if failure == "down":
        toy = dataclasses.replace(toy, mirrors=("http://127.0.0.1:9/",))
    elif failure == "absent":
        served.unlink()
    else:
        content = served.read_bytes()
        served.write_bytes(content[:-5] if failure == "cut short" else content[:-1] + b"\7")
    before = tree(tmp_path)
    kind = ConnectionError if failure in ("down", "absent") else DataIntegrityError
    with pytest.raises(kind, match=r"toy\.\S+ could not be downloaded .*nothing was stored") as e:
        archives.fetch(toy, root)
    assert f"unpack {toy.name} to {root / 'deep' / 'toy'} yourself" in str(e.value)
    assert "\n" not in str(e.value)
    assert tree(tmp_path) == before


def test_an_interruption_while_unpacking_changes_nothing(monkeypatch, toy, tmp_path):
    def interrupted(file, content):
        content.mkdir()
        (content / "half").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(archives, "_unpack", interrupted)
    before = tree(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        archives.fetch(toy, tmp_path / "root")
    assert tree(tmp_path) == before


def test_a_full_disk_is_one_sentence_and_changes_nothing(monkeypatch, toy, tmp_path):
    def full(file, content):
        content.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives, "_unpack", full)
    before = tree(tmp_path)
    with pytest.raises(OSError, match=r"cannot be written \(No space left on device\).*RELU_BOOK"):
        archives.fetch(toy, tmp_path / "root")
    assert tree(tmp_path) == before


def test_a_root_that_is_a_file_is_named(toy, tmp_path):
    (tmp_path / "root").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"cannot be written .*RELU_BOOK_DATA") as caught:
        archives.fetch(toy, tmp_path / "root")
    assert not isinstance(caught.value, (ConnectionError, DataIntegrityError))


def test_an_archive_does_not_write_outside_its_place(mirror, tmp_path):
    folder, address = mirror
    for name in ("evil.tar.gz", "evil.zip"):
        content = pack(name, {"top/../../../escaped.txt": b"out", "top/fine.txt": b"in"})
        (folder / name).write_bytes(content)
        checksum = f"md5:{hashlib.md5(content).hexdigest()}"
        evil = archives.Archive("evil", name, checksum, (address,), "a/b/c", "top", "")
        try:
            archives.fetch(evil, tmp_path / "root")
        except (OSError, tarfile.TarError):
            assert name.endswith(".tar.gz")
        assert not list(tmp_path.rglob("escaped.txt")) or all(
            "root/a/b/c" in str(path) for path in tmp_path.rglob("escaped.txt")
        )


# Through the door


def test_cifar_is_fetched_once_and_stored_as_torchvision_has_it(monkeypatch, mirror, tmp_path):
    import pickle

    folder, address = mirror
    known = cifar._CIFAR10
    data = np.arange(10 * 3072, dtype=np.uint32).astype(np.uint8).reshape(10, 3072)
    batch = pickle.dumps({"data": data, "labels": list(range(10))})
    meta = pickle.dumps({"label_names": list(known.classes)})
    top = known.archive.top
    content = pack(known.archive.name, {f"{top}/test_batch": batch, f"{top}/batches.meta": meta})
    (folder / known.archive.name).write_bytes(content)

    def md5(content: bytes) -> str:
        return hashlib.md5(content).hexdigest()

    checksum = f"md5:{md5(content)}"
    small = dataclasses.replace(
        known,
        archive=dataclasses.replace(known.archive, checksum=checksum, mirrors=(address,)),
        files={"test": {"test_batch": md5(batch)}},
        meta=("batches.meta", md5(meta), "label_names"),
    )
    monkeypatch.setattr(cifar, "_CIFAR10", small)
    root = tmp_path / "root"
    first = load("cifar10", "test", root=root, download=True)
    assert np.array_equal((first.images * 255).round().numpy().reshape(10, -1), data)
    assert sorted(tree(root)) == [top, f"{top}/batches.meta", f"{top}/test_batch"]
    (root / top / "test_batch").write_bytes(b"damaged")
    with pytest.raises(DataIntegrityError, match=r"download=True"):
        load("cifar10", "test", root=root)
    assert load("cifar10", "test", root=root, download=True).checksum == first.checksum
    (folder / known.archive.name).unlink()  # nothing is fetched a third time
    assert load("cifar10", "test", root=root, download=True).checksum == first.checksum
    # What is damaged under another name gives way to what was fetched.
    (root / known.archive.name).write_bytes(b"damaged")
    assert load("cifar10", "test", root=root).checksum == first.checksum


def test_tiny_imagenet_is_fetched_and_a_damaged_picture_is_replaced(monkeypatch, mirror, tmp_path):
    folder, address = mirror
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(file, "JPEG")
    picture = f"{imagenet._TINY.top}/train/n1/images/n1_0.JPEG"
    contents = {picture: file.getvalue(), f"{imagenet._TINY.top}/wnids.txt": b"n1\n"}
    content = pack("x.zip", contents)
    (folder / imagenet._TINY.name).write_bytes(content)
    checksum = f"md5:{hashlib.md5(content).hexdigest()}"
    small = dataclasses.replace(imagenet._TINY, checksum=checksum, mirrors=(address,))
    monkeypatch.setattr(imagenet, "_TINY", small)
    root = tmp_path / "root"
    first = load("tiny_imagenet", root=root, download=True, validation=0)
    assert len(first) == 1 and first.classes == ("n1",)
    (root / picture).write_bytes(b"damaged")
    with pytest.raises(DataIntegrityError):
        load("tiny_imagenet", root=root, validation=0)
    again = load("tiny_imagenet", root=root, download=True, validation=0)
    assert again.checksum == first.checksum


def test_what_is_published_says_where_it_is_and_how_large():
    for archive in (cifar._CIFAR10.archive, cifar._CIFAR100.archive, imagenet._TINY, SPEECH):
        kind, _, digits = archive.checksum.partition(":")
        assert len(digits) == {"md5": 32, "sha256": 64}[kind] and int(digits, 16)
        assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in archive.mirrors)
        assert archive.size.endswith(("MB", "GB")) and archive.data_set in archive.remedy


# Memory


def test_memory_is_that_of_the_machine_or_of_its_container(monkeypatch):
    files = {
        "/proc/meminfo": "MemTotal: 200 kB\nMemAvailable: 100 kB\n",
        "/sys/fs/cgroup/memory.max": "90000\n",
        "/sys/fs/cgroup/memory.stat": "anon 10000\nfile 70000\n",
    }

    def read_text(path, *_):
        if str(path) not in files:
            raise FileNotFoundError(path)
        return files[str(path)]

    monkeypatch.setattr(Path, "read_text", read_text)
    assert memory.available() == 80_000
    files["/sys/fs/cgroup/memory.max"] = "max\n"
    assert memory.available() == 102_400
    del files["/proc/meminfo"]
    assert memory.available() > 10**8
    monkeypatch.delattr("os.sysconf")
    assert memory.available() is None
    memory.require(10**9, 10**9, 4, "pictures", 1)
