"""Rotation, libero, and that every line-up is legal."""

import pytest

from volleyball.court import ATTACK_LINE, HALF_LENGTH, HALF_WIDTH
from volleyball.formation import FRONT, M1, M2, O1, O2, P, S, Team, back_defence, ready_for_set

rotations = pytest.mark.parametrize("setter_at", range(1, 7))
sides = pytest.mark.parametrize("serving", [True, False])


@rotations
def test_opposites_are_three_places_apart(setter_at):
    team = Team(setter_at, False)
    assert sorted(team.position(role) for role in range(6)) == [1, 2, 3, 4, 5, 6]
    assert all(team.position(team.at(position)) == position for position in range(1, 7))
    for one, other in ((S, P), (O1, O2), (M1, M2)):
        assert abs(team.position(one) - team.position(other)) == 3
        assert team.is_front(one) != team.is_front(other)


def test_the_next_server_comes_from_the_right_front():
    before, after = Team(1, False), Team(6, False)  # a rotation: the setter goes from 1 to 6
    assert after.at(1) == before.at(2) == O1


@rotations
@sides
def test_the_libero_stands_for_the_middle_behind_unless_that_one_serves(setter_at, serving):
    team = Team(setter_at, serving)
    behind = M2 if team.is_front(M1) else M1
    if serving and team.at(1) == behind:
        assert team.libero is None
    else:
        assert team.libero == behind and not team.is_front(team.libero)


@rotations
@sides
def test_line_ups_keep_the_order_of_the_rotation(setter_at, serving):
    """Left before right within a row, front before back within a pair (the server may stand where he likes)."""
    team = Team(setter_at, serving)
    at = {position: team.line_up(team.at(position)) for position in range(1, 7)}
    assert (at[1] is None) == serving
    assert at[4].imag > at[3].imag > at[2].imag
    assert at[5].imag > at[6].imag
    for front, back in ((4, 5), (3, 6), (2, 1)):
        if at[back] is not None:
            assert at[front].real > at[back].real
    if not serving:
        assert at[6].imag > at[1].imag
    places = [place for place in at.values() if place is not None]
    assert all(-HALF_LENGTH < place.real < -0.5 and abs(place.imag) < HALF_WIDTH for place in places)
    assert min(abs(a - b) for i, a in enumerate(places) for b in places[:i]) > 0.9


@rotations
def test_three_receive(setter_at):
    """Both outsides and the libero stand where a serve comes, the setter does not."""
    team = Team(setter_at, False)
    passers = sorted((team.line_up(role) for role in (O1, O2, team.libero)), key=lambda place: place.imag)
    assert all(-7.0 <= place.real <= -5.8 for place in passers)
    assert all(2.3 < b.imag - a.imag < 3.3 for a, b in zip(passers, passers[1:], strict=False))


@rotations
def test_everybody_has_a_place_of_his_own(setter_at):
    team = Team(setter_at, False)
    for swapped in (False, setter_at == 1):
        team.swapped = swapped
        bases = [team.base(role) for role in range(6)]
        assert min(abs(a - b) for i, a in enumerate(bases) for b in bases[:i]) > 1.5
        assert {team.front(slot) for slot in ("left", "middle", "right")} == {r for r in range(6) if team.is_front(r)}
        own_y = {role: team.line_up(role).imag for role in range(6)}
        ready = [ready_for_set(team, role, own_y, -1.0 - 0.5j) for role in range(6) if role != S]
        assert min(abs(a - b) for i, a in enumerate(ready) for b in ready[:i]) > 1.3
        assert all(
            ready_for_set(team, role, own_y, -1 - 0.5j).real < -ATTACK_LINE
            for role in range(6)
            if role != S and not team.is_front(role)
        )


def test_front_row():
    team = Team(1, False)
    assert {team.position(role) for role in (O1, M1, P)} == set(FRONT)
    assert team.front("left") == O1 and team.front("right") == P and team.back("right") == S
    team.swapped = True
    assert team.front("left") == P and team.front("right") == O1


def test_defence_stands_where_the_attack_does_not_have_to_pass_the_block():
    line, cross = back_defence(3.5)["left"], back_defence(3.5)["right"]
    assert line.imag > 3 and cross.imag < -2
    mirrored = back_defence(-3.5)
    assert mirrored["right"] == line.conjugate() and mirrored["left"] == cross.conjugate()
