"""A backbone for looking, not for learning: the same vectors in little more than half the time on a CPU.

A network that learns carries what only learning needs. Here a copy of it sheds that; the network itself stays.

- **Batch norm is folded.** In evaluation it multiplies each channel by a number and adds another, γ/√(σ²+ε) and
  β - μγ/√(σ²+ε); so does a convolution, and so the numbers move into the one before it (Jacob et al., Quantization and
  Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, 2018, section 3.2). In float64.
- **Every convolution goes to oneDNN at once.** PyTorch sends a 1x1x1 convolution, X3D's commonest layer, to a general
  kernel that copies its input first. oneDNN reads channels-last memory as the matrix it is. Without oneDNN a 1x1x1 (or
  1x1) convolution is a linear layer over the channels of every pixel, again without a copy.
- **In place.** Activations, the sum of a block and its shortcut, and squeeze-and-excitation overwrite what nobody reads
  again. Fresh memory costs more than their arithmetic, since the system hands it out page by page.

Which layers follow each other is not guessed from names: a small clip goes through, and every layer says whose answer
it was given. The copy is then held against the network on that clip and on another, and thrown away where they differ
by more than rounding: a backbone that is built in another way just stays as it is.

Milliseconds of one of two idle cores with AVX-512 for a window of 32 steps at 112x64: X3D-S 180 before and 102 after,
RegNet-Y 200MF 80 and 60 (`tests/benchmarks/benchmark_features.py`). Introduced in notebook 03.
"""

import copy
import hashlib
import threading
from collections import Counter
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from fvcore.nn.squeeze_excitation import SqueezeExcitation
from pytorchvideo.models.resnet import ResBlock
from timm.layers import SEModule
from timm.models.regnet import Bottleneck
from torch import Tensor, nn

from course_lib.models.spotter import Spotter

__all__ = ["FoldedConv", "backbone_digest", "fold", "folded_spotter"]

_PROBES = ((2, 5, 48, 64), (1, 2, 64, 32))
"""Clips, steps, height and width of what goes through to find and to check; the last map of the deepest is 1x2."""

_TOLERANCE = 1e-4
"""Of the largest number, in a probe: far above rounding, far below any mistake."""

Normalisation = nn.BatchNorm2d | nn.BatchNorm3d  # timm's, which activates too, is one of them


def folded_spotter(model: Spotter) -> Spotter:
    """The same spotter, its neck and heads too, with a folded backbone in front; for evaluation only.

    The folded copy is kept with the backbone and made again once any of its numbers changed. A spotter whose call was
    wrapped (by Accelerate, for mixed precision) is returned as it is, and so is anything else than a `Spotter`.
    """
    if not isinstance(model, Spotter) or "forward" in vars(model):
        return model
    backbone, device = model.backbone, model.scale.device
    key = f"{device}:{backbone_digest(backbone)}"
    with _lock:
        known = _folded.get(backbone)
        if known is None or known[0] != key:
            known = _folded[backbone] = (key, fold(backbone))
    return model.with_backbone(known[1])


_lock = threading.Lock()
_folded: "WeakKeyDictionary[nn.Module, tuple[str, nn.Module]]" = WeakKeyDictionary()


def backbone_digest(backbone: nn.Module) -> str:
    """A digest of what its answers depend on: its structure, as it is printed, and every number in it."""
    digest = hashlib.sha256(f"{backbone.mean}:{backbone.std}:{backbone!r}".encode())
    for name, value in backbone.state_dict().items():
        digest.update(f"{name}:{value.dtype}:{tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def fold(backbone: nn.Module) -> nn.Module:
    """A copy of a backbone that gives the same vectors and maps in evaluation, quicker; on the same device.

    Weights that change later do not reach it. Where folding would change more than the rounding, or the backbone takes
    no pictures of the sizes that are tried, the copy is a plain one.
    """
    device = next((value.device for value in backbone.state_dict().values()), torch.device("cpu"))
    plain = copy.deepcopy(backbone).cpu().eval().requires_grad_(False)  # on a GPU the rounding would be coarser
    noise = torch.Generator().manual_seed(0)
    probes = [torch.randn(B, T, 3, H, W, generator=noise) for B, T, H, W in _PROBES]
    with torch.no_grad():
        try:
            folded = _folded_copy(plain, probes[0])
            same = all(_close(_answers(folded, probe), _answers(plain, probe)) for probe in probes)
        except (RuntimeError, ValueError):  # of a network that asks for other pictures; with those it may run
            same = False
    return (folded if same else plain).to(device)


def _answers(backbone: nn.Module, frames: Tensor) -> list[Tensor]:
    maps = backbone.maps(frames) if hasattr(backbone, "maps") else []
    return [backbone(frames), *maps]


def _close(given: list[Tensor], expected: list[Tensor]) -> bool:
    # "Not below" and not "above": a number that is none is not close to anything.
    return all(
        one.shape == other.shape and bool((one - other).abs().max() <= _TOLERANCE * (1e-6 + other.abs().max()))
        for one, other in zip(given, expected, strict=True)
    )


def _folded_copy(plain: nn.Module, frames: Tensor) -> nn.Module:
    network = copy.deepcopy(plain)
    follower = _followers(network, frames)
    places = {module: (parent, name) for parent in network.modules() for name, module in parent.named_children()}

    def put(old: nn.Module, new: nn.Module) -> None:
        setattr(*places[old], new)

    for layer in list(network.modules()):
        if isinstance(layer, nn.Conv2d | nn.Conv3d) and _fits(layer):
            norm = follower.get(layer)
            norm = norm if isinstance(norm, Normalisation) and norm.running_mean is not None else None
            put(layer, FoldedConv(layer, norm))
            if norm is not None:
                activation = getattr(norm, "act", nn.Identity())  # timm's
                put(norm, activation)
                _overwrite(activation)
            last = layer if norm is None else norm
            if (squeeze := _squeeze(follower.get(last))) is not None:
                put(follower[last], _Excitation(squeeze))
                last = follower[last]
            _overwrite(follower.get(last))
    for block in network.modules():
        if isinstance(block, ResBlock):  # X3D's and I3D's; the sum is read by the activation alone
            block.branch_fusion = _add_to_branch
            _overwrite(block.activation)
        elif isinstance(block, Bottleneck):  # RegNet's
            _overwrite(block.act3)
    return network


def _followers(network: nn.Module, frames: Tensor) -> dict[nn.Module, nn.Module]:
    """By layer, the one layer that its answer was given to; layers that were called more than once are left out.

    Layers that do nothing in evaluation are passed over.
    """
    gave: dict[int, tuple[nn.Module, Tensor]] = {}  # by the answer's id, which is its own as long as it is held
    to: dict[nn.Module, list[nn.Module]] = {}
    calls: Counter[nn.Module] = Counter()

    def look(module: nn.Module, given: tuple, answer: Tensor) -> None:
        calls[module] += 1
        if isinstance(module, nn.Identity | nn.Dropout):
            return
        if given and id(given[0]) in gave:
            to.setdefault(gave[id(given[0])][0], []).append(module)
        gave[id(answer)] = (module, answer)

    layers = [m for m in network.modules() if not any(m.children()) or isinstance(m, Normalisation) or _squeeze(m)]
    hooks = [layer.register_forward_hook(look) for layer in layers]
    try:
        network(frames)
    finally:
        for hook in hooks:
            hook.remove()
    return {one: others[0] for one, others in to.items() if len(others) == calls[one] == calls[others[0]] == 1}


class FoldedConv(nn.Module):
    """A convolution with the normalisation behind it, if there is one, in its weights: 2D (B, C, H, W), or 3D.

    Args:
        layer: whose weights to take; zeros as padding.
        norm: a batch norm with statistics.
    """

    def __init__(self, layer: nn.Conv2d | nn.Conv3d, norm: Normalisation | None) -> None:
        super().__init__()
        weight, bias = layer.weight, layer.bias
        if norm is not None:
            gamma = torch.ones_like(norm.running_var) if norm.weight is None else norm.weight
            beta = torch.zeros_like(norm.running_mean) if norm.bias is None else norm.bias
            scale = gamma.double() / (norm.running_var.double() + norm.eps).sqrt()  # (C,)
            before = 0.0 if bias is None else bias.double()
            bias = (beta.double() + (before - norm.running_mean.double()) * scale).to(weight.dtype)
            weight = (weight.double() * scale.view(-1, *[1] * (weight.ndim - 1))).to(weight.dtype)
        last = torch.channels_last if weight.ndim == 4 else torch.channels_last_3d
        self.weight = nn.Parameter(weight.detach().contiguous(memory_format=last), requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone(), requires_grad=False)
        self.padding, self.stride, self.dilation = layer.padding, layer.stride, layer.dilation
        self.groups = layer.groups
        self.convolve = F.conv2d if weight.ndim == 4 else F.conv3d
        # A matrix product at each place, and nothing else.
        self.pointwise = layer.groups == 1 and {*layer.kernel_size, *layer.stride} == {1} and not any(layer.padding)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) → (B, C', ...)."""
        quick = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.compiler.is_compiling()
        if quick and ONEDNN:
            return torch.mkldnn_convolution(
                x, self.weight, self.bias, self.padding, self.stride, self.dilation, self.groups
            )
        if quick and self.pointwise:
            pixels = x.movedim(1, -1)  # (B, ..., C), as it lies in memory
            return F.linear(pixels, self.weight.flatten(1), self.bias).movedim(-1, 1)
        return self.convolve(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


ONEDNN = torch.backends.mkldnn.is_available()
"""Whether this PyTorch has it: that of x86 has, that of a Mac has not."""


def _fits(layer: nn.Conv2d | nn.Conv3d) -> bool:
    return layer.padding_mode == "zeros" and isinstance(layer.padding, tuple) and layer.weight.dtype == torch.float32


class _Excitation(nn.Module):
    """Squeeze-and-excitation (Hu et al., 2018) that writes over its input, (B, C, ...)."""

    def __init__(self, weigh: nn.Module) -> None:
        super().__init__()
        self.weigh = weigh

    def forward(self, x: Tensor) -> Tensor:
        return x.mul_(self.weigh(x.mean(dim=tuple(range(2, x.ndim)), keepdim=True)))


def _squeeze(layer: nn.Module | None) -> nn.Module | None:
    """What makes a weight of a channel's mean, of a squeeze-and-excitation; None of another layer."""
    if isinstance(layer, SqueezeExcitation):  # X3D's
        return layer.block
    if isinstance(layer, SEModule) and not layer.add_maxpool:  # RegNet's
        return nn.Sequential(layer.fc1, layer.bn, layer.act, layer.fc2, layer.gate)
    return None


def _overwrite(activation: nn.Module | None) -> None:
    if isinstance(activation, nn.ReLU | nn.SiLU):
        activation.inplace = True


def _add_to_branch(shortcut: Tensor, branch: Tensor) -> Tensor:
    return branch.add_(shortcut)
