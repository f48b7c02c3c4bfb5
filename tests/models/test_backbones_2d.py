"""shift: GSM and GSF against loops over their equations, what they may see, and their place in RegNet-Y."""

from math import ceil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from course_lib.files import InputError
from course_lib.models import weights as weights_module
from course_lib.models.backbones_2d import GSF, GSM, ShiftedConv, shift_steps
from course_lib.models.weights import load_backbone, load_weights, save_weights
from course_lib.models.zoo import BACKBONES, build
from course_lib.training.checkpoint import load_checkpoint

KINDS = {"gsm": GSM, "gsf": GSF}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def stirred(module, scale=0.3, seed=0):
    """The module with all its numbers away from where they start, statistics of normalisation included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in [*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())]:
            value += scale * torch.rand(value.shape, generator=generator)
    return module


def clip(B=2, T=4, C=16, H=3, W=4, seed=1):
    return torch.randn(B * T, C, H, W, generator=torch.Generator().manual_seed(seed))


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def convolve(x, weight, bias, place):
    """One number of a convolution with padding: x (C, *space), weight (C, *taps), at `place`."""
    total = bias
    for tap in np.ndindex(*weight.shape[1:]):
        at = [p + k - size // 2 for p, k, size in zip(place, tap, weight.shape[1:], strict=True)]
        if all(0 <= p < length for p, length in zip(at, x.shape[1:], strict=True)):
            total += sum(x[(c, *at)] * weight[(c, *tap)] for c in range(x.shape[0]))
    return total


def slow(module, frames, T):
    """GSM, or GSF, number by number, in evaluation mode, as the authors' programs have it. frames (B·T, C, H, W)."""
    p = {name: value.double().numpy() for name, value in module.state_dict().items()}
    out = frames.double().numpy().copy()
    quarter = module.folded
    for b in range(len(frames) // T):
        x = frames.double().numpy()[b * T : (b + 1) * T, :quarter].transpose(1, 0, 2, 3)  # (F, T, H, W)
        normal = np.empty_like(x)
        for c in range(quarter):
            spread = np.sqrt(p["norm.running_var"][c] + 1e-5)
            normal[c] = (x[c] - p["norm.running_mean"][c]) / spread * p["norm.weight"][c] + p["norm.bias"][c]
        normal = np.maximum(normal, 0)
        for half in range(2):
            own = slice(half * quarter // 2, (half + 1) * quarter // 2)
            order = {2: [0, 1], 4: [0, 2, 1, 3], 6: [0, 3, 1, 4, 2, 5]}[quarter // 2]  # 1 4 2 5 3 6, from 0
            gate = np.empty(x.shape[1:])
            for place in np.ndindex(*gate.shape):
                gate[place] = np.tanh(convolve(normal[own], p["gate.weight"][half], p["gate.bias"][half], place))
            moved, stayed = np.zeros_like(x[own]), x[own] * (1 - gate)
            for t in range(T):
                source = t + 1 if half == 0 else t - 1  # the first half is of the step after, the second of before
                if 0 <= source < T:
                    moved[:, t] = gate[source] * x[own][:, source]
            if isinstance(module, GSF):
                pooled = np.stack([moved.mean(axis=(2, 3)), stayed.mean(axis=(2, 3))])  # (2, F/2, T)
                weight, bias = p[f"fusion.{half}.weight"][0], p[f"fusion.{half}.bias"][0]
                for c, t in np.ndindex(*pooled.shape[1:]):
                    w = sigmoid(convolve(pooled, weight, bias, (c, t)))
                    moved[c, t], stayed[c, t] = w * moved[c, t], (1 - w) * stayed[c, t]
            out[b * T : (b + 1) * T, own] = (moved + stayed)[order].transpose(1, 0, 2, 3)
    return out


@kinds
@pytest.mark.parametrize("channels", [16, 20, 48])
@pytest.mark.parametrize("T", [1, 2, 5])
def test_equals_the_equations(kind, T, channels):
    module = stirred(kind(channels)).eval()
    x = clip(B=2, T=T, C=channels)
    assert module.folded == {16: 4, 20: 8, 48: 12}[channels]
    with torch.inference_mode():
        assert np.allclose(module(x, T).numpy(), slow(module, x, T), atol=1e-5)


@kinds
def test_training_normalises_over_the_batch(kind):
    module, x = stirred(kind(16)), clip()
    got = module.train()(x, 4)
    part = x[:, : module.folded]
    module.norm.running_mean.copy_(part.mean(dim=(0, 2, 3)))
    module.norm.running_var.copy_(part.var(dim=(0, 2, 3), unbiased=False))
    assert np.allclose(got.detach().numpy(), slow(module, x, 4), atol=1e-5)


@pytest.mark.parametrize("steps", [-4, -3, -2, -1, 1, 2, 3, 4])
def test_shift_steps_of_any_length(steps):
    x = torch.arange(1.0, 4).view(1, 1, 3, 1, 1)
    expected = [x[0, 0, t - steps].item() if 0 <= t - steps < 3 else 0 for t in range(3)]
    assert shift_steps(x, steps).flatten().tolist() == expected


def test_shift_steps_by_hand():
    x = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 3, 1, 1)
    assert shift_steps(x, 1).flatten().tolist() == [0, 1, 2]
    assert shift_steps(x, -1).flatten().tolist() == [2, 3, 0]
    assert shift_steps(x[:, :, :1], 1).flatten().tolist() == [0]


def test_the_authors_direction_and_order_by_hand():
    """Gates wide open: six channels of each half, a channel's number in the tens, a step's in the ones."""
    module = GSM(48).eval()
    torch.nn.init.constant_(module.gate.bias, 20.0)  # tanh of it is 1
    x = torch.tensor([[10.0 * channel + t for channel in range(1, 49)] for t in range(1, 4)])[..., None, None]
    with torch.inference_mode():
        y = module(x, 3)[:, :, 0, 0].round().int().tolist()
        alone, two = module(x[:1], 1)[0, :12, 0, 0], module(x[:2], 2)[:, :12, 0, 0].round().int().tolist()
    assert [row[:6] for row in y] == [[12, 42, 22, 52, 32, 62], [13, 43, 23, 53, 33, 63], [0] * 6]
    assert [row[6:12] for row in y] == [[0] * 6, [71, 101, 81, 111, 91, 121], [72, 102, 82, 112, 92, 122]]
    assert all(row[12:] == rest.int().tolist() for row, rest in zip(y, x[:, 12:, 0, 0], strict=True))
    assert alone.eq(0).all()
    assert two == [[12, 42, 22, 52, 32, 62] + [0] * 6, [0] * 6 + [71, 101, 81, 111, 91, 121]]


def test_closed_gates_only_change_the_order():
    x = torch.arange(1.0, 49).view(1, 48, 1, 1)
    y = GSM(48).eval()(x, 1).flatten().tolist()
    assert y[:12] == [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12]
    assert y[12:] == list(range(13, 49))


@pytest.mark.parametrize(("channels", "folded"), [(16, 4), (24, 8), (32, 8), (56, 16), (152, 40), (368, 92)])
def test_a_quarter_rounded_up_to_a_multiple_of_four(channels, folded):
    assert GSM(channels).folded == folded


def test_number_of_parameters():
    f = 40
    assert sum(p.numel() for p in GSM(152).parameters()) == 27 * f + 2 + 2 * f
    assert sum(p.numel() for p in GSF(152).parameters()) == 27 * f + 2 + 2 * f + 2 * (2 * 9 + 1)


def test_gsf_starts_as_a_weight():
    x = clip()
    module = GSF(16)
    y = module(x, 4)
    part = x[:, :4].unflatten(0, (2, 4)).transpose(1, 2)
    for half in range(2):
        stayed = part[:, 2 * half : 2 * half + 2].mean(dim=(3, 4))
        w = torch.sigmoid(module.fusion[half](torch.stack([torch.zeros_like(stayed), stayed], dim=1)))[:, 0]
        expected = (1 - w).transpose(1, 2).flatten(0, 1)[..., None, None] * x[:, 2 * half : 2 * half + 2]
        assert torch.allclose(y[:, 2 * half : 2 * half + 2], expected, atol=1e-6)
    assert torch.equal(y[:, 4:], x[:, 4:])


@kinds
def test_values_move_one_step_and_gates_look_one_further(kind):
    """y(t) holds values of t - 1, t, t + 1, and gates of these steps, which look one step to either side."""
    module = stirred(kind(16), 0.05).eval()
    torch.nn.init.constant_(module.norm.bias, 1.0)  # most gets through the ReLU, and no gate is at its end
    x, T = clip(B=1, T=11), 11
    changed = x.clone()
    changed[5, :4] += 1

    def reached(half):
        with torch.inference_mode():
            away = (module(x, T) - module(changed, T))[:, 2 * half : 2 * half + 2].abs().flatten(1).sum(1) > 1e-6
        return away.nonzero().flatten().tolist()

    # GSF's weights see one step more, as they are made by a convolution over time of what has moved.
    more = 1 if kind is GSF else 0
    assert reached(0) == list(range(3 - more, 7 + more))
    assert reached(1) == list(range(4 - more, 8 + more))
    torch.nn.init.zeros_(module.gate.weight)  # gates that look at nothing
    if kind is GSM:
        assert reached(0) == [4, 5]
        assert reached(1) == [5, 6]


@kinds
def test_gates_learn_from_the_start(kind):
    module = kind(16)
    module(clip(), 4).square().sum().backward()
    assert module.gate.weight.grad.any() and module.gate.bias.grad.any()


# --------------------------------------------------------------------------------------------------- in a RegNet-Y


def frames(B=1, T=3, H=32, W=48, seed=0):
    return torch.randn(B, T, 3, H, W, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def plain():
    torch.manual_seed(0)
    return stirred(BACKBONES["regnety_002"](), 0.05)  # timm starts every residual branch, where shifts sit, at zero


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    """A machine without a network and without a cache of the hub; the course ships what a test writes."""

    def nothing_cached(*args, **kwargs):
        raise weights_module.LocalEntryNotFoundError("not in the cache")

    monkeypatch.setattr(weights_module, "hub_reachable", lambda: False)
    monkeypatch.setattr(weights_module, "SHIPPED", tmp_path)
    monkeypatch.setattr(weights_module.huggingface_hub, "hf_hub_download", nothing_cached)
    return tmp_path


def test_which_blocks_have_a_shift(plain):
    blocks = [name for name, block in plain.network.named_modules() if hasattr(block, "conv3")]
    for name, kind, stages in (("regnety_002_gsm", GSM, "1234"), ("regnety_002_gsf", GSF, "34")):
        network = BACKBONES[name]().network
        having = [key for key, module in network.named_modules() if isinstance(module, ShiftedConv)]
        assert having == [f"{block}.conv1" for block in blocks if block[1] in stages]
        assert all(type(network.get_submodule(key).gated_shift) is kind for key in having)
    assert len(blocks) == 13


@pytest.mark.parametrize("training", [False, True])
def test_with_plain_weights_only_the_order_of_channels_differs(plain, no_hub, capsys, training):
    """The plain network whose first convolutions read their channels in the authors' order gives the same."""
    save_file(
        {key: value.half().contiguous() for key, value in plain.state_dict().items()},
        no_hub / "regnety_002.safetensors",
    )
    shifted, other = BACKBONES["regnety_002_gsm"](), BACKBONES["regnety_002"]()
    for name, backbone in (("regnety_002_gsm", shifted), ("regnety_002", other)):
        assert load_backbone(backbone, name, "auto") == "weights shipped with the course, regnety_002.safetensors"
        line = f"{name}: weights shipped with the course, regnety_002.safetensors\n"
        assert capsys.readouterr().out == line
        backbone.train(training)
    assert all(p.dtype == torch.float32 for p in shifted.parameters())
    batch = frames(B=2, T=5)
    assert not torch.allclose(shifted(batch), other(batch), atol=1e-3)
    with torch.no_grad():
        for block in (block for block in other.network.modules() if hasattr(block, "conv3")):
            weight = block.conv1.conv.weight  # (out, in, 1, 1)
            half = 2 * ceil(weight.shape[1] / 16)
            order = [row + column for column in range(half // 2) for row in (0, half // 2)]
            weight[:, order + [half + at for at in order]] = weight[:, : 2 * half].clone()
    assert torch.allclose(shifted(batch), other(batch), atol=1e-4)


def test_shipped_weights_of_its_own_count_more_than_those_of_the_plain_network(plain, no_hub):
    own = stirred(BACKBONES["regnety_002_gsf"](), 0.1, seed=3)
    for name, backbone in (("regnety_002", plain), ("regnety_002_gsf", own)):
        save_weights(backbone, no_hub / f"{name}.safetensors")
    loaded = BACKBONES["regnety_002_gsf"]()
    assert load_backbone(loaded, "regnety_002_gsf", "shipped").endswith("course, regnety_002_gsf.safetensors")
    assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in own.state_dict().items())


def test_the_hubs_weights_fit(plain, monkeypatch, tmp_path):
    file = tmp_path / "model.safetensors"
    classifier = {"head.fc.weight": torch.zeros(1000, 368)}
    save_file({k: v.contiguous() for k, v in (plain.network.state_dict() | classifier).items()}, file)
    monkeypatch.setattr(weights_module.huggingface_hub, "hf_hub_download", lambda *args, **kwargs: str(file))
    backbone = BACKBONES["regnety_002_gsf"]()
    assert load_backbone(backbone, "regnety_002_gsf", "auto").startswith("pretrained weights timm/regnety_002")
    state = backbone.state_dict()
    assert all(torch.equal(state[key], value) for key, value in plain.state_dict().items())


def test_a_spotters_file_gives_its_backbone_the_gates_too(tmp_path):
    theirs = stirred(build("regnety_002_gsm+fc", weights="none"))
    save_weights(theirs, tmp_path / "best.safetensors")
    backbone = BACKBONES["regnety_002_gsm"]()
    load_weights(backbone, tmp_path / "best.safetensors")
    assert all(torch.equal(backbone.state_dict()[key], value) for key, value in theirs.backbone.state_dict().items())


def test_weights_from_when_halves_moved_the_other_way_are_refused(tmp_path):
    backbone = BACKBONES["regnety_002_gsm"]()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    old = {key.replace(".gated_shift.", ".shift."): (value + 1).contiguous() for key, value in before.items()}
    save_file(old, tmp_path / "old.safetensors")
    with pytest.raises(InputError, match="old.safetensors: of an earlier version, with gated shifts that move"):
        load_weights(backbone, tmp_path / "old.safetensors")
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())
    torch.save({"history": {}, "model": old}, tmp_path / "last.pt")
    with pytest.raises(InputError, match="last.pt: of an earlier version, with gated shifts that move"):
        load_checkpoint(tmp_path / "last.pt", model=backbone)
    load_weights(BACKBONES["regnety_002"](), tmp_path / "old.safetensors")  # what has no shift is as good as ever


def test_files_that_have_some_gates_or_none_where_a_spotter_needs_them(plain, tmp_path):
    backbone = BACKBONES["regnety_002_gsm"]()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    some = dict(before)
    del some["network.s3.b2.conv1.gated_shift.gate.bias"]
    save_file({key: (value + 1).contiguous() for key, value in some.items()}, tmp_path / "some.safetensors")
    with pytest.raises(InputError, match="some.safetensors: no weights for 'network"):
        load_weights(backbone, tmp_path / "some.safetensors")
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())
    save_weights(build("regnety_002+bigru", weights="none"), tmp_path / "plain.safetensors")
    with pytest.raises(InputError, match="plain.safetensors: no weights for 'backbone"):
        load_weights(build("e2e_spot", weights="none"), tmp_path / "plain.safetensors")
