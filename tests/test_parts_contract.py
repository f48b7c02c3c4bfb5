"""One contract for every backbone and neck of the registries, said once: a new part is held to it by its entry.

What a part is beyond that (its equations, its size) is in the tests of its own module.
"""

import copy
from functools import cache

import pytest
import torch
from fvcore.nn.squeeze_excitation import SqueezeExcitation
from torch import nn

from course_lib.losses import weighted_cross_entropy
from course_lib.models.backbones import BACKBONES
from course_lib.models.heads import ClassHead
from course_lib.models.necks import NECKS
from course_lib.models.reach import temporal_reach
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_weights, save_weights

DIM = 32
PICTURE = (32, 48)  # H, W; not square, and the smallest of which every network still has two places left at its end

NECK_REACH = {"tcn": 2, "tcn_dilated": 7, "mstcn": 45, "tpn": 4, "deconv": 21}
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
    head, weights = ClassHead(neck.dim, 3, dropout=0.0), torch.tensor([1.0, 5.0, 5.0, 5.0])
    seen = []
    for asked in (0, 2):
        target = torch.eye(4)[torch.full((2, 9), 1).masked_fill(~mask, asked)]
        neck.zero_grad()
        logits = head(neck(x))
        logits.retain_grad()
        weighted_cross_entropy(logits, target, weights, mask).backward()
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


@pytest.fixture(scope="module", params=BACKBONES)
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
    spotter = Spotter(backbone, nn.Identity(), {"logits": ClassHead(backbone.dim, 2)}).eval()
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
    """As far as `temporal_reach` says, by the gradient; squeeze-and-excitation, which it leaves out, taken away."""
    reach = temporal_reach(backbone)
    T = 2 * (reach or 3) + 6
    middle = T // 4 * 2 + 1
    backbone = copy.deepcopy(backbone).double()  # in which no number is so small as to be lost
    for parent in list(backbone.modules()):
        for name, child in parent.named_children():
            if isinstance(child, SqueezeExcitation):
                setattr(parent, name, nn.Identity())
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
