"""learnt: a match that weights have learnt from is known again, by name, by content and by its parts."""

import pytest
from numbered_video import write_video

from course_lib.config import ModelConfig
from course_lib.data.events import FilmPart, SpottingDataset, Video
from course_lib.files import InputError, read_json, write_json
from course_lib.models.weights import SHIPPED
from course_lib.runs.learnt import LEARNT_FILE, learnt_before, learnt_from, refuse_seen, write_learnt


def video(name, path=None, part=None, game=""):
    return Video(name, path, 100, 25.0, 96, 64, game=game, part_of=part)


def dataset(root, *test, split="test", train=()):
    return SpottingDataset("own", root, ("a",), {"train": tuple(train), split: test})


def part(first, stop, film="derby", key="k"):
    name = f"{film} ({first})"
    return video(name, part=FilmPart(film, key, first, stop), game=name)


@pytest.mark.parametrize(
    ("learnt", "tested", "how"),
    [
        (video("derby"), video("derby"), "film"),
        (video("derby"), video("cup"), ""),
        (video("cup/1", game="cup"), video("cup/2", game="cup"), "match"),
        (part(0, 50), part(60, 90), ""),
        (part(0, 50), part(50, 90), ""),
        (part(0, 50), part(49, 90), "video"),
        (part(60, 90), part(0, 61, key="again"), "film"),
        (part(0, 50), video("derby"), "film"),
        (part(0, 50, film="cup/1"), video("cup/2", game="cup"), "match"),
        (part(0, 50, film="cup/1", key="x"), part(20, 70, film="cup/2", key="y"), ""),
    ],
)
@pytest.mark.parametrize("split", ["val", "test"])
def test_what_is_the_same_match(tmp_path, learnt, tested, how, split):
    entries = learnt_from([learnt])
    if not how:
        refuse_seen(dataset(tmp_path, tested, split=split), entries, "runs/a")
        return
    with pytest.raises(InputError) as raised:
        refuse_seen(dataset(tmp_path, tested, split=split), entries, "runs/a")
    said = str(raised.value)
    assert f"{tested.id!r} is in the split {split!r}, but runs/a learnt from it (the same {how}," in said


def test_a_copy_under_another_name_is_known(tmp_path):
    film = write_video(tmp_path / "derby.mp4", 20)
    (tmp_path / "other.mp4").write_bytes(film.read_bytes())
    other = write_video(tmp_path / "third.mp4", 21)
    entries = learnt_from([video("derby", film)])
    refuse_seen(dataset(tmp_path, video("third", other)), entries, "runs/a")
    with pytest.raises(InputError, match="the same video, 'derby'"):
        refuse_seen(dataset(tmp_path, video("renamed", tmp_path / "other.mp4")), entries, "runs/a")
    refuse_seen(dataset(tmp_path, video("third", other), train=[video("derby", film)]), entries, "runs/a")  # to learn


def test_the_list_is_handed_on(tmp_path):
    for name, train, before in (("a", "one", ()), ("b", "two", ("a",)), ("c", "one", ("b",))):
        run = tmp_path / name
        run.mkdir()
        earlier = learnt_before(ModelConfig(from_run=str(tmp_path / before[0])))[0] if before else []
        write_learnt(run, dataset(tmp_path, train=[video(train)]), earlier, [])
    listed, unsaid = learnt_before(ModelConfig(from_run=str(tmp_path / "c")))
    assert sorted(entry["match"] for entry in listed) == ["one", "two"] and unsaid == []
    (tmp_path / "c" / "config.json").write_text("{}")
    assert learnt_before(ModelConfig(weights=str(tmp_path / "c" / "best.safetensors"))) == (listed, [])


def test_weights_that_say_nothing_are_named(tmp_path):
    assert learnt_before(ModelConfig(weights="none")) == ([], [])
    (tmp_path / "old").mkdir()
    assert learnt_before(ModelConfig(from_run=str(tmp_path / "old"))) == ([], ["old"])
    file = tmp_path / "x.safetensors"
    assert learnt_before(ModelConfig(weights=str(file))) == ([], ["x.safetensors"])
    entries = learnt_from([video("derby")])
    write_json(tmp_path / "x.json", {"learnt_from": entries})
    assert learnt_before(ModelConfig(weights=str(file))) == (entries, [])
    write_json(tmp_path / "x.json", {"learnt_from": [{"match": "derby"}]})
    with pytest.raises(InputError, match=r"learnt_from\[0\] has no field 'film'"):
        learnt_before(ModelConfig(weights=str(file)))
    write_json(tmp_path / "old" / LEARNT_FILE, {"matches": 3})
    with pytest.raises(InputError, match="matches is 3; expected a list"):
        learnt_before(ModelConfig(from_run=str(tmp_path / "old")))


@pytest.mark.parametrize("weights", ["auto", "shipped"])
def test_cards_of_the_course_are_read(tmp_path, monkeypatch, weights):
    entries = learnt_from([video("derby")])
    monkeypatch.setattr("course_lib.models.weights.SHIPPED", tmp_path)
    write_json(tmp_path / "x3d_s.json", {"learnt_from": entries})
    assert learnt_before(ModelConfig("x3d_m+fc", weights)) == (entries, [])
    assert learnt_before(ModelConfig("regnety_002+fc", weights)) == ([], [])


def test_the_cards_that_come_with_the_course_can_be_read():
    assert [read_json(card)["backbone"] for card in sorted(SHIPPED.glob("*.json"))] == ["regnety_002", "x3d_s"]
    assert learnt_before(ModelConfig("x3d_s+fc")) == ([], [])
