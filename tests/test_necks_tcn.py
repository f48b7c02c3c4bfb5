"""necks/tcn and the EfficientNet backbone: against loops over time, sizes, what a step sees, gradients, lengths."""

import pytest
import torch
from torch import nn

from course_lib.models import build
from course_lib.models.backbones import BACKBONES
from course_lib.models.necks import NECKS
from course_lib.models.necks.tcn import DilatedLayer, DilatedTCN, MultiStageTCN, SlidesTCN

D = 6
MAKERS = {
    "tcn": SlidesTCN,
    "tcn_dilated": DilatedTCN,
    "mstcn": lambda dim: MultiStageTCN(dim, width=5),
}
REACH = {"tcn": 2, "tcn_dilated": 1 + 2 + 4, "mstcn": 3 * (1 + 2 + 4 + 8)}  # steps either side
SIZES = {  # whole systems, K = 12
    "x3d_s+tcn": 2_230_207,
    "x3d_s+tcn_dilated": 2_006_130 + 2 * 192 + 3 * (192 * 192 * 3 + 192 + 192 * 192 + 192) + 13 * 193,
    "x3d_s+mstcn": 2_006_130 + 64 * 193 + 3 * (4 * (64 * 64 * 3 + 64 + 64 * 65) + 64 * 65) + 13 * 65,
    "efficientnet_b0+fc": 4_024_201,
    "efficientnet_b0+tcn": 13_857_161,
    "efficientnet_b0+tcn_dilated": 4_007_548 + 2 * 1280 + 3 * (4 * 1280 * 1280 + 2 * 1280) + 13 * 1281,
}


def series(B=2, T=9, dim=D, seed=0):
    return torch.randn(B, T, dim, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=MAKERS)
def neck(request):
    torch.manual_seed(0)
    made = MAKERS[request.param](D)
    with torch.no_grad():
        for parameter in made.parameters():  # no norm at 1 and 0, no bias near 0: a part left out would show
            parameter += 0.3 * torch.randn_like(parameter)
    made.reach = REACH[request.param]
    return made.eval()


# ------------------------------------------------------------------------------------------ the equations, slowly


def convolved(x, conv, dilation=1):
    """Three taps, `dilation` steps apart, around each step of (B, T, C); zeros beyond the ends."""
    out = []
    for t in range(x.shape[1]):
        total = conv.bias.expand(x.shape[0], -1)
        for tap in range(3):
            step = t + (tap - 1) * dilation
            if 0 <= step < x.shape[1]:
                total = total + x[:, step] @ conv.weight[:, :, tap].T
        out.append(total)
    return torch.stack(out, dim=1)


def layer_slowly(layer, x, dilation):
    y = convolved(x, layer.taps, dilation).clamp(min=0)
    return x + y @ layer.mix.weight[:, :, 0].T + layer.mix.bias


def slowly(neck, x):
    if isinstance(neck, SlidesTCN):
        first, second = neck.layers[0], neck.layers[2]
        return convolved(convolved(x, first).clamp(min=0), second).clamp(min=0)
    if isinstance(neck, DilatedTCN):
        mean, var = x.mean(-1, keepdim=True), x.var(-1, unbiased=False, keepdim=True)
        x = (x - mean) / (var + 1e-5).sqrt() * neck.norm.weight + neck.norm.bias
        for layer, dilation in zip(neck.layers, (1, 2, 4), strict=True):
            x = layer_slowly(layer, x, dilation)
        return x
    x = x @ neck.narrow.weight.T + neck.narrow.bias
    for number, stage in enumerate(neck.stages):
        y = x
        for layer, dilation in zip(stage[:-1], (1, 2, 4, 8), strict=True):
            y = layer_slowly(layer, y, dilation)
        y = y @ stage[-1].weight.T + stage[-1].bias
        x = y if number == 0 else x + y
    return x


@pytest.mark.parametrize("T", [1, 2, 3, 7, 50])
def test_equals_the_equations(neck, T):
    x = series(T=T)
    with torch.no_grad():
        expected = slowly(neck, x)
        assert neck(x).shape == (2, T, neck.dim)
        assert torch.allclose(neck(x), expected, rtol=1e-4, atol=1e-4)


# ----------------------------------------------------------------------------------------------------- what it sees


def seen_from(neck, T=120, at=60):
    """Steps of the input that the answer at one step depends on, in one of eight clips at least."""
    x = series(B=8, T=T).requires_grad_()
    neck(x)[:, at].square().sum().backward()
    return x.grad.abs().sum((0, 2)).nonzero().flatten()


def test_receptive_field(neck):
    steps = seen_from(neck)
    assert (60 - steps.min().item(), steps.max().item() - 60) == (neck.reach, neck.reach)


def test_an_impulse_leaves_the_rest_alone(neck):
    x = series(B=1, T=120)
    moved = x.clone()
    moved[:, 60] += torch.linspace(-3, 3, D)  # not the same for all channels, which a layer norm would take out
    with torch.no_grad():
        changed = (neck(x) - neck(moved)).abs().sum(-1)[0].nonzero().flatten().tolist()
    assert min(changed) >= 60 - neck.reach and max(changed) <= 60 + neck.reach
    assert 60 in changed and len(changed) > 1


def test_dilated_taps_skip_the_steps_between():
    torch.manual_seed(0)
    layer = DilatedLayer(D, 4)
    assert seen_from(layer).tolist() == [56, 60, 64]


def test_shifting_the_clip_shifts_the_answers(neck):
    x = series(B=1, T=120)
    with torch.no_grad():
        inner = slice(neck.reach, 110 - neck.reach)  # away from the ends, where zeros begin
        assert torch.allclose(neck(x[:, 5:115])[:, inner], neck(x)[:, 5:115][:, inner], atol=1e-4)


def test_what_is_left_when_the_convolutions_answer_nothing():
    slides, dilated, x = SlidesTCN(D), DilatedTCN(D), series()
    for convolution in (*slides.layers, *dilated.layers):
        for parameter in convolution.parameters():
            nn.init.zeros_(parameter)
    with torch.no_grad():
        assert not slides(x).any()
        assert torch.allclose(dilated(x), nn.functional.layer_norm(x, (D,)))


def test_the_dilated_one_does_not_mind_the_scale_of_the_features():
    torch.manual_seed(0)
    neck, x = DilatedTCN(D), series()
    with torch.no_grad():
        assert torch.allclose(neck(30 * x), neck(x), atol=1e-3)


def test_later_stages_correct_the_first():
    """Stages that answer nothing leave the first one's answer as it is."""
    torch.manual_seed(0)
    neck, x = MultiStageTCN(D, width=5).eval(), series()
    for stage in neck.stages[1:]:
        nn.init.zeros_(stage[-1].weight)
        nn.init.zeros_(stage[-1].bias)
    with torch.no_grad():
        assert torch.equal(neck(x), neck.stages[0](neck.narrow(x)))


def test_clips_of_a_batch_do_not_see_each_other(neck):
    x = series(B=3)
    with torch.no_grad():
        assert torch.allclose(neck(x), torch.cat([neck(clip[None]) for clip in x]), atol=1e-5)


# ------------------------------------------------------------------------------------------------------- in training


@pytest.mark.parametrize("T", [1, 2, 3, 7, 50])
def test_any_length_and_a_single_clip_in_training(neck, T):
    y = neck.train()(series(B=1, T=T))
    assert y.shape == (1, T, neck.dim) and y.isfinite().all()


def test_gradients_reach_every_parameter(neck):
    neck.train()(series(B=4, T=40)).square().sum().backward()
    assert [name for name, p in neck.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_dropout_is_for_training_only():
    torch.manual_seed(0)
    neck, x = MultiStageTCN(D), series()
    with torch.no_grad():
        assert not torch.equal(neck.train()(x), neck(x))
        assert torch.equal(neck.eval()(x), neck(x))


# ------------------------------------------------------------------------------------------------------ in the zoo


@pytest.mark.parametrize("name", SIZES)
def test_size_of_the_system(name):
    if name.split("+")[0] not in BACKBONES:
        pytest.skip("no such backbone yet")
    assert sum(p.numel() for p in build(name, weights="none").parameters()) == SIZES[name]


@pytest.mark.parametrize(("name", "dim"), [("tcn", 7), ("tcn_dilated", 7), ("mstcn", 64)])
def test_entries(name, dim):
    neck = NECKS[name](7)
    assert neck.dim == dim and neck(series(dim=7)).shape == (2, 9, dim)


def test_efficientnet():
    """The backbone of the slides: 1280 numbers a frame, each frame by itself, weights where timm keeps them."""
    backbone = BACKBONES["efficientnet_b0"]().eval()
    assert (backbone.dim, backbone.hub_id) == (1280, "timm/efficientnet_b0.ra_in1k")
    clip = torch.rand(1, 4, 3, 64, 96)
    with torch.inference_mode():
        features = backbone(clip)
        assert features.shape == (1, 4, 1280)
        assert torch.allclose(backbone(clip.flip(1)), features.flip(1), atol=1e-4)
    assert backbone.train()(clip[:, :1]).shape == (1, 1, 1280)
