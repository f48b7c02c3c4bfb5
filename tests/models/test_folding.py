"""folding: the same vectors and maps from a copy, for every backbone; and the network that learns stays as it was."""

import copy

import pytest
import torch
from torch import nn

from course_lib.models import folding
from course_lib.models.backbones_2d import GSM
from course_lib.models.folding import FoldedConv, fold, folded_spotter
from course_lib.models.zoo import BACKBONES, build

NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)
LEFT = {"regnety_002_gsm": 13, "regnety_008_gsm": 14, "regnety_002_gsf": 11}  # in gates, behind no convolution
LEFT |= {f"regnety_002_{name}": 13 for name in ("msagsm", "astrm", "astrm_t", "astrm_st", "astrm_tg")}


def lively(module, seed=0, calm=1.0):
    """Nothing at zero, and statistics that normalise something: fresh ones would hide what is folded wrongly.

    `calm` times the variances, where gates multiply: numbers that grow from block to block would leave rounding alone.
    """
    torch.manual_seed(seed)
    for part in module.modules():
        if isinstance(part, NORMS):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0.0, 0.2)
            part.running_mean.normal_(0.0, 0.2)
            part.running_var.uniform_(0.5, 2.0).mul_(calm)
        elif isinstance(part, GSM):
            nn.init.normal_(part.gate.weight, 0.0, 0.1)
    return module


def clip(B=2, T=3, H=48, W=80, seed=1):
    return torch.randn(B, T, 3, H, W, generator=torch.Generator().manual_seed(seed))


def answers(backbone, frames):
    with torch.inference_mode():
        return [backbone(frames), *(backbone.maps(frames) if hasattr(backbone, "maps") else [])]


def assert_near(given, expected):
    for one, other in zip(given, expected, strict=True):
        assert one.shape == other.shape
        assert (one - other).abs().max() <= 1e-5 / 4 * max(4.0, other.abs().max())


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_answers_as_before(name):
    backbone = lively(BACKBONES[name](), calm=6.0 if "astrm" in name else 1.0).eval()
    expected = [answers(backbone, clip(T=T)) for T in (1, 2, 5)]
    before = copy.deepcopy(backbone.state_dict())
    text = repr(backbone)
    folded = fold(backbone)
    assert sum(isinstance(part, NORMS) for part in folded.modules()) == LEFT.get(name, 0)
    assert sum(isinstance(part, FoldedConv) for part in folded.modules()) >= 5
    for T, wanted in zip((1, 2, 5), expected, strict=True):
        assert_near(answers(folded, clip(T=T)), wanted)
        assert all(torch.equal(one, other) for one, other in zip(answers(backbone, clip(T=T)), wanted, strict=True))
    assert repr(backbone) == text and all(p.requires_grad for p in backbone.parameters())
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())


@pytest.mark.parametrize("onednn", [True, False])
def test_a_small_window_a_single_pixel_and_scattered_memory(monkeypatch, onednn):
    monkeypatch.setattr(folding, "ONEDNN", onednn and folding.ONEDNN)
    for name in ("x3d_s4", "regnety_002"):
        backbone = lively(BACKBONES[name]()).eval()
        folded = fold(backbone)
        assert any(isinstance(part, FoldedConv) and part.pointwise for part in folded.modules())
        for frames in (clip(1, 1, 32, 32), clip(1, 3, 33, 47), clip(3, 2).flip(1), clip(2, 6)[:, ::2]):
            assert_near(answers(folded, frames), answers(backbone, frames))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_a_convolution_and_its_norm_by_hand(bias, affine):
    torch.manual_seed(0)
    layer = nn.Conv3d(4, 6, (3, 1, 3), (1, 2, 2), (1, 0, 1), groups=2, bias=bias)
    norm = nn.BatchNorm3d(6, eps=0.3, affine=affine).eval()  # an eps that counts
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.1, 3.0)
    if affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    x = torch.randn(2, 4, 3, 5, 7)
    with torch.no_grad():
        given = FoldedConv(layer, norm)(x)
        plain = layer(x)
    for c in range(6):
        expected = (plain[:, c] - norm.running_mean[c]) / (norm.running_var[c] + 0.3) ** 0.5
        if affine:
            expected = expected * norm.weight[c] + norm.bias[c]
        torch.testing.assert_close(given[:, c], expected.detach(), rtol=1e-5, atol=1e-5)


class Twice(nn.Module):
    """Its convolution is read by its norm and beside it, or normalised twice, or by nothing but the norm."""

    dim, mean, std = 8, (0.0,) * 3, (1.0,) * 3

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.conv, self.norm, self.act = nn.Conv3d(3, 8, 3, padding=1), nn.BatchNorm3d(8), nn.ReLU()

    def forward(self, frames):
        x = self.conv(frames.transpose(1, 2))
        y = self.act(self.norm(x))
        if self.way == "beside":
            y = y + x
        elif self.way == "again":
            y = self.norm(y)
        elif self.way == "kept":
            seen = self.norm(x)
            y = self.act(seen) + seen  # which overwriting would spoil
        elif self.way == "no":
            raise ValueError("not such pictures")
        return y.mean(dim=(3, 4)).transpose(1, 2)


@pytest.mark.parametrize("way", ["alone", "beside", "again", "kept"])
def test_what_is_built_in_another_way_stays_right(way):
    backbone = lively(Twice(way)).eval()
    folded = fold(backbone)
    assert_near(answers(folded, clip()), answers(backbone, clip()))
    assert any(isinstance(part, NORMS) for part in folded.modules()) is (way != "alone")


def test_what_takes_no_such_pictures_stays_as_it_is():
    folded = fold(Twice("no"))
    assert isinstance(folded.conv, nn.Conv3d) and not folded.training


def spotter(system="tiny3d+fc"):
    return lively(build(system, 3, "none")).eval()


def change_data(backbone):
    backbone.layers[0].weight.data *= 1.5  # which no version counter sees


def change_statistics(backbone):
    backbone.layers[1].running_var += 1.0


def change_file(backbone):
    backbone.load_state_dict(spotter().backbone.state_dict() | {"layers.0.weight": torch.ones(16, 3, 1, 5, 5)})


def change_structure(backbone):
    backbone.layers[1].eps = 0.5


@pytest.mark.parametrize("change", [change_data, change_statistics, change_file, change_structure])
def test_weights_that_change_are_folded_anew(change):
    model = spotter()
    first = folded_spotter(model)
    assert folded_spotter(model).backbone is first.backbone
    with torch.inference_mode(), torch.no_grad():
        old = first.encode(clip())
    change(model.backbone)
    with torch.inference_mode():
        new = folded_spotter(model).encode(clip())
        assert_near([new], [model.encode(clip())])
    assert (new - old).abs().max() > 1e-3


@pytest.mark.parametrize("system", ["x3d_s4+fc+heat", "regnety_002+gru+xy".replace("gru", "bigru"), "tiny3d+tcn+heat"])
def test_heads_are_asked_as_before(system):
    model = spotter(system)
    quick = folded_spotter(model)
    assert quick.heads is model.heads and quick.neck is model.neck and quick.backbone is not model.backbone
    with torch.inference_mode():
        for frames in (clip(), (clip() * 40 + 100).clamp(0, 255).byte()):
            assert_near([quick.encode(frames)], [model.encode(frames)])
            expected = model.answer(frames)
            for name, answer in quick.answer(frames).items():
                torch.testing.assert_close(answer, expected[name], rtol=1e-4, atol=1e-5)


def test_the_model_goes_on_learning():
    model = spotter("x3d_s4+fc").train()
    quick = folded_spotter(model)
    assert model.backbone.training and not quick.backbone.training
    model(clip(1, 2, 32, 32))["logits"].sum().backward()
    assert all(parameter.grad is not None for parameter in model.backbone.parameters())
    assert not any(parameter.requires_grad for parameter in quick.backbone.parameters())


def test_a_wrapped_spotter_and_other_networks_stay_as_they_are():
    model = spotter()
    model.forward = model.forward  # as Accelerate does for mixed precision
    assert folded_spotter(model) is model
    other = nn.Linear(2, 2)
    assert folded_spotter(other) is other
