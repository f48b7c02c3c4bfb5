from pathlib import Path

from course_lib import files


def test_course_home_moves_everything(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    assert files.home_dir() == tmp_path
    assert files.data_dir() == tmp_path / "data"
    assert files.cache_dir() == tmp_path / "data" / "cache"
    assert files.runs_dir() == tmp_path / "runs"


def test_without_it_home_is_the_clone(monkeypatch):
    monkeypatch.delenv("COURSE_HOME", raising=False)
    assert files.home_dir() == Path(__file__).resolve().parents[1]


def test_shown_path_names_no_machine_inside_home(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    assert files.shown_path(tmp_path / "home" / "data" / "x.mp4") == "data/x.mp4"
    assert files.shown_path(tmp_path / "elsewhere") == str(tmp_path / "elsewhere")
