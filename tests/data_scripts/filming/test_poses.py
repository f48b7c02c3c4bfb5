"""Poses: well-formed tables, symmetric sides, and running at both ends."""

import numpy as np
import pytest

from filming.pose_tables import CHANNELS, MIRROR, TABLES
from filming.poses import body_channels
from filming.tracks import Pose

N = 40
RNG = np.random.default_rng(0)
STRIDE, SPEED = RNG.uniform(0, 6, N), RNG.uniform(0, 8, N)


def channels(kind, phase, mirrored=False, jump=0.4, stride=STRIDE, speed=SPEED):
    full = np.full(len(stride), 1.0)
    return body_channels(stride, speed, full * kind, full * phase, np.full(len(stride), mirrored), full * jump)


def test_every_pose_but_moving_has_a_well_formed_table():
    assert set(TABLES) == set(Pose) - {Pose.MOVE}
    for table in TABLES.values():
        phase = table["phase"]
        assert phase[0] == 0 and phase[-1] == 1 and list(phase) == sorted(phase) and 0.5 in phase
        assert set(table) - {"phase"} <= set(CHANNELS)
        assert all(len(keys) == len(phase) for keys in table.values())


def test_mirror_swaps_sides_and_nothing_else():
    for column, name in enumerate(CHANNELS):
        other = CHANNELS[MIRROR[column]]
        assert other == (name[:-1] + "rl"["lr".index(name[-1])] if name.endswith(("_r", "_l")) else name)


@pytest.mark.parametrize("kind", TABLES)
def test_a_pose_begins_and_ends_in_the_running_cycle(kind):
    running = channels(Pose.MOVE, 0.0)
    for phase in (0.0, 1.0):
        assert channels(kind, phase) == pytest.approx(running)


def test_at_contact_the_table_holds_exactly():
    at = channels(Pose.KICK, 0.5)
    index = TABLES[Pose.KICK]["phase"].index(0.5)
    for name, keys in TABLES[Pose.KICK].items():
        if name not in ("phase", "lift"):
            assert at[:, CHANNELS.index(name)] == pytest.approx(np.radians(keys[index]))


def test_a_mirrored_pose_is_the_mirror_image():
    at, mirrored = channels(Pose.KICK, 0.5), channels(Pose.KICK, 0.5, mirrored=True)
    expected = at[:, MIRROR].copy()
    expected[:, CHANNELS.index("roll")] *= -1
    assert mirrored == pytest.approx(expected)


def test_a_header_jumps_as_high_as_asked():
    lift = CHANNELS.index("lift")
    assert channels(Pose.HEADER, 0.5, jump=0.6)[:, lift] == pytest.approx(0.6)
    assert channels(Pose.KICK, 0.5, jump=0.6)[:, lift] == pytest.approx(0.0)


def test_legs_and_arms_run_against_each_other():
    phases = np.linspace(0, 2 * np.pi, N)
    run = channels(Pose.MOVE, 0, stride=phases, speed=np.full(N, 6.0))
    column = {name: run[:, index] for index, name in enumerate(CHANNELS)}
    assert np.corrcoef(column["hip_r"], column["hip_l"])[0, 1] < -0.99
    assert np.corrcoef(column["hip_r"], column["arm_r"])[0, 1] < -0.99
    assert np.ptp(column["hip_r"]) > 1.0
    still = channels(Pose.MOVE, 0, stride=phases, speed=np.zeros(N))
    assert np.ptp(still, axis=0).max() < 1e-9
