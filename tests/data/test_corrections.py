"""corrections: each kind of edit does its one thing to the spot that is meant, and to no other."""

import pytest

from course_lib.data.corrections import Corrected, Edit, apply_edits
from course_lib.data.events import Event
from course_lib.files import InputError

SPOTS = [
    Event("PASS", 100, 0.9, team="left"),
    Event("PASS", 110, 0.4),
    Event("DRIVE", 112, 0.6, xy=(0.25, 0.5)),
    Event("SHOT", 300, 0.2),
]


def corrected(*edits, **settings):
    return apply_edits(SPOTS, edits, 25.0, **settings)


def test_nothing_to_correct():
    assert corrected() == Corrected(SPOTS, [])


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit("accept", "PASS", 4.4), [SPOTS[0], Event("PASS", 110, 1.0), SPOTS[2], SPOTS[3]]),
        (Edit("reject", "PASS", 4.0), SPOTS[1:]),
        (Edit("rename", "DRIVE", 4.5, "PASS"), [*SPOTS[:2], Event("PASS", 112, 1.0, xy=(0.25, 0.5)), SPOTS[3]]),
        (Edit("move", "PASS", 4.0, 13.0), [*SPOTS[1:], Event("PASS", 325, 1.0, team="left")]),
        (Edit("add", "GOAL", 8.0), [*SPOTS[:3], Event("GOAL", 200, 1.0), SPOTS[3]]),
    ],
)
def test_each_kind_of_edit(edit, expected):
    assert corrected(edit) == Corrected(expected, [])


def test_the_nearest_of_the_class_within_reach():
    assert corrected(Edit("reject", "PASS", 4.24)).events == [SPOTS[0], *SPOTS[2:]]  # frame 106: 110 is nearer
    far = Edit("reject", "SHOT", 11.0)  # 25 frames away
    assert corrected(far) == Corrected(SPOTS, [far])
    assert corrected(far, reach_sec=1.0) == Corrected(SPOTS[:3], [])
    other = Edit("accept", "HEADER", 4.0)
    assert corrected(other) == Corrected(SPOTS, [other])


def test_two_edits_never_take_the_same_spot():
    edits = [Edit("reject", "PASS", 4.0)] * 3
    assert corrected(*edits) == Corrected(SPOTS[2:], edits[2:])
    moved = Edit("move", "SHOT", 12.0, 4.0), Edit("reject", "SHOT", 4.0)  # what was moved is corrected already
    assert corrected(*moved).unmatched == [moved[1]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("delete", "PASS", 1.0), "edit 'delete': expected one of accept, reject, move, rename, add"),
        (("move", "PASS", 1.0), "edit 'move': to is None; expected a second"),
        (("rename", "PASS", 1.0, 2.0), "edit 'rename': to is 2.0; expected a class"),
        (("reject", "PASS", 1.0, "DRIVE"), "edit 'reject': to is 'DRIVE'; expected nothing"),
    ],
)
def test_what_is_no_edit(words, sentence):
    with pytest.raises(InputError, match=sentence):
        Edit(*words)
