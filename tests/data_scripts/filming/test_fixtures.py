"""Fixtures and splits: SoccerNet's names, no match twice, 4 - 1 - 2; volleyball's own clubs, and 16 - 4 - 4."""

import re

import pytest

from course_lib.files import InputError
from filming.fixtures import (
    FOOTBALL_SEASON,
    MAX_MATCHES,
    VOLLEYBALL_SEASON,
    draw_fixtures,
    split_by_role,
    split_matches,
)


def test_names_are_those_of_the_real_layout():
    for fixture in draw_fixtures(7):
        assert re.fullmatch(
            r"england_efl/2019-2020/(2019|2020)-\d\d-\d\d - [A-Z][a-z]+ [A-Z][a-z]+ - [A-Z][a-z]+ [A-Z][a-z]+",
            fixture.match_id,
        )
        assert all(re.fullmatch("[A-Z]{3}", name) for name in fixture.short_names)


@pytest.mark.parametrize("count", [1, 7, 41, MAX_MATCHES])
def test_matches_are_different_in_order_of_date_and_always_the_same(count):
    fixtures = draw_fixtures(count)
    assert len({fixture.match_id for fixture in fixtures}) == count
    assert [f.day for f in fixtures] == sorted(f.day for f in fixtures)
    assert all(fixture.home != fixture.away for fixture in fixtures)
    assert fixtures == draw_fixtures(count)


@pytest.mark.parametrize("season", [FOOTBALL_SEASON, VOLLEYBALL_SEASON])
def test_every_seed_is_a_season_of_its_own(season):
    of_course = {fixture.match_id for fixture in draw_fixtures(24, season)}
    for seed in (1, 3, 40, 1000):  # 1000: what the shipped weights are learnt from
        others = draw_fixtures(32, season, seed)
        assert not of_course & {fixture.match_id for fixture in others}
        assert others == draw_fixtures(32, season, seed) != draw_fixtures(32, season, seed + 1)


def test_the_names_of_the_first_seed_stay_as_they_are():
    assert draw_fixtures(1)[0].match_id == "england_efl/2019-2020/2019-08-03 - Hollowmoor Town - Saltmarsh Rovers"


def test_no_more_matches_than_there_are():
    for count in (0, -1, MAX_MATCHES + 1):
        with pytest.raises(InputError, match=f"--matches is {count}; expected 1 to {MAX_MATCHES}"):
            draw_fixtures(count)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (6, (3, 1, 2)), (7, (4, 1, 2)), (14, (9, 1, 4))],
)
def test_splits_have_the_sizes_of_the_rule_and_keep_every_match_once(count, expected):
    ids = [str(index) for index in range(count)]
    splits = split_matches(ids)
    assert tuple(len(splits[name]) for name in ("train", "val", "test")) == expected
    assert [match for split in splits.values() for match in split] == ids


def test_roles_say_what_each_match_is_for():
    splits = split_by_role(list("abcde"), ("train", "val", "test", "val"))
    assert splits == {"train": ["a"], "val": ["b", "d"], "test": ["c", "e"]}


@pytest.mark.parametrize("count", [3, 8, VOLLEYBALL_SEASON.max_matches])
def test_volleyball_has_its_own_season_without_folders(count):
    fixtures = draw_fixtures(count, VOLLEYBALL_SEASON)
    assert len({fixture.match_id for fixture in fixtures}) == count
    assert [f.day for f in fixtures] == sorted(f.day for f in fixtures)
    for fixture in fixtures:
        assert re.fullmatch(
            r"2026-0[67]-\d\d - [A-Z][a-z]+( [A-Z][a-z]+)? - [A-Z][a-z]+( [A-Z][a-z]+)?", fixture.match_id
        )
    assert fixtures == draw_fixtures(count, VOLLEYBALL_SEASON)
    with pytest.raises(InputError, match=f"--matches is 9999; expected 1 to {VOLLEYBALL_SEASON.max_matches}"):
        draw_fixtures(9999, VOLLEYBALL_SEASON)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (8, (6, 1, 1)), (24, (16, 4, 4))],
)
def test_a_sixth_validates_and_a_sixth_is_tested_where_those_are_the_shares(count, expected):
    splits = split_matches([str(index) for index in range(count)], 1 / 6, 1 / 6)
    assert tuple(len(splits[name]) for name in ("train", "val", "test")) == expected
