"""Small seeds give what they always gave; what is seen of a match with a secret seed gives nothing away."""

import numpy as np
import pytest

from filming.fixtures import draw_fixtures
from filming.seeds import SECRET_BITS, match_seeds, season_seed, secret_seed
from football.filmed import TENDENCIES, MatchPlan, play_match
from football.play import play_football


@pytest.mark.parametrize("seed", [0, 3, 40, 2**32 - 1])
def test_small_seeds_give_the_matches_of_always(seed):
    for match in ((0,), (5,), (2, 6)):
        assert match_seeds(seed, *match) == tuple(np.random.SeedSequence([seed, *match]).generate_state(2).tolist())
    assert season_seed(seed) == seed


def test_seeds_that_were_written_down():
    assert match_seeds(0, 0) == (2968811710, 3677149159)
    assert match_seeds(2**200 + 7, 3) == match_seeds(2**200 + 7, 3) != match_seeds(2**200 + 7, 4)


def test_play_of_a_secret_seed_takes_128_bits_and_the_film_32():
    seeds = [match_seeds(secret_seed(), index) for index in range(200)]
    plays, films = zip(*seeds, strict=True)
    assert len(set(plays)) == len(set(films)) == 200
    assert max(plays).bit_length() > 120 and max(films).bit_length() <= 32
    for bit in range(128):  # each of them is thrown anew: 200 times the same would come up once in 2^199
        assert 0 < sum(play >> bit & 1 for play in plays) < 200


def test_secret_seeds_are_never_small_and_never_the_same():
    seeds = {secret_seed() for _ in range(50)}
    assert len(seeds) == 50 and {seed.bit_length() for seed in seeds} == {SECRET_BITS}


def test_play_depends_on_the_high_bits_alone_too():
    """Two seeds that agree in their lower 64 bits: the generators take all of a seed."""

    def actions(play_seed):
        played = play_football(40.0, play_seed, TENDENCIES["eventful"])
        return [(action.frame, action.label) for action in played.actions]

    low = 0x1234_5678_9ABC_DEF0
    assert actions(low) != actions(low | 1 << 100)


def test_a_secret_season_has_fixtures_like_any_other():
    fixtures = draw_fixtures(8, seed=secret_seed())
    assert len({fixture.match_id for fixture in fixtures}) == 8


def test_a_match_of_a_secret_seed_can_be_played_again():
    plan = MatchPlan(1, draw_fixtures(1)[0], 20.0, (112, 64), "near", "eventful", secret_seed())
    assert play_match(plan).actions == play_match(plan).actions
