"""Spots of many videos in a folder: halves share a file, other films of one match do not."""

from course_lib.data.events import Event, Video
from course_lib.data.formats.spots_files import SoccerNetSpots


def test_films_of_a_match_that_are_no_halves_keep_their_own(tmp_path):
    halves = [Video(f"a/b/c/{half}", None, 100, 25.0, 64, 48, half=half, game="a/b/c") for half in (1, 2)]
    clips = [Video(f"derby/{name}", None, 100, 25.0, 64, 48, game="derby") for name in ("one", "two")]
    spots = {video.id: [Event("PASS", place, 0.5)] for place, video in enumerate([*halves, *clips])}
    SoccerNetSpots().write(tmp_path, [*halves, *clips], spots)
    files = sorted(path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json"))
    assert files == ["a/b/c", "derby/one", "derby/two"]
    about = {video.id: {"game": video.game, "half": video.half, "fps": 25.0} for video in [*halves, *clips]}
    read = SoccerNetSpots().read(tmp_path, about, ("PASS",))
    assert {name: [event.frame for event in events] for name, events in read.items()} == {
        name: [event.frame for event in events] for name, events in spots.items()
    }
