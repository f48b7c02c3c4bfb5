import json
import math
import random

import msgspec
import pytest

from course_lib.files import InputError, atomic_path, parse_json, parse_json_as, read_json, write_json


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


def same(first, second):
    """Equal in values and in their types; NaN equals itself."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float):
        return (math.isnan(first) and math.isnan(second)) or (
            first == second and math.copysign(1, first) == math.copysign(1, second)
        )
    return first == second


TAKEN = (
    "NaN", "-Infinity", "1e400", "-0", "-0.0", "1E+2", "5e-324", "0.1e-400", "2.2250738585072011e-308",
    "9007199254740993", "0.30000000000000004", "18446744073709551616", "-9223372036854775809", "1" * 60,
    r'"\ud800"', r'"\udc00\ud83d"', r'"\ud83d\ude00"', r'{"\ud800": 1}', r'"\u0000\/"',
    '"\x7f \u20ac \U0001f600 \u2028"',
    '{"a": 1, "a": {"b": 2}, "a": 3}', ' [1 , {"a" : null}, true, false]\r\n\t ', "[]", "{}", '""',
)  # fmt: skip
REFUSED = (
    "", "  ", "nul", "tRue", "01", "-01", "1.", ".5", "+1", "-", "1e", "[1,]", '{"a": 1,}', "{1: 2}", '{"a" 1}',
    "[1 2]", "1 2", "[1]x", "'a'", '"abc', '"\t"', '"\x00"', r'"\x"', r'"\u12"', "/* */ 1", "\x0c1", "[",
    '[\n  1,\n  x\n]',
)  # fmt: skip


@pytest.mark.parametrize("content", TAKEN)
def test_what_python_takes_is_taken_as_python_takes_it(content):
    assert same(parse_json(content.encode(), "f"), json.loads(content))
    assert same(parse_json(f'{{"a": [{content}]}}'.encode(), "f"), {"a": [json.loads(content)]})


@pytest.mark.parametrize("content", REFUSED)
def test_what_python_refuses_is_refused_with_its_line_and_column(content):
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(content)
    where = f"line {expected.value.lineno}, column {expected.value.colno}: {expected.value.msg}"
    with pytest.raises(InputError) as found:
        parse_json(content.encode(), "f.json")
    assert str(found.value) == f"f.json: not valid JSON at {where}"


@pytest.mark.parametrize(
    "raw", [b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xf4\x90\x80\x80"', '{"é": 1}'.encode("latin-1")]
)
def test_other_encodings_are_refused(raw):
    with pytest.raises(InputError, match="f: cannot be read as UTF-8 text"):
        parse_json(raw, "f")


@pytest.mark.parametrize(
    "content", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "[" * 100_000]
)
def test_what_is_too_deep_is_one_sentence(content):
    with pytest.raises(InputError, match="^f: holds lists or objects too deep in each other to be read$"):
        parse_json(content.encode(), "f")


def test_a_number_too_long_to_read_is_one_sentence():
    with pytest.raises(InputError, match="^f: holds a number too long to be read") as found:
        parse_json(b"1" * 10_000, "f")
    assert "\n" not in str(found.value)


def test_broken_files_are_judged_as_python_judges_them():
    """Files with a few bytes changed: the same value, or an error where there is one."""
    generator = random.Random(0)
    good = '{"a": [1, -2.5e3, "x\\u00e9\\n", "ü", true, null, {"b": {}, "c": []}], "d": "12"}'.encode()
    alphabet = b'0123456789-+.eE[]{}:,"\\ unltrfaseNI\n\t\x00\xc3\xa9\xff'
    refused = 0
    for _ in range(20_000):
        content = bytearray(good)
        for _ in range(generator.choice((1, 1, 2, 3))):
            place = generator.randrange(len(content))
            content[place : place + generator.randrange(2)] = bytes([generator.choice(alphabet)])
        try:
            expected = json.loads(bytes(content).decode("utf-8"))
        except ValueError:
            refused += 1
            with pytest.raises(InputError):
                parse_json(bytes(content), "f")
        else:
            assert same(parse_json(bytes(content), "f"), expected), bytes(content)
    assert 2_000 < refused < 19_000


def test_written_files_are_what_python_writes(tmp_path):
    data = {"é": [0.1, 1e22, 1e-7, -0.0, 10**30, "\u2028\ud800/"], "b": {}, "c": [], "d": [[1, 2], None, True]}
    for indent in (1, None):
        write_json(tmp_path / "f.json", data, indent)
        assert (tmp_path / "f.json").read_text() == json.dumps(data, indent=indent) + "\n"
        assert same(read_json(tmp_path / "f.json"), data)


class Shape(msgspec.Struct):
    a: int


def test_a_shape_takes_what_it_names_of_good_json_alone():
    assert parse_json_as('{"a": 1, "b": "é"}'.encode(), Shape) == Shape(1)
    for content in (
        b'{"a": "1"}',
        b'{"b": 1}',
        b"[]",
        b'{"a": 1, "b": }',
        b'{"a": 1, "b": "\xff"}',
        b'{"a": 1, "b": NaN}',
    ):
        assert parse_json_as(content, Shape) is None
