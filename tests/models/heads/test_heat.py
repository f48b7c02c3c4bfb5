"""Places read off a heat map: the head by hand, the maps that it reads, and the spotter around both."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.config import override
from course_lib.data.events import SpottingDataset, Video
from course_lib.files import InputError
from course_lib.models.backbones_3d import clips_channels_last
from course_lib.models.heads.places import HeatHead, flip_places
from course_lib.models.zoo import BACKBONES, build, check_system
from course_lib.profiles import profile
from course_lib.training.experiment import train_and_score


@pytest.fixture
def head():
    """A head that scores a cell of either map by ten times its first channel."""
    head = HeatHead((2, 3), width=1)
    for score, dim in zip(head.scores, (2, 3), strict=True):
        for layer in (score[0], score[2]):
            nn.init.zeros_(layer.bias)
        score[0].weight.data = torch.eye(dim)[:1].view(1, dim, 1, 1, 1)
        score[2].weight.data.fill_(10)
    return head.eval()


def test_the_place_is_the_mean_of_the_cells_weighted_by_their_shares(head):
    heat = torch.randn(2, 4, 5, 7, generator=torch.Generator().manual_seed(0))
    shares = np.exp(heat.numpy())
    shares /= shares.sum(axis=(2, 3), keepdims=True)
    rows, columns = np.mgrid[:5, :7] + 0.5
    xy = head.place(heat)
    np.testing.assert_allclose(xy[..., 0], (shares * columns / 7).sum(axis=(2, 3)), atol=1e-6)
    np.testing.assert_allclose(xy[..., 1], (shares * rows / 5).sum(axis=(2, 3)), atol=1e-6)


def test_maps_of_all_sizes_add_to_the_largest(head):
    large, small = torch.rand(1, 2, 1, 4, 8), torch.zeros(1, 3, 1, 2, 4)
    small[0, 0, 0, 1, 2] = 1  # in the last row: below its middle nothing takes from it
    large[0, 0], large[0, 0, 0, 3, 5] = 0, 0.5
    with torch.inference_mode():
        heat = head.heat([large, small])
    assert heat.shape == (1, 1, 4, 8)
    expected = torch.zeros(4, 8)
    expected[1:4, 3:7] = 10 * torch.tensor([1 / 4, 3 / 4, 1])[:, None] * torch.tensor([1 / 4, 3 / 4, 3 / 4, 1 / 4])
    expected[3, 5] += 5
    torch.testing.assert_close(heat[0, 0], expected)


@pytest.mark.parametrize("name", ["regnety_002", "x3d_s", "tiny3d"])
def test_later_layers_leave_the_larger_maps_as_they_were(name):
    """Layers that work in place could spoil a map that was put aside."""
    torch.manual_seed(0)
    backbone = BACKBONES[name]().eval()
    frames = torch.randn(1, 3, 3, 64, 96)
    with torch.inference_mode():
        maps = backbone.maps(frames)
        x = clips_channels_last(frames)
        if name == "regnety_002":
            pictures = frames.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            alone = backbone.network.s1(backbone.network.stem(pictures)).unflatten(0, (1, 3)).transpose(1, 2)
        else:
            alone = backbone.layers[:6](x) if name == "tiny3d" else backbone.blocks[:2](x)
    torch.testing.assert_close(maps[0], alone, rtol=0, atol=0)


def test_a_spotter_with_the_head_carries_places_beside_the_features():
    torch.manual_seed(0)
    spotter = build("tiny3d+bigru+heat", num_classes=6, weights="none").eval()
    assert spotter.heads["heat"].reads == "maps"
    frames = torch.randint(0, 256, (2, 5, 3, 64, 112), dtype=torch.uint8)
    with torch.inference_mode():
        answers, features = spotter(frames), spotter.encode(frames)
        assert features.shape == (2, 5, spotter.backbone.dim + 2)
        again = spotter(features)
        maps = spotter.backbone.maps((frames / 255 - 0.45) / 0.225)
        torch.testing.assert_close(spotter.heads["heat"].heat(maps), answers["heat"], rtol=0, atol=1e-4)
        torch.testing.assert_close(spotter.heads["heat"].place(answers["heat"]), answers["xy"], rtol=0, atol=1e-5)
    assert answers["logits"].shape == (2, 5, 7) and answers["xy"].shape == (2, 5, 2)
    assert answers["heat"].shape == (2, 5, 16, 28)
    assert set(again) == {"logits", "xy"}  # nothing of the map is left
    for key, value in again.items():
        torch.testing.assert_close(answers[key], value, rtol=0, atol=1e-6)


def test_what_the_place_is_asked_for_reaches_the_backbone():
    spotter = build("tiny3d+fc+heat", num_classes=6, weights="none")
    spotter(torch.randint(0, 256, (1, 3, 3, 64, 112), dtype=torch.uint8))["xy"].sum().backward()
    assert spotter.backbone.layers[0].weight.grad.abs().max() > 0
    assert spotter.heads["classes"].linear.weight.grad is None


def test_the_answer_moves_with_the_picture():
    """A bright square on grey: with every weight above zero, the map is hottest where the square is."""
    spotter = build("tiny3d+fc+heat", num_classes=6, weights="none").eval()
    for parameter in spotter.parameters():
        parameter.data = parameter.data.abs()
    for layer in spotter.backbone.layers:
        if isinstance(layer, nn.BatchNorm3d):
            nn.init.constant_(layer.weight, 0.5)
    answers = []
    for column in (32, 64):
        frames = torch.full((1, 1, 3, 64, 112), 115, dtype=torch.uint8)
        frames[..., 24:40, column : column + 16] = 255
        with torch.inference_mode():
            answers.append(spotter(frames)["xy"][0, 0])
    assert abs(112 * (answers[1] - answers[0])[0] - 32) < 4 and abs(64 * (answers[1] - answers[0])[1]) < 1


@pytest.mark.parametrize("backbone", ["i3d_r50", "r3d_18"])
def test_a_backbone_without_maps_is_refused_by_name(backbone):
    with pytest.raises(InputError, match=f"{backbone} has no map of every step"):
        check_system(f"{backbone}+fc+heat")


def test_a_frozen_backbone_is_refused_before_anything_is_written(tmp_path):
    config = override(
        profile("smoke", "tiny3d+fc+heat", "volleyball"), {"model.frozen_backbone": True, "train.flip": 0.0}
    )
    splits = {split: (Video(split, None, 50, 25.0, 398, 224, ()),) for split in ("train", "val", "test")}
    dataset = SpottingDataset("none", tmp_path, ("serve",), splits)
    with pytest.raises(InputError, match="heat reads maps, which a frozen backbone does not keep"):
        train_and_score("tiny3d+fc+heat", dataset, config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_places_are_mirrored_with_their_clips():
    xy = torch.tensor([[[0.2, 0.9, 1.0], [0.0, 0.0, 0.0]], [[0.2, 0.9, 1.0], [0.6, 0.1, 1.0]]])
    mirrored = flip_places(xy, torch.tensor([False, True]))
    assert torch.equal(mirrored[0], xy[0])
    assert torch.allclose(mirrored[1], torch.tensor([[0.8, 0.9, 1.0], [0.4, 0.1, 1.0]]))
