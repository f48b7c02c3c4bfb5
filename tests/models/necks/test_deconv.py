"""The deconvolution neck: its size, its equations, and what it cannot know."""

import math

import pytest
import torch

from course_lib.models.necks.encoder_decoder import Deconvolution

BACKBONE, HEAD = 2_006_130, 192 * 13 + 13  # X3D-S, and the linear layer to 12 classes and background


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def lively(neck):
    """Batch norms that have seen something, so that a missing one shows."""
    neck.train()
    with torch.no_grad():
        for seed in range(3):
            neck(3 * noise(4, 32, neck.dim, seed=seed) + 1)
    return neck.eval()


def slow_transposed(rows, conv):
    """Every input step i writes its 5 taps around the output step 2i. (n, C) → (2n, C')."""
    n = len(rows)
    out = conv.bias.repeat(2 * n, 1)
    for i in range(n):
        for tap in range(5):
            t = 2 * i + tap - 2
            if 0 <= t < 2 * n:
                out[t] = out[t] + rows[i] @ conv.weight[:, :, tap]
    return out


def slow_pool(rows, steps):
    T = len(rows)
    return torch.stack(
        [torch.stack(list(rows[math.floor(i * T / steps) : math.ceil((i + 1) * T / steps)])).max(0).values
         for i in range(steps)]
    )  # fmt: skip


def slow_stretch(rows, T):
    """Straight lines between the middles of the steps, flat beyond the first and the last middle."""
    n, out = len(rows), []
    for t in range(T):
        place = min(max((t + 0.5) * n / T - 0.5, 0), n - 1)
        left = math.floor(place)
        right = min(left + 1, n - 1)
        out.append(rows[left] * (1 - (place - left)) + rows[right] * (place - left))
    return torch.stack(out)


@pytest.mark.parametrize("T", [1, 2, 7, 8, 13, 24, 50])
def test_it_is_its_definition(T):
    neck, clip = lively(Deconvolution(48)).double(), noise(T, 48).double()
    with torch.no_grad():
        x = slow_pool(clip, math.ceil(T / 8))
        for stage in range(3):
            conv, norm = neck.up[3 * stage], neck.up[3 * stage + 1]
            x = slow_transposed(x, conv)
            x = (x - norm.running_mean) / torch.sqrt(norm.running_var + 1e-5) * norm.weight + norm.bias
            x = torch.relu(x)
        x = slow_stretch(x @ neck.back.weight[:, :, 0].T + neck.back.bias, T)
        assert torch.allclose(neck(clip[None])[0], x, atol=1e-9)


def test_it_is_the_convolution_over_pictures_of_one_pixel():
    """SYSTEMS speaks of ConvTranspose3d with a (5, 1, 1) kernel and a (2, 1, 1) stride."""
    conv = Deconvolution(48).up[0]
    over_space = torch.nn.ConvTranspose3d(48, 128, (5, 1, 1), (2, 1, 1), (2, 0, 0), (1, 0, 0))
    with torch.no_grad():
        over_space.weight.copy_(conv.weight[..., None, None])
        over_space.bias.copy_(conv.bias)
        x = noise(2, 48, 6)
        assert torch.allclose(over_space(x[..., None, None])[..., 0, 0], conv(x), atol=1e-5)


def test_number_of_parameters():
    neck = Deconvolution(192)
    assert BACKBONE + sum(p.numel() for p in neck.parameters()) + HEAD == 2_189_727


def test_it_cannot_tell_the_steps_of_an_eighth_apart():
    neck, clip = lively(Deconvolution(48)), noise(1, 32, 48)
    order = torch.cat([8 * i + torch.randperm(8, generator=torch.Generator().manual_seed(i)) for i in range(4)])
    with torch.no_grad():
        assert torch.equal(neck(clip), neck(clip[:, order]))
        assert not torch.allclose(neck(clip), neck(clip.flip(1)), atol=1e-3)


def test_how_far_a_step_reaches():
    """One of eight coarse steps writes on ±1 coarse step at the most: a clip's far end stays as it is."""
    neck, clip = lively(Deconvolution(48)), noise(1, 64, 48)
    other = clip.clone()
    other[:, 24:32] += 5
    with torch.no_grad():
        moved = ((neck(clip) - neck(other)).abs().amax(dim=(0, 2)) > 1e-5).nonzero().flatten()
    # The coarse step 3 writes 5 taps around 6, those around 12, those around 24: 24 - 8 - 4 - 2 to 24 + 8 + 4 + 2.
    assert (moved.min(), moved.max()) == (10, 38)
