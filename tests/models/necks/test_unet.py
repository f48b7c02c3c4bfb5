"""The temporal U-Net: its definition tap by tap, and that nothing moves in time."""

import pytest
import torch

from course_lib.models.necks.encoder_decoder import TemporalUNet


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def lively(module):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return module


def slow_convolution(rows, conv, stride=1):
    """3 taps around the steps 0, stride, 2·stride …, zeros outside. (T, C) → (ceil(T/stride), C')."""
    out = []
    for t in range(0, len(rows), stride):
        total = conv.bias
        for tap in range(3):
            if 0 <= t + tap - 1 < len(rows):
                total = total + conv.weight[:, :, tap] @ rows[t + tap - 1]
        out.append(total)
    return torch.stack(out)


def slow_transposed(rows, conv, T):
    """Every step i writes 3 taps around 2i, as far as there are T steps."""
    out = conv.bias.repeat(T, 1)
    for i in range(len(rows)):
        for tap in range(3):
            t = 2 * i + tap - 1
            if 0 <= t < T:
                out[t] = out[t] + rows[i] @ conv.weight[:, :, tap]
    return out


def slow_norm_relu(rows, norm):
    groups = rows.reshape(len(rows), 16, -1)
    mean, variance = groups.mean((0, 2)), groups.var((0, 2), unbiased=False)
    groups = (groups - mean[None, :, None]) / torch.sqrt(variance + 1e-5)[None, :, None]
    return torch.relu(groups.flatten(1) * norm.weight + norm.bias)


@pytest.mark.parametrize("T", [1, 2, 5, 8, 11])
@pytest.mark.parametrize("levels", [1, 3])
def test_it_is_its_definition(T, levels):
    neck, clip = lively(TemporalUNet(32, levels)).double(), noise(T, 32).double()
    with torch.no_grad():
        x, kept = slow_norm_relu(slow_convolution(clip, neck.first[0]), neck.first[1]), []
        for conv, norm, _ in neck.down:
            kept.append(x)
            x = slow_norm_relu(slow_convolution(x, conv, stride=2), norm)
        for level in range(levels):
            z = kept[levels - 1 - level]
            x = slow_norm_relu(slow_transposed(x, neck.longer[level], len(z)), neck.longer_norm[level][0])
            conv, norm, _ = neck.merge[level]
            x = slow_norm_relu(slow_convolution(torch.cat([x, z], dim=1), conv), norm)
        assert torch.allclose(neck(clip[None])[0], x, atol=1e-9)


def test_number_of_parameters():
    convolution, norm = 3 * 192 * 192 + 192, 2 * 192  # of each of the seven that keep the width
    merge = 3 * 384 * 192 + 192 + norm
    size = sum(p.numel() for p in TemporalUNet(192).parameters())
    assert size == 7 * (convolution + norm) + 3 * merge == 1_443_456


def test_lengths():
    neck, seen = TemporalUNet(32), []
    hooks = [layer.register_forward_hook(lambda _m, _i, out: seen.append(out.shape[2])) for layer in neck.down]
    neck(noise(1, 50, 32))
    for hook in hooks:
        hook.remove()
    assert seen == [25, 13, 7]


def no_norms(neck):
    """The group norms look at the whole clip; without them the reach of the convolutions shows."""
    for layers in (neck.first, *neck.down, *neck.longer_norm, *neck.merge):
        for index, layer in enumerate(layers):
            if isinstance(layer, torch.nn.GroupNorm):
                layers[index] = torch.nn.Identity()
    return neck


def test_nothing_moves_in_time():
    """With every filter the same to both sides, a clip that is its own mirror image stays one."""
    neck = no_norms(TemporalUNet(32))
    with torch.no_grad():
        for parameter in neck.parameters():
            if parameter.ndim == 3:
                parameter.copy_((parameter + parameter.flip(2)) / 2)
        clip = noise(1, 41, 32)  # 41 → 21 → 11 → 6: the middles of odd lengths sit on each other
        clip = clip + clip.flip(1)
        out = neck(clip)
    assert torch.allclose(out, out.flip(1), atol=1e-5)


def test_how_far_it_sees():
    neck, clip = no_norms(lively(TemporalUNet(32))), noise(1, 96, 32)
    other = clip.clone()
    other[:, 48] += 5
    with torch.no_grad():
        moved = ((neck(clip) - neck(other)).abs().amax(dim=(0, 2)) > 1e-5).nonzero().flatten()
    # 47 to 49; halved 23 to 25, 11 to 13, 5 to 7; doubled and merged 8 to 16, 14 to 34, 26 to 70.
    assert (moved.min(), moved.max()) == (26, 70)
