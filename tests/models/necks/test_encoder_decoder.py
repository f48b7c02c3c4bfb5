"""The SGP-Mixer encoder-decoder: its size, its equations step by step, its lengths, and what it keeps of one step."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.necks.encoder_decoder import EncoderDecoder, SGPMixer

BACKBONE, HEAD = 2_006_130, 192 * 13 + 13  # X3D-S, and the linear layer to 12 classes and background


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def lively(module, seed=0):
    """Norms and biases away from their first values of 1 and 0, so that a missing one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return module


# ------------------------------------------------------------------------------------- the equations, step by step


def slow_norm(row, norm):
    """Layer norm of one step's C numbers."""
    mean = row.mean()
    variance = ((row - mean) ** 2).mean()
    return (row - mean) / torch.sqrt(variance + 1e-5) * norm.weight + norm.bias


def slow_depthwise(rows, conv):
    """Each channel by itself, one output at a time, zeros outside the clip. (T, C) → (T, C)."""
    T, taps = len(rows), conv.kernel_size[0]
    out = conv.bias.repeat(T, 1)
    for t in range(T):
        for tap in range(taps):
            s = t + tap - taps // 2
            if 0 <= s < T:
                out[t] = out[t] + conv.weight[:, 0, tap] * rows[s]
    return out


def slow_stretch(rows, T):
    """(T', C) → (T, C): the ends on the ends, straight lines between."""
    last = len(rows) - 1
    out = []
    for t in range(T):
        place = t * last / (T - 1) if T > 1 else 0.0
        left = min(math.floor(place), last)
        right = min(left + 1, last)
        out.append(rows[left] * (1 - (place - left)) + rows[right] * (place - left))
    return torch.stack(out)


def slow_terms(rows, part):
    gate = slow_depthwise(rows, part.window_gate)
    window = gate * (slow_depthwise(rows, part.window) + slow_depthwise(rows, part.long_window))
    mean = rows.mean(0)
    phi = torch.relu(part.instant_gate.weight[:, 0, 0] * mean + part.instant_gate.bias)
    instant = phi * (part.instant.weight[:, 0, 0] * rows + part.instant.bias)
    return window, instant


def slow_group_norm(rows, norm):
    """16 groups of neighbouring channels, each over all steps."""
    out = torch.empty_like(rows)
    wide = rows.shape[1] // 16
    for group in range(16):
        part = slice(group * wide, (group + 1) * wide)
        values = rows[:, part]
        scale = torch.sqrt(((values - values.mean()) ** 2).mean() + 1e-5)
        out[:, part] = (values - values.mean()) / scale
    return out * norm.weight + norm.bias


def slow_mixer(mixer, x, z):
    z = torch.stack([slow_norm(row, mixer.fine_norm) for row in z])
    x = slow_stretch(torch.stack([slow_norm(row, mixer.coarse_norm) for row in x]), len(z))
    (window_z, instant_z), (window_x, instant_x) = slow_terms(z, mixer.fine), slow_terms(x, mixer.coarse)
    y = []
    for t in range(len(z)):
        row = torch.cat([window_z[t], window_x[t], instant_z[t], instant_x[t], z[t], x[t]])
        y.append(F.gelu(mixer.mix.weight @ row + mixer.mix.bias))
    y = torch.stack(y)
    return y + mixer.mlp(slow_group_norm(y, mixer.mlp_norm))


@pytest.mark.parametrize(("coarse", "fine"), [(4, 8), (4, 7), (1, 2), (1, 1)])
def test_mixer_is_its_equation(coarse, fine):
    mixer = lively(SGPMixer(32, kernel=3, k=1.5)).double()
    x, z = noise(coarse, 32).double(), noise(fine, 32, seed=1).double()
    with torch.no_grad():
        assert torch.allclose(mixer(x[None], z[None])[0], slow_mixer(mixer, x, z), atol=1e-9)


def slow_halved(rows, steps):
    """The maximum over `steps` even shares of the clip, each widened to whole steps."""
    T = len(rows)
    edges = [(i * T // steps, -(-(i + 1) * T // steps)) for i in range(steps)]
    return torch.stack([rows[begin:end].max(dim=0).values for begin, end in edges])


@pytest.mark.parametrize("T", [1, 2, 6, 7])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_encoder_decoder_is_its_definition(T, levels):
    neck = lively(EncoderDecoder(32, levels, kernel=3, k=1.5)).double()  # so that nothing but rounding is forgiven
    clip = noise(T, 32).double()
    with torch.no_grad():
        x, kept = clip, []
        for level in range(levels):
            x = neck.down[level](x[None])[0]
            kept.append(x)
            x = slow_halved(x, math.ceil(T / 2 ** (level + 1)))
        x = neck.bottom(x[None])[0]
        for level in range(levels):
            x = slow_mixer(neck.mixers[level], x, kept[levels - 1 - level])
            x = neck.up[level](x[None])[0]
        assert torch.allclose(neck(clip[None])[0], x, atol=1e-9)


# ----------------------------------------------------------------------------------------------- sizes and lengths


def test_number_of_parameters():
    neck = EncoderDecoder(192)
    assert BACKBONE + size(neck) + HEAD == 4_642_687
    assert size(neck) == 5 * 309_312 + 2 * 543_744
    assert [size(layer) for layer in [*neck.down, neck.bottom, *neck.up]] == [309_312] * 5
    assert [size(mixer) for mixer in neck.mixers] == [543_744] * 2


def lengths_of(neck, T):
    """How many steps every SGP layer of the neck is given, in their order."""
    seen: list[int] = []

    def note(_module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        seen.append(inputs[0].shape[1])

    hooks = [layer.register_forward_pre_hook(note) for layer in [*neck.down, neck.bottom, *neck.up]]
    neck(noise(1, T, 32))
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize(
    ("T", "expected"), [(50, [50, 25, 13, 25, 50]), (32, [32, 16, 8, 16, 32]), (1, [1] * 5), (3, [3, 2, 1, 2, 3])]
)
def test_lengths(T, expected):
    assert lengths_of(EncoderDecoder(32), T) == expected


# ------------------------------------------------------------------------------------------ what it must and must not


def test_the_order_of_two_steps_that_are_halved_into_one_is_not_lost():
    neck, clip = lively(EncoderDecoder(32)), noise(1, 16, 32)
    swapped = clip.clone()
    swapped[:, [6, 7]] = clip[:, [7, 6]]
    with torch.no_grad():
        out, other = neck(clip), neck(swapped)
    assert (out[:, [6, 7]] - other[:, [6, 7]]).abs().amax() > 0.1


def test_fine_and_coarse_are_no_copies_of_each_other():
    """The mixer's two inputs have weights of their own: exchanged inputs of one length give another answer."""
    mixer = lively(SGPMixer(32, kernel=3, k=1.5))
    x, z = noise(1, 8, 32), noise(1, 8, 32, seed=1)
    assert not torch.allclose(mixer(x, z), mixer(z, x), atol=1e-2)
