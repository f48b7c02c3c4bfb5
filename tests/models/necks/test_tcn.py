"""necks/tcn: against loops over time, and what is left where a part answers nothing."""

import pytest
import torch
from torch import nn

from course_lib.models.necks.tcn import DilatedLayer, DilatedTCN, MultiStageTCN, SlidesTCN

D = 6
MAKERS = {
    "tcn": SlidesTCN,
    "tcn_dilated": DilatedTCN,
    "mstcn": lambda dim: MultiStageTCN(dim, width=5),
}
REACH = {"tcn": 2, "tcn_dilated": 1 + 2 + 4, "mstcn": 3 * (1 + 2 + 4 + 8)}  # steps either side


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


# ------------------------------------------------------------------------------------------------------- in training


def test_dropout_is_for_training_only():
    torch.manual_seed(0)
    neck, x = MultiStageTCN(D), series()
    with torch.no_grad():
        assert not torch.equal(neck.train()(x), neck(x))
        assert torch.equal(neck.eval()(x), neck(x))
