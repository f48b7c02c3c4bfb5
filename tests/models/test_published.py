"""published: files like those of E2E-Spot's and T-DEED's programs, against what these programs compute, written out.

The look-alike files have the programs' names and shapes, and random numbers. The networks are computed here from these
names alone, with `torch.nn.functional`: a step too early or two channels in each other's place would fit by shape.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.files import InputError
from course_lib.models.published import load_published
from course_lib.models.zoo import build
from course_lib.training.checkpoint import History, save_checkpoint

# Width of each stage, its blocks, channels of a group; how many channels a shift takes of a width.
REGNETS = {"002": ((24, 56, 152, 368), (1, 1, 4, 7), 8), "008": ((64, 128, 320, 768), (1, 3, 8, 2), 16)}
FOLDED = {32: 8, 24: 8, 56: 16, 152: 40, 368: 92, 64: 16, 128: 32, 320: 80, 768: 192}
K = 3  # classes, without background


# ------------------------------------------------------------------------------------------------ names and shapes


class Numbers(dict):
    """A state_dict in the making: random numbers under the programs' names."""

    def __init__(self, seed=0):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, name, *shape, scale=None):
        scale = (shape[1] * math.prod(shape[2:])) ** -0.5 if scale is None else scale
        self[name] = scale * torch.randn(shape, generator=self.generator)

    def layer(self, name, *shape):
        self.draw(f"{name}.weight", *shape)
        self.draw(f"{name}.bias", shape[0], scale=0.1)

    def norm(self, name, *shape, running=True):
        self[f"{name}.weight"] = 1 + 0.3 * torch.randn(shape, generator=self.generator)
        self.draw(f"{name}.bias", *shape, scale=0.3)
        if running:
            self.draw(f"{name}.running_mean", *shape, scale=0.1)
            self[f"{name}.running_var"] = 0.5 + torch.rand(shape, generator=self.generator)
            self[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def convolution(self, name, *shape):
        self.draw(f"{name}.conv.weight", *shape)
        self.norm(f"{name}.bn", shape[0])


def regnet(numbers, size, shift, shifted, fused=False):
    """RegNet-Y as timm names it, under `_features`, with shifts as the programs put them into stages."""
    widths, depths, group = REGNETS[size]
    numbers.convolution("_features.stem", 32, 3, 3, 3)
    before = 32
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True), 1):
        for block in range(1, depth + 1):
            name = f"_features.s{stage}.b{block}"
            if stage in shifted:
                of_shift, folded = f"{name}.conv1.{shift}", FOLDED[before]
                numbers.layer(f"{of_shift}.conv3D", 2, folded // 2, 3, 3, 3)
                numbers.norm(f"{of_shift}.bn", folded)
                for half in (1, 2) if fused else ():
                    numbers.layer(f"{of_shift}.channel_conv{half}", 1, 2, 3, 3)
            numbers.convolution(f"{name}.conv1.net" if stage in shifted else f"{name}.conv1", width, before, 1, 1)
            numbers.convolution(f"{name}.conv2", width, group, 3, 3)
            squeezed = round(before / 4)
            numbers.layer(f"{name}.se.fc1", squeezed, width, 1, 1)
            numbers.layer(f"{name}.se.fc2", width, squeezed, 1, 1)
            numbers.convolution(f"{name}.conv3", width, width, 1, 1)
            if block == 1:
                numbers.convolution(f"{name}.downsample", width, before, 1, 1)
            before = width
    return before


def e2e_spot(size="002", layers=1, classes=K):
    numbers = Numbers()
    D = regnet(numbers, size, "gsm", (1, 2, 3, 4))
    gru = nn.GRU(D, D, layers, batch_first=True, bidirectional=True)
    for name, value in gru.state_dict().items():
        numbers.draw(f"_pred_fine._gru.{name}", *value.shape, scale=D**-0.5)
    numbers.layer("_pred_fine._fc_out._fc_out", classes + 1, 2 * D)
    return numbers


def tdeed(T=7, classes=K, radius=True):
    """L = 2, window 9, k 4, at clips of T steps."""
    numbers = Numbers(1)
    D = regnet(numbers, "002", "gs", (3, 4), fused=True)
    numbers.draw("temp_enc", T, D, scale=1 / T)

    def depthwise(name, kernel):
        numbers.layer(name, D, 1, kernel)

    def mlp(name):
        numbers.layer(f"{name}.mlp.0", 4 * D, D, 1)
        numbers.layer(f"{name}.mlp.2", D, 4 * D, 1)

    for place in range(5):
        name = f"_temp_fine._sgp.{place}"
        numbers.norm(f"{name}.ln", 1, D, 1, running=False)
        numbers.norm(f"{name}.gn", D, running=False)
        for layer, kernel in (("psi", 9), ("fc", 1), ("convw", 9), ("convkw", 41), ("global_fc", 1)):
            depthwise(f"{name}.{layer}", kernel)
        mlp(name)
    for level in range(2):
        name = f"_temp_fine._sgpMixer.{level}"
        numbers.norm(f"{name}.gn", D, running=False)
        for side in "12":
            numbers.norm(f"{name}.ln{side}", 1, D, 1, running=False)
            for layer, kernel in (("psi", 9), ("convw", 9), ("convkw", 41), ("fc", 1), ("global_fc", 1)):
                depthwise(f"{name}.{layer}{side}", kernel)
        mlp(name)
        numbers.layer(f"{name}.concat_fc", D, 6 * D, 1)
    numbers.layer("_pred_fine._fc_out", classes + 1, D)
    if radius:
        numbers.layer("_pred_displ._fc_out", 1, D)
    return numbers


# ------------------------------------------------------------------------------------ what the programs compute


def normed(p, name, x):
    return F.batch_norm(x, p[f"{name}.running_mean"], p[f"{name}.running_var"], p[f"{name}.weight"], p[f"{name}.bias"])


def layer(p, name, x, convolution, **how):
    return convolution(x, p[f"{name}.weight"], p[f"{name}.bias"], **how)


def gated(p, name, x, T):
    """GSM and GSF, a step at a time: x (B·T, C, H, W). The first half gets what comes next, the second what was."""
    folded = FOLDED[x.shape[1]]
    half = folded // 2
    clips = x[:, :folded].unflatten(0, (-1, T)).transpose(1, 2)  # (B, F, T, H, W)
    gates = torch.tanh(layer(p, f"{name}.conv3D", normed(p, f"{name}.bn", clips).relu(), F.conv3d, padding=1, groups=2))
    out = x.clone()
    for number, step, own in ((0, 1, clips[:, :half]), (1, -1, clips[:, half:])):
        leaving = gates[:, number : number + 1] * own
        stayed, moved = own - leaving, torch.zeros_like(own)
        for t in range(T):
            if 0 <= t + step < T:
                moved[:, :, t] = leaving[:, :, t + step]
        if f"{name}.channel_conv1.weight" in p:
            maps = torch.stack([moved.mean(dim=(3, 4)), stayed.mean(dim=(3, 4))], dim=1)  # (B, 2, F/2, T)
            w = layer(p, f"{name}.channel_conv{number + 1}", maps, F.conv2d, padding=1).sigmoid()[:, 0, ..., None, None]
            moved, stayed = w * moved, (1 - w) * stayed
        for place in range(half):  # 1 4 2 5 3 6: one of the first part, one of the second
            source = place // 2 + (place % 2) * (half // 2)
            at = number * half + place
            out[:, at] = (moved + stayed)[:, source].flatten(0, 1)
    return out


def features(p, size, frames):
    """RegNet-Y and its shifts: frames (B, T, 3, H, W), normalised → (B, T, D)."""
    _, depths, group = REGNETS[size]
    T, x = frames.shape[1], frames.flatten(0, 1)

    def convolved(name, x, **how):
        return normed(p, f"{name}.bn", F.conv2d(x, p[f"{name}.conv.weight"], **how))

    x = convolved("_features.stem", x, stride=2, padding=1).relu()
    for stage, depth in enumerate(depths, 1):
        for block in range(1, depth + 1):
            name, stride = f"_features.s{stage}.b{block}", 2 if block == 1 else 1
            shift = next((s for s in ("gsm", "gs") if f"{name}.conv1.{s}.bn.weight" in p), None)
            y = gated(p, f"{name}.conv1.{shift}", x, T) if shift else x
            y = convolved(f"{name}.conv1.net" if shift else f"{name}.conv1", y).relu()
            y = convolved(f"{name}.conv2", y, stride=stride, padding=1, groups=y.shape[1] // group).relu()
            share = layer(p, f"{name}.se.fc1", y.mean(dim=(2, 3), keepdim=True), F.conv2d).relu()
            y = convolved(f"{name}.conv3", y * layer(p, f"{name}.se.fc2", share, F.conv2d).sigmoid())
            shortcut = convolved(f"{name}.downsample", x, stride=stride) if block == 1 else x
            x = (y + shortcut).relu()
    return x.mean(dim=(2, 3)).unflatten(0, (-1, T))


def layer_norm(p, name, x):
    """Over channels: x (B, C, T), scale and shift (1, C, 1)."""
    centred = x - x.mean(dim=1, keepdim=True)
    scaled = centred / (centred.square().mean(dim=1, keepdim=True) + 1e-5).sqrt()
    return scaled * p[f"{name}.weight"] + p[f"{name}.bias"]


def through_mlp(p, name, x):
    y = F.group_norm(x, 16, p[f"{name}.gn.weight"], p[f"{name}.gn.bias"])
    return x + layer(p, f"{name}.mlp.2", F.gelu(layer(p, f"{name}.mlp.0", y, F.conv1d)), F.conv1d)


def depthwise(p, name, x):
    kernel = p[f"{name}.weight"].shape[2]
    return layer(p, name, x, F.conv1d, padding=kernel // 2, groups=x.shape[1])


def sgp(p, name, x):
    z = layer_norm(p, f"{name}.ln", x)
    phi = depthwise(p, f"{name}.global_fc", z.mean(dim=2, keepdim=True)).relu()
    windows = depthwise(p, f"{name}.convw", z) + depthwise(p, f"{name}.convkw", z)
    y = depthwise(p, f"{name}.fc", z) * phi + windows * depthwise(p, f"{name}.psi", z) + z
    return through_mlp(p, name, x + y)


def mixer(p, name, x, z):
    z = layer_norm(p, f"{name}.ln1", z)
    x = F.interpolate(layer_norm(p, f"{name}.ln2", x), z.shape[2], mode="linear", align_corners=True)
    windows, instants = [], []
    for side, v in (("1", z), ("2", x)):
        both = depthwise(p, f"{name}.convw{side}", v) + depthwise(p, f"{name}.convkw{side}", v)
        windows.append(both * depthwise(p, f"{name}.psi{side}", v))
        phi = depthwise(p, f"{name}.global_fc{side}", v.mean(dim=2, keepdim=True)).relu()
        instants.append(depthwise(p, f"{name}.fc{side}", v) * phi)
    return through_mlp(
        p, name, F.gelu(layer(p, f"{name}.concat_fc", torch.cat([*windows, *instants, z, x], 1), F.conv1d))
    )


def encoder_decoder(p, x):
    """Two levels: layers 0, 1 down, 2 at the bottom, 3, 4 up; mixer 1 comes before mixer 0. x (B, T, D)."""
    x = x.transpose(1, 2)
    T, kept = x.shape[2], []
    for place in (0, 1):
        kept.append(sgp(p, f"_temp_fine._sgp.{place}", x))
        x = F.adaptive_max_pool1d(kept[-1], math.ceil(T / 2 ** (place + 1)))
    x = sgp(p, "_temp_fine._sgp.2", x)
    for place, level in ((3, 1), (4, 0)):
        x = sgp(p, f"_temp_fine._sgp.{place}", mixer(p, f"_temp_fine._sgpMixer.{level}", x, kept[level]))
    return x.transpose(1, 2)


def pictures(T=5):
    return torch.randint(0, 256, (2, T, 3, 32, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


def normalised(frames):
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (frames / 255 - mean) / std


def saved(numbers, path):
    torch.save(dict(numbers), path)
    return str(path)


# --------------------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize(
    ("system", "size", "layers"),
    [("e2e_spot", "002", 1), ("regnety_002_gsm+bigru3", "002", 3), ("regnety_008_gsm+bigru", "008", 1)],
)
def test_e2e_spot_answers_as_its_program(system, size, layers, tmp_path, capsys):
    p = e2e_spot(size, layers)
    spotter = build(system, K, saved(p, tmp_path / "checkpoint_049.pt")).eval()
    said = f"weights of {tmp_path / 'checkpoint_049.pt'}, a checkpoint of E2E-Spot's program"
    assert spotter.origin == said and capsys.readouterr().out == f"{system}: {said}\n"
    with torch.inference_mode():
        x = features(p, size, normalised(pictures()))
        gru = nn.GRU(x.shape[2], x.shape[2], layers, batch_first=True, bidirectional=True)
        prefix = "_pred_fine._gru."
        gru.load_state_dict({name.removeprefix(prefix): p[name] for name in p if name.startswith(prefix)})
        logits = layer(p, "_pred_fine._fc_out._fc_out", gru(x)[0], F.linear)
        assert logits.std() > 0.05
        torch.testing.assert_close(spotter(pictures())["logits"], logits, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("system", "T", "clip_len", "said"),
    [
        ("regnety_002_gsf+ed_ln+displacement", 1, 7, "; left out: its temporal embedding"),
        ("regnety_002_gsf+ed_ln+displacement", 2, 7, "; left out: its temporal embedding"),
        ("regnety_002_gsf+ed_ln+displacement", 7, 7, "; left out: its temporal embedding"),
        ("tdeed", 7, 7, ""),
        ("tdeed", 4, 4, "; its temporal embedding made 4 steps of 7"),
        ("tdeed", 4, 7, ""),
    ],
)
def test_tdeed_answers_as_its_program(system, T, clip_len, said, tmp_path):
    p = tdeed()
    p["temp_enc"] *= 20  # so that it counts
    file = saved(p, tmp_path / "checkpoint_best.pth")
    spotter = build(system, K, file, clip_len=clip_len).eval()
    assert spotter.origin.endswith(f"a checkpoint of T-DEED's program{said}")
    with torch.inference_mode():
        x = features(p, "002", normalised(pictures(T)))
        if system == "tdeed":  # of seven steps four: every second
            x = x + (p["temp_enc"] if T == 7 else p["temp_enc"][::2])
        vectors = encoder_decoder(p, x)
        answers = spotter(pictures(T))
        for name, theirs in (("logits", "_pred_fine._fc_out"), ("displacement", "_pred_displ._fc_out")):
            expected = layer(p, theirs, vectors, F.linear)
            assert expected.std() > 0.05
            torch.testing.assert_close(answers[name], expected, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    ("system", "numbers", "aside"),
    [
        ("e2e_spot", e2e_spot, set()),
        ("regnety_002_gsf+ed_ln+displacement", tdeed, {"temp_enc"}),
        ("tdeed", tdeed, set()),
    ],
)
def test_every_entry_goes_to_one_place(system, numbers, aside, tmp_path):
    """Each entry of the file holds one number, its own, and all of them are found again."""
    p = numbers()
    marked = {name: torch.full_like(value, float(place)) for place, (name, value) in enumerate(p.items())}
    spotter = build(system, K, saved(marked, tmp_path / "marked.pt"))
    found = [value.float().unique() for value in spotter.state_dict().values()]
    assert all(len(values) == 1 for values in found)
    wanted = sorted(float(place) for place, name in enumerate(p) if name not in aside)
    assert sorted(values.item() for values in found) == wanted


def test_a_head_for_other_classes_stays_and_is_named(tmp_path):
    file = saved(e2e_spot(classes=17), tmp_path / "soccernet.pt")
    torch.manual_seed(0)
    fresh = build("e2e_spot+xy", K, "none").state_dict()
    torch.manual_seed(0)
    spotter = build("e2e_spot+xy", K, file)
    assert spotter.origin.endswith("left out: its class head, of 17 classes instead of 3; new: heads.xy")
    for name, value in spotter.state_dict().items():
        assert torch.equal(value, fresh[name]) is name.startswith("heads."), name


def without(numbers, *names):
    return {name: value for name, value in numbers.items() if name not in names}


@pytest.mark.parametrize(
    ("system", "numbers", "complaint"),
    [
        ("e2e_spot", lambda: without(e2e_spot(), "_features.s2.b1.conv1.gsm.bn.bias"),
         "E2E-Spot's program does not fit this system: it lacks '_features.s2.b1.conv1.gsm.bn.bias'; expected one"),
        ("e2e_spot", lambda: {**e2e_spot(), "_pred_loc.1.weight": torch.zeros(2, 368)},
         "does not fit this system: nothing here takes '_pred_loc.1.weight'; expected"),
        ("regnety_002_gsm+fc", e2e_spot, "it lacks '_pred_fine._fc_out.bias', .*, and nothing here takes '_pred_"),
        ("regnety_002+bigru", e2e_spot, "it lacks '_features.s1.b1.conv1.bn.bias', .* more, and nothing here takes"),
        ("e2e_spot", lambda: {**e2e_spot(), "_features.s1.b1.se.fc1.bias": torch.zeros(9)},
         "'_features.s1.b1.se.fc1.bias' has the shape (9,), expected (8,) for 'backbone.network.s1.b1.se.fc1.bias'"),
        ("regnety_002_gsf+ed+displacement", tdeed, "T-DEED's program adds the norm once more; expected .* with +ed_ln"),
        ("regnety_002_gsf+ed_ln", tdeed, "nothing here takes '_pred_displ._fc_out.bias', '_pred_displ._fc_out.w"),
        ("regnety_002_gsf+ed_ln+displacement", lambda: tdeed(radius=False), "it lacks '_pred_displ._fc_out.bias', "),
        ("tdeed", lambda: without(tdeed(), "temp_enc"), "T-DEED's program does not fit .*: it lacks 'temp_enc'"),
        ("tdeed", lambda: {**tdeed(), "temp_enc": torch.zeros(7, 9)},
         "'temp_enc' has the shape (50, 9), expected (50, 368) for 'neck.0.table'"),
        ("e2e_spot", lambda: {"model": {}, "history": {}}, "no checkpoint of E2E-Spot's or T-DEED's program, whose"),
    ],
    ids=["missing", "extra", "no-gru", "no-shift", "shape", "norm", "extra-head", "missing-head", "no-embedding",
         "embedding", "another-file"],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_changes_nothing(system, numbers, complaint, tmp_path):
    spotter = build(system, K, "none")
    before = {name: value.clone() for name, value in spotter.state_dict().items()}
    pattern = complaint.replace("(", r"\(").replace(")", r"\)").replace("+", r"\+")
    with pytest.raises(InputError, match=pattern):
        load_published(spotter, saved(numbers(), tmp_path / "wrong.pt"))
    assert all(torch.equal(value, before[name]) for name, value in spotter.state_dict().items())


class Harmful:
    def __reduce__(self):
        return print, ("code of the file was run",)


def test_nothing_but_numbers_is_read(tmp_path, capsys):
    torch.save({"_features.stem": Harmful()}, tmp_path / "harmful.pt")
    with pytest.raises(InputError, match="harmful.pt: cannot be read as numbers"):
        build("e2e_spot", K, str(tmp_path / "harmful.pt"))
    (tmp_path / "torn.pt").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(InputError, match="torn.pt: cannot be read as numbers"):
        build("e2e_spot", K, str(tmp_path / "torn.pt"))
    with pytest.raises(InputError, match="absent.pt: no such file"):
        build("e2e_spot", K, str(tmp_path / "absent.pt"))
    save_checkpoint(tmp_path / "last.pt", History(), model=nn.Linear(2, 2))  # a run's own
    with pytest.raises(InputError, match="last.pt: no checkpoint of E2E-Spot's"):
        build("e2e_spot", K, str(tmp_path / "last.pt"))
    assert "code of the file" not in capsys.readouterr().out
