"""Hubs that answer something else, and archives that hold it: a sentence, and what had come is kept."""

import zipfile
from types import SimpleNamespace

import pytest
from fake_hub import FakeHub, serving

from course_lib.files import InputError
from soccernet_files import archive, hub
from soccernet_files.archive import unpack
from soccernet_files.hub import Hub, _Pace

CONTENT = bytes(range(256)) * 700


@pytest.fixture
def strange(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr(hub.time, "sleep", lambda _: None)
    with serving(FakeHub(files={"valid.zip": CONTENT})) as running:
        yield running


def fetch(strange, folder):
    client = Hub(strange.address, strange.repository)
    return client.fetch(client.files()["valid.zip"], folder)


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_a_login_page_in_the_middle_takes_nothing_away(strange, tmp_path, ignores_ranges):
    strange.break_after = [150_000] + [0] * 4
    strange.ignores_ranges = ignores_ranges
    with pytest.raises(InputError, match="150,000 of"):
        fetch(strange, tmp_path)
    strange.login_pages = 1
    with pytest.raises(InputError, match=r"a page of the web \(text/html\).*150,000 of 179,200 bytes are kept"):
        fetch(strange, tmp_path)
    (part,) = tmp_path.glob(".*.part")
    assert part.read_bytes() == CONTENT[:150_000]
    assert fetch(strange, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("have", [0, 150_000])
def test_an_answer_that_states_less_than_is_to_come_is_not_the_file(strange, tmp_path, have):
    if have:
        strange.break_after = [have] + [0] * 4
        with pytest.raises(InputError, match="150,000 of"):
            fetch(strange, tmp_path)
    strange.scraps = 1
    sentence = rf"answers with 7 bytes where 179,200 are to come.*{have:,} of 179,200 bytes are kept"
    with pytest.raises(InputError, match=sentence):
        fetch(strange, tmp_path)
    assert b"".join(part.read_bytes() for part in tmp_path.glob(".*.part")) == CONTENT[:have]
    assert fetch(strange, tmp_path).read_bytes() == CONTENT


def test_a_body_that_is_longer_than_stated_is_read_to_its_stated_end(strange, tmp_path):
    strange.longer_by = bytes(5_000_000)
    assert fetch(strange, tmp_path).read_bytes() == CONTENT
    assert len(strange.downloads()) == 1


def lists(size, checksum="0" * 64):
    return {"id": "x", "sha": "1" * 40, "siblings": [{"rfilename": "valid.zip", "size": size, "lfs": {
        "sha256": checksum, "size": size, "pointerSize": 1}}]}  # fmt: skip


@pytest.mark.parametrize(
    "listing",
    [b"", b"<html>log in</html>", b"[" * 20_000, b"null", [], {"siblings": 3}, {"siblings": [3]}, lists("many"),
     lists(-1), lists(10**30), lists(5, "../../x"), lists(5, 7), {"id": "x", "siblings": [{"size": 5}]}],
)  # fmt: skip
def test_listings_that_are_none_are_a_sentence(strange, tmp_path, listing):
    strange.listing = listing
    with pytest.raises(InputError) as caught:
        fetch(strange, tmp_path)
    assert "hf_secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.__cause__ is None and list(tmp_path.iterdir()) == []


def test_what_comes_too_slowly_is_given_up(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(hub.time, "monotonic", lambda: now[0])
    quick, slow = (_Pace(SimpleNamespace(name="a.zip"), 0) for _ in range(2))
    with pytest.raises(InputError, match="a.zip: comes with 600 bytes a second; given up. What came is kept"):
        for _ in range(200):
            now[0] += 1
            quick.add(1500)
            slow.add(600)
    assert 119 < now[0] < 125


def member(path, name, content, kind=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", kind) as file:
        file.writestr(name, content)
    return path


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_damage_in_any_packing_is_a_sentence(tmp_path, kind):
    path = member(tmp_path / "a.zip", "l/s/m/224p.mp4", CONTENT, kind)
    good = path.read_bytes()
    for place in (60, 70, 90, 120, len(good) // 2):
        path.write_bytes(good[:place] + bytes(20) + good[place + 20 :])
        with pytest.raises(InputError, match="damaged"):
            unpack(path, tmp_path / "out", None)
        assert not list((tmp_path / "out").rglob("*.mp4")) and not list((tmp_path / "out").rglob(".unf*"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (f"l/s/{'m' * 300}/224p.mp4", "has a name that no disk takes"),
        ("l/s/.unfinished-m/224p.mp4", "lies in a hidden folder"),
        ("l/.s/m/224p.mp4", "lies in a hidden folder"),
    ],
)
def test_names_of_matches_that_cannot_be(tmp_path, name, sentence):
    path = member(tmp_path / "a.zip", name, b"x")
    with pytest.raises(InputError, match=sentence):
        unpack(path, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_a_disk_that_is_full_is_one(tmp_path, monkeypatch):
    path = member(tmp_path / "a.zip", f"l/s/{'m' * 240}/224p.mp4", CONTENT)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "replace", full)
    (tmp_path / "out" / "l" / "s" / ("m" * 240)).mkdir(parents=True)
    with pytest.raises(InputError, match="no space left on this disk"):
        unpack(path, tmp_path / "out", None)
    monkeypatch.undo()
    assert unpack(path, tmp_path / "out", None) == [f"l/s/{'m' * 240}"]
