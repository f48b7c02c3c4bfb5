"""Augmentation of whole batches of clips, on the device that they are on.

Each clip draws for itself whether and how strongly it is changed, and all its frames are changed alike: a light that
flickers or a picture that flips from frame to frame would look like an event. Work is done only on the clips that drew
it; the draws are made on the processor and sent at once, so that nobody waits for a GPU to say which. The recipe is
that of T-DEED (Xarles 2024): horizontal flip, hue, saturation, brightness, contrast, Gaussian blur, each with
probability 0.25. Mixup (Zhang 2018) blends whole clips and their targets. Introduced in notebook 02; balanced mixup in
notebook 08.
"""

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from course_lib.files import InputError
from course_lib.models.transfer import to_device

__all__ = [
    "ClassQueues",
    "ClipAugmentation",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "gaussian_blur",
    "mixup",
]

_FACTORS = (0.7, 1.2)  # of saturation, brightness and contrast
_HUE = 0.2  # of the colour circle, either way
_BLUR_SIGMA_PX = (0.1, 2.0)
_BLUR_SIZE_PX = 5
_GREY = (0.2989, 0.587, 0.114)  # ITU-R BT.601, as torchvision has it


class ClipAugmentation:
    """Change each clip of a batch at random, all its frames alike.

    Args:
        probability: of each of the six changes, for each clip.
        flip: probability of mirroring left and right, if another; 0 with labels that say which side a team plays on.
    """

    def __init__(self, probability: float = 0.25, flip: float | None = None) -> None:
        flip = probability if flip is None else flip
        for name, value in {"probability": probability, "flip": flip}.items():
            if not 0 <= value <= 1:
                raise InputError(f"augmentation: {name} is {value}; expected 0 to 1")
        self.probabilities = torch.tensor([flip] + [probability] * 5)

    def __call__(self, frames: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The frames of `apply` alone."""
        return self.apply(frames, generator)[0]

    def apply(self, frames: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Augment clips.

        Args:
            frames: uint8 [B, T, 3, H, W], or float in [0, 1].
            generator: makes it repeatable; on any device, though only one on the CPU waits for no GPU.

        Returns:
            float32 [B, T, 3, H, W] in [0, 1], on the device of `frames`; the input is not changed. And bool [B] on the
            same device: which clips were mirrored, so that what their targets say of left and right can follow.
        """
        batch, device = len(frames), frames.device
        where = None if generator is None else generator.device
        # One draw for everything: six times "whether", then five times "how much".
        draws = torch.rand(11, batch, generator=generator, device=where).cpu()
        wanted = draws[:6] < self.probabilities[:, None]
        low, high = _FACTORS
        factors = low + (high - low) * draws[6:9]
        hue = (2 * draws[9] - 1) * _HUE
        sigma = _BLUR_SIGMA_PX[0] + (_BLUR_SIGMA_PX[1] - _BLUR_SIGMA_PX[0]) * draws[10]
        frames = (
            frames.to(torch.float32).div_(255) if frames.dtype == torch.uint8 else frames.to(torch.float32, copy=True)
        )
        changes = (
            (lambda clips, _: clips.flip(-1), hue),
            (adjust_hue, hue),
            (adjust_saturation, factors[0]),
            (adjust_brightness, factors[1]),
            (adjust_contrast, factors[2]),
            (gaussian_blur, sigma),
        )
        chosen = [row.nonzero().squeeze(1) for row in wanted]  # on the CPU, so that it is known how many
        counts = [len(clips) for clips in chosen]
        if any(counts):
            drawn = [amount[clips] for (_, amount), clips in zip(changes, chosen, strict=True)]
            places = to_device(torch.cat(chosen), device).split(counts)
            amounts = to_device(torch.cat(drawn), device).split(counts)
            for (change, _), clips, amount in zip(changes, places, amounts, strict=True):
                if len(clips):
                    frames[clips] = change(frames[clips], amount)
        return frames, to_device(wanted[0], device)


def _each(amount: Tensor, frames: Tensor) -> Tensor:
    """[B] → [B, 1, ...], one value a clip."""
    return amount.to(frames).view(-1, *[1] * (frames.ndim - 1))


def _grey(frames: Tensor) -> Tensor:
    """[..., 3, H, W] → [..., 1, H, W] luminance."""
    red, green, blue = frames.unbind(-3)
    return (_GREY[0] * red + _GREY[1] * green + _GREY[2] * blue).unsqueeze(-3)


def adjust_brightness(frames: Tensor, factor: Tensor) -> Tensor:
    """Multiply: float [B, T, 3, H, W] in [0, 1] by [B] factors of at least 0, clamped to [0, 1]."""
    return (frames * _each(factor, frames)).clamp_(0, 1)


def adjust_contrast(frames: Tensor, factor: Tensor) -> Tensor:
    """Move float [B, T, 3, H, W] in [0, 1] away from (factor > 1) or towards each frame's mean grey; factors [B]."""
    mean = _grey(frames).mean(dim=(-3, -2, -1), keepdim=True)
    return torch.lerp(mean.expand_as(frames), frames, _each(factor, frames)).clamp_(0, 1)


def adjust_saturation(frames: Tensor, factor: Tensor) -> Tensor:
    """Move float [B, T, 3, H, W] in [0, 1] away from (factor > 1) or towards its own grey; factors [B]."""
    return torch.lerp(_grey(frames).expand_as(frames), frames, _each(factor, frames)).clamp_(0, 1)


def adjust_hue(frames: Tensor, shift: Tensor) -> Tensor:
    """Turn the colour circle of float [B, T, 3, H, W] in [0, 1] by [B] shifts in turns, from -0.5 to 0.5.

    The maximum (value), the difference to the minimum (chroma) and so the saturation stay; a channel is then read off
    the circle directly, which needs no detour over six sectors: channel(n) = max - chroma * clamp(min(k, 4 - k), 0, 1)
    with k = (n + 6 hue) mod 6 and n = 5, 3, 1 for red, green, blue.
    """
    red, green, blue = frames.unbind(-3)  # [B, T, H, W] each
    high = torch.maximum(torch.maximum(red, green), blue)
    chroma = high - torch.minimum(torch.minimum(red, green), blue)
    divisor = torch.where(chroma > 0, chroma, 1.0)
    # Six times the hue: where red is the highest, else where green is, else blue; grey has none, and chroma 0 hides it.
    hue = torch.where(
        high == red,
        (green - blue) / divisor,
        torch.where(high == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    hue = hue + 6 * _each(shift, red)
    channels = []
    for offset in (5.0, 3.0, 1.0):
        place = (hue + offset).remainder_(6)
        channels.append(high - chroma * torch.minimum(place, 4 - place).clamp_(0, 1))
    return torch.stack(channels, dim=-3).clamp_(0, 1)


def gaussian_blur(frames: Tensor, sigma: Tensor) -> Tensor:
    """Blur float [B, T, 3, H, W] with a 5 x 5 Gaussian of [B] standard deviations in pixels; edges are mirrored."""
    reach = _BLUR_SIZE_PX // 2
    offsets = torch.arange(-reach, reach + 1, device=frames.device, dtype=frames.dtype)
    weights = torch.exp(-0.5 * (offsets / sigma.to(frames)[:, None]) ** 2)  # [B, 5]
    weights = weights / weights.sum(dim=1, keepdim=True)
    batch, steps, channels, height, width = frames.shape
    # Five shifted pictures are added up along each axis: on a CPU much faster than a convolution with a kernel a clip.
    padded = pad(frames.flatten(1, 2), (reach, reach, reach, reach), mode="reflect")  # [B, 3T, H+4, W+4]
    taps = [weights[:, index].view(-1, 1, 1, 1) for index in range(_BLUR_SIZE_PX)]
    rows = padded[..., :width] * taps[0]  # [B, 3T, H+4, W]
    for index in range(1, _BLUR_SIZE_PX):
        rows.addcmul_(padded[..., index : index + width], taps[index])
    blurred = rows[..., :height, :] * taps[0]  # [B, 3T, H, W]
    for index in range(1, _BLUR_SIZE_PX):
        blurred.addcmul_(rows[..., index : index + height, :], taps[index])
    return blurred.view(batch, steps, channels, height, width)


def mixup(
    batch: Mapping[str, Tensor],
    names: Sequence[str],
    alpha: float,
    generator: torch.Generator | None = None,
    keep_own: bool = False,
    never_itself: bool = False,
    queues: "ClassQueues | None" = None,
) -> dict[str, Tensor]:
    """Blend every clip of a batch with another one, and its targets in the same proportion.

    Args:
        batch: "frames" [B, T, 3, H, W], uint8 or float in [0, 1], or [B, T, D]; and targets, float [B, T, ...].
        names: of the targets to blend; everything else stays the clip's own.
        alpha: the share is drawn for each clip from Beta(alpha, alpha); 0.2 mostly leaves one of the two.
        generator: makes it repeatable.
        keep_own: every clip keeps at least a half of itself. Places cannot be blended (half way between two balls is
            none), so they stay those of the clip's own, which then must be the one that is seen best.
        never_itself: the other one is any of the others, else any of the batch, perhaps the clip itself. A batch of one
            clip then stays as it is.
        queues: where the other one comes from, if from earlier batches, a class as often as any other (ASTRA).

    Returns:
        The batch with float32 frames in [0, 1] and blended targets, of the same shapes. Padding counts as what its
        targets say there, background, so that the mask of the first clip stays right.

    Raises:
        InputError: alpha is not positive.
    """
    if alpha <= 0:
        raise InputError(f"mixup: alpha is {alpha}; expected more than 0")
    frames = batch["frames"]
    size, device = len(frames), frames.device
    where = None if generator is None else generator.device
    # torch draws no Beta from a generator of one's own, NumPy does: seed the one with the other.
    seed = int(torch.randint(2**62, (), generator=generator, device=where))
    random = np.random.default_rng(seed)
    share = to_device(torch.as_tensor(random.beta(alpha, alpha, size), dtype=torch.float32), device)
    if keep_own:
        share = torch.maximum(share, 1 - share)
    if never_itself or queues is not None:
        away = random.integers(1, max(size, 2), size) if size > 1 else 0
        partner = (np.arange(size) + away) % size
    else:
        partner = random.permutation(size)
    partner = to_device(torch.as_tensor(partner), device)
    kept = {name: batch[name] for name in ("frames", *names)}
    drawn = None if queues is None else queues.draw(size, random)
    if queues is not None:
        queues.add(kept)
    if frames.dtype == torch.uint8:
        frames = frames.to(torch.float32).div_(255)
    whole = {**batch, "frames": frames}
    own = {name: whole[name] for name in kept}
    others = {name: value[partner] for name, value in own.items()} if drawn is None else drawn
    return whole | {name: torch.lerp(others[name], value, _each(share, value)) for name, value in own.items()}


class ClassQueues:
    """Clips of earlier batches by the classes that they hold, the newest of each: a queue a class.

    A partner is drawn from them by its class first, every class that was seen as often, so that the targets which
    mixup blends in are rare ones as often as common ones. Xarles et al., ASTRA: An Action Spotting TRAnsformer for
    Soccer Videos, 2023 (balanced mixup).

    Args:
        length: clips of each class.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self._clips: dict[int, deque[dict[str, Tensor]]] = {}

    def clear(self) -> None:
        """Forget all of them."""
        self._clips = {}

    def add(self, batch: Mapping[str, Tensor]) -> None:
        """Keep a copy of each clip that holds a class, in the queues of its classes.

        Args:
            batch: "target" (B, T, K+1), background first, and all that `draw` is to give.

        Raises:
            InputError: no "target" is among them.
        """
        if "target" not in batch:
            raise InputError(
                "balanced mixup: the clips have no 'target'; expected a head for classes that mixup blends"
            )
        held = (batch["target"][..., 1:] > 0).any(dim=1).tolist()  # B rows of K
        for row, classes in enumerate(held):
            clip = {name: value[row].clone() for name, value in batch.items()} if any(classes) else {}
            for index in (index for index, there in enumerate(classes) if there):
                self._clips.setdefault(index, deque(maxlen=self.length)).append(clip)

    def draw(self, size: int, random: np.random.Generator) -> dict[str, Tensor] | None:
        """Clips for a batch of this size: "frames", float32 in [0, 1], and targets; None while there are none."""
        if not self._clips:
            return None
        queues = [self._clips[index] for index in sorted(self._clips)]
        clips = []
        for _ in range(size):
            queue = queues[random.integers(len(queues))]
            clips.append(queue[random.integers(len(queue))])
        drawn = {name: torch.stack([clip[name] for clip in clips]) for name in clips[0]}
        if drawn["frames"].dtype == torch.uint8:
            drawn["frames"] = drawn["frames"].to(torch.float32).div_(255)
        return drawn
