import colorsys
import math

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from course_lib.files import InputError
from course_lib.training.augment import (
    ClipAugmentation,
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    gaussian_blur,
    mixup,
)

B, T, H, W = 4, 3, 12, 17


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def frames():
    """uint8 [B, T, 3, H, W]; one clip grey, one with pure colours, where hue has its corners."""
    frames = torch.randint(0, 256, (B, T, 3, H, W), dtype=torch.uint8, generator=generator())
    frames[1] = frames[1, :, :1]
    frames[2] = (frames[2] > 127) * 255
    return frames


@pytest.mark.parametrize(
    ("ours", "theirs", "amounts"),
    [
        (adjust_brightness, reference.adjust_brightness, (0.7, 1.2, 1.0, 0.0)),
        (adjust_contrast, reference.adjust_contrast, (0.7, 1.2, 1.0, 0.0)),
        (adjust_saturation, reference.adjust_saturation, (0.7, 1.2, 1.0, 0.0)),
        (adjust_hue, reference.adjust_hue, (-0.2, 0.2, 0.13, -0.5)),
    ],
)
def test_colours_as_torchvision_changes_them(frames, ours, theirs, amounts):
    frames = frames.float() / 255
    changed = ours(frames, torch.tensor(amounts))
    for clip, amount in enumerate(amounts):
        assert torch.allclose(changed[clip], theirs(frames[clip], amount), atol=2e-6)


def test_blur_as_torchvision_blurs(frames):
    frames = frames.float() / 255
    sigmas = (0.1, 0.5, 1.0, 2.0)
    blurred = gaussian_blur(frames, torch.tensor(sigmas))
    for clip, sigma in enumerate(sigmas):
        expected = reference.gaussian_blur(frames[clip], [5, 5], [sigma, sigma])
        assert torch.allclose(blurred[clip], expected, atol=2e-6)


def test_without_changes_only_the_scale_is_new(frames):
    assert torch.equal(ClipAugmentation(0.0)(frames, generator()), frames / 255)


def test_input_stays_and_output_is_in_range(frames):
    for given in (frames, frames.float() / 255):
        before = given.clone()
        changed = ClipAugmentation(1.0)(given, generator())
        assert torch.equal(given, before)
        assert changed.dtype == torch.float32
        assert changed.shape == frames.shape
        assert changed.min() >= 0
        assert changed.max() <= 1


def test_bytes_and_floats_are_changed_alike(frames):
    augment = ClipAugmentation(0.5)
    assert torch.allclose(augment(frames, generator(3)), augment(frames / 255, generator(3)), atol=1e-6)


def test_it_can_be_repeated(frames):
    augment = ClipAugmentation(0.5)
    first = augment(frames, generator(1))
    assert torch.equal(first, augment(frames, generator(1)))
    assert not torch.equal(first, augment(frames, generator(2)))


def test_all_frames_of_a_clip_are_changed_alike_and_clips_differently(frames):
    same = frames[:1, :1].expand(16, 5, 3, H, W)  # one picture everywhere
    changed = ClipAugmentation(0.5)(same, generator())
    assert torch.equal(changed, changed[:, :1].expand_as(changed))
    assert len({clip[0].numpy().tobytes() for clip in changed}) > 12


def test_each_change_comes_as_often_as_asked():
    # A left-to-right ramp without colour or contrast: a flip is seen in its direction.
    ramp = torch.linspace(0.4, 0.6, 16).expand(2000, 1, 3, 16, 16)
    changed = ClipAugmentation(0.25)(ramp, generator())
    flipped = (changed[..., 0] > changed[..., -1]).flatten(1).all(1).float().mean()
    assert flipped == pytest.approx(0.25, abs=0.03)
    # The centre is moved by brightness alone (the mean is 0.5, and contrast pivots there).
    centre = changed[:, 0, 0, 8, 7:9].mean(-1)
    assert ((centre - 0.5).abs() > 1e-4).float().mean() == pytest.approx(0.25, abs=0.03)
    assert centre.min() > 0.5 * 0.7 - 1e-3
    assert centre.max() < 0.5 * 1.2 + 1e-3
    unchanged = (changed == ramp).flatten(1).all(1).float().mean()
    assert unchanged > 0.75**6  # hue and saturation leave grey alone


def drawn(probability, clips=1500):
    """What each clip drew, read off two pictures that the same draws change, [6, clips]: whether it was mirrored, then
    hue in turns, the factors of saturation, brightness and contrast, and what blur leaves of an edge."""
    edge = torch.tensor([0.4] * 8 + [0.6] * 8).expand(clips, 1, 3, 5, 16)  # grey: no hue, no saturation; its mean 1/2
    colour = torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1).expand(clips, 1, 3, 5, 5)  # one colour: nothing to blur
    edge, colour = (ClipAugmentation(probability)(picture, generator(6))[:, 0, :, 2] for picture in (edge, colour))
    left, right, red, green, blue = edge[:, 0, 0], edge[:, 0, -1], *colour[:, :, 2].unbind(1)
    brightness = left + right
    contrast = (right - left).abs() / 0.2 / brightness
    chroma = colour[:, :, 2].amax(1) - colour[:, :, 2].amin(1)
    hues = [colorsys.rgb_to_hsv(*rgb)[0] for rgb in zip(red.tolist(), green.tolist(), blue.tolist(), strict=True)]
    hue = (torch.tensor(hues) - colorsys.rgb_to_hsv(0.5, 0.4, 0.3)[0] + 0.5) % 1 - 0.5
    sharp = (edge[:, 0, 8] - edge[:, 0, 7]) / (right - left)
    return torch.stack([(left > right).float(), hue, chroma / 0.2 / brightness / contrast, brightness, contrast, sharp])


def test_how_much_each_change_changes_is_drawn_by_itself():
    _, hue, *factors, sharp = values = drawn(1.0)
    for value, low, high in ((hue, -0.2, 0.2), *((factor, 0.7, 1.2) for factor in factors)):
        assert value.min() == pytest.approx(low, abs=0.005) and value.max() == pytest.approx(high, abs=0.005)
        assert value.mean() == pytest.approx((low + high) / 2, abs=0.02)
    assert sharp.max() > 0.99 and 0.2 < sharp.min() < 0.3
    together = torch.corrcoef(values[1:]) - torch.eye(5)
    assert together.abs().max() < 0.1


def test_whether_each_change_comes_is_drawn_by_itself():
    untouched = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    came = ((drawn(0.5) - untouched[:, None]).abs() > 1e-4).float()
    assert came.mean(1).numpy() == pytest.approx(0.5, abs=0.06)  # blur of the smallest sigma leaves no trace
    together = torch.corrcoef(came) - torch.eye(6)
    assert together.abs().max() < 0.1


def test_flip_can_be_left_out():
    ramp = torch.linspace(0.4, 0.6, 16).expand(50, 1, 3, 16, 16)
    changed = ClipAugmentation(1.0, flip=False)(ramp, generator())
    assert (changed[..., 0] < changed[..., -1]).all()
    with pytest.raises(InputError, match="probability is 1.5; expected 0 to 1"):
        ClipAugmentation(1.5)


def blended(frames, target, random, keep_own=False):
    batch = {"frames": frames, "target": target, "kept": target}
    mixed = mixup(batch, ["target"], 0.2, random, keep_own)
    assert mixed["kept"] is target  # what is not named stays
    return mixed["frames"], mixed["target"]


def test_mixup_blends_clips_and_targets_in_one_proportion():
    # Clip i is the constant i and its target class i: both must tell the same blend.
    frames = torch.arange(B).view(B, 1, 1, 1, 1).expand(B, T, 3, H, W).float() / B
    target = torch.eye(B).view(B, 1, B).expand(B, T, B)
    seen = []
    for seed in range(200):
        mixed, soft = blended(frames, target, generator(seed))
        assert torch.allclose(soft.sum(-1), torch.ones(B, T))
        told = (soft * torch.arange(B) / B).sum(-1)  # [B, T]
        assert torch.allclose(mixed, told.view(B, T, 1, 1, 1).expand_as(mixed), atol=1e-6)
        own = torch.stack([soft[clip, 0, clip] for clip in range(B)])
        seen += own[own < 1].tolist()
    # Of Beta(0.2, 0.2) two thirds lie within a tenth of the ends; its mean is a half.
    assert np.mean([min(share, 1 - share) < 0.1 for share in seen]) > 0.5
    assert math.isclose(np.mean(seen), 0.5, abs_tol=0.06)


def test_mixup_can_be_repeated(frames):
    target = torch.rand(B, T, 5)
    first, again = (blended(frames, target, generator(4)) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert first[0].dtype == torch.float32
    assert first[0].max() <= 1
    with pytest.raises(InputError, match="alpha is 0; expected more than 0"):
        mixup({"frames": frames, "target": target}, ["target"], 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_the_same(frames):
    target = torch.rand(B, T, 5)
    augment = ClipAugmentation(0.5)
    on_gpu = augment(frames.cuda(), generator(1))
    assert on_gpu.is_cuda
    assert torch.allclose(on_gpu.cpu(), augment(frames, generator(1)), atol=1e-5)
    mixed, soft = blended(frames.cuda(), target.cuda(), torch.Generator("cuda").manual_seed(1))
    assert mixed.is_cuda
    assert soft.is_cuda


def test_mirroring_may_come_as_often_as_one_likes_and_says_where_it_came():
    ramp = torch.linspace(0.4, 0.6, 16).expand(2000, 1, 3, 4, 16)
    changed, flipped = ClipAugmentation(0.0, flip=0.5).apply(ramp, generator())
    assert flipped.float().mean() == pytest.approx(0.5, abs=0.03)
    assert torch.equal(changed[flipped], ramp[flipped].flip(-1)) and torch.equal(changed[~flipped], ramp[~flipped])
    with pytest.raises(InputError, match="flip is -1; expected 0 to 1"):
        ClipAugmentation(0.5, flip=-1)


def test_mixup_that_keeps_a_half_of_its_own():
    values = torch.arange(64.0).view(64, 1, 1, 1, 1) / 64
    target = torch.eye(64).view(64, 1, 64)
    _, usual = blended(values, target, generator(1))
    mixed, kept = blended(values, target, generator(1), keep_own=True)
    own = kept[:, 0].diagonal()
    assert (own >= 0.5).all() and (usual[:, 0].diagonal() < 0.5).any()
    assert torch.allclose(mixed.flatten(), kept[:, 0] @ values.flatten(), atol=1e-6)
