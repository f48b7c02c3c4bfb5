"""necks.gru: GRU and LSTM against loops over their equations, and what a bidirectional neck sees."""

import pytest
import torch

from course_lib.models.zoo import NECKS

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
