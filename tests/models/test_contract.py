"""One contract for every backbone, neck and head of the registries, said once: a new part is held to it by its entry.

What a part is beyond that (its equations, its size) is in the tests of its own module.
"""

import copy
from functools import cache

import numpy as np
import pytest
import torch
from fvcore.nn.squeeze_excitation import SqueezeExcitation
from torch import nn

from course_lib.config import Config, DataConfig, TrainConfig, override
from course_lib.data.events import Event, Video
from course_lib.data.store import StoreSettings
from course_lib.models.backbones_3d import temporal_reach
from course_lib.models.head import Sizes
from course_lib.models.heads.classes import ClassHead
from course_lib.models.heads.contrast import WIDTH
from course_lib.models.refinement import ClipKernel
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_weights, save_weights
from course_lib.models.zoo import BACKBONES, HEADS, NECKS, build
from course_lib.spotting.features import FeatureStore
from course_lib.training.clips import ClipDataset

DIM = 32
PICTURE = (32, 48)  # H, W; not square, and the smallest of which every network still has two places left at its end

NECK_REACH = {"tcn": 2, "tcn_dilated": 7, "mstcn": 45, "tpn": 4, "deconv": 21, "positions": 0}
"""Steps, on the longer side, that a step's answer depends on; a neck that is not listed here sees its whole clip."""


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def frames(B=1, T=3, seed=0):
    return noise(B, T, 3, *PICTURE, seed=seed)


def made(maker, *arguments, seed=0):
    torch.manual_seed(seed)
    return maker(*arguments)


def awake(module, x):
    """The module with nothing asleep in it: what starts at zero is drawn, and averages of batches are those of `x`."""
    for parameter in module.parameters():
        if not parameter.any():
            many = parameter.ndim > 1
            nn.init.normal_(parameter, 0.0 if many else 0.3, parameter[0].numel() ** -0.5 if many else 0.1)
    norms = [part for part in module.modules() if getattr(part, "running_mean", None) is not None]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        module.train()(x)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return module.eval()


def silent(module):
    return [name for name, p in module.named_parameters() if p.grad is None or not p.grad.any()]


def gradients(module, x):
    """What one step of training sees: the answer, and every parameter's gradient."""
    module.zero_grad()
    torch.manual_seed(7)  # dropout
    answer = module(x)
    answer.square().sum().backward()
    return [answer.detach(), *(p.grad.clone() for p in module.parameters())]


def equal(some, others):
    return all(torch.equal(one, other) for one, other in zip(some, others, strict=True))


def gives_a_vector_a_step(modules, x):
    """A single clip of any length, also in training."""
    for module in modules:
        with torch.no_grad():
            answer = module(x)
        assert answer.shape == (1, x.shape[1], module.dim) and answer.isfinite().all()


def keeps_clips_apart(module, batch):
    with torch.inference_mode():
        together, alone = module(batch), torch.cat([module(clip[None]) for clip in batch])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5 * together.abs().max().item())
    assert not torch.allclose(together[0], together[1], rtol=1e-3)  # it does look at its clip


def survives_a_file(module, other, x, path):
    """Written and read, another one of its kind gives the same numbers."""
    save_weights(module, path)
    with torch.inference_mode():
        assert not torch.equal(other.eval()(x), module(x))
        load_weights(other, path)
        assert torch.equal(other(x), module(x))


# ----------------------------------------------------------------------------------------------------------- necks


@pytest.fixture(scope="module", params=NECKS)
def neck_name(request):
    return request.param


@pytest.fixture(scope="module")
def neck(neck_name):
    return awake(made(NECKS[neck_name], DIM), noise(4, 32, DIM, seed=1))


@pytest.fixture(scope="module")
def learning_neck(neck):
    return copy.deepcopy(neck).train()


@pytest.mark.parametrize("T", [1, 2, 3, 7, 50])
def test_a_neck_takes_any_length(neck, learning_neck, T):
    gives_a_vector_a_step((neck, learning_neck), noise(1, T, DIM))


def test_gradients_reach_every_parameter_of_a_neck(neck):
    gradients(neck, noise(2, 50, DIM))  # in use: in training a batch norm takes away the bias before it
    assert silent(neck) == []


def test_a_neck_is_the_same_from_the_same_seed(neck_name, learning_neck):
    first, again, other = (made(NECKS[neck_name], DIM, seed=seed).state_dict().values() for seed in (0, 0, 1))
    assert equal(first, again) and not equal(first, other)
    x = noise(2, 9, DIM)
    assert equal(gradients(learning_neck, x), gradients(learning_neck, x))


def test_a_neck_keeps_clips_apart(neck):
    keeps_clips_apart(neck, noise(3, 9, DIM))


def test_a_neck_survives_a_file(neck, neck_name, tmp_path):
    survives_a_file(neck, made(NECKS[neck_name], DIM, seed=1), noise(2, 9, DIM), tmp_path / "neck.safetensors")


def test_padded_steps_get_no_loss(neck):
    """Necks look at padding, which repeats the nearest step; what is asked of it teaches them nothing."""
    x, mask = noise(2, 9, DIM), torch.ones(2, 9, dtype=torch.bool)
    mask[0, 6:] = False
    x[0, 6:] = x[0, 5]
    head, seen = ClassHead(neck.dim, 3, dropout=0.0), []
    for asked in (0, 2):
        target = torch.eye(4)[torch.full((2, 9), 1).masked_fill(~mask, asked)]
        neck.zero_grad()
        logits = head(neck(x))["logits"]
        logits.retain_grad()
        head.loss({"logits": logits}, {"target": target, "mask": mask}, TrainConfig()).backward()
        assert not logits.grad[~mask].any() and logits.grad[mask].all()
        seen.append([p.grad.clone() for p in neck.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*seen, strict=True))


def test_how_far_a_neck_sees(neck, neck_name):
    """No step depends on one further away than the table says, and some on one as far; or all on the whole clip."""
    T, middle = 100, range(46, 54)  # eight steps running: of necks that stride over time each has its own
    x = noise(1, T, DIM).double().requires_grad_()
    answers = copy.deepcopy(neck).double()(x)
    far = []
    for step in middle:
        pull = (answers[0, step] * noise(neck.dim, seed=2)).sum()  # a plain sum is what a layer norm makes constant
        (gradient,) = torch.autograd.grad(pull, x, retain_graph=True)
        seen = gradient[0].any(dim=1).nonzero().flatten()
        far.append(max(step - seen.min().item(), seen.max().item() - step))
        if neck_name not in NECK_REACH:
            assert (seen.min(), seen.max()) == (0, T - 1)
    if neck_name in NECK_REACH:
        assert max(far) == NECK_REACH[neck_name]


def test_the_table_of_reaches_names_necks_only():
    assert NECK_REACH.keys() <= NECKS.keys()


# ------------------------------------------------------------------------------------------------------- backbones


# Not those that have a part of ASTRM only: the parts have their own tests, and the whole has them all.
@pytest.fixture(scope="module", params=[name for name in BACKBONES if "_astrm_" not in name])
def backbone_name(request):
    return request.param


@pytest.fixture(scope="module")
def two(backbone_name):
    """Made twice from one seed, for they take long to make; the first is then woken, the second stays as it came."""
    first, again = (made(BACKBONES[backbone_name]) for _ in range(2))
    assert equal(first.state_dict().values(), again.state_dict().values())
    return awake(first, frames(2, 4, seed=1)), again


@pytest.fixture(scope="module")
def backbone(two):
    return two[0]


@pytest.fixture(scope="module")
def learning_backbone(backbone):
    return copy.deepcopy(backbone).train()


@pytest.mark.parametrize("T", [1, 2, 5])
def test_a_backbone_takes_any_length(backbone, learning_backbone, T):
    gives_a_vector_a_step((backbone, learning_backbone), frames(1, T))


def test_gradients_reach_every_parameter_of_a_backbone_the_same_each_time(learning_backbone):
    first = gradients(learning_backbone, frames(2, 3))
    assert silent(learning_backbone) == []
    assert equal(first, gradients(learning_backbone, frames(2, 3)))


def test_a_backbone_keeps_clips_apart(backbone):
    keeps_clips_apart(backbone, frames(3, 4))


def test_a_backbone_survives_a_file(two, tmp_path):
    survives_a_file(*two, frames(1, 3), tmp_path / "backbone.safetensors")


def test_bytes_and_fractions_are_the_same_picture_to_a_backbone(backbone):
    """What reaches it are the values less its mean, by its spread."""
    pictures = torch.randint(0, 256, (1, 3, 3, *PICTURE), dtype=torch.uint8)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (backbone.mean, backbone.std))
    spotter = Spotter(backbone, nn.Identity(), {"classes": ClassHead(backbone.dim, 2)}).eval()
    with torch.inference_mode():
        expected = backbone((pictures / 255 - mean) / std)
        for given in (pictures, pictures / 255):
            torch.testing.assert_close(spotter.encode(given), expected, rtol=1e-3, atol=1e-3)


def test_a_backbones_vectors_are_what_its_smallest_map_leaves(backbone):
    if not hasattr(backbone, "maps"):
        assert not hasattr(backbone, "pool") and not hasattr(backbone, "map_dims")
        return
    x = noise(2, 3, 3, 64, 96)
    with torch.inference_mode():
        maps = backbone.maps(x)
        sizes = [(32 // 2 ** (level + 1), 48 // 2 ** (level + 1)) for level in range(len(maps))]
        assert [tuple(map.shape) for map in maps] == [
            (2, dim, 3, *size) for dim, size in zip(backbone.map_dims, sizes, strict=True)
        ]
        assert torch.equal(backbone.pool(maps[-1]), backbone(x))


def test_how_far_a_backbone_sees(backbone):
    """As far as `temporal_reach` says, by the gradient.

    What it leaves out is taken away: squeeze-and-excitation, and that ASTRM's kernels depend on the clip.
    """
    reach = temporal_reach(backbone)
    T = 2 * (reach or 3) + 6
    middle = T // 4 * 2 + 1
    backbone = copy.deepcopy(backbone).double()  # in which no number is so small as to be lost
    for parent in list(backbone.modules()):
        for name, child in parent.named_children():
            if isinstance(child, SqueezeExcitation):
                setattr(parent, name, nn.Identity())
            elif isinstance(child, ClipKernel):
                child.forward = lambda course: torch.full((*course.shape[:2], 3), 0.4, dtype=course.dtype)
    x = noise(1, T, 3, 8, 8).double().requires_grad_()
    # Of two steps running: a network that halves time and doubles it again has two kinds of steps.
    (gradient,) = torch.autograd.grad(backbone(x)[0, middle - 1 : middle + 1].square().sum(), x)
    seen = gradient[0].flatten(1).any(dim=1).nonzero().flatten()
    expected = (0, T - 1) if reach is None else (middle - 1 - reach, middle + reach)
    assert (seen.min(), seen.max()) == expected


@cache
def names_and_shapes(name):
    with torch.device("meta"):
        return {key: value.shape for key, value in BACKBONES[name]().state_dict().items()}


def test_where_a_backbones_weights_come_from(backbone):
    """Names that a hub's file, or the file of another backbone, can be matched with."""
    state = {key: value.shape for key, value in backbone.state_dict().items()}
    assert all(key.startswith(backbone.hub_prefix) for key in state)
    assert backbone.hub_id is None or "/" in backbone.hub_id
    if hasattr(backbone, "weights_of"):
        new = backbone.new_parts()
        assert new <= state.keys()
        kept = {key: shape for key, shape in state.items() if key not in new}
        assert kept.items() <= names_and_shapes(backbone.weights_of).items()


# ----------------------------------------------------------------------------------------------------------- heads

SIZES = Sizes(num_classes=3, features=24, vectors=DIM, maps=(8, 12), dropout=0.5)
DATA = DataConfig(classes=("A", "B", "C"), clip_len=8, target_kind="dilated", target_radius=1, xy_radius=1)
LENGTHS = (12, 5)  # steps of two frames; the second video is shorter than a clip


def video(name, num_frames, *events):
    events = tuple(Event(label, frame, xy=(0.2, 0.7)) for label, frame in events)
    return Video(name, None, num_frames, 25.0, 96, 64, events, game=name)


VIDEOS = (video("long", 24, ("A", 4), ("C", 15), ("B", 23)), video("short", 10, ("B", 6)))


STORES = [FeatureStore(np.zeros((steps, 2), np.float16), StoreSettings(96, 64, DATA.stride)) for steps in LENGTHS]


@pytest.fixture(params=HEADS)
def head(request):
    return awake_head(made(HEADS[request.param].of, SIZES))


def awake_head(head):
    """Nothing in it asleep, and its memory, if it has one, not empty."""
    for parameter in head.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, 0.0, 0.3)
    if hasattr(head, "remember"):
        kinds = torch.arange(12) % SIZES.num_classes
        head.remember(nn.functional.normalize(noise(12, WIDTH), dim=-1), torch.eye(SIZES.num_classes)[kinds])
    return head.eval()


def seen_by(head, B, T, seed=0):
    """What the head reads, of B clips of T steps."""
    if head.reads == "maps":
        return [noise(B, dim, T, 4 // 2**level, 6 // 2**level, seed=seed) for level, dim in enumerate(SIZES.maps)]
    return noise(B, T, getattr(SIZES, head.reads), seed=seed)


def asked(head):
    """A batch as the data set makes it: one whole clip, one padded in front, one padded at its end."""
    clips = ClipDataset(VIDEOS, STORES, DATA, targets=head.targets(VIDEOS, LENGTHS, DATA), padding=head.padding)
    samples = [clips[0, 1], clips[0, -3], clips[1, 0]]
    return {name: torch.stack([torch.as_tensor(sample[name]) for sample in samples]) for name in samples[0]}


def like(mask, value):
    """(B, T) with as many further axes as the value has."""
    return mask.view(*mask.shape, *[1] * (value.ndim - 2))


def test_a_heads_targets_are_what_it_says(head):
    targets = head.targets(VIDEOS, LENGTHS, DATA)
    assert tuple(targets) == head.target_names
    assert {*head.mixed, *head.padding} <= {*head.target_names}
    for name, rows in targets.items():
        assert [len(of_video) for of_video in rows] == list(LENGTHS)
        assert all(of_video.dtype == np.float32 for of_video in rows)
        alone = [head.targets([one], [steps], DATA)[name][0] for one, steps in zip(VIDEOS, LENGTHS, strict=True)]
        assert all(np.array_equal(*pair) for pair in zip(rows, alone, strict=True))
        assert np.shape(head.padding.get(name, rows[0][0])) == rows[0][0].shape


def test_a_label_behind_the_last_frame_is_one_on_it(head):
    last, behind = (head.targets([video("v", 24, ("A", 4), ("B", frame))], [12], DATA) for frame in (23, 24))
    earlier = head.targets([video("v", 24, ("A", 4), ("B", 21))], [12], DATA)
    for name in head.target_names:
        assert np.array_equal(last[name][0], behind[name][0]) and not np.array_equal(last[name][0], earlier[name][0])


@pytest.mark.parametrize("T", [1, 2, 7, 50])
@pytest.mark.parametrize("training", [False, True])
def test_a_head_answers_every_step_of_any_length(head, T, training):
    with torch.no_grad():
        outputs = head.train(training)(seen_by(head, 1, T), {})
        answers = head.answer({name: value.bfloat16() for name, value in outputs.items()})
    assert all(value.shape[:2] == (1, T) and value.isfinite().all() for value in outputs.values())
    assert {name: value.shape[2:] for name, value in answers.items()} == {n: (w,) for n, w in head.answers.items()}
    assert all(value.dtype == torch.float32 for value in answers.values())  # also from a network of half precision
    if "probabilities" in answers:
        assert answers["probabilities"].min() >= 0 and answers["probabilities"].max() <= 1


def test_gradients_of_its_loss_reach_every_parameter_of_a_head(head):
    batch = asked(head)
    loss = head.train().loss(head(seen_by(head, 3, 8), batch), batch, TrainConfig())
    loss.backward()
    assert loss.ndim == 0 and loss.isfinite()
    # A bias that is added to all cells of a map does not get through its softmax: what is left is rounding, and on
    # some processors nothing.
    softmax = [f"scores.{scale}.2.bias" for scale in range(len(getattr(head, "scores", ())))]
    assert [name for name in silent(head) if name not in softmax] == []


def test_a_head_is_the_same_from_the_same_seed(head):
    first, again, other = (made(type(head).of, SIZES, seed=seed).state_dict().values() for seed in (0, 0, 1))
    assert equal(first, again) and not equal(first, other)
    batch, losses = asked(head), []
    for _ in range(2):
        torch.manual_seed(7)  # dropout
        fresh = copy.deepcopy(head).train()  # which has seen no batch of this one yet
        losses.append(fresh.loss(fresh(seen_by(head, 3, 8), batch), batch, TrainConfig()))
    assert torch.equal(*losses)


def test_padding_costs_a_head_nothing_and_says_nothing(head):
    batch = asked(head)
    mask = batch["mask"]
    assert not mask.all()
    outputs = {name: value.detach().requires_grad_() for name, value in head(seen_by(head, 3, 8), batch).items()}
    head.loss(outputs, batch, TrainConfig()).backward()
    learnt = [value.grad for value in outputs.values() if value.grad is not None]
    assert learnt and all(not gradient[~mask].any() and gradient[mask].any() for gradient in learnt)
    other = head(seen_by(head, 3, 8, seed=1), batch)
    settled = []
    for padded in (outputs, other):
        mixed = {name: torch.where(like(mask, real), real, padded[name]) for name, real in outputs.items()}
        scores = noise(3, 8, 4, seed=5).where(mask.unsqueeze(-1), noise(3, 8, 4, seed=len(settled))).softmax(dim=-1)
        settled.append(head.settle({"probabilities": scores, **head.answer(mixed)}, mask))
    for name, answer in settled[0].items():
        assert torch.equal(answer[mask], settled[1][name][mask])


def test_a_head_keeps_clips_apart(head):
    seen, mask = seen_by(head, 3, 8), torch.ones(3, 8, dtype=torch.bool)
    scores = noise(3, 8, 4, seed=5).softmax(dim=-1)

    def settled(clips):
        part = [map[clips] for map in seen] if head.reads == "maps" else seen[clips]
        return head.settle({"probabilities": scores[clips], **head.answer(head(part, {}))}, mask[clips])

    with torch.inference_mode():
        together, alone = settled(slice(None)), [settled(slice(clip, clip + 1)) for clip in range(3)]
    for name, answer in together.items():
        torch.testing.assert_close(answer, torch.cat([one[name] for one in alone]))


def test_a_picture_mirrored_twice_asks_a_head_as_before(head):
    batch, flipped = asked(head), torch.tensor([True, False, True])
    once = head.mirror(batch, flipped)
    twice = head.mirror(once, flipped)
    for name, value in batch.items():
        torch.testing.assert_close(twice[name], value)
        assert torch.equal(once[name][1], value[1])


def test_what_was_said_in_a_mirror_turned_twice_is_as_before(head):
    """Turned once it is what the same labels say of mirrored pictures."""
    answers = {name: noise(3, 8, width, seed=5).sigmoid() for name, width in head.answers.items()}
    answers = {"probabilities": noise(3, 8, 4).softmax(dim=-1), **answers}
    once = head.unmirror(dict(answers))
    for name, value in head.unmirror(dict(once)).items():
        torch.testing.assert_close(value, answers[name])
    for name in head.fields:
        asked_in_mirror = head.mirror({name: answers[name]}, torch.ones(3, dtype=torch.bool))
        assert torch.equal(once[name], asked_in_mirror[name]) and not torch.equal(once[name], answers[name])


def test_a_head_survives_a_file(head, tmp_path):
    other = made(type(head).of, SIZES, seed=1).eval()
    seen = seen_by(head, 1, 3)
    save_weights(head, tmp_path / "head.safetensors")
    with torch.inference_mode():
        load_weights(other, tmp_path / "head.safetensors")
        for one, two in zip(head(seen, {}).values(), other(seen, {}).values(), strict=True):
            assert torch.equal(one, two)


def test_what_a_head_wishes_for_can_be_configured(head):
    override(Config(), head.recipe)
    assert 0 < head.lr_factor(TrainConfig()) <= 1


@pytest.mark.parametrize("name", HEADS)
def test_a_spotter_with_the_head_learns_answers_and_can_go_by_features(name):
    torch.manual_seed(0)
    spotter = build("tiny3d+fc" if name == "classes" else f"tiny3d+fc+{name}", 3, "none", dropout=0.0)
    pictures = torch.randint(0, 256, (2, 5, 3, *PICTURE), dtype=torch.uint8)
    sum(value.float().square().sum() for value in spotter.train()(pictures).values()).backward()
    assert silent(spotter) == []
    spotter.eval()
    with torch.inference_mode():
        answers = spotter.answer(pictures)
        assert set(answers) == {"probabilities", *HEADS[name].fields}
        for other in (spotter.answer(pictures / 255), spotter.answer(spotter.encode(pictures))):
            for key, value in answers.items():
                torch.testing.assert_close(other[key], value, rtol=1e-3, atol=1e-4)
