"""transformer: the neck against loops over steps and against PyTorch's own layer, positions, maps, sizes."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.models.necks.transformer import EncoderLayer, SelfAttention, TransformerNeck, sinusoids
from course_lib.models.zoo import NECKS


@pytest.fixture
def neck():
    """A small one whose every weight differs from its start, so that no bias or scale is passed over."""
    torch.manual_seed(0)
    neck = TransformerNeck(6, layers=2, heads=4, width=16)
    with torch.no_grad():
        for parameter in neck.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return neck.eval()


def steps(B=2, T=7, D=6, seed=1):
    return torch.randn(B, T, D, generator=torch.Generator().manual_seed(seed))


def linear(x, layer):
    return x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()


def norm(x, layer):
    x = (x - x.mean()) / np.sqrt(x.var() + layer.eps)
    return x * layer.weight.detach().double().numpy() + layer.bias.detach().double().numpy()


def slow_neck(neck, x):
    """One clip (T, D), step by step and head by head: (T, width), and the maps (layers, heads, T, T)."""
    T, width = len(x), neck.dim
    maps = []
    rows = []
    for t in range(T):
        row = linear(x[t], neck.project)
        for i in range(0, width, 2):
            row[i] += math.sin(t / 10_000 ** (i / width))
            row[i + 1] += math.cos(t / 10_000 ** (i / width))
        rows.append(row)
    for layer in neck.layers:
        heads = layer.attention.heads
        size = width // heads
        parts = [linear(row, layer.attention.project) for row in rows]
        seen = np.zeros((T, width))
        shares = np.zeros((heads, T, T))
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            for t in range(T):
                query = parts[t][:width][part]
                match = [math.exp(query @ parts[s][width : 2 * width][part] / math.sqrt(size)) for s in range(T)]
                for s in range(T):
                    shares[head, t, s] = match[s] / sum(match)
                    seen[t, part] += shares[head, t, s] * parts[s][2 * width :][part]
        maps.append(shares)
        rows = [norm(row + linear(seen[t], layer.attention.out), layer.norm1) for t, row in enumerate(rows)]
        hidden = [np.maximum(linear(row, layer.mlp[0]), 0) for row in rows]
        rows = [norm(row + linear(h, layer.mlp[3]), layer.norm2) for row, h in zip(rows, hidden, strict=True)]
    return np.stack(rows), np.stack(maps)


@pytest.mark.parametrize("T", [1, 2, 7])
def test_equals_loops_over_steps(neck, T):
    x = steps(T=T)
    with torch.inference_mode():
        out, maps = neck(x), neck.attention_maps(x)
    assert out.shape == (2, T, 16) and maps.shape == (2, 2, 4, T, T)
    for clip in range(2):
        expected, expected_maps = slow_neck(neck, x[clip].double().numpy())
        assert np.allclose(out[clip].numpy(), expected, atol=1e-4)
        assert np.allclose(maps[:, clip].numpy(), expected_maps, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_a_layer_equals_that_of_pytorch(training):
    torch.manual_seed(0)
    ours, theirs = EncoderLayer(16, 4, 24, 0.0), nn.TransformerEncoderLayer(16, 4, 24, 0.0, batch_first=True)
    pairs = {
        "self_attn.in_proj_": ours.attention.project,
        "self_attn.out_proj.": ours.attention.out,
        "linear1.": ours.mlp[0],
        "linear2.": ours.mlp[3],
        "norm1.": ours.norm1,
        "norm2.": ours.norm2,
    }
    state = {prefix + name: value for prefix, module in pairs.items() for name, value in module.state_dict().items()}
    theirs.load_state_dict(state)  # strict: nothing is left over on either side
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    x = steps(T=5, D=16)
    assert torch.allclose(ours.train(training)(x), theirs.train(training)(x), atol=1e-5)


def test_first_weights_are_spread_as_those_of_pytorch():
    torch.manual_seed(0)
    ours, theirs = SelfAttention(64, 4, 0.0), nn.MultiheadAttention(64, 4)
    assert ours.project.weight.std().item() == pytest.approx(theirs.in_proj_weight.std().item(), rel=0.03)
    assert not ours.project.bias.any() and not ours.out.bias.any()


def test_sinusoids_by_hand():
    table = sinusoids(3, 4)
    assert table.dtype == torch.float32
    expected = [[math.sin(t), math.cos(t), math.sin(t / 100), math.cos(t / 100)] for t in range(3)]
    assert torch.allclose(table, torch.tensor(expected), atol=1e-6)


def test_sinusoids_do_not_depend_on_the_length():
    assert torch.equal(sinusoids(500, 8)[:7], sinusoids(7, 8))
    assert len(sinusoids(2000, 512).unique(dim=0)) == 2000  # no two steps alike


def test_without_positions_shuffled_steps_give_shuffled_answers(neck):
    x, order = steps(T=9), torch.randperm(9, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        assert not torch.allclose(neck(x)[:, order], neck(x[:, order]), atol=0.1)
        neck.positions = nn.Identity()
        assert torch.allclose(neck(x)[:, order], neck(x[:, order]), atol=1e-5)


def test_dropout_only_in_training(neck):
    x = steps()
    assert torch.equal(neck(x), neck(x))
    neck.train()
    assert not torch.equal(neck(x), neck(x))
    for module in neck.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    assert not torch.equal(neck(x), neck(x))  # the attention weights are dropped too


def test_longer_than_any_clip():
    neck = NECKS["transformer1"](192).eval()
    with torch.inference_mode():
        assert neck(steps(1, 1500, 192)).isfinite().all()


def test_the_bias_of_the_keys_has_nothing_to_learn(neck):
    """The same number added to every key changes no softmax."""
    (neck(steps()) * steps(D=16, seed=3)).sum().backward()
    queries, keys, values = neck.layers[0].attention.project.bias.grad.abs().chunk(3)
    assert keys.max() < 1e-5 < min(queries.max(), values.max())


def test_half_precision(neck):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        low = neck(steps())
    assert torch.allclose(low.float(), neck(steps()), atol=0.1)


def test_number_of_parameters():
    linear, layer = 192 * 512 + 512, 4 * (512 * 512 + 512) + 2 * (512 * 512 + 512) + 4 * 512
    counts = {name: sum(p.numel() for p in NECKS[name](192).parameters()) for name in ("transformer", "transformer1")}
    assert counts == {"transformer": linear + 2 * layer, "transformer1": linear + layer}
    x3d_s, head = 2_006_130, 512 * 13 + 13
    assert x3d_s + counts["transformer"] + head == 5_267_583


def test_number_of_heads():
    assert [NECKS[name](192).layers[0].attention.heads for name in ("transformer", "transformer1")] == [8, 4]
