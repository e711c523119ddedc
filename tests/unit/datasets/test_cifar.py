"""CIFAR-10 and CIFAR-100: small stand-ins in the published formats, and the real CIFAR-10.

Tests of the real set skip where ``RELU_BOOK_DATA`` does not lead to it.
"""

import dataclasses
import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from relu_book.datasets import DataIntegrityError, cifar, data_root, load

NAMES = ("cifar10", "cifar100")
CONSTANTS = {"cifar10": "_CIFAR10", "cifar100": "_CIFAR100"}
FORMS = ("folder", "archive", "parquet")


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


class Python2Pickler(pickle._Pickler):
    """Writes what Python 2 wrote: byte strings and nothing else, numpy under its old name."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, value) -> None:
        content = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + len(content).to_bytes(4, "little") + content)
        self.memoize(value)

    dispatch[bytes] = dispatch[str] = save_string

    def save_global(self, value, name=None) -> None:
        module = value.__module__.replace("numpy._core", "numpy.core")
        self.write(pickle.GLOBAL + f"{module}\n{value.__name__}\n".encode())
        self.memoize(value)

    dispatch[type] = dispatch[type(lambda: 0)] = save_global


def python_2_pickle(value) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue()


@pytest.fixture(params=NAMES)
def small(request, monkeypatch, tmp_path) -> dict:
    """A small set made the published one; its content and the files of its folder."""
    name = request.param
    known = getattr(cifar, CONSTANTS[name])
    random = np.random.default_rng(1)
    classes = len(known.counts["train"])
    contents, pixels, labels = {}, {}, {}
    for part, files in known.files.items():
        each = (2 if part == "train" else 1) * classes
        pixels[part], labels[part] = [], []
        for file in files:
            data = random.integers(0, 256, (each, 3072), dtype=np.uint8)
            own = random.permutation(np.arange(each) % classes).tolist()
            contents[file] = pickle.dumps({"data": data, known.labels: own, "batch_label": file})
            pixels[part].append(data.reshape(-1, 3, 32, 32))
            labels[part] += own
        pixels[part] = np.concatenate(pixels[part])
    meta, _, key = known.meta
    words = [f"class {number}" for number in range(classes)]
    contents[meta] = pickle.dumps({key: words})
    counts = {part: tuple(np.bincount(labels[part]).tolist()) for part in labels}
    stand_in = dataclasses.replace(
        known,
        archive=dataclasses.replace(known.archive, mirrors=("http://127.0.0.1:9/",)),
        files={
            part: {file: md5(contents[file]) for file in files}
            for part, files in known.files.items()
        },
        meta=(meta, md5(contents[meta]), key),
        counts=counts,
        pixels={
            part: cifar._fingerprint(pixels[part], np.array(labels[part])) for part in known.pixels
        },
    )
    monkeypatch.setattr(cifar, CONSTANTS[name], stand_in)
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    return {
        "name": name,
        "root": tmp_path,
        "known": stand_in,
        "contents": contents,
        "pixels": pixels,
        "labels": labels,
        "words": tuple(words),
    }


def pack(contents: dict[str, bytes], folder: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name, content in {"readme.html": b"<html>", **contents}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return file.getvalue()


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0)).save(file, "PNG")
    return file.getvalue()


def write_parquet(path: Path, contents: list[bytes], labels: list[int]) -> None:
    rows = [{"bytes": content, "path": None} for content in contents]
    fields = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"image": pa.array(rows, fields), "label": labels}), path)


def lay_out(small: dict, form: str) -> Path:
    """Put the set where a user may have it, and return the file or folder."""
    archive, root = small["known"].archive, small["root"]
    if form == "folder":
        place = root / archive.folder
        place.mkdir()
        for name, content in small["contents"].items():
            (place / name).write_bytes(content)
    elif form == "archive":
        place = root / archive.name
        place.write_bytes(pack(small["contents"], archive.top))
    else:
        place = root / small["name"]
        for part, pixels in small["pixels"].items():
            coded, labels = [png(picture) for picture in pixels], small["labels"][part]
            cut = len(labels) // 2
            write_parquet(place / f"{part}-0-of-2.parquet", coded[:cut], labels[:cut])
            write_parquet(place / f"{part}-1-of-2.parquet", coded[cut:], labels[cut:])
    return place


# Found


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_exactly(small, form):
    lay_out(small, form)
    for split, part in (("train", "train"), ("test", "test")):
        data = load(small["name"], split, validation=0)
        assert np.array_equal((data.images * 255).round().numpy(), small["pixels"][part])
        assert data.labels.tolist() == small["labels"][part]
        assert data.class_counts.tolist() == list(small["known"].counts[part])
        assert data.name == small["name"]
        if form != "parquet":
            assert data.classes == small["words"]
        elif small["name"] == "cifar10":
            assert data.classes[:2] == ("airplane", "automobile")


def test_all_forms_give_the_same_bits(small):
    checksums = set()
    for form in reversed(FORMS):  # each one goes before those that are there already
        lay_out(small, form)
        checksums.add(load(small["name"]).checksum)
    assert len(checksums) == 1


def test_nothing_is_written_beside_the_archive(small):
    lay_out(small, "archive")
    before = sorted(small["root"].rglob("*"))
    load(small["name"])
    assert sorted(small["root"].rglob("*")) == before


def test_train_and_validation_divide_the_published_training_set(small):
    lay_out(small, "folder")
    parts = [load(small["name"], split, validation=0.5) for split in ("train", "validation")]
    assert torch.equal(parts[0].class_counts, parts[1].class_counts)
    whole = {picture.tobytes() for picture in small["pixels"]["train"]}
    rows = [
        {(image * 255).round().byte().numpy().tobytes() for image in part.images} for part in parts
    ]
    assert not rows[0] & rows[1] and rows[0] | rows[1] == whole
    assert len(load(small["name"])) == len(whole), "by default nothing is held out"


def test_batches_as_python_2_wrote_them_are_read(monkeypatch, small):
    place = lay_out(small, "folder")
    known = small["known"]
    files = {}
    for name in known.files["test"]:
        content = python_2_pickle(pickle.loads(small["contents"][name]))
        assert b"numpy.core.multiarray\n_reconstruct" in content
        (place / name).write_bytes(content)
        files[name] = md5(content)
    other = dataclasses.replace(known, files={**known.files, "test": files})
    monkeypatch.setattr(cifar, CONSTANTS[small["name"]], other)
    data = load(small["name"], "test")
    assert np.array_equal((data.images * 255).round().numpy(), small["pixels"]["test"])


# Refused


def damages(content: bytes) -> list[bytes]:
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    return [b"", content[:middle], content[:-1], flipped]


def test_a_damaged_batch_is_named_with_its_checksum(small):
    place = lay_out(small, "folder")
    name, checksum = next(iter(small["known"].files["test"].items()))
    for content in damages(small["contents"][name]):
        (place / name).write_bytes(content)
        with pytest.raises(DataIntegrityError, match=r"truncated or altered .*download=True") as e:
            load(small["name"], "test")
        assert str(place / name) in str(e.value) and checksum in str(e.value)
        assert "\n" not in str(e.value)
    (place / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name} .* missing: .*download=True"):
        load(small["name"], "test")


def test_a_damaged_archive_is_named(small):
    place = lay_out(small, "archive")
    whole = place.read_bytes()
    for content in [*damages(whole)[:2], b"no archive", whole[: len(whole) * 9 // 10]]:
        place.write_bytes(content)
        with pytest.raises(DataIntegrityError, match=r"download=True") as caught:
            load(small["name"])
        assert str(place) in str(caught.value) and "\n" not in str(caught.value)


def test_an_archive_that_lacks_a_batch_is_named(small):
    place = lay_out(small, "archive")
    lacking = list(small["known"].files["train"])[-1]
    rest = {name: content for name, content in small["contents"].items() if name != lacking}
    place.write_bytes(pack(rest, small["known"].archive.top))
    with pytest.raises(DataIntegrityError, match=f"does not hold {lacking}"):
        load(small["name"])


class Evil:
    def __reduce__(self):
        return exec, ("raise SystemExit('code from a data file has run')",)


@pytest.mark.parametrize("value", [Evil(), {"data": Evil()}, Path("x"), np.random.default_rng(0)])
def test_a_batch_that_asks_for_code_is_refused_even_with_the_right_checksum(
    monkeypatch, small, value
):
    place = lay_out(small, "folder")
    content = pickle.dumps(value)
    name = next(iter(small["known"].files["test"]))
    (place / name).write_bytes(content)
    known = dataclasses.replace(
        small["known"], files={**small["known"].files, "test": {name: md5(content)}}
    )
    monkeypatch.setattr(cifar, CONSTANTS[small["name"]], known)
    with pytest.raises(DataIntegrityError, match=r"more than arrays and names .*it asks for"):
        load(small["name"], "test")


def test_parquet_files_with_too_few_or_other_samples_are_refused(small):
    place = lay_out(small, "parquet")
    coded = [png(picture) for picture in small["pixels"]["test"]]
    labels = small["labels"]["test"]
    one = place / "test-1-of-2.parquet"
    cut = len(labels) // 2
    write_parquet(one, coded[cut:-1], labels[cut:-1])
    with pytest.raises(DataIntegrityError, match=rf"expected {len(labels)} in equal shares"):
        load(small["name"], "test")
    one.unlink()
    with pytest.raises(FileNotFoundError, match=r"of the 2 files .* number 1 is missing"):
        load(small["name"], "test")
    write_parquet(
        one, [png(np.zeros((3, 8, 8), dtype=np.uint8))] * (len(labels) - cut), labels[cut:]
    )
    with pytest.raises(DataIntegrityError, match="8 x 8 pixels, expected 32 x 32"):
        load(small["name"], "test")


def test_a_second_division_into_files_is_refused(small):
    place = lay_out(small, "parquet")
    write_parquet(place / "test.parquet", [png(small["pixels"]["test"][0])], [0])
    with pytest.raises(DataIntegrityError, match="more than one division"):
        load(small["name"], "test")


@pytest.mark.parametrize("small", ["cifar10"], indirect=True)
@pytest.mark.parametrize("change", ["pixel", "labels", "doubled"])
def test_parquet_files_with_altered_pictures_are_refused(small, change):
    place = lay_out(small, "parquet")
    pixels, labels = small["pixels"]["test"].copy(), list(small["labels"]["test"])
    if change == "pixel":
        pixels[3, 0, 5, 5] ^= 1
    elif change == "labels":
        labels[0], labels[1] = labels[1], labels[0]
    else:
        other = labels.index(labels[0], 1) if labels.count(labels[0]) > 1 else None
        pixels[1 if other is None else other] = pixels[0]
    cut = len(labels) // 2
    coded = [png(picture) for picture in pixels]
    write_parquet(place / "test-0-of-2.parquet", coded[:cut], labels[:cut])
    write_parquet(place / "test-1-of-2.parquet", coded[cut:], labels[cut:])
    with pytest.raises(DataIntegrityError, match=r"other pictures or labels than published .*SHA"):
        load("cifar10", "test")


@pytest.mark.parametrize("small", ["cifar10"], indirect=True)
def test_an_exact_copy_in_another_order_is_taken(small):
    place = lay_out(small, "parquet")
    coded = [png(picture) for picture in small["pixels"]["test"]][::-1]
    for old in place.glob("test*"):
        old.unlink()
    write_parquet(place / "test.parquet", coded, small["labels"]["test"][::-1])
    data = load("cifar10", "test")
    assert np.array_equal((data.images * 255).round().numpy(), small["pixels"]["test"][::-1])


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_set_is_named_with_the_remedy(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r"load\('cifar\d+', download=True\)") as caught:
        load(name, root=tmp_path)
    assert "RELU_BOOK_DATA" in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


# Published


@pytest.mark.parametrize("ours, theirs", [("_CIFAR10", "CIFAR10"), ("_CIFAR100", "CIFAR100")])
def test_checksums_and_layout_are_those_of_torchvision(ours, theirs):
    from relu_book.torchvision_compat import torchvision

    published, reference = getattr(cifar, ours), getattr(torchvision().datasets, theirs)
    assert published.archive.checksum == f"md5:{reference.tgz_md5}"
    assert published.archive.mirrors[0] + published.archive.name == reference.url
    assert published.archive.folder == reference.base_folder
    assert [list(item) for item in published.files["train"].items()] == reference.train_list
    assert [list(item) for item in published.files["test"].items()] == reference.test_list
    meta = {"filename": "md5", **reference.meta}
    assert published.meta == (meta["filename"], meta["md5"], meta["key"])


@pytest.fixture(scope="module")
def real_files() -> Path:
    folder = data_root() / "cifar10"
    if not (folder / "test.parquet").is_file():
        pytest.skip("CIFAR-10 is not under RELU_BOOK_DATA")
    return folder


@pytest.mark.parametrize("split, each", [("train", 5000), ("test", 1000)])
def test_the_real_set_equals_what_pillow_decodes_row_by_row(real_files, split, each):
    data = load("cifar10", split, root=real_files.parent)
    assert data.class_counts.tolist() == [each] * 10
    assert data.images.shape == (10 * each, 3, 32, 32)
    row = 0
    for file in sorted(real_files.glob(f"{split}*.parquet")):
        table = pq.read_table(file)
        for index in range(0, len(table), 997):
            entry = table.slice(index, 1).to_pylist()[0]
            pixels = np.asarray(Image.open(io.BytesIO(entry["image"]["bytes"])).convert("RGB"))
            expected = torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255
            assert torch.equal(data.images[row + index], expected)
            assert data.labels[row + index] == entry["label"]
            assert entry["image"]["path"].split("/")[1] == data.classes[entry["label"]]
        row += len(table)
    if split == "train":
        assert data.labels[:20].tolist() == list(range(10)) * 2
        mean, deviation = data.images.mean((0, 2, 3)), data.images.std((0, 2, 3), correction=0)
        assert torch.allclose(mean, torch.tensor([0.4914, 0.4822, 0.4465]), atol=1e-4)
        assert torch.allclose(deviation, torch.tensor([0.2470, 0.2435, 0.2616]), atol=1e-4)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_real_set_with_one_byte_altered_is_refused(real_files, tmp_path, share):
    content = bytearray((real_files / "test.parquet").read_bytes())
    content[int(share * len(content))] ^= 1
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "test.parquet").write_bytes(content)
    with pytest.raises(DataIntegrityError, match=r"test\.parquet .*download=True"):
        load("cifar10", "test", root=tmp_path)


def test_the_real_set_cut_short_is_refused(real_files, tmp_path):
    content = (real_files / "test.parquet").read_bytes()
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "test.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataIntegrityError, match=r"test\.parquet is truncated.*download=True"):
        load("cifar10", "test", root=tmp_path)
