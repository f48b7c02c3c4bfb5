"""models/reach: backbones and layers worked by hand; that the gradient agrees for every backbone is the contract."""

import pytest
import torch
from torch import nn

from course_lib.models.backbones_3d import temporal_reach
from course_lib.models.zoo import BACKBONES

REACHES = {
    "regnety_002": 0,
    "tiny3d": 5,
    "regnety_002_gsm": 2 * 13,  # in each of 13 blocks the gate looks one step further than what it lets through
    "regnety_002_gsf": 3 * 11,  # and the fusion one step more, in the 11 blocks of stages 3 and 4
    "x3d_s4": 2 + 3 + 5 + 11,  # two of the stem's five steps, one of every block
    "x3d_s": 2 + 3 + 5 + 11 + 7,
    "i3d_r50": 19,  # as its description says: 18 or 19
    "r3d_18": None,
}


@pytest.mark.parametrize("name", REACHES)
def test_reach_by_hand(name):
    with torch.device("meta"):
        assert temporal_reach(BACKBONES[name]()) == REACHES[name]


def test_even_kernels_spacings_and_strides():
    layers = nn.Sequential(nn.Conv3d(1, 1, (2, 1, 1)), nn.Conv3d(1, 1, (3, 1, 1), dilation=(4, 1, 1)))
    assert temporal_reach(layers) == 1 + 4
    strided = nn.Sequential(nn.Conv3d(1, 1, (3, 1, 1), stride=(2, 1, 1)), nn.Conv3d(1, 1, (3, 1, 1)))
    assert temporal_reach(strided) == 1 + 2 + 1
