"""models: shapes, sizes, gradients, independence of clips, and where weights come from. No test asks the network."""

from contextlib import nullcontext
from functools import cache

import pytest
import torch
from safetensors.torch import save_file

from course_lib.files import InputError
from course_lib.models import weights as weights_module
from course_lib.models.weights import load_weights, save_weights
from course_lib.models.zoo import ALIASES, BACKBONES, NECKS, build, check_system

# Parameters of every system with 12 classes. Those that the slides or a paper give are marked; the others follow from
# the definitions.
SIZES = {
    "regnety_002+fc": 2_798_793,  # slides
    "tiny3d+fc": 242_941,
    "regnety_002+tcn": 3_612_073,
    "regnety_002+bigru": 4_433_081,
    "efficientnet_b0+fc": 4_024_201,  # slides: 4.02 M
    "efficientnet_b0+tcn": 13_857_161,  # slides: 13.86 M
    "efficientnet_b0+tcn_dilated": 23_695_241,
    "x3d_s+fc": 2_006_130 + 2_509,  # slides: the backbone; the head is 192 · 13 + 13
    "x3d_s4+fc": 658_690 + 1_261,  # slides: the backbone; 96 · 13 + 13
    "x3d_m+fc": 2_006_130 + 2_509,  # as S: the same network
    "x3d_l+fc": 4_367_749,
    "x3d_s+tcn": 2_230_207,  # slides
    "x3d_s+tcn_dilated": 2_452_543,
    "x3d_s+mstcn": 2_229_951,
    "x3d_s+sgp_slides": 2_488_927,  # slides
    "x3d_s+sgp": 2_317_951,  # T-DEED: 0.309 M at C = 192
    "x3d_s+sgp_ln": 2_317_951,
    "x3d_s+tcn+sgp": 2_539_519,
    "x3d_s+ed": 4_642_687,  # slides
    "x3d_s+ed_ln": 4_642_687,
    "x3d_m+ed": 4_642_687,
    "x3d_s+deconv": 2_189_727,  # slides
    "x3d_s+tpn": 2_453_311,  # slides
    "x3d_s+transformer": 5_267_583,  # slides
    "i3d_r50+transformer1": 29_857_613,
    "r3d_18+transformer1": 35_013_581,
    "x3d_s+bigru": 2_455_807,
    "x3d_s+bigru2": 3_121_663,
    "x3d_s+bilstm": 2_604_031,
    "x3d_s+unet": 3_452_095,
    "regnety_002_gsm+fc": 2_820_395,
    "regnety_002_gsf+fc": 2_820_345,
    "regnety_002_msagsm+fc": 2_865_849,
    "regnety_002_astrm+bigru": 6_600_959,  # the paper: 6.46 M, 2 % less; see tests/models/test_refinement.py
    "regnety_002_astrm_s+bigru": 4_434_368,
    "regnety_002_astrm_t+bigru": 6_529_433,
    "regnety_002_astrm_g+bigru": 4_503_320,
    "regnety_002_astrm_st+bigru": 6_530_720,
    "regnety_002_astrm_sg+bigru": 4_504_607,
    "regnety_002_astrm_tg+bigru": 6_599_672,
    "stes": 37_424_539,  # three layers of GRU as wide as RegNet-Y 800MF are more than four fifths of it
    "regnety_008+fc": 5_504_165,
    "e2e_spot+xy": 5_269_437,
    "e2e_spot": 4_454_683,  # the paper's code: 4.4 to 4.5 M
    "astrm": 6_694_558,  # regnety_002_astrm+bigru with twelve outputs instead of thirteen, and 736 → 128
    "tdeed": 12_291_930,  # T-DEED at clips of 50 steps
}
EXAMPLES = ("regnety_002+fc", "tiny3d+fc")
"""What the tests of the whole network run on; backbones and necks have tests of their own."""


def frames(B=1, T=3, H=64, W=96, seed=0):
    return torch.randint(0, 256, (B, T, 3, H, W), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=EXAMPLES)
def spotter(request):
    torch.manual_seed(0)
    return build(request.param, weights="none")


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    """A machine without a network and without a cache of the hub, and a course that ships nothing yet."""
    monkeypatch.setattr(weights_module, "hub_reachable", lambda: False)
    monkeypatch.setattr(weights_module, "SHIPPED", tmp_path)

    def nothing_cached(*args, local_files_only, **kwargs):
        assert local_files_only, "asked a hub that cannot be reached"
        raise weights_module.LocalEntryNotFoundError("not in the cache")

    monkeypatch.setattr(weights_module.huggingface_hub, "hf_hub_download", nothing_cached)
    return tmp_path


@pytest.fixture(scope="module")
def cached_makers():
    return {name: cache(make) for name, make in BACKBONES.items()}


@pytest.fixture
def each_backbone_once(monkeypatch, cached_makers):
    """31 systems have 11 backbones: making each only once, and without its numbers, saves half a minute."""
    for name, make in cached_makers.items():
        monkeypatch.setitem(BACKBONES, name, make)


@pytest.mark.parametrize("name", SIZES)
def test_number_of_parameters(name, each_backbone_once):
    with torch.device("meta"):
        system = build(name, num_classes=12, weights="none")
    assert sum(p.numel() for p in system.parameters()) == SIZES[name]


def test_tdeed_has_a_row_of_its_table_for_each_step_of_its_clips(each_backbone_once):
    with torch.device("meta"):
        system = build("tdeed", 12, "none", clip_len=100)
    assert sum(p.numel() for p in system.parameters()) == 12_310_330


def test_every_system_and_every_part_is_counted():
    assert set(ALIASES) <= set(SIZES)
    parts = {part for name in SIZES for part in ALIASES.get(name, name).split("+")}
    assert set(BACKBONES) | set(NECKS) <= parts


def test_the_course_picture_sizes(spotter):
    spotter.eval()
    with torch.inference_mode():
        for H, W in ((64, 112), (224, 398)):
            assert spotter(frames(T=2, H=H, W=W))["logits"].shape == (1, 2, 13)


def test_number_of_classes():
    assert build("tiny3d+fc", num_classes=6, weights="none")(frames())["logits"].shape == (1, 3, 7)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_frozen_backbone_stays_as_it_is(name):
    spotter = build(name, weights="none")
    spotter.freeze_backbone()
    before = {name: value.clone() for name, value in spotter.backbone.state_dict().items()}
    spotter.train()
    assert spotter.training and spotter.neck.training and spotter.heads.training
    assert not any(module.training for module in spotter.backbone.modules())
    spotter(torch.rand(2, 5, 3, 32, 48))["logits"].sum().backward()
    assert all(parameter.grad is None for parameter in spotter.backbone.parameters())
    assert all(parameter.grad is not None for parameter in spotter.heads.parameters())
    for name, value in spotter.backbone.state_dict().items():
        assert torch.equal(value, before[name]), name  # batch statistics too
    assert not spotter.eval().heads.training


def test_a_wrong_shape_is_refused(spotter):
    with pytest.raises(ValueError, match=r"\(B, T, 3, H, W\), not \(1, 3, 8, 8\)"):
        spotter(torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize("name", ["regnety_003+fc", "regnety_002+xyz", "regnety_002", ""])
def test_an_unknown_system_is_refused(name):
    with pytest.raises(InputError, match="expected BACKBONE.NECK with a backbone of regnety_002, .*, such as"):
        build(name, weights="none")


def test_auto_without_hub_and_without_shipped_weights_says_random(no_hub, capsys):
    assert "random" in build("regnety_002+fc").origin
    assert capsys.readouterr().out == ("regnety_002: random weights (the hub cannot be reached, none are shipped)\n")


def test_auto_without_hub_takes_the_shipped_weights(no_hub, capsys):
    theirs = BACKBONES["tiny3d"]()
    save_file({key: value.half() for key, value in theirs.state_dict().items()}, no_hub / "tiny3d.safetensors")
    spotter = build("tiny3d+fc")
    assert capsys.readouterr().out == "tiny3d: weights shipped with the course, tiny3d.safetensors\n"
    for key, value in spotter.backbone.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[key].half().to(value.dtype))


def test_auto_takes_what_the_hub_has(monkeypatch, tmp_path, capsys):
    theirs = BACKBONES["regnety_002"]().network.state_dict()
    file = tmp_path / "model.safetensors"
    classifier = {"head.fc.weight": torch.zeros(1000, 368)}
    save_file({key: value.contiguous() for key, value in (theirs | classifier).items()}, file)
    asked = []

    def download(repository, name, local_files_only):
        asked.append((repository, name, local_files_only))
        if local_files_only:
            raise weights_module.LocalEntryNotFoundError("not in the cache")
        return str(file)

    monkeypatch.setattr(weights_module, "hub_reachable", lambda: True)
    monkeypatch.setattr(weights_module.huggingface_hub, "hf_hub_download", download)
    spotter = build("regnety_002+fc")
    assert asked == [("timm/regnety_002.pycls_in1k", "model.safetensors", local) for local in (True, False)]
    assert all(torch.equal(value, theirs[key]) for key, value in spotter.backbone.network.state_dict().items())
    assert "pretrained weights timm/regnety_002.pycls_in1k" in capsys.readouterr().out


@pytest.fixture
def asked_afresh():
    """A process asks the hub once: let this be the first time, and let nothing stay of the answer."""
    weights_module.hub_reachable.cache_clear()
    yield
    weights_module.hub_reachable.cache_clear()


def test_hub_is_not_asked_when_offline(monkeypatch, asked_afresh):
    def fail(*args, **kwargs):
        raise AssertionError("asked the hub")

    monkeypatch.setattr(weights_module.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(weights_module.urllib.request, "urlopen", fail)
    assert weights_module.hub_reachable() is False


@pytest.mark.parametrize("failure", [OSError("no route"), None])
def test_hub_reachable_is_whether_it_answers(monkeypatch, asked_afresh, failure):
    def answer(url, timeout):
        assert timeout <= 2
        if failure:
            raise failure
        return nullcontext()

    monkeypatch.setattr(weights_module.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(weights_module.urllib.request, "urlopen", answer)
    assert weights_module.hub_reachable() is (failure is None)


def test_weights_from_a_spotters_file(tmp_path):
    theirs = build("tiny3d+fc", num_classes=3, weights="none")
    save_file(theirs.state_dict(), tmp_path / "best.safetensors")
    ours = build("tiny3d+fc", num_classes=12, weights=str(tmp_path / "best.safetensors"))
    assert all(torch.equal(a, b) for a, b in zip(ours.backbone.parameters(), theirs.backbone.parameters(), strict=True))


def test_saving_and_loading_keeps_every_number_and_the_layout(tmp_path):
    ours, theirs = (build("regnety_002+fc", weights="none") for _ in range(2))
    save_weights(theirs, tmp_path / "best.safetensors")
    load_weights(ours, tmp_path / "best.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True))
    assert ours.backbone.network.stem.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert [path.name for path in tmp_path.iterdir()] == ["best.safetensors"]


def test_weights_of_another_network_change_nothing(tmp_path):
    save_file(build("tiny3d+fc", weights="none").state_dict(), tmp_path / "tiny.safetensors")
    spotter = build("regnety_002+fc", weights="none")
    before = {key: value.clone() for key, value in spotter.state_dict().items()}
    with pytest.raises(InputError, match="tiny.safetensors: no weights for 'backbone.network.stem"):
        load_weights(spotter, tmp_path / "tiny.safetensors")
    state = build("tiny3d+fc", num_classes=3, weights="none").state_dict()
    save_file(state, tmp_path / "three.safetensors")
    with pytest.raises(InputError, match=r"linear.weight' has the shape \(4, 128\), expected \(13, 128\)"):
        load_weights(build("tiny3d+fc", weights="none"), tmp_path / "three.safetensors")
    assert all(torch.equal(value, before[key]) for key, value in spotter.state_dict().items())


def test_files_that_hold_no_weights(tmp_path):
    (tmp_path / "text.safetensors").write_text("not weights")
    for name, sentence in (("text", "cannot be read as safetensors"), ("none", "no such file of weights")):
        with pytest.raises(InputError, match=sentence):
            load_weights(build("tiny3d+fc", weights="none"), tmp_path / f"{name}.safetensors")


def test_a_system_that_says_where():
    torch.manual_seed(0)
    spotter = build("tiny3d+bigru+xy", num_classes=6, weights="none").eval()
    dim = spotter.backbone.dim
    sizes = [tuple(layer.weight.shape) for layer in spotter.heads["xy"].layers if hasattr(layer, "weight")]
    assert sizes == [(3 * dim, dim), (dim, 3 * dim), (2, dim)]
    given = frames(B=2, T=5)
    with torch.inference_mode():
        answers = spotter(given)
        assert answers["logits"].shape == (2, 5, 7) and answers["xy"].shape == (2, 5, 2)
        assert answers["xy"].min() > 0 and answers["xy"].max() < 1
        spotter.neck.cell.weight_ih_l0.mul_(-2)  # places come from the backbone, whatever the neck does
        changed = spotter(given)
    assert torch.equal(changed["xy"], answers["xy"]) and not torch.allclose(changed["logits"], answers["logits"])


def test_names_of_systems_that_say_where():
    assert check_system("x3d_s+ed+xy") == ("x3d_s", ("ed",), ("classes", "xy"))
    assert check_system("x3d_s+fc+xy") == ("x3d_s", (), ("classes", "xy"))
    assert check_system("e2e_spot+xy") == ("regnety_002_gsm", ("bigru",), ("classes", "xy"))
    assert check_system("e2e_spot+heat") == ("regnety_002_gsm", ("bigru",), ("classes", "heat"))
    assert check_system("stes") == ("regnety_008_gsm", ("bigru3",), ("classes", "xy"))
    assert check_system("e2e_spot").heads == ("classes",)
    assert check_system("astrm") == ("regnety_002_astrm", ("bigru",), ("bce", "softic"))
    assert check_system("tiny3d+fc+xy+bce").heads == ("bce", "xy")
    for wrong in (
        "x3d_s+xy",
        "xy",
        "x3d_s+xy+ed",
        "x3d_s+ed+xy+xy",
        "x3d_s+ed+xy+heat",
        "stes+xy",
        "heat+fc",
        "astrm+bce",
    ):
        with pytest.raises(InputError, match="expected BACKBONE|two of its heads answer the same"):
            check_system(wrong)
