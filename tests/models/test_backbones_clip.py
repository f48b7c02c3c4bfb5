"""backbones_clip: I3D brought back to T steps, r3d_18's one vector a clip, and weights from the makers of networks."""

import urllib.request
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.video import r3d_18

from course_lib.models import weights as weights_module
from course_lib.models.backbones_3d import I3D, ClipVector
from course_lib.models.weights import load_backbone


def clip(T, B=1, size=32, seed=0):
    return torch.randn(B, T, 3, size, size, generator=torch.Generator().manual_seed(seed))


def awake(i3d):
    """The blocks of an untrained I3D add nothing: their last scale begins at 0. Let them."""
    torch.manual_seed(0)
    for parameter in i3d.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, 0.3, 0.1)
    return i3d


@pytest.fixture(scope="module")
def i3d():
    return awake(I3D()).eval()


@pytest.fixture(scope="module")
def r3d():
    torch.manual_seed(0)
    return ClipVector().eval()


def test_number_of_parameters(i3d, r3d):
    # The classifiers over 400 actions of Kinetics are gone: 28,043,472 and 33,371,472 with them.
    assert sum(p.numel() for p in i3d.parameters()) == 28_043_472 - (2048 * 400 + 400) == 27_223_872
    assert sum(p.numel() for p in r3d.parameters()) == 33_371_472 - (512 * 400 + 400) == 33_166_272


@pytest.mark.parametrize("T", [6, 7])
def test_i3d_is_the_network_of_pytorchvideo_interpolated(i3d, T):
    frames = clip(T, B=2)
    with torch.inference_mode():
        x = frames.transpose(1, 2)
        for block in i3d.blocks[:2]:
            x = block(x)
        pairs = [x[:, :, t : t + 2].amax(dim=2) for t in range(0, T, 2)]  # the odd last frame alone
        x = torch.stack(pairs, dim=2)
        for block in i3d.blocks[3:]:
            x = block(x)
        x = x.mean(dim=(3, 4))
        expected = []
        for t in range(T):  # vector j stands for the time 2j + 0.5; beyond the outer ones nothing changes
            place = min(max((t - 0.5) / 2, 0), x.shape[2] - 1)
            low = int(place)
            high = min(low + 1, x.shape[2] - 1)
            expected.append((1 - place + low) * x[:, :, low] + (place - low) * x[:, :, high])
        assert torch.allclose(i3d(frames), torch.stack(expected, dim=1), atol=1e-4)


def test_i3d_knows_when_r3d_does_not(i3d, r3d):
    """A flash in one picture of a clip."""
    still = clip(1, size=16).expand(1, 48, 3, 16, 16)
    flash = still.clone()
    flash[:, 24] += 3
    with torch.inference_mode():
        moved = (i3d.double()(flash.double()) - i3d(still.double())).abs().amax(-1)[0]
        i3d.float()
        assert (moved > 1e-12).nonzero().flatten().tolist() == list(range(24 - 19, 24 + 18 + 1))
        assert moved.argmax() in range(20, 29)
        vectors = r3d(flash)
        assert (vectors == vectors[:, :1]).all() and not torch.allclose(vectors, r3d(still), atol=1e-3)


def test_r3d_is_torchvisions_without_its_classifier(r3d):
    theirs = r3d_18(weights=None)
    state = {key.removeprefix("network."): value for key, value in r3d.state_dict().items()}
    missing = theirs.load_state_dict(state, strict=False)
    assert sorted(missing.missing_keys) == ["fc.bias", "fc.weight"] and not missing.unexpected_keys
    frames = clip(5, B=2)
    with torch.inference_mode():
        expected = theirs.eval()(frames.transpose(1, 2))  # 400 scores a clip
        ours = F.linear(r3d(frames), theirs.fc.weight, theirs.fc.bias)
    assert torch.allclose(ours, expected[:, None].expand(-1, 5, -1), atol=1e-4)


# -------------------------------------------------------------------------------------------------- makers' weights


@pytest.fixture
def maker(monkeypatch, tmp_path):
    """A machine whose hub cannot be reached, that fetched nothing before and ships nothing; returns what was asked."""
    monkeypatch.setattr(weights_module, "SHIPPED", tmp_path)
    monkeypatch.setattr(weights_module, "hub_reachable", lambda: False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(weights_module.constants, "HF_HUB_OFFLINE", False)
    asked = []

    def answer(url, timeout):
        asked.append(url)
        return nullcontext()

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    return asked


class Small(nn.Module):
    """A backbone small enough to fetch."""

    hub_id = None
    hub_prefix = "network."
    weights_url = "https://example.org/zoo/SMALL-0123.pyth"

    def __init__(self):
        super().__init__()
        self.network = nn.Linear(3, 1)


def numbers():
    return {"weight": torch.ones(1, 3), "bias": torch.ones(1), "head.weight": torch.ones(4)}


def test_without_a_network_makers_are_not_asked(maker, capsys):
    assert load_backbone(Small(), "small", "auto").startswith("random weights")
    assert capsys.readouterr().out == "small: random weights (example.org cannot be reached, none are shipped)\n"
    assert maker == []


@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_of_the_makers(maker, monkeypatch, capsys, wrapped):
    def load(url, model_dir, map_location, *, progress, check_hash, weights_only):
        assert weights_only and check_hash and map_location == "cpu"
        return {"model_state": numbers()} if wrapped else numbers()

    monkeypatch.setattr(weights_module, "hub_reachable", lambda: True)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", load)
    backbone = Small()
    load_backbone(backbone, "small", "auto")
    assert all((value == 1).all() for value in backbone.state_dict().values())
    assert maker == [Small.weights_url]
    assert capsys.readouterr().out == f"small: pretrained weights {Small.weights_url}\n"


def test_what_was_fetched_once_needs_no_network(maker, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    file = tmp_path / "checkpoints" / "SMALL-0123.pyth"
    torch.save({"model_state": numbers()}, file)
    backbone = Small()
    assert load_backbone(backbone, "small", "auto") == f"pretrained weights {Small.weights_url}"
    assert all((value == 1).all() for value in backbone.state_dict().values())
    assert maker == []


@pytest.mark.parametrize("damage", ["cut", "code"])
def test_a_file_that_is_damaged_or_would_run_is_passed_over(maker, tmp_path, damage):
    (tmp_path / "checkpoints").mkdir()
    file = tmp_path / "checkpoints" / "SMALL-0123.pyth"
    torch.save({"model_state": numbers(), "callback": print}, file)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:300])
    before = Small()
    state = {key: value.clone() for key, value in before.state_dict().items()}
    assert "random" in load_backbone(before, "small", "auto")
    assert all(torch.equal(value, state[key]) for key, value in before.state_dict().items())
