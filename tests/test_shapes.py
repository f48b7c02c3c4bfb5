"""shapes: what fits a data class becomes one, all else is a sentence."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from course_lib.files import InputError, found
from course_lib.shapes import shaped


@dataclass(frozen=True)
class Inner:
    name: str
    size: float = 0.5


@dataclass(frozen=True)
class Outer:
    count: int
    inner: Inner
    kind: Literal["a", "b"] = "a"
    maybe: float | None = None
    words: tuple[str, ...] = ()
    sizes: dict[str, float] = field(default_factory=dict)
    many: list[Inner] = field(default_factory=list)
    free: Any = None
    yes: bool = False


GOOD = {"count": 3, "inner": {"name": "x"}}


def test_what_fits_becomes_the_class():
    data = {"maybe": 2, "words": ["p", "q"], "sizes": {"x": 1}, "many": [{"name": "y", "size": 2}], "free": [None]}
    outer = shaped(Outer, GOOD | data | {"kind": "b", "yes": True}, "f")
    assert outer == Outer(3, Inner("x"), "b", 2.0, ("p", "q"), {"x": 1.0}, [Inner("y", 2.0)], [None], True)
    assert [type(value) for value in (outer.maybe, outer.sizes["x"], outer.many[0].size)] == [float] * 3
    assert shaped(Outer, GOOD | {"new": 1}, "f", unknown=True) == Outer(3, Inner("x"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "f: the whole is []; expected an object"),
        ({"count": 3}, "f: has no field 'inner'; expected an object"),
        (GOOD | {"count": True}, "f: count is True; expected int"),
        (GOOD | {"count": 2.0}, "f: count is 2.0; expected int"),
        (GOOD | {"count": 1 << 63}, "f: count is 9223372036854775808; expected int"),
        (GOOD | {"new": 1}, "f: unknown key 'new'; expected one of count, inner, kind, maybe, words, sizes, many, fre"),
        (GOOD | {"inner": {"name": 1}}, "f: inner.name is 1; expected str"),
        (GOOD | {"inner": {}}, "f: has no field 'inner.name'; expected str"),
        (GOOD | {"kind": "c"}, "f: kind is 'c'; expected 'a' or 'b'"),
        (GOOD | {"maybe": "1"}, "f: maybe is '1'; expected float | None"),
        (GOOD | {"maybe": float("nan")}, "f: maybe is nan; expected float | None"),
        (GOOD | {"words": ["p", 1]}, "f: words is ['p', 1]; expected a list of strings"),
        (GOOD | {"sizes": {"x": None}}, "f: sizes.x is None; expected float"),
        (GOOD | {"sizes": []}, "f: sizes is []; expected an object"),
        (GOOD | {"many": [{"name": "y"}, 3]}, "f: many[1] is 3; expected an object"),
        (GOOD | {"yes": 1}, "f: yes is 1; expected bool"),
    ],
)
def test_what_does_not_fit_is_a_sentence(data, sentence):
    with pytest.raises(InputError) as caught:
        shaped(Outer, data, "f")
    assert str(caught.value).startswith(sentence)


def test_what_is_quoted_is_short_and_can_be_printed():
    deep = []
    for _ in range(5000):
        deep = [deep]
    for value in (deep, 10**5000, "9" * 10_000, "\x00\x1b[2J\u202e\n", {"a": [1] * 1000}):
        assert len(found(value)) <= 60 and found(value).isprintable()
    assert found("é") == "'é'" and found(deep) == "a list"
    message = str(InputError(f"f: x is {'z' * 500!r}, y is '\x1b[2J', z is {10**1000}; isn't it 'short'?"))
    assert message.isprintable() and len(message) < 250 and message.endswith("; isn't it 'short'?")
    plain = f"/a/{'long folder/' * 40}f: unknown key 'x'; expected one of {', '.join(['an option'] * 40)} or 'b'"
    assert str(InputError(plain)) == plain
