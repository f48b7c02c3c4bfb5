"""Numbers that nobody can mean, files that are too large, caches that hold something else: a sentence, and soon."""

import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from blinking import blinking_config, blinking_dataset

from course_lib import files
from course_lib.__main__ import main
from course_lib.config import override
from course_lib.data.datasets import load_dataset
from course_lib.data.formats.common import read_e2e_json
from course_lib.data.store import build_stores
from course_lib.files import InputError, atomic_path, check_inside, read_file, write_json
from course_lib.models.zoo import build
from course_lib.spotting import zips
from course_lib.spotting.features import build_features
from course_lib.spotting.submission import ExpectedMatch, check_zip


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("data.clip_len", 1_000_000, "data.clip_len is 1000000; expected 10000 or less"),
        ("data.width", 1 << 40, "data.width is 1099511627776; expected 8192 or less"),
        ("data.fps", 0.0, "data.fps is 0.0; expected more than 0"),
        ("train.epochs", 10**30, "train.epochs is 10000000000.*0; expected int"),
        ("train.batch_size", 1 << 20, "train.batch_size is 1048576; expected 4096 or less"),
        ("train.workers", 10_000, "train.workers is 10000; expected 256 or less"),
        ("train.lr", "1e999", "train.lr is inf; expected float"),
        ("data.classes", "[" * 100_000, "data.classes is '.*; expected a list of strings"),
        ("train.seed", "9" * 5000, "train.seed is '9999.*; expected int"),
    ],
)
def test_settings_that_nobody_can_mean(field, value, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        override(blinking_config(), {field: value})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["evaluate", "--format", "e2e", "--tolerances", "99999999999999999999"], "of 1000000 frames or less each"),
        (["evaluate", "--format", "e2e", "--tolerances", "9" * 5000], "expected different whole numbers of frames"),
        (["evaluate", "--format", "e2e", "--tolerances", ",".join(map(str, range(999)))], "expected 100 or fewer"),
        (
            ["evaluate", "--stride", "1" + "0" * 30],
            "--stride 1000000000000000000000000000000: expected 1000000 or less",
        ),
        (["evaluate", "--fps", "inf"], "--fps inf: expected 1000 or less"),
        (["evaluate", "--fps", "nan"], "--fps nan: expected 1000 or less"),
    ],
)
def test_options_that_nobody_can_mean(tmp_path, capsys, words, sentence):
    write_json(tmp_path / "f.json", [])
    files_given = ["--labels", str(tmp_path / "f.json"), "--predictions", str(tmp_path / "f.json")]
    assert main([*words[:1], *files_given, *words[1:]]) == 2
    assert re.search(sentence, capsys.readouterr().err)


def test_a_file_of_gigabytes_is_not_read(tmp_path):
    with (tmp_path / "labels.json").open("wb") as file:
        file.truncate(3 << 30)  # a hole: it takes no room
    with pytest.raises(InputError, match="labels.json: is longer than 268,435,456 bytes; expected a file of text"):
        read_file(tmp_path / "labels.json")


def test_what_has_no_length_is_read_as_far_as_text_goes(monkeypatch):
    monkeypatch.setattr(files, "_LARGEST_TEXT_BYTES", 1 << 16)
    with pytest.raises(InputError, match="is longer than 65,536 bytes"):
        read_file("/dev/zero")


def test_a_member_of_gigabytes_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "MOST_FILE_BYTES", 1 << 16)
    matches = [ExpectedMatch("a/b/c", {1: 100.0})]
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b/c/results_spotting.json", bytes(1 << 17))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(InputError, match="'a/b/c/results_spotting.json' is 131,072 bytes; expected 65,536 or less"):
        check_zip(tmp_path / "z.zip", matches, ("PASS",))


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "..\\x", "\\\\server\\x", "C:x", "a\0b"])
def test_names_stay_below_their_folder(tmp_path, name):
    with pytest.raises(InputError, match="expected a name that stays below its folder"):
        check_inside(name, "f: video")
    entry = {"video": name, "num_frames": 5, "fps": 25, "events": []}
    write_json(tmp_path / "f.json", [entry])
    with pytest.raises(InputError, match=r"f.json: \[0\].video is .*; expected a name that stays below its folder"):
        read_e2e_json(tmp_path / "f.json")
    for fine in ("a/b", "..a", "a..b/c", "match 1: home"):
        check_inside(fine, "f")


def test_caches_that_hold_something_else_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    dataset, config = load_dataset(blinking_dataset(tmp_path / "blinking")), blinking_config()
    cache = tmp_path / "data" / "cache"
    store, other = build_stores(dataset.test + dataset.train[:1], config.data)
    model = build("tiny3d+fc", 2, weights="none")
    features = build_features(model, "tiny3d", [store])[0]
    (kept,) = (cache / "features").glob("[!.]*.npy")
    good, film = features.read(0, features.num_steps).copy(), store.read(0, 5).copy()

    wrong = np.load(kept)
    wrong[3] = np.nan
    for content in (wrong, wrong.astype(np.float32), np.zeros((1 << 16, 8)), wrong[:-1]):
        np.save(kept, content)
        again = build_features(model, "tiny3d", [store])[0]
        assert np.array_equal(again.read(0, again.num_steps), good)
    np.save(tmp_path / "theirs.npy", np.ones_like(good))
    kept.unlink()
    kept.symlink_to(tmp_path / "theirs.npy")
    again = build_features(model, "tiny3d", [store])[0]
    assert np.array_equal(again.read(0, again.num_steps), good) and not kept.is_symlink()
    assert (np.load(tmp_path / "theirs.npy") == 1).all()  # what the link led to is as it was

    other_size = build_stores(dataset.test, replace(config.data, width=64))[0].path.read_bytes()
    for content in (b"", other.path.read_bytes(), other_size):
        store.path.write_bytes(content)
        assert np.array_equal(build_stores(dataset.test, config.data)[0].read(0, 5), film)
    store.path.unlink()
    store.path.symlink_to(other.path)
    assert np.array_equal(build_stores(dataset.test, config.data)[0].read(0, 5), film) and other.path.is_file()
    store.path.unlink()
    store.path.mkdir()
    with pytest.raises(InputError, match="cannot be written .*directory"):
        build_stores(dataset.test, config.data)
    for probe in (cache / "probes").iterdir():
        probe.write_text('{"num_frames": "many"}')
    assert load_dataset(tmp_path / "blinking").test[0].num_frames == 200


def test_a_folder_in_the_place_of_a_file_is_a_sentence(tmp_path):
    (tmp_path / "scores.json").mkdir()
    with pytest.raises(InputError, match="scores.json: cannot be written"), atomic_path(tmp_path / "scores.json"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["scores.json"]
