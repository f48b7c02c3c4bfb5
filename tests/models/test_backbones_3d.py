"""backbones_3d: X3D's sizes, that S and M are one network, and equality with pytorchvideo."""

import pytest
import torch
from pytorchvideo.models.x3d import create_x3d
from torch import nn

from course_lib.models.zoo import BACKBONES

BLOCKS = {"x3d_s4": 4, "x3d_s": 5, "x3d_m": 5, "x3d_l": 5}
DEPTHS = {"x3d_s4": (3, 5, 11), "x3d_s": (3, 5, 11, 7), "x3d_m": (3, 5, 11, 7), "x3d_l": (5, 10, 25, 15)}
SIZES = {"x3d_s4": 658_690, "x3d_s": 2_006_130, "x3d_m": 2_006_130, "x3d_l": 4_365_240}
EXPANDED = {"x3d_s": (13, 160, 2.2), "x3d_m": (16, 224, 2.2), "x3d_l": (16, 312, 5.0)}  # frames, pixels, depth


def clip(B=1, T=4, H=32, W=48, dtype=torch.float32):
    return torch.randn(B, T, 3, H, W, generator=torch.Generator().manual_seed(3)).to(dtype)


def lively(name):
    """A backbone whose residual branches say something: fresh ones end in a batch norm of weight 0."""
    torch.manual_seed(0)
    backbone = BACKBONES[name]()
    with torch.no_grad():
        for parameter in backbone.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
        for module in backbone.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.running_mean += 0.1 * torch.randn_like(module.running_mean)
                module.running_var += torch.rand_like(module.running_var)
    return backbone.eval()


def theirs(name, backbone):
    """pytorchvideo's own blocks, in plain layout, with the backbone's numbers (both list them in the same order)."""
    frames, pixels, depth = EXPANDED[name.removesuffix("4")]
    net = create_x3d(input_clip_length=frames, input_crop_size=pixels, depth_factor=depth)
    blocks = nn.Sequential(*net.blocks[: BLOCKS[name]])
    own = [value.clone().contiguous() for value in backbone.state_dict().values()]
    state = blocks.state_dict()
    assert [value.shape for value in own] == [value.shape for value in state.values()]
    blocks.load_state_dict(dict(zip(state, own, strict=True)))
    return blocks.train(backbone.training)


def loop(blocks, frames):
    """The network as pytorchvideo would run it, one block after the other: (B, T, 3, H, W) → (B, T, D)."""
    x = frames.transpose(1, 2).contiguous()
    for block in blocks:
        x = block(x)
    return x.mean(dim=(3, 4)).transpose(1, 2)


def steps_seen(backbone, T, step):
    """The steps that one vector depends on, by its gradient; in double precision none is so small as to be lost."""
    frames = clip(T=T, H=16, W=16, dtype=torch.double).requires_grad_()
    seen = torch.autograd.grad(backbone(frames)[0, step].square().sum(), frames)[0].abs().sum(dim=(0, 2, 3, 4))
    return seen.nonzero().flatten().tolist()


# ------------------------------------------------------------------------------------------------- what it consists of


@pytest.mark.parametrize("name", BLOCKS)
def test_number_of_parameters_and_depth(name):
    with torch.device("meta"):
        backbone = BACKBONES[name]()
    assert sum(parameter.numel() for parameter in backbone.parameters()) == SIZES[name]
    assert backbone.dim == (96 if name == "x3d_s4" else 192)
    depthwise = [m for m in backbone.modules() if isinstance(m, nn.Conv3d) and m.kernel_size == (3, 3, 3)]
    assert len(depthwise) == sum(DEPTHS[name])
    assert all(conv.groups == conv.in_channels == conv.out_channels for conv in depthwise)


def test_s_and_m_are_one_network():
    torch.manual_seed(1)
    small, medium = BACKBONES["x3d_s"](), lively("x3d_m")
    assert [(name, type(module)) for name, module in small.named_modules()] == [
        (name, type(module)) for name, module in medium.named_modules()
    ]
    for ours, other in zip(small.modules(), medium.modules(), strict=True):
        assert ours.extra_repr() == other.extra_repr()  # kernels, strides, groups, numbers of channels
    shapes = [{key: value.shape for key, value in net.state_dict().items()} for net in (small, medium)]
    assert shapes[0] == shapes[1] and list(shapes[0]) == list(shapes[1])
    small.load_state_dict(medium.state_dict())
    with torch.inference_mode():
        assert torch.equal(small.eval()(clip(T=7)), medium(clip(T=7)))


def test_last_maps_at_the_course_sizes():
    backbone = BACKBONES["x3d_s"]().eval()
    for size, expected in (((64, 112), [(4, 7), (2, 4)]), ((224, 398), [(14, 25), (7, 13)])):
        with torch.inference_mode():
            maps = backbone.maps(clip(1, 1, *size))
        assert [tuple(map.shape[3:]) for map in maps[-2:]] == expected  # of four blocks (X3D-S4) and of five


# ------------------------------------------------------------------------------------------------- what it answers


@pytest.mark.parametrize("name", ["x3d_s4", "x3d_s"])
@pytest.mark.parametrize("training", [False, True])
def test_equals_a_plain_loop_through_pytorchvideos_blocks(name, training):
    backbone = lively(name).train(training)
    blocks = theirs(name, backbone)
    expected = loop(blocks, clip(B=2, T=5))
    features = backbone(clip(B=2, T=5))
    assert torch.allclose(features, expected, rtol=1e-4, atol=1e-4 * expected.abs().max().item())


def test_gradients_equal_those_of_the_plain_loop_and_reach_every_parameter():
    """Also where the course takes its own, quicker path through a depthwise convolution."""
    backbone = lively("x3d_s4").double().train()
    blocks = theirs("x3d_s4", backbone).double()
    pull = torch.randn(2, 5, backbone.dim, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    gradients = []
    for net, forward in ((backbone, backbone), (blocks, lambda frames: loop(blocks, frames))):
        (forward(clip(B=2, T=5, dtype=torch.double)) * pull).sum().backward()
        gradients.append([parameter.grad for parameter in net.parameters()])
    for ours, other in zip(*gradients, strict=True):
        assert ours is not None and ours.any()
        assert torch.allclose(ours, other, rtol=1e-6, atol=1e-8 * other.abs().max().item())


# ------------------------------------------------------------------------------------------------- how far it sees


def test_squeeze_and_excitation_reaches_the_whole_clip():
    T = 47  # its convolutions would see 21 steps either side
    assert steps_seen(lively("x3d_s4").double(), T, T // 2) == list(range(T))


def test_fresh_blocks_add_nothing():
    """Their last batch norm starts with weight 0, so a fresh X3D sees no more than its stem does."""
    torch.manual_seed(0)
    assert steps_seen(BACKBONES["x3d_s4"]().double().eval(), 21, 10) == [8, 9, 10, 11, 12]
