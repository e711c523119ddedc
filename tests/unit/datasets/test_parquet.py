"""Pictures and sounds in parquet files: what is read, what is refused, what the options do."""

import io
import json
import sys
import wave
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from relu_book.datasets import DataIntegrityError, load, load_parquet, memory

RANDOM = np.random.default_rng(0)


def coded(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def wav(values, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, width, rate, 0, "NONE", ""))
        sound.writeframes(np.asarray(values, dtype="<i2").tobytes())
    return file.getvalue()


def write(path: Path, contents, labels, *, column="image", label="label", paths=None, names=None):
    paths = paths or [None] * len(contents)
    rows = [{"bytes": c, "path": p} for c, p in zip(contents, paths, strict=True)]
    fields = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({column: pa.array(rows, fields), label: pa.array(labels)})
    if names is not None:
        features = {label: {"names": names, "_type": "ClassLabel"}}
        text = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": text})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=7)
    return path


@pytest.fixture
def pictures() -> np.ndarray:
    return RANDOM.integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)


def exact(data, pixels: np.ndarray) -> bool:
    expected = pixels if pixels.ndim == 4 else pixels[..., None]
    return np.array_equal((data.images * 255).round().numpy(), expected.transpose(0, 3, 1, 2))


# Read


@pytest.mark.parametrize("kind, options", [("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {})])
@pytest.mark.parametrize("column", ["image", "img"])
def test_lossless_pictures_are_read_exactly_and_in_order(tmp_path, pictures, kind, options, column):
    contents = [coded(picture, kind, **options) for picture in pictures]
    path = write(tmp_path / "a.parquet", contents, [i % 4 for i in range(20)], column=column)
    data = load(path)
    assert exact(data, pictures)
    assert data.images.dtype == torch.float32 and data.images.is_contiguous()
    assert data.images.min() >= 0 and data.images.max() <= 1
    assert data.labels.tolist() == [i % 4 for i in range(20)]
    assert data.class_counts.tolist() == [5] * 4
    assert data.classes == ("0", "1", "2", "3")
    assert data.name == str(path)
    assert load_parquet(str(path)).checksum == data.checksum


def test_jpeg_equals_what_pillow_decodes(tmp_path, pictures):
    contents = [coded(picture, "JPEG", quality=80) for picture in pictures]
    data = load(write(tmp_path / "a.parquet", contents, [0] * 20))
    expected = [np.asarray(Image.open(io.BytesIO(content))) for content in contents]
    assert exact(data, np.stack(expected))


def test_grey_pictures_have_one_channel_and_one_coloured_picture_makes_all_coloured(tmp_path):
    grey = RANDOM.integers(0, 256, (3, 4, 4), dtype=np.uint8)
    red = np.zeros((4, 4, 3), dtype=np.uint8) + np.array([255, 0, 0], dtype=np.uint8)
    contents = [coded(picture) for picture in grey]
    assert exact(load(write(tmp_path / "a.parquet", contents, [0] * 3)), grey)
    mixed = load(write(tmp_path / "b.parquet", [*contents, coded(red)], [0] * 4))
    assert exact(mixed, np.concatenate([np.repeat(grey[..., None], 3, -1), red[None]]))


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "CMYK"])
def test_pictures_of_other_modes_are_converted_as_pillow_does(tmp_path, mode):
    picture = Image.fromarray(RANDOM.integers(0, 256, (4, 4, 3), dtype=np.uint8)).convert(mode)
    file = io.BytesIO()
    picture.save(file, "TIFF")
    data = load(write(tmp_path / "a.parquet", [file.getvalue()], [0]))
    assert exact(data, np.asarray(picture.convert("RGB"))[None])


def test_sounds_are_read_exactly(tmp_path):
    values = RANDOM.integers(-32_768, 32_768, (4, 50))
    values[0, :2] = -32_768, 32_767
    path = write(tmp_path / "a.parquet", [wav(v) for v in values], [1, 0, 1, 2], column="audio")
    data = load(path)
    assert data.images.shape == (4, 1, 50) and data.images.dtype == torch.float32
    assert np.array_equal(data.images[:, 0].numpy() * 32_768, values)
    assert data.images.min() == -1 and data.images.max() < 1


def test_sounds_of_differing_lengths_need_a_length(tmp_path):
    sounds = [wav([1, 2, 3]), wav([4, 5, 6, 7, 8])]
    path = write(tmp_path / "a.parquet", sounds, [0, 1], column="audio")
    with pytest.raises(ValueError, match=r"row 1 of .* has 5 values, .* have 3: .*length="):
        load(path)
    data = load(path, length=4)
    assert (data.images * 32_768).int().tolist() == [[[1, 2, 3, 0]], [[4, 5, 6, 7]]]


def test_pictures_of_differing_sizes_need_a_size(tmp_path):
    sizes = [(40, 60), (33, 30), (64, 64)]
    pictures = [RANDOM.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    path = write(tmp_path / "a.parquet", [coded(picture) for picture in pictures], [0, 1, 0])
    with pytest.raises(ValueError, match=r"row 1 of .* 33 x 30 pixels, expected 40 x 60 .* size="):
        load(path)
    assert load(path, size=28).images.shape == (3, 3, 28, 28)


@pytest.mark.parametrize("shape", [(40, 60), (61, 33), (28, 28), (224, 224), (300, 7), (9, 8)])
@pytest.mark.parametrize("size", [1, 7, 28, 224])
def test_resizing_is_that_of_torchvision_bit_for_bit(shape, size):
    from relu_book.datasets.pictures import decode
    from relu_book.torchvision_compat import torchvision

    transforms = torchvision().transforms
    picture = RANDOM.integers(0, 256, (*shape, 3), dtype=np.uint8)
    usual = transforms.Compose(
        [transforms.Resize(round(size * 256 / 224)), transforms.CenterCrop(size)]
    )
    expected = np.asarray(usual(Image.fromarray(picture)))
    assert np.array_equal(decode(coded(picture), size), expected)


def test_the_order_does_not_depend_on_the_threads(tmp_path, pictures):
    many = np.concatenate([pictures] * 30)
    path = write(tmp_path / "a.parquet", [coded(picture) for picture in many], [0] * 600)
    data = load(path, size=4)
    for index in (0, 255, 256, 599):
        assert torch.equal(data.images[index], data.images[index % 20])
    assert len({image.numpy().tobytes() for image in data.images}) == 20


def test_class_names_are_those_of_the_schema_else_of_the_folders(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures[:4]]
    places = ["train/cat/1.png", "train/dog/1.png", "cat/2.png", "dog/2.png"]
    labels = [0, 1, 0, 1]
    stated = write(tmp_path / "a.parquet", contents, labels, paths=places, names=["x", "y", "z"])
    assert load(stated).classes == ("x", "y", "z")
    assert load(stated).class_counts.tolist() == [2, 2, 0]
    assert load(write(tmp_path / "b.parquet", contents, labels, paths=places)).classes == (
        "cat",
        "dog",
    )
    for other in (["cat/1.png"] * 4, ["1.png", "2.png", "3.png", "4.png"], [*places[::-1][:3], ""]):
        data = load(write(tmp_path / "c.parquet", contents, labels, paths=other))
        assert data.classes == ("0", "1")


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int32(), pa.uint64()])
def test_labels_may_be_whole_numbers_of_any_type(tmp_path, pictures, kind):
    contents = [coded(picture) for picture in pictures[:3]]
    data = load(write(tmp_path / "a.parquet", contents, pa.array([2, 0, 1], kind)))
    assert data.labels.tolist() == [2, 0, 1] and data.labels.dtype == torch.int64


def test_several_files_are_one_set_in_the_given_order(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures]
    first = write(tmp_path / "a.parquet", contents[:12], [0] * 12)
    second = write(tmp_path / "b.parquet", contents[12:], [1] * 8)
    assert exact(load_parquet([first, second]), pictures)
    swapped = load_parquet([second, first])
    assert swapped.labels.tolist() == [1] * 8 + [0] * 12
    assert exact(swapped, np.concatenate([pictures[12:], pictures[:12]]))


def test_a_relative_path_is_looked_for_here_and_under_the_root(monkeypatch, tmp_path, pictures):
    contents = [coded(picture) for picture in pictures[:2]]
    write(tmp_path / "data" / "set" / "a.parquet", contents, [0, 1])
    assert len(load("set/a.parquet", root=tmp_path / "data")) == 2
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path / "data"))
    assert len(load("set/a.parquet")) == 2
    monkeypatch.chdir(tmp_path / "data" / "set")
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    assert len(load("a.parquet")) == 2


# Options


def test_a_file_is_taken_whole_unless_a_validation_part_is_asked_for(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures]
    path = write(tmp_path / "a.parquet", contents, [i % 2 for i in range(20)])
    assert len(load(path)) == 20
    parts = [load(path, split, validation=6, seed=1) for split in ("train", "validation")]
    assert [part.class_counts.tolist() for part in parts] == [[7, 7], [3, 3]]
    rows = {image.numpy().tobytes() for part in parts for image in part.images}
    assert len(rows) == 20
    with pytest.raises(ValueError, match="load the file that holds the test set"):
        load(path, "test")
    with pytest.raises(ValueError, match="holds out none of the 20"):
        load(path, "validation")


def test_per_class_takes_a_nested_random_part(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures]
    labels = [0] * 12 + [1] * 7 + [2]
    path = write(tmp_path / "a.parquet", contents, labels)
    parts = {n: load(path, per_class=n) for n in (1, 3, 20)}
    assert parts[3].class_counts.tolist() == [3, 3, 1]
    assert parts[20].checksum == load(path).checksum
    rows = {n: {image.numpy().tobytes() for image in part.images} for n, part in parts.items()}
    assert rows[1] < rows[3] < rows[20]
    assert load(path, per_class=3, seed=1).checksum != parts[3].checksum
    assert load(path, per_class=3).checksum == parts[3].checksum


@pytest.mark.parametrize("number", [0, -1, 1.5, "3", True])
def test_another_per_class_raises(tmp_path, pictures, number):
    path = write(tmp_path / "a.parquet", [coded(pictures[0])], [0])
    with pytest.raises(ValueError, match="per_class must be a whole number of at least 1"):
        load(path, per_class=number)


def test_only_the_rows_that_are_taken_need_be_intact(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures]
    path = write(tmp_path / "a.parquet", contents, list(range(20)))
    taken = load(path, validation=10, seed=0).labels.tolist()
    broken = [content if i in taken else b"broken" for i, content in enumerate(contents)]
    write(path, broken, list(range(20)))
    assert load(path, validation=10, seed=0).labels.tolist() == taken
    with pytest.raises(DataIntegrityError):
        load(path, "validation", validation=10, seed=0)


@pytest.mark.parametrize("option", [{"size": 0}, {"size": 2.5}, {"length": 5}, {"size": "8"}])
def test_an_option_that_makes_no_sense_for_pictures_raises(tmp_path, pictures, option):
    path = write(tmp_path / "a.parquet", [coded(pictures[0])], [0])
    with pytest.raises(ValueError, match=next(iter(option))):
        load(path, **option)


@pytest.mark.parametrize("option", [{"length": 0}, {"length": 1.5}, {"size": 5}])
def test_an_option_that_makes_no_sense_for_sounds_raises(tmp_path, option):
    path = write(tmp_path / "a.parquet", [wav([1])], [0], column="audio")
    with pytest.raises(ValueError, match=next(iter(option))):
        load(path, **option)


# Refused


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, 0.99, -1])
def test_a_truncated_file_is_named(tmp_path, pictures, keep):
    path = write(tmp_path / "a.parquet", [coded(picture) for picture in pictures], [0] * 20)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(DataIntegrityError, match=r"a\.parquet is truncated, altered") as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_whatever_byte_is_altered_the_answer_is_one_sentence_or_a_set(tmp_path, pictures):
    path = write(tmp_path / "a.parquet", [coded(picture) for picture in pictures], [0] * 20)
    content = path.read_bytes()
    outcomes = set()
    for place in np.linspace(0, len(content) - 1, 150, dtype=int):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            outcomes.add(type(load(path)).__name__)
        except (DataIntegrityError, ValueError, MemoryError) as error:
            assert "\n" not in str(error)
            outcomes.add(type(error).__name__)
    assert "DataIntegrityError" in outcomes


def test_a_damaged_picture_is_named_with_its_row(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures]
    for broken in (b"", b"no picture", contents[13][: len(contents[13]) // 2]):
        path = write(tmp_path / "a.parquet", [*contents[:13], broken, *contents[14:]], [0] * 20)
        with pytest.raises(DataIntegrityError, match=r"row 13 of .*a\.parquet .*no intact picture"):
            load(path)


def test_pictures_of_sixteen_bits_are_refused(tmp_path):
    deep = coded(np.full((4, 4), 40_000, dtype=np.uint16))
    with pytest.raises(DataIntegrityError, match="8 bits a channel were expected"):
        load(write(tmp_path / "a.parquet", [deep], [0]))


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "not a wav file"),
        (b"RIFF", "not a wav file"),
        (wav(range(100))[:60], "ends early|values are stated"),
        (wav(range(100))[:30], "not a wav file"),
        (wav([]), "0 values"),
        (wav([1, 2], channels=2), "one channel of 16 bits"),
        (wav([1, 2], width=1), "one channel of 16 bits"),
        (b"fLaC" + bytes(100), "not a wav file"),
    ],
)
def test_a_damaged_sound_is_named_with_its_row(tmp_path, content, reason):
    path = write(tmp_path / "a.parquet", [wav([1, 2]), content], [0, 0], column="audio")
    with pytest.raises(DataIntegrityError, match=rf"row 1 of .* no intact sound .*({reason})"):
        load(path, length=2)


def test_a_file_outside_the_convention_is_named_with_its_columns(tmp_path):
    path = tmp_path / "a.parquet"
    tables = [
        {"pixels": [1], "label": [0]},
        {"image": [b"bytes"], "label": [0]},
        {"image": [{"bytes": b"x", "path": "y"}], "class": [0]},
        {"image": [{"path": "y"}], "label": [0]},
    ]
    for table in tables:
        pq.write_table(pa.table(table), path)
        with pytest.raises(DataIntegrityError, match=r"has the columns .* are expected"):
            load(path)


def test_a_struct_without_a_path_is_enough(tmp_path, pictures):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"image": [{"bytes": coded(pictures[0])}], "label": [1]}), path)
    assert exact(load(path), pictures[:1])


@pytest.mark.parametrize("labels", [[-1, 0], [0.0, 1.0], ["a", "b"], [None, 1], [0, 2**40]])
def test_labels_that_are_no_whole_numbers_from_zero_are_refused(tmp_path, pictures, labels):
    path = write(tmp_path / "a.parquet", [coded(p) for p in pictures[:2]], labels)
    with pytest.raises(DataIntegrityError, match="labels that are no whole numbers from 0"):
        load(path)


def test_a_label_beyond_the_named_classes_is_refused(tmp_path, pictures):
    contents = [coded(picture) for picture in pictures[:2]]
    path = write(tmp_path / "a.parquet", contents, [0, 2], names=["cat", "dog"])
    with pytest.raises(DataIntegrityError, match="names 2 classes but has the label 2"):
        load(path)


def test_rows_without_bytes_and_files_without_rows_are_refused(tmp_path, pictures):
    path = write(tmp_path / "a.parquet", [coded(pictures[0]), None], [0, 0])
    with pytest.raises(DataIntegrityError, match=r"row 1 of .* has no bytes"):
        load(path)
    empty = write(tmp_path / "b.parquet", [], pa.array([], pa.int64()))
    with pytest.raises(DataIntegrityError, match="has no rows"):
        load(empty)


def test_files_that_do_not_belong_together_are_refused(tmp_path, pictures):
    contents = [coded(pictures[0])]
    first = write(tmp_path / "a.parquet", contents, [0], names=["cat"])
    for second in (
        write(tmp_path / "b.parquet", contents, [0], names=["dog"]),
        write(tmp_path / "c.parquet", [wav([1])], [0], column="audio", names=["cat"]),
    ):
        with pytest.raises(DataIntegrityError, match="differ in their column"):
            load_parquet([first, second])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere\.parquet"):
        load(tmp_path / "nowhere.parquet")


@pytest.mark.parametrize("name", ["pyarrow.parquet", "PIL"])
def test_a_missing_package_is_named_with_its_remedy(monkeypatch, tmp_path, pictures, name):
    path = write(tmp_path / "a.parquet", [coded(pictures[0])], [0])
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install"):
        load(path)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read(
    monkeypatch, tmp_path, pictures
):
    path = write(tmp_path / "a.parquet", [coded(picture) for picture in pictures], [0, 1] * 10)
    values = 3 * 6 * 5
    monkeypatch.setattr(memory, "available", lambda: 20 * values * 5 - 1)
    with pytest.raises(MemoryError, match=r"per_class= \(8 would fit\)") as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert len(load(path, per_class=8)) == 16
    monkeypatch.setattr(memory, "available", lambda: 20 * values * 5)
    assert len(load(path)) == 20
