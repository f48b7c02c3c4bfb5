"""Looks: different from match to match, kits that can be told apart."""

from filming.appearance import Light, colour_distance, draw_look


def test_kits_differ_from_each_other_from_keepers_and_from_grass():
    for seed in range(150):
        look = draw_look(seed)
        shirts = [kit.shirt for kit in (*look.kits, *look.keeper_kits)]
        assert colour_distance(*shirts[:2]) >= 330
        assert all(colour_distance(shirt, look.grass) >= 150 for shirt in shirts)
        pairs = [(a, b) for index, a in enumerate(shirts) for b in shirts[:index]]
        assert min(colour_distance(a, b) for a, b in pairs) >= 120, (seed, shirts)
        assert all(kit.socks != (236, 236, 240) for kit in look.kits)


def test_the_same_seed_gives_the_same_look_and_others_differ():
    assert draw_look(7) == draw_look(7)
    looks = [draw_look(seed) for seed in range(40)]
    assert len({look.kits for look in looks}) > 35
    assert {look.light.name for look in looks} == {"sun", "cloud", "floodlights"}
    assert len({look.mowing for look in looks}) >= 3


def test_light_tints_colours_within_bounds():
    look = draw_look(0)
    object.__setattr__(look, "light", Light("sun", (2.0, 1.0, 0.5), ((1.0, 0.0),), 0.4))
    assert look.lit((100, 100, 100)) == (200, 100, 50)
    assert look.lit((250, 250, 250)) == (255, 250, 125)


def test_colour_distance_orders_as_eyes_do():
    assert colour_distance((10, 20, 30), (10, 20, 30)) == 0
    assert 760 < colour_distance((0, 0, 0), (255, 255, 255)) < 770
    assert colour_distance((200, 28, 36), (116, 22, 52)) < colour_distance((200, 28, 36), (28, 60, 178))
