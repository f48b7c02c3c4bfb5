import json

import pytest

from course_lib.files import InputError, atomic_path, read_json, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "folder" / "scores.json"
    write_json(path, {"map12": 0.25})
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert json.loads(path.read_text()) == {"map12": 0.25}
    assert [entry.name for entry in path.parent.iterdir()] == ["scores.json"]


def test_temporary_file_keeps_the_suffix_that_encoders_look_at(tmp_path):
    with atomic_path(tmp_path / "clip.mp4") as temporary:
        assert temporary.suffix == ".mp4" and temporary.parent == tmp_path


def test_written_files_have_ordinary_permissions(tmp_path):
    write_json(tmp_path / "ours.json", [])
    (tmp_path / "plain.json").write_text("[]")
    assert (tmp_path / "ours.json").stat().st_mode == (tmp_path / "plain.json").stat().st_mode


def test_nan_is_refused_because_json_has_none(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "scores.json", {"ap": float("nan")})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "no such file"), (b'{"a": }', "not valid JSON at line 1, column 7"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_unreadable_json_is_one_sentence_with_the_file(tmp_path, content, sentence):
    path = tmp_path / "labels.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        read_json(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
