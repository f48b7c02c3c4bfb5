"""models/reach: the number of steps that the gradient says, for every kind of backbone."""

import pytest
import torch
from torch import nn

from course_lib.models.backbones import BACKBONES
from course_lib.models.backbones_frame import FrameBackbone
from course_lib.models.reach import temporal_reach
from course_lib.models.shift import GSM


def seen_steps(backbone, num_steps, size=(32, 32)):
    """Distances to the steps that the middle step's vector depends on, by the gradient."""
    frames = torch.rand(1, num_steps, 3, *size, requires_grad=True)
    middle = num_steps // 2
    (gradient,) = torch.autograd.grad(backbone.eval()(frames)[0, middle].square().sum(), frames)
    return (gradient[0].abs().amax(dim=(1, 2, 3)) > 0).nonzero().flatten() - middle


@pytest.mark.parametrize(
    ("name", "reach"),
    [("regnety_002", 0), ("efficientnet_b0", 0), ("tiny3d", 5), ("regnety_002_gsm", 26), ("regnety_002_gsf", 33)],
)
def test_reach_is_what_the_gradient_says(name, reach):
    torch.manual_seed(0)
    backbone = BACKBONES[name]().double()
    for module in backbone.modules():  # the gates of a fresh network are closed, and its blocks let nothing through
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
        if isinstance(module, GSM):
            nn.init.normal_(module.gate.weight, std=1.0)
            nn.init.normal_(module.gate.bias, std=1.0)
    assert temporal_reach(backbone) == reach
    torch.set_default_dtype(torch.float64)
    try:
        seen = seen_steps(backbone, 2 * reach + 9)
    finally:
        torch.set_default_dtype(torch.float32)
    assert seen.abs().max() == reach


def test_reach_of_x3d_without_its_averages():
    """Squeeze-and-excitation sees the whole window, and is left out."""
    torch.manual_seed(0)
    backbone = BACKBONES["x3d_s"]()
    assert temporal_reach(backbone) == 28
    replaced = 0
    for parent in backbone.modules():
        for name, child in parent.named_children():
            if type(child).__name__ == "SqueezeExcitation":
                setattr(parent, name, nn.Identity())
                replaced += 1
    assert replaced == 15
    assert seen_steps(backbone, 65).abs().max() <= 28


def test_reach_of_networks_that_shrink_time():
    assert temporal_reach(BACKBONES["i3d_r50"]()) == 19  # as its description says: 18 or 19
    assert temporal_reach(BACKBONES["r3d_18"]()) is None


def test_even_kernels_spacings_and_strides():
    layers = nn.Sequential(nn.Conv3d(1, 1, (2, 1, 1)), nn.Conv3d(1, 1, (3, 1, 1), dilation=(4, 1, 1)))
    assert temporal_reach(layers) == 1 + 4
    strided = nn.Sequential(nn.Conv3d(1, 1, (3, 1, 1), stride=(2, 1, 1)), nn.Conv3d(1, 1, (3, 1, 1)))
    assert temporal_reach(strided) == 1 + 2 + 1
    assert temporal_reach(FrameBackbone("regnety_002")) == 0
