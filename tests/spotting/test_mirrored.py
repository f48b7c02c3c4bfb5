"""A second, mirrored view at test time: the mean of two films, one of them turned left to right."""

import numpy as np
import pytest
import torch
from blinking import HEIGHT, STRIDE, WIDTH, ArrayStore, blinking_config

from course_lib.config import Config, config_from_dict, config_to_dict, override
from course_lib.data.store import StoreSettings
from course_lib.files import InputError
from course_lib.models.zoo import build
from course_lib.spotting.features import FeatureStore
from course_lib.spotting.inference import score_video


@pytest.fixture(scope="module")
def film():
    """Noise in a light that flickers, and from left to right."""
    random = np.random.default_rng(0)
    light = random.random((41, 1, 1, 1)) * np.linspace(0, 1, WIDTH)[:, None] ** (4 * random.random((41, 1, 1, 1)))
    return (random.integers(0, 256, (41, HEIGHT, WIDTH, 3)) * light).astype(np.uint8)


def spotter(system):
    torch.manual_seed(0)
    return build(system, 2, "none").eval()


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("system", ["tiny3d+bigru+xy", "regnety_002+tcn+heat"])
def test_scores_and_places_are_the_mean_of_both_views(film, system, once):
    model, config = spotter(system), blinking_config(data__test_overlap=0.5)
    how = {"encode_once": once, "overlap": 0.5}
    both = score_video(model, ArrayStore(film), override(config, {"data.test_mirrored": True}), **how)
    plain, turned = (score_video(model, ArrayStore(frames), config, **how) for frames in (film, film[:, :, ::-1]))
    assert np.abs(plain.probabilities - turned.probabilities).max() > 1e-4
    mean = (plain.probabilities + turned.probabilities) / 2
    np.testing.assert_allclose(both.probabilities, mean, atol=1e-6)
    x, y = plain.fields["xy"].T, turned.fields["xy"].T
    expected = np.stack([(x[0] + 1 - y[0]) / 2, (x[1] + y[1]) / 2], axis=1)
    np.testing.assert_allclose(both.fields["xy"], expected, atol=1e-6)
    alone = score_video(model, ArrayStore(film), override(config, {"data.test_mirrored": True}), mirrored=False, **how)
    np.testing.assert_array_equal(alone.probabilities, plain.probabilities)


def test_scores_move_before_the_views_are_averaged(film):
    """By each view's own displacement; a step that all have left in one view takes the other's row."""
    model, config = spotter("tiny3d+fc+displacement"), blinking_config()
    film = film[:32]  # two clips, so that each view says something once
    linear = model.heads["displacement"].linear
    with torch.no_grad():  # some point forward, some backward, mostly by a step or two
        linear.weight *= 1.5 / model(torch.from_numpy(film).permute(0, 3, 1, 2)[None])["displacement"].std()
        linear.bias -= model(torch.from_numpy(film).permute(0, 3, 1, 2)[None])["displacement"].mean()
    views = [score_video(model, ArrayStore(frames), config, overlap=0.0) for frames in (film, film[:, :, ::-1])]
    rows = np.stack([view.probabilities for view in views])
    assert 1 in (~rows.any(axis=2)).sum(axis=0)  # some step is empty in one of them
    counted = np.maximum(rows.any(axis=2).sum(axis=0), 1)[:, None]
    both = score_video(model, ArrayStore(film), config, overlap=0.0, mirrored=True)
    np.testing.assert_allclose(both.probabilities, rows.sum(axis=0) / counted, atol=1e-6)


def test_each_step_is_told_once(film):
    model, config, told = spotter("tiny3d+fc"), blinking_config(data__test_mirrored=True), []
    score_video(model, ArrayStore(film), config, on_steps=told.append)
    assert sum(told) == 41 and len(told) == 2


def test_features_have_no_mirror():
    store = FeatureStore(np.zeros((20, 128), np.float16), StoreSettings(WIDTH, HEIGHT, STRIDE))
    with pytest.raises(InputError, match="features cannot be seen in a mirror"):
        score_video(spotter("tiny3d+fc"), store, blinking_config(data__test_mirrored=True))
    values = {"model.frozen_backbone": True, "train.augment": 0.0}
    with pytest.raises(InputError, match="data.test_mirrored is True; expected false with model.frozen_backbone"):
        override(Config(), values | {"data.test_mirrored": True})


def test_a_configuration_from_before_there_was_one():
    old = config_to_dict(Config())
    del old["data"]["test_mirrored"]
    assert config_from_dict(old) == Config()
