from pathlib import Path

from course_lib import paths


def test_course_home_moves_everything(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    assert paths.home_dir() == tmp_path
    assert paths.data_dir() == tmp_path / "data"
    assert paths.cache_dir() == tmp_path / "data" / "cache"
    assert paths.runs_dir() == tmp_path / "runs"


def test_without_it_home_is_the_clone(monkeypatch):
    monkeypatch.delenv("COURSE_HOME", raising=False)
    assert paths.home_dir() == Path(__file__).resolve().parents[1]


def test_shown_path_names_no_machine_inside_home(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    assert paths.shown_path(tmp_path / "home" / "data" / "x.mp4") == "data/x.mp4"
    assert paths.shown_path(tmp_path / "elsewhere") == str(tmp_path / "elsewhere")
