"""backbones_3d: X3D's sizes, that S and M are one network, how far it sees in time, and equality with pytorchvideo."""

import copy

import pytest
import torch
from fvcore.nn.squeeze_excitation import SqueezeExcitation
from pytorchvideo.models.x3d import create_x3d
from torch import nn

from course_lib.models import build
from course_lib.models.backbones import BACKBONES

BLOCKS = {"x3d_s4": 4, "x3d_s": 5, "x3d_m": 5, "x3d_l": 5}
DEPTHS = {"x3d_s4": (3, 5, 11), "x3d_s": (3, 5, 11, 7), "x3d_m": (3, 5, 11, 7), "x3d_l": (5, 10, 25, 15)}
SIZES = {"x3d_s4": 658_690, "x3d_s": 2_006_130, "x3d_m": 2_006_130, "x3d_l": 4_365_240}
EXPANDED = {"x3d_s": (13, 160, 2.2), "x3d_m": (16, 224, 2.2), "x3d_l": (16, 312, 5.0)}  # frames, pixels, depth
SMALL = [name for name in BLOCKS if name != "x3d_l"]  # L costs twice as much and differs in depth alone


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


@pytest.fixture(scope="module", params=SMALL)
def backbone(request):
    return lively(request.param)


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


def without_squeeze(backbone):
    """A copy without squeeze-and-excitation, the only part that looks over the whole clip at once."""
    backbone = copy.deepcopy(backbone)
    for module in backbone.modules():
        for name, child in module.named_children():
            if isinstance(child, SqueezeExcitation):
                setattr(module, name, nn.Identity())
    return backbone


def steps_seen(backbone, T, step):
    """The steps that one vector depends on, by its gradient; in double precision none is so small as to be lost."""
    frames = clip(T=T, H=16, W=16, dtype=torch.double).requires_grad_()
    seen = torch.autograd.grad(backbone(frames)[0, step].square().sum(), frames)[0].abs().sum(dim=(0, 2, 3, 4))
    return seen.nonzero().flatten().tolist()


# ------------------------------------------------------------------------------------------------- what it consists of


@pytest.mark.parametrize("name", BLOCKS)
def test_number_of_parameters_and_depth(name):
    backbone = BACKBONES[name]()
    assert sum(parameter.numel() for parameter in backbone.parameters()) == SIZES[name]
    assert backbone.dim == (96 if name == "x3d_s4" else 192)
    depthwise = [m for m in backbone.modules() if isinstance(m, nn.Conv3d) and m.kernel_size == (3, 3, 3)]
    assert len(depthwise) == sum(DEPTHS[name])
    assert all(conv.groups == conv.in_channels == conv.out_channels for conv in depthwise)


@pytest.mark.parametrize(("name", "parameters"), [("x3d_s+fc", 2_008_639), ("x3d_s4+fc", 659_951)])
def test_number_of_parameters_of_the_system(name, parameters):
    spotter = build(name, weights="none")
    assert sum(parameter.numel() for parameter in spotter.parameters()) == parameters


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


def test_four_blocks_are_the_first_four_of_five():
    five, four = lively("x3d_s"), BACKBONES["x3d_s4"]().eval()
    own = five.state_dict()
    four.load_state_dict({key: own[key] for key in four.state_dict()})
    with torch.inference_mode():
        expected = loop(theirs("x3d_s", five)[:4], clip(T=5))
        assert torch.allclose(four(clip(T=5)), expected, atol=1e-5)


def test_last_maps_at_the_course_sizes():
    for name, H, W, expected in (
        ("x3d_s", 64, 112, (2, 4)),
        ("x3d_s4", 64, 112, (4, 7)),
        ("x3d_s4", 224, 398, (14, 25)),
        ("x3d_s", 224, 398, (7, 13)),
    ):
        backbone = BACKBONES[name]().eval()
        last = [m for m in backbone.modules() if isinstance(m, nn.BatchNorm3d)][-1]
        seen = []
        last.register_forward_hook(lambda module, inputs, output, seen=seen: seen.append(output.shape))
        with torch.inference_mode():
            backbone(clip(T=1, H=H, W=W))
        assert seen == [(1, backbone.dim, 1, *expected)]


# ------------------------------------------------------------------------------------------------- what it answers


@pytest.mark.parametrize("T", [1, 2, 3, 7, 50])
def test_any_length_and_a_single_clip_in_training(backbone, T):
    training = copy.deepcopy(backbone).train()
    features = training(clip(T=T))
    assert features.shape == (1, T, backbone.dim) and features.isfinite().all()


@pytest.mark.parametrize("name", SMALL)
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


def test_spotters_use_their_pictures_normalisation():
    for name in BLOCKS:
        backbone = BACKBONES[name]()
        assert tuple(backbone.mean) == (0.45,) * 3 and tuple(backbone.std) == (0.225,) * 3


# ------------------------------------------------------------------------------------------------- how far it sees


@pytest.mark.parametrize(("name", "reach"), [("x3d_s4", 21), ("x3d_s", 28)])
def test_reach_in_time_of_the_convolutions(name, reach):
    """Two steps either side from the stem's five, one from every block: 2 + 3 + 5 + 11 (+ 7)."""
    T, step = 2 * reach + 5, reach + 2
    assert steps_seen(without_squeeze(lively(name)).double(), T, step) == list(range(2, T - 2))


def test_squeeze_and_excitation_reaches_the_whole_clip():
    T = 61
    assert steps_seen(lively("x3d_s4").double(), T, T // 2) == list(range(T))


def test_fresh_blocks_add_nothing():
    """Their last batch norm starts with weight 0, so a fresh X3D sees no more than its stem does."""
    torch.manual_seed(0)
    assert steps_seen(BACKBONES["x3d_s4"]().double().eval(), 21, 10) == [8, 9, 10, 11, 12]


def test_clips_of_a_batch_do_not_see_each_other(backbone):
    batch = clip(B=3, T=4)
    with torch.inference_mode():
        alone = torch.cat([backbone(one[None]) for one in batch])
        assert torch.allclose(backbone(batch), alone, rtol=1e-4, atol=1e-5)


def test_the_order_of_frames_matters(backbone):
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    frames = clip(T=7)
    with torch.inference_mode():
        assert not torch.allclose(backbone(frames)[:, order], backbone(frames[:, order]), atol=1e-3)
