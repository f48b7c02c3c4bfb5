"""The rule of a score: what it derives, what a configuration gives, and what it refuses."""

from dataclasses import replace

import pytest

from course_lib.config import DataConfig
from course_lib.data.events import BALL_12, MAP10_EXCLUDED
from course_lib.files import InputError
from course_lib.scoring.rule import Rule, mean_name, mean_remark

RULE = Rule(["a", "b", "GOAL"], stride=2)


def test_steps_and_radius():
    assert RULE.classes == ("a", "b", "GOAL")
    assert (RULE.steps_per_sec, RULE.radius_steps) == (12.5, 6.25)
    assert replace(RULE, stride=1, tolerance_sec=0.32, fps=50).radius_steps == 8


def test_fewer_classes():
    assert RULE.only("b") == replace(RULE, classes=("b",))
    assert RULE.without(MAP10_EXCLUDED).classes == ("a", "b") == RULE.without(("GOAL", "z")).classes
    with pytest.raises(InputError, match="label 'z': expected one of the classes a, b, GOAL"):
        RULE.only("a", "z")


def test_the_stride_has_no_default():
    with pytest.raises(TypeError, match="stride"):
        Rule(BALL_12)


def test_a_configuration_gives_it():
    """Football is scored at one second and draws minutes, volleyball within four frames and draws rallies."""
    ball = DataConfig(stride=3, fps=30.0).rule
    assert ball == Rule(BALL_12, stride=3, fps=30.0, tolerance_sec=1.0, matching="soccernet", unit="block")
    volleyball = DataConfig(task="volleyball", classes=("set", "spike")).rule
    assert volleyball == Rule(("set", "spike"), stride=2, tolerance_sec=0.32, matching="frames", unit="video")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("classes", "PASS", "classes 'PASS': expected a list of names"),
        ("stride", 0, "stride 0: expected 1 or more"),
        ("fps", 0, "fps 0: expected more than 0"),
        ("tolerance_sec", float("nan"), "tolerance_sec nan: expected more than 0"),
        ("matching", "nearest", "matching 'nearest': expected soccernet or frames"),
        ("unit", "half", "unit 'half': expected game, video or block"),
    ],
)
def test_bad_input_is_named(field, value, sentence):
    with pytest.raises(InputError, match=sentence):
        replace(RULE, **{field: value})


def test_which_classes_a_mean_goes_over():
    own, official = Rule(("serve", "set", "foul"), stride=1), Rule(BALL_12, stride=1)
    assert own.mean_over([3, 0, 1]) == [0, 2] and own.mean_over([0, 0, 0]) == [0, 1, 2]
    assert official.mean_over([1, *[0] * 11]) == official.without(MAP10_EXCLUDED).mean_over([0] * 12)[:10] + [10, 11]
    assert mean_name({"serve": 3, "set": 0, "foul": 1}) == "mAP of 2"
    assert mean_name(dict.fromkeys(BALL_12, 0)) == "mAP-12" and mean_name(dict.fromkeys(BALL_12[::-1], 1)) == "mAP-12"
    assert mean_remark({"serve": 3, "set": 0}) == "1 of 2 without labels: left out of the mean"
    assert mean_remark(dict.fromkeys(BALL_12, 1) | {"GOAL": 0}).startswith("1 of 12 without labels: 0 in mAP-12")
    assert mean_remark({"serve": 3}) == ""
