"""Tiny ImageNet, ImageNet and Speech Commands: small stand-ins in the published layouts."""

import io
import wave
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from relu_book.datasets import DataIntegrityError, load, memory, speech_commands

SYNSETS = ["n01443537", "n01629819", "n01641577"]
SPLITS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def root(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    return tmp_path


def draw(path: Path, pixels: np.ndarray) -> np.ndarray:
    """Write a JPEG and return what Pillow decodes from it, in three channels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "JPEG", quality=90)
    return np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)


def pixels_of(data) -> np.ndarray:
    return (data.images * 255).round().byte().numpy()


def rows(data) -> set[bytes]:
    return {image.numpy().tobytes() for image in data.images}


# Tiny ImageNet


@pytest.fixture
def tiny(root) -> dict:
    """Three classes with ten training, four validation and two unlabelled test pictures."""
    random = np.random.default_rng(2)
    folder = root / "tiny-imagenet-200"
    train, annotated = {}, []
    for number, synset in enumerate(SYNSETS):
        names = [f"{synset}_{index}.JPEG" for index in range(10)]
        shape = (64, 64) if number == 1 else (64, 64, 3)  # some published pictures are grey
        train[synset] = {
            name: draw(
                folder / "train" / synset / "images" / name,
                random.integers(0, 256, shape, dtype=np.uint8),
            )
            for name in names
        }
        boxes = "".join(f"{name}\t0\t0\t62\t62\n" for name in names)
        (folder / "train" / synset / f"{synset}_boxes.txt").write_text(boxes)
        annotated += [synset] * 4
    random.shuffle(annotated)
    val = [
        draw(
            folder / "val" / "images" / f"val_{index}.JPEG",
            random.integers(0, 256, (64, 64, 3), dtype=np.uint8),
        )
        for index in range(len(annotated))
    ]
    lines = [f"val_{i}.JPEG\t{synset}\t0\t32\t44\t62\n" for i, synset in enumerate(annotated)]
    (folder / "val" / "val_annotations.txt").write_text("".join(lines))
    for index in range(2):
        draw(folder / "test" / "images" / f"test_{index}.JPEG", np.zeros((64, 64), np.uint8))
    (folder / "wnids.txt").write_text("\n".join(SYNSETS[::-1]))
    (folder / "words.txt").write_text(
        f"{SYNSETS[0]}\tgoldfish, Carassius auratus\n{SYNSETS[2]}\tbullfrog\nn99999999\tother\n"
    )
    return {"folder": folder, "train": train, "val": val, "annotated": annotated}


def test_the_published_layout_of_tiny_imagenet_is_read_exactly(tiny):
    data = load("tiny_imagenet", validation=0)
    assert data.images.shape == (30, 3, 64, 64) and data.images.dtype == torch.float32
    assert data.classes == ("goldfish, Carassius auratus", SYNSETS[1], "bullfrog")
    expected = np.stack(
        [tiny["train"][s][name] for s in SYNSETS for name in sorted(tiny["train"][s])]
    )
    assert np.array_equal(pixels_of(data), expected)
    assert data.labels.tolist() == [0] * 10 + [1] * 10 + [2] * 10

    test = load("tiny_imagenet", "test")
    assert np.array_equal(pixels_of(test), np.stack(tiny["val"]))
    assert [SYNSETS[label] for label in test.labels] == tiny["annotated"]
    assert test.classes == data.classes and test.class_counts.tolist() == [4] * 3


def test_the_validation_part_of_tiny_imagenet_is_cut_from_its_training_part(tiny):
    parts = {split: load("tiny_imagenet", split, validation=0.2, seed=4) for split in SPLITS}
    assert [part.class_counts.tolist() for part in parts.values()] == [[8] * 3, [2] * 3, [4] * 3]
    assert len(set.union(*map(rows, parts.values()))) == 42
    assert rows(parts["train"]) | rows(parts["validation"]) == rows(
        load("tiny_imagenet", validation=0)
    )
    few = load("tiny_imagenet", validation=0.2, seed=4, per_class=3)
    assert few.class_counts.tolist() == [3] * 3 and rows(few) < rows(parts["train"])


LOSSES = {
    "the list of classes": "wnids.txt",
    "the annotations": "val/val_annotations.txt",
    "a class": f"train/{SYNSETS[1]}",
    "the pictures of a class": f"train/{SYNSETS[1]}/images",
    "a training picture": f"train/{SYNSETS[1]}/images/{SYNSETS[1]}_3.JPEG",
    "a test picture": "val/images/val_5.JPEG",
    "all test pictures": "val/images",
}


@pytest.mark.parametrize("what", LOSSES)
def test_what_tiny_imagenet_lacks_is_named_with_the_remedy(tiny, root, what):
    split = "test" if LOSSES[what].startswith("val") else "train"
    lost = tiny["folder"] / LOSSES[what]
    lost.rename(root / "elsewhere")
    with pytest.raises(FileNotFoundError, match=r"load\('tiny_imagenet', download=True\)") as e:
        load("tiny_imagenet", split)
    assert str(lost) in str(e.value) and "\n" not in str(e.value)


def test_lists_of_tiny_imagenet_that_are_cut_short_are_named(tiny):
    folder = tiny["folder"]
    for file, split in (("wnids.txt", "train"), ("val/val_annotations.txt", "test")):
        whole = (folder / file).read_text()
        lines = whole.splitlines(keepends=True)
        for content in ("", "".join(lines[:-1]), whole[: len(whole) - 15], whole[:-1] + "\nzzz"):
            (folder / file).write_text(content)
            with pytest.raises((DataIntegrityError, FileNotFoundError), match="download=True") as e:
                load("tiny_imagenet", split)
            assert "\n" not in str(e.value)
        (folder / file).write_text(whole)
    assert len(load("tiny_imagenet", "test")) == 12


@pytest.mark.parametrize(
    "split, file",
    [
        ("train", f"train/{SYNSETS[0]}/images/{SYNSETS[0]}_0.JPEG"),
        ("test", "val/images/val_0.JPEG"),
    ],
)
def test_damaged_pictures_of_tiny_imagenet_are_named(tiny, split, file):
    place = tiny["folder"] / file
    whole = place.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"x" * 1000):
        place.write_bytes(content)
        with pytest.raises(DataIntegrityError, match=r"no intact picture .*download=True") as e:
            load("tiny_imagenet", split, validation=0)
        assert str(place) in str(e.value) and "\n" not in str(e.value)
    draw(place, np.zeros((64, 63, 3), dtype=np.uint8))
    with pytest.raises(DataIntegrityError, match="64 x 63 pixels, expected 64 x 64"):
        load("tiny_imagenet", split, validation=0)


def write_parquet(path: Path, contents: list[bytes], labels, column: str, places=None) -> None:
    rows = [
        {"bytes": c, "path": p}
        for c, p in zip(contents, places or [None] * len(contents), strict=True)
    ]
    fields = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({column: pa.array(rows, fields), "label": labels}), path)


@pytest.mark.parametrize("name, shape", [("tiny_imagenet", (64, 64)), ("imagenet", (30, 50))])
def test_parquet_files_stand_in_for_the_folders(root, name, shape):
    pictures = np.random.default_rng(3).integers(0, 256, (6, *shape, 3), dtype=np.uint8)
    contents = []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        contents.append(file.getvalue())
    write_parquet(root / name / "train-00000-of-00001.parquet", contents[:4], [0, 1, 0, 1], "image")
    write_parquet(root / name / "test.parquet", contents[4:], [0, 1], "image")
    options = {"size": 16} if name == "imagenet" else {}
    whole = load(name, validation=0, **options)
    assert whole.labels.tolist() == [0, 1, 0, 1] and len(load(name, "test", **options)) == 2
    assert whole.images.shape[2:] == ((16, 16) if options else shape)
    assert len(load(name, "validation", validation=2, **options)) == 2
    if name == "tiny_imagenet":
        write_parquet(root / name / "test.parquet", contents[:1], [0], "audio")
        with pytest.raises(DataIntegrityError, match="has pictures, but its files hold sounds"):
            load(name, "test")


# ImageNet


@pytest.fixture
def imagenet(root) -> dict:
    """Three classes with eight training and two validation pictures of many sizes."""
    random = np.random.default_rng(5)
    files = {}
    for part, each in (("train", 8), ("val", 2)):
        for synset in SYNSETS:
            for index in range(each):
                shape = (*random.integers(20, 90, 2), 3)
                place = root / "imagenet" / part / synset / f"{synset}_{index}.JPEG"
                draw(place, random.integers(0, 256, shape, dtype=np.uint8))
                files.setdefault(part, []).append(place)
    return files


def test_imagenet_equals_torchvisions_folders_and_transforms(imagenet, root):
    from relu_book.torchvision_compat import torchvision

    vision = torchvision()
    usual = vision.transforms.Compose(
        [
            vision.transforms.Resize(37),
            vision.transforms.CenterCrop(32),
            vision.transforms.ToTensor(),
        ]
    )
    for split, part in (("train", "train"), ("test", "val")):
        theirs = vision.datasets.ImageFolder(root / "imagenet" / part, usual)
        ours = load("imagenet", split, validation=0, size=32)
        assert torch.equal(ours.images, torch.stack([image for image, _ in theirs]))
        assert ours.labels.tolist() == theirs.targets
        assert list(ours.classes) == theirs.classes == SYNSETS


def test_the_splits_of_imagenet_share_no_picture_and_the_usual_size_is_224(imagenet):
    parts = [load("imagenet", split, validation=6, size=24) for split in SPLITS]
    assert [part.class_counts.tolist() for part in parts] == [[6] * 3, [2] * 3, [2] * 3]
    assert len(set.union(*map(rows, parts))) == 30
    assert load("imagenet", "test", per_class=1).images.shape == (3, 3, 224, 224)


def test_imagenet_takes_its_words_and_the_validation_part_alone(imagenet, root):
    (root / "imagenet" / "words.txt").write_text(f"{SYNSETS[1]}\tspotted salamander\n")
    (root / "imagenet" / "train").rename(root / "elsewhere")
    data = load("imagenet", "test", size=8)
    assert data.classes == (SYNSETS[0], "spotted salamander", SYNSETS[2])
    with pytest.raises(FileNotFoundError, match=r"image-net\.org"):
        load("imagenet")


def test_the_folder_may_be_spelt_as_torchvision_users_do_and_other_files_are_left_out(
    imagenet, root
):
    expected = load("imagenet", size=8).checksum
    (root / "imagenet" / "train" / "README.txt").write_text("no class")
    (root / "imagenet" / "train" / SYNSETS[0] / "list.txt").write_text("no picture")
    (root / "imagenet" / "train" / SYNSETS[0] / "._x.JPEG").write_text("of another system")
    (root / "imagenet").rename(root / "moved")
    (root / "moved").rename(root / "ImageNet")
    assert load("imagenet", size=8).checksum == expected


def test_only_the_pictures_that_are_taken_are_read(imagenet):
    whole = load("imagenet", validation=0, size=8)
    few = load("imagenet", validation=0, size=8, per_class=2, seed=1)
    taken = {
        file
        for file, image in zip(imagenet["train"], whole.images, strict=True)
        if image.numpy().tobytes() in rows(few)
    }
    assert len(taken) == 6
    for file in set(imagenet["train"]) - taken:
        file.write_bytes(b"damaged")
    assert load("imagenet", validation=0, size=8, per_class=2, seed=1).checksum == few.checksum


def test_imagenet_that_does_not_fit_is_refused_with_what_would(monkeypatch, imagenet):
    monkeypatch.setattr(memory, "available", lambda: 7_000_000)
    with pytest.raises(MemoryError, match=r"the 24 pictures of 'imagenet' .* \(2 would fit\)") as e:
        load("imagenet", validation=0)
    assert "\n" not in str(e.value)
    assert len(load("imagenet", validation=0, per_class=2)) == 6
    with pytest.raises(MemoryError, match=r"0 would fit.*size="):
        load("imagenet", validation=0, size=2000)


def test_what_is_wrong_with_imagenet_is_named(imagenet, root):
    with pytest.raises(TypeError, match="no option 'length'"):
        load("imagenet", length=3)
    imagenet["val"][3].write_bytes(imagenet["val"][3].read_bytes()[:300])
    with pytest.raises(DataIntegrityError, match=r"no intact picture .*image-net\.org") as caught:
        load("imagenet", "test", size=8)
    assert str(imagenet["val"][3]) in str(caught.value)
    for file in imagenet["val"][2:4]:
        file.unlink()
    with pytest.raises(FileNotFoundError, match=f"{SYNSETS[1]} .* has no pictures"):
        load("imagenet", "test", size=8)
    imagenet["val"][2].parent.rmdir()
    for split in SPLITS:
        with pytest.raises(DataIntegrityError, match=f"differ in the synset {SYNSETS[1]}, so"):
            load("imagenet", split, size=8)


@pytest.mark.parametrize("download", [False, True])
def test_imagenet_that_is_not_there_says_where_to_get_it(root, download):
    with pytest.raises(FileNotFoundError, match=r"no download=True .*image-net\.org") as caught:
        load("imagenet", download=download)
    assert "\n" not in str(caught.value) and not list(root.iterdir())
    (root / "imagenet" / "train").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="holds no folders of pictures"):
        load("imagenet")


# Speech Commands

WORDS = ["backward", "left", "yes"]


def speak(path: Path, values: np.ndarray, rate: int = 16_000, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(values.astype("<i2").tobytes())


@pytest.fixture
def speech(root) -> dict:
    """Three words by 40 speakers, some of them twice; lists as the rule of the publisher has it."""
    random = np.random.default_rng(6)
    folder = root / "SpeechCommands" / "speech_commands_v0.02"
    speakers = [f"{number:08x}" for number in random.integers(0, 2**32, 40)]
    values, lists = {}, {"validation": [], "test": []}
    for word in WORDS:
        for speaker in speakers:
            for number in range(random.integers(1, 3)):
                name = f"{word}/{speaker}_nohash_{number}.wav"
                length = random.choice([16_000, 11_000, 14_861])
                values[name] = random.integers(-32_768, 32_768, length)
                speak(folder / name, values[name])
                split = speech_commands.split_of(name)
                if split in lists:
                    lists[split].append(name)
    speak(folder / "_background_noise_" / "pink_noise.wav", np.zeros(100_000))
    (folder / "README.md").write_text("Speech Commands")
    for split, file in (("validation", "validation_list.txt"), ("test", "testing_list.txt")):
        random.shuffle(lists[split])
        assert lists[split]
        (folder / file).write_text("".join(f"{name}\n" for name in lists[split]))
    return {"folder": folder, "values": values, "lists": lists}


def test_speech_commands_are_read_exactly_by_their_lists(speech):
    seen = set()
    for split in SPLITS:
        data = load("speech_commands", split)
        others = speech["lists"]["validation"] + speech["lists"]["test"]
        names = sorted(speech["lists"].get(split, speech["values"].keys() - set(others)))
        assert data.images.shape == (len(names), 1, 16_000) and data.images.dtype == torch.float32
        assert data.classes == tuple(WORDS)
        assert [data.classes[label] for label in data.labels] == [
            name.split("/")[0] for name in names
        ]
        for image, name in zip(data.images, names, strict=True):
            values = speech["values"][name]
            assert np.array_equal(image[0, : len(values)].numpy() * 32_768, values)
            assert not image[0, len(values) :].any()
        seen |= rows(data)
    assert len(seen) == len(speech["values"])


def test_no_speaker_is_in_two_splits_and_without_lists_the_rule_gives_the_same(speech):
    expected = [load("speech_commands", split).checksum for split in SPLITS]
    for file in ("validation_list.txt", "testing_list.txt"):
        (speech["folder"] / file).unlink()
    assert [load("speech_commands", split).checksum for split in SPLITS] == expected
    speakers = {split: set() for split in SPLITS}
    for name in speech["values"]:
        speakers[speech_commands.split_of(name)].add(name.split("/")[1][:8])
    assert not speakers["train"] & speakers["test"] | speakers["train"] & speakers["validation"]
    assert not speakers["test"] & speakers["validation"]


def test_the_lists_go_before_the_rule(speech):
    trained = next(n for n in speech["values"] if speech_commands.split_of(n) == "train")
    with (speech["folder"] / "testing_list.txt").open("a") as file:
        file.write(f"{trained}\n")
    assert len(load("speech_commands", "test")) == len(speech["lists"]["test"]) + 1


def test_the_rule_is_that_of_the_publisher():
    """Speakers out of the published lists, and the formula in its slow original form."""
    import hashlib
    import re

    def published(name: str) -> str:
        speaker = re.sub(r"_nohash_.*$", "", name.split("/")[-1])
        number = int(hashlib.sha1(speaker.encode()).hexdigest(), 16)
        percent = (number % (2**27 - 1 + 1)) * (100.0 / (2**27 - 1))
        return "validation" if percent < 10 else "test" if percent < 20 else "train"

    held_out = "a69b9b3e 439c84f4 409c962a dbaf8fc6 a6d586b7 0e17f595 ff2b842e 7fd25f7c 3cc595de"
    for speaker in held_out.split():
        assert speech_commands.split_of(f"right/{speaker}_nohash_2.wav") == "validation"
    random = np.random.default_rng(7)
    names = [f"yes/{number:08x}_nohash_0.wav" for number in random.integers(0, 2**32, 3000)]
    splits = [speech_commands.split_of(name) for name in names]
    assert splits == [published(name) for name in names]
    for split, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        # Five standard errors of a share of 3000.
        assert abs(splits.count(split) / 3000 - share) < 5 * (share * (1 - share) / 3000) ** 0.5


@pytest.mark.parametrize("folder", ["speech_commands_v0.02", "speech_commands", "speech-commands"])
def test_other_folders_of_speech_commands_are_found(speech, root, folder):
    expected = load("speech_commands", "test").checksum
    speech["folder"].rename(root / folder)
    assert load("speech_commands", "test").checksum == expected


def test_speech_commands_as_parquet_files_give_the_same_bits(speech, root):
    folder = speech["folder"]
    expected = {split: load("speech_commands", split) for split in SPLITS}
    for split, data in expected.items():
        names = sorted(n for n in speech["values"] if speech_commands.split_of(n) == split)
        contents = [(folder / name).read_bytes() for name in names]
        path = root / "speech_commands" / f"{split}.parquet"
        write_parquet(path, contents, data.labels.tolist(), "audio", names)
    folder.parent.rename(root / "elsewhere")
    for split, data in expected.items():
        assert load("speech_commands", split).checksum == data.checksum
        assert load("speech_commands", split).classes == data.classes


def test_per_class_takes_few_recordings_of_each_word(speech):
    few = load("speech_commands", per_class=4)
    assert few.class_counts.tolist() == [4] * 3
    assert rows(few) < rows(load("speech_commands"))
    assert load("speech_commands", per_class=4, seed=1).checksum != few.checksum
    with pytest.raises(TypeError, match="no option 'validation'"):
        load("speech_commands", validation=0.1)


def test_what_speech_commands_lack_is_named(speech, root):
    folder = speech["folder"]
    lost = folder / speech["lists"]["test"][0]
    for victim, found in (
        (lost, str(lost)),
        (folder / "testing_list.txt", "testing_list.txt"),
        (folder / "validation_list.txt", "validation_list.txt"),
    ):
        victim.rename(root / "elsewhere")
        for split in ("train", "test"):
            with pytest.raises(FileNotFoundError, match=r"missing.*download=True") as caught:
                load("speech_commands", split)
            assert found in str(caught.value) and "\n" not in str(caught.value)
        (root / "elsewhere").rename(victim)
    for file in (folder / "left").iterdir():
        file.unlink()
    with pytest.raises(FileNotFoundError, match=r"left .* has no recordings"):
        load("speech_commands")


def test_a_name_in_both_lists_is_refused(speech):
    (speech["folder"] / "validation_list.txt").write_text(
        "\n".join([*speech["lists"]["validation"], speech["lists"]["test"][0]])
    )
    with pytest.raises(DataIntegrityError, match=f"{speech['lists']['test'][0]} is in both lists"):
        load("speech_commands")


def test_a_list_of_the_whole_set_that_is_cut_short_is_refused(monkeypatch, speech):
    lists = speech["lists"]
    sizes = {split: len(names) for split, names in lists.items()}
    sizes["train"] = len(speech["values"]) - sum(sizes.values())
    monkeypatch.setattr(speech_commands, "_RECORDINGS", sizes)
    assert len(load("speech_commands")) == sizes["train"]
    (speech["folder"] / "testing_list.txt").write_text("\n".join(lists["test"][:-1]))
    with pytest.raises(DataIntegrityError, match="one of them is truncated or altered"):
        load("speech_commands")


def test_damaged_recordings_are_named(speech):
    place = speech["folder"] / speech["lists"]["test"][0]
    whole = place.read_bytes()
    for content in (b"", whole[:20], whole[: len(whole) // 2], whole[:-1], b"x" * 1000):
        place.write_bytes(content)
        with pytest.raises(DataIntegrityError, match=r"no intact sound .*download=True") as caught:
            load("speech_commands", "test")
        assert str(place) in str(caught.value) and "\n" not in str(caught.value)
    for wrong in ({"rate": 8000}, {"channels": 2}):
        speak(place, np.arange(100), **wrong)
        with pytest.raises(DataIntegrityError, match="one channel of 16 bits at 16000 Hz"):
            load("speech_commands", "test")


@pytest.mark.parametrize("name", ["tiny_imagenet", "speech_commands"])
def test_a_missing_set_is_named_with_the_remedy(root, name):
    with pytest.raises(FileNotFoundError, match=rf"load\('{name}', download=True\)") as caught:
        load(name)
    assert "RELU_BOOK_DATA" in str(caught.value) and "\n" not in str(caught.value)
    assert not list(root.iterdir())
