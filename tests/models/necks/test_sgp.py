"""Scalable-granularity perception: both layers against loops over steps, and their windows."""

import math

import pytest
import torch
from torch import nn

from course_lib.models.necks.sgp import SGP, SlidesSGP, up_kernel
from course_lib.models.zoo import NECKS


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(layer, *arguments):
    """A layer in double precision whose every parameter is random, the norms' scales and shifts too."""
    module = layer(*arguments).double()
    generator = torch.Generator().manual_seed(5)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.3
    return module


# --------------------------------------------------------------------------------------------- slow, obvious versions


def convolve(steps, conv, t):
    """A depthwise convolution at step t, (C,): each channel's taps times its neighbours, nothing beyond the ends."""
    total, taps = conv.bias, conv.weight[:, 0]  # (C,), (C, w)
    for tap in range(taps.shape[1]):
        at = t + tap - taps.shape[1] // 2
        if 0 <= at < len(steps):
            total = total + taps[:, tap] * steps[at]
    return total


def plain_sgp(layer, x, residual_norm=False):
    """`SGP` on one clip (T, C), a step at a time."""
    T, C = x.shape
    z = []
    for t in range(T):
        mean, variance = x[t].mean(), ((x[t] - x[t].mean()) ** 2).mean()
        z.append((x[t] - mean) / (variance + 1e-5).sqrt() * layer.norm.weight + layer.norm.bias)
    phi = (layer.instant_gate.weight[:, 0, 0] * sum(z) / T + layer.instant_gate.bias).clamp_min(0)  # (C,)
    y = torch.zeros_like(x)
    for t in range(T):
        windows = convolve(z, layer.window, t) + convolve(z, layer.long_window, t)
        y[t] = x[t] + phi * convolve(z, layer.instant, t) + convolve(z, layer.window_gate, t) * windows
        if residual_norm:
            y[t] += z[t]
    normed = torch.zeros_like(y)
    for group in range(16):
        channels = range(group * C // 16, (group + 1) * C // 16)
        values = torch.stack([y[t, c] for t in range(T) for c in channels])
        mean, variance = values.mean(), ((values - values.mean()) ** 2).mean()
        for c in channels:
            scale, shift = layer.mlp_norm.weight[c], layer.mlp_norm.bias[c]
            normed[:, c] = (y[:, c] - mean) / (variance + 1e-5).sqrt() * scale + shift
    widen, _, narrow = layer.mlp
    out = torch.zeros_like(y)
    for t in range(T):
        hidden = widen.weight @ normed[t] + widen.bias
        hidden = torch.stack([value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in hidden])
        out[t] = y[t] + narrow.weight @ hidden + narrow.bias
    return out


def plain_slides_sgp(layer, x):
    """`SlidesSGP` on one clip (T, C), a step at a time."""
    T = len(x)
    mean = sum(x) / T
    first, _, second = layer.instant
    out = torch.zeros_like(x)
    for t in range(T):
        instant = second.weight @ (first.weight @ (x[t] - mean) + first.bias).clamp_min(0) + second.bias
        answers = []
        for dilation, conv in zip((1, 2, 3), layer.windows, strict=True):
            total = conv.bias
            for tap in range(3):
                at = t + (tap - 1) * dilation
                if 0 <= at < T:
                    total = total + conv.weight[:, :, tap] @ x[at]
            answers.append(total)
        out[t] = instant + layer.mix.weight[:, :, 0] @ torch.cat(answers) + layer.mix.bias
    return out


@pytest.mark.parametrize("residual_norm", [False, True])
@pytest.mark.parametrize("num_steps", [1, 2, 5, 9])
def test_sgp_is_its_equation(num_steps, residual_norm):
    layer, clips = made(SGP, 32, 3, 1.5, residual_norm), noise(2, num_steps, 32)
    with torch.no_grad():
        for clip, answer in zip(clips, layer(clips), strict=True):
            torch.testing.assert_close(answer, plain_sgp(layer, clip, residual_norm))


def test_which_of_the_zoo_adds_the_norm():
    assert not made(SGP, 16).residual_norm  # the equation, by default
    assert not NECKS["sgp"](16).residual_norm and NECKS["sgp_ln"](16).residual_norm
    for name, adds in (("ed", False), ("ed_ln", True)):
        layers = [part for part in NECKS[name](16).modules() if isinstance(part, SGP)]
        assert len(layers) == 5 and all(layer.residual_norm is adds for layer in layers)


@pytest.mark.parametrize("num_steps", [1, 2, 5, 9])
def test_the_slides_sgp_is_its_description(num_steps):
    layer, clips = made(SlidesSGP, 8), noise(2, num_steps, 8)
    with torch.no_grad():
        for clip, answer in zip(clips, layer(clips), strict=True):
            torch.testing.assert_close(answer, plain_slides_sgp(layer, clip))


# ------------------------------------------------------------------------------------------------------------- sizes


def test_the_published_layer_has_the_stated_size():
    assert size(SGP(192)) == 309_312  # 0.309 M
    assert SGP(192).window.kernel_size == (9,) and SGP(192).long_window.kernel_size == (41,)


@pytest.mark.parametrize(("kernel", "k", "expected"), [(9, 4, 41), (3, 1.5, 7), (1, 1.5, 3), (5, 1.5, 9), (5, 2, 13)])
def test_the_longer_window(kernel, k, expected):
    assert up_kernel(kernel, k) == expected


# --------------------------------------------------------------------------------------------------------- the reach


def changed_steps(neck, x, bump):
    """Steps at which the answer to x and to x + bump differ."""
    with torch.no_grad():
        difference = (neck(x + bump) - neck(x)).abs().amax(dim=2)[0]
    return torch.nonzero(difference > 1e-9).flatten().tolist()


def test_the_slides_windows_reach_three_steps():
    x, bump = noise(1, 60, 8), torch.zeros(1, 60, 8, dtype=torch.float64)
    bump[0, 20], bump[0, 40] = 1.0, -1.0  # the mean of the clip stays as it is
    assert changed_steps(made(SlidesSGP, 8), x, bump) == [*range(17, 24), *range(37, 44)]


def without_the_whole_clip(layer):
    """The layer with φ = 0 and an MLP that answers 0: what remains are the windows and the shortcut."""
    for module in (layer.instant_gate, layer.mlp[2]):
        nn.init.zeros_(module.weight)
        nn.init.zeros_(module.bias)
    return layer


@pytest.mark.parametrize(("kernel", "k", "reach"), [(9, 4, 20), (3, 1.5, 3)])
def test_the_published_windows_reach_half_the_longer_kernel(kernel, k, reach):
    layer = without_the_whole_clip(made(SGP, 16, kernel, k))
    x, bump = noise(1, 60, 16), torch.zeros(1, 60, 16, dtype=torch.float64)
    bump[0, 30, 3] = 1.0
    assert changed_steps(layer, x, bump) == list(range(30 - reach, 31 + reach))


def test_with_closed_gates_the_published_layer_is_a_shortcut():
    layer, x = without_the_whole_clip(made(SGP, 16)), noise(2, 9, 16)
    nn.init.zeros_(layer.window_gate.weight)
    nn.init.zeros_(layer.window_gate.bias)
    torch.testing.assert_close(layer(x), x)
