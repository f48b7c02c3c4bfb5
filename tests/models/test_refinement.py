"""refinement: ASTRM against its four equations, number by number, and its place in RegNet-Y."""

from functools import partial

import numpy as np
import pytest
import torch
from stirring import stirred

from course_lib.models.backbones_2d import ShiftBackbone, ShiftedConv
from course_lib.models.folding import FoldedConv, fold
from course_lib.models.refinement import ASTRM, REFINEMENTS, ClipKernel
from course_lib.models.weights import SHIPPED, load_backbone
from course_lib.models.zoo import BACKBONES

ALL = ("s", "t", "g", "st", "sg", "tg", "stg", "")


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def convolve(x, weight, bias):
    """x (C, *space), weight (O, C, *taps) with zeros beyond the edge: (O, *space)."""
    out = np.empty((len(weight), *x.shape[1:]))
    for o, *place in np.ndindex(*out.shape):
        total = bias[o]
        for tap in np.ndindex(*weight.shape[2:]):
            at = [p + k - size // 2 for p, k, size in zip(place, tap, weight.shape[2:], strict=True)]
            if all(0 <= p < length for p, length in zip(at, x.shape[1:], strict=True)):
                total += weight[(o, slice(None), *tap)] @ x[(slice(None), *at)]
        out[(o, *place)] = total
    return out


def slow(module, frames, T, parts):
    """Clip by clip, equation by equation; frames (B·T, C, H, W)."""
    p = {name: value.double().numpy() for name, value in module.state_dict().items()}
    answers = []
    for x in frames.double().numpy().reshape(-1, T, *frames.shape[1:]):  # (T, C, H, W)
        y = x.copy()
        if "s" in parts:
            for t in range(T):
                seen = np.stack([x[t].mean(axis=0), x[t].max(axis=0)])
                y[t] = y[t] * (1 + sigmoid(convolve(seen, p["spatial.look.weight"], p["spatial.look.bias"])))
        if "t" in parts:
            inside = np.maximum(convolve(x.swapaxes(0, 1), p["temporal.steps.weight"], p["temporal.steps.bias"]), 0)
            for c in range(len(inside)):
                spread = np.sqrt(p["temporal.norm.running_var"][c] + 1e-5)
                normal = (inside[c] - p["temporal.norm.running_mean"][c]) / spread
                inside[c] = normal * p["temporal.norm.weight"][c] + p["temporal.norm.bias"][c]
            mixed = convolve(inside, p["temporal.mix.weight"], p["temporal.mix.bias"])
            y = y * (1 + sigmoid(mixed)).swapaxes(0, 1)
        if "g" in parts:
            steps, refined = p["kernel.layers.0.weight"].shape[1], np.zeros_like(y)
            for c in range(x.shape[1]):
                course = x[:, c].mean(axis=(1, 2))
                if steps != T:
                    course = np.interp(np.linspace(0, T - 1, steps), np.arange(T), course)
                hidden = np.maximum(p["kernel.layers.0.weight"] @ course + p["kernel.layers.0.bias"], 0)
                g = sigmoid(p["kernel.layers.2.weight"] @ hidden + p["kernel.layers.2.bias"])
                for t in range(T):
                    for tap, source in enumerate((t - 1, t, t + 1)):
                        if 0 <= source < T:
                            refined[t, c] += g[tap] * y[source, c]
            y = refined
        answers.append(y)
    return np.concatenate(answers)


@pytest.mark.parametrize("parts", ALL)
@pytest.mark.parametrize("T", [1, 2, 5])
def test_equals_the_equations(parts, T):
    module = stirred(ASTRM(6, parts, steps=5))
    x = torch.randn(2 * T, 6, 3, 4, generator=torch.Generator().manual_seed(1)) + 0.5
    with torch.inference_mode():
        np.testing.assert_allclose(module(x, T).numpy(), slow(module, x, T, parts), atol=1e-5)


def test_training_normalises_over_the_batch():
    module, x = stirred(ASTRM(6, "t")).train(), torch.randn(8, 6, 3, 4)
    got = module(x, 4)
    clips = x.unflatten(0, (2, 4)).transpose(1, 2)
    inside = torch.relu(module.temporal.steps(clips))
    module.temporal.norm.running_mean.copy_(inside.mean(dim=(0, 2, 3, 4)))
    module.temporal.norm.running_var.copy_(inside.var(dim=(0, 2, 3, 4), unbiased=False))
    np.testing.assert_allclose(got.detach().numpy(), slow(module, x, 4, "t"), atol=1e-5)


def test_a_part_that_is_off_has_no_parameters():
    names = {"s": "spatial", "t": "temporal", "g": "kernel"}
    assert tuple(names) == REFINEMENTS
    for parts in ALL:
        having = {name.split(".")[0] for name, _ in ASTRM(8, parts).named_parameters()}
        assert having == {names[part] for part in parts}
    assert not list(ASTRM(8, "").parameters())


def test_it_begins_as_a_network_that_knows_pictures():
    """The kernel is nearly (0, 1, 0), whatever the clip."""
    torch.manual_seed(0)
    kernel = ClipKernel(50)(torch.randn(2, 16, 50).abs())
    assert kernel[..., 1].min() > 0.85 and kernel[..., [0, 2]].max() < 0.15


def test_numbers_of_parameters():
    """Of 152 channels: a 7x7 kernel over two; 3 · C · C/2, C/2 biases, 2 · C/2, C/2 · C and C; N → 2N → 3."""
    count = {part: sum(p.numel() for p in ASTRM(152, part, steps=50).parameters()) for part in REFINEMENTS}
    assert count == {"s": 99, "t": 3 * 152 * 76 + 76 + 2 * 76 + 76 * 152 + 152, "g": 50 * 100 + 100 + 300 + 3}


def test_the_paper_counts_6_46_million_with_its_gru():
    """Ours: 6.60 M for clips of 50 steps, 2 % more; 6.53 M without the kernel; 6.97 M for its clips of 128 steps."""
    gru_and_head = 1_629_504 + 9_581
    counts = {}
    with torch.device("meta"):
        for steps in (50, 128):
            backbone = ShiftBackbone("regnety_002", partial(ASTRM, steps=steps))
            counts[steps] = sum(p.numel() for p in backbone.parameters()) + gru_and_head
    assert counts == {50: 6_600_959, 128: 6_970_055}
    assert counts[50] / 6.46e6 - 1 == pytest.approx(0.022, abs=0.001)


def test_it_stands_behind_the_first_convolution_of_every_block():
    backbone = BACKBONES["regnety_002_astrm"]()
    wrapped = [module for module in backbone.modules() if isinstance(module, ShiftedConv)]
    assert len(wrapped) == 13 and all(type(module.timed) is ASTRM for module in wrapped)
    conv, x = wrapped[2], torch.randn(4, 56, 4, 5)
    stirred(conv).num_steps = 2
    with torch.inference_mode():
        assert torch.equal(conv(x), conv.timed(conv.bn(conv.conv(x)), 2))


def test_the_shipped_weights_of_the_plain_network_fit():
    backbone = BACKBONES["regnety_002_astrm"]()
    said = load_backbone(backbone, "regnety_002_astrm", "shipped")
    assert said == "weights shipped with the course, regnety_002.safetensors" and (SHIPPED / said.split()[-1]).is_file()
    assert len(backbone.new_parts()) == 13 * (2 + 9 + 4)


@pytest.mark.parametrize("name", ["regnety_002_astrm", "regnety_002_msagsm"])
def test_it_is_folded_for_looking(name):
    backbone = stirred(BACKBONES[name](), 0.01)
    folded, frames = fold(backbone), torch.randn(2, 4, 3, 48, 64)
    assert sum(isinstance(module, FoldedConv) for module in folded.modules()) > 40
    with torch.inference_mode():
        torch.testing.assert_close(folded(frames), backbone(frames), rtol=1e-3, atol=1e-3)
