"""multi_scale_shift: MSAGSM against loops over its equations, what of it is a GSM, and how far it moves."""

import numpy as np
import pytest
import torch
from stirring import stirred

from course_lib.models.backbones_2d import GSM, ShiftedConv
from course_lib.models.multi_scale_shift import MSAGSM, GroupFocus
from course_lib.models.zoo import BACKBONES


def clip(B=2, T=6, C=32, H=3, W=4, seed=1):
    return torch.randn(B * T, C, H, W, generator=torch.Generator().manual_seed(seed))


def slow(module, frames, T):
    """The gates as the module makes them (a GSM's, whose tests compute them); all that follows step by step."""
    p = {name: value.double().numpy() for name, value in module.state_dict().items()}
    F = module.folded
    out = frames.double().numpy().copy()
    with torch.no_grad():
        part = frames[:, :F].unflatten(0, (-1, T)).transpose(1, 2)
        gates = torch.tanh(module.gate(torch.relu(module.norm(part)))).double().numpy()  # (B, 2 S, T, H, W)
    for b in range(len(frames) // T):
        x = part[b].double().numpy()  # (F, T, H, W)
        y = np.empty_like(x)
        for half in range(2):
            own = x[half * F // 2 : (half + 1) * F // 2]
            share = np.exp(p["shares"][half]) / np.exp(p["shares"][half]).sum()
            moved, stayed = np.zeros_like(own), own.copy()
            for number, length in enumerate(module.lengths):
                gate = gates[b, half * len(module.lengths) + number]  # (T, H, W)
                for t in range(T):
                    stayed[:, t] -= share[number] * gate[t] * own[:, t]
                    source = t - length if half else t + length
                    if 0 <= source < T:
                        moved[:, t] += share[number] * gate[source] * own[:, source]
            quarter = F // 4  # 1 4 2 5 3 6
            order = [row + column for column in range(quarter) for row in (0, quarter)]
            y[half * F // 2 : (half + 1) * F // 2] = (moved + stayed)[order]
        for t in range(T):
            out[b * T + t, :F] = focus(p, y[:, t], module.focus.groups)
    return out


def focus(p, picture, groups):
    """(F, H, W) of one step."""
    weights, size, result = p["focus.look.weight"], len(picture) // groups, picture.copy()
    for group in range(groups):
        own = picture[group * size : (group + 1) * size]
        maps = np.pad(np.stack([own.mean(axis=0), own.max(axis=0)]), ((0, 0), (3, 3), (3, 3)))
        for i, j in np.ndindex(*own.shape[1:]):
            value = (weights[group] * maps[:, i : i + 7, j : j + 7]).sum() + p["focus.look.bias"][group]
            result[group * size : (group + 1) * size, i, j] *= 2 / (1 + np.exp(-value))
    return result


@pytest.mark.parametrize("T", [1, 2, 3, 6])
@pytest.mark.parametrize("lengths", [(1, 2, 4), (2,), (1, 3)])
def test_equals_the_equations(T, lengths):
    module, x = stirred(MSAGSM(32, lengths)), clip(T=T)
    with torch.inference_mode():
        np.testing.assert_allclose(module(x, T).numpy(), slow(module, x, T), atol=1e-5)


def test_one_length_without_a_look_at_places_is_a_gsm():
    plain, ours = stirred(GSM(32)), MSAGSM(32, (1,))
    state = plain.state_dict() | {k: v for k, v in ours.state_dict().items() if k.split(".")[0] in ("shares", "focus")}
    ours.load_state_dict(state)
    with torch.inference_mode():
        torch.testing.assert_close(ours.eval()(clip(), 6), plain(clip(), 6))


@pytest.mark.parametrize("training", [False, True])
def test_it_begins_as_a_gsm_begins(training):
    with torch.no_grad():
        assert torch.equal(MSAGSM(32).train(training)(clip(), 6), GSM(32).train(training)(clip(), 6))


def test_all_of_it_learns_once_gates_are_open():
    module = MSAGSM(32)
    module(clip(), 6).square().sum().backward()
    assert module.gate.weight.grad.any() and module.focus.look.weight.grad.any()  # from the start
    stirred(module).zero_grad()
    module(clip(), 6).square().sum().backward()
    assert all(parameter.grad.any() for parameter in module.parameters())


def test_values_move_by_each_length_and_no_other():
    """Gates that look at nothing: an impulse at step 6 shows there and 1, 2 and 4 steps before, or behind."""
    module = MSAGSM(16).eval()
    torch.nn.init.constant_(module.gate.bias, 0.7)
    x = torch.zeros(13, 16, 1, 1)
    x[6, :4] = 1.0
    with torch.inference_mode():
        y = module(x, 13)[..., 0, 0]
    assert y[:, 0].nonzero().flatten().tolist() == [2, 4, 5, 6]
    assert y[:, 2].nonzero().flatten().tolist() == [6, 7, 8, 10]
    assert y.sum().item() == pytest.approx(4, abs=1e-5)  # shares of a whole


def test_a_group_looks_at_its_own_channels_only():
    module, x = stirred(GroupFocus(4), 2.0), torch.randn(2, 16, 5, 6)
    changed = x.clone()
    changed[:, 4:8] += 1
    with torch.inference_mode():
        away = (module(x) - module(changed)).abs().amax(dim=(0, 2, 3)) > 0
    assert away.tolist() == [4 <= channel < 8 for channel in range(16)]


def test_its_place_and_size():
    backbone = BACKBONES["regnety_002_msagsm"]()
    wrapped = [module for module in backbone.modules() if isinstance(module, ShiftedConv)]
    assert len(wrapped) == 13 and all(type(module.gated_shift) is MSAGSM for module in wrapped)
    f = 40  # of 152 channels; three lengths have three gates, two biases each, three shares; the focus 4 · (2 · 49 + 1)
    assert sum(p.numel() for p in MSAGSM(152).parameters()) == 3 * (27 * f + 2) + 2 * f + 6 + 4 * 99
