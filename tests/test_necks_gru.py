"""necks.gru: GRU and LSTM against loops over their equations, and what a bidirectional neck sees."""

import pytest
import torch

from course_lib.models import build
from course_lib.models.necks import NECKS

NAMES = ("bigru", "bigru2", "bilstm")
names = pytest.mark.parametrize("name", NAMES)


def neck_of(name, dim=6, seed=0):
    torch.manual_seed(seed)
    return NECKS[name](dim)


def one_direction(x, p, layer, suffix, lstm):
    """Outputs (T, D) of one direction on x (T, D_in), step by step, from the neck's parameters."""
    w, u = p[f"cell.weight_ih_l{layer}{suffix}"], p[f"cell.weight_hh_l{layer}{suffix}"]
    b, c = p[f"cell.bias_ih_l{layer}{suffix}"], p[f"cell.bias_hh_l{layer}{suffix}"]
    h = s = torch.zeros(u.shape[1])
    out = []
    for step in x:
        if lstm:
            i, f, n, o = (w @ step + b + u @ h + c).chunk(4)
            s = torch.sigmoid(f) * s + torch.sigmoid(i) * torch.tanh(n)
            h = torch.sigmoid(o) * torch.tanh(s)
        else:
            (rx, zx, nx), (rh, zh, nh) = (w @ step + b).chunk(3), (u @ h + c).chunk(3)
            r, z = torch.sigmoid(rx + rh), torch.sigmoid(zx + zh)
            h = (1 - z) * torch.tanh(nx + r * nh) + z * h
        out.append(h)
    return torch.stack(out)


def slow(neck, x, layers, lstm):
    p = neck.state_dict()
    clips = []
    for clip in x:
        for layer in range(layers):
            forward = one_direction(clip, p, layer, "", lstm)
            backward = one_direction(clip.flip(0), p, layer, "_reverse", lstm).flip(0)
            clip = torch.cat([forward, backward], dim=1)
        clips.append(clip)
    return torch.stack(clips)


@pytest.mark.parametrize("T", [1, 2, 3, 7, 50])
@names
def test_equals_the_equations(name, T):
    neck, x = neck_of(name), torch.randn(2, T, 6)
    y = neck(x)
    assert y.shape == (2, T, neck.dim) and neck.dim == 12
    assert torch.allclose(y, slow(neck, x, 2 if name == "bigru2" else 1, name == "bilstm"), atol=1e-5)


@pytest.mark.parametrize(("name", "size"), [("bigru", 444_672), ("bigru2", 1_110_528), ("bilstm", 592_896)])
def test_number_of_parameters(name, size):
    assert sum(p.numel() for p in NECKS[name](192).parameters()) == size


def test_number_of_parameters_of_systems():
    # 2,793,996 of the backbone, the neck, and a linear layer from 2 · 368 numbers to 13
    for name, neck in (("bigru", 1_629_504), ("bilstm", 2_172_672)):
        system = build(f"regnety_002+{name}", weights="none")
        assert sum(p.numel() for p in system.parameters()) == 2_793_996 + neck + 736 * 13 + 13


@names
def test_every_step_sees_both_ends_each_half_one_side(name):
    neck, x = neck_of(name).eval(), torch.randn(1, 9, 6)
    changed = x.clone()
    changed[0, 4] += 1
    moved = (neck(x) - neck(changed)).abs() > 1e-7
    assert moved[0].any(1).all()
    if name != "bigru2":  # a second layer reads what both directions of the first have seen
        assert moved[0, :, :6].any(1).nonzero().flatten().tolist() == [4, 5, 6, 7, 8]
        assert moved[0, :, 6:].any(1).nonzero().flatten().tolist() == [0, 1, 2, 3, 4]


@names
def test_clips_of_a_batch_do_not_see_each_other(name):
    neck, x = neck_of(name), torch.randn(3, 5, 6)
    assert torch.allclose(neck(x), torch.cat([neck(clip[None]) for clip in x]), atol=1e-6)


@names
def test_gradients_reach_every_parameter(name):
    neck = neck_of(name).train()
    neck(torch.randn(1, 4, 6)).square().sum().backward()
    assert [key for key, p in neck.named_parameters() if p.grad is None or not p.grad.any()] == []
