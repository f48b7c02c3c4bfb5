"""Instance contrast: features of a class attract each other and repel those of all others.

A class loss looks at one step at a time. Here a step's features are also held against those of earlier steps, kept in a
bank with as many places for the rarest class as for the commonest: what is seen twice in a match is still there when it
is seen again. After mixup a step belongs to a class by a share only, and so does what lies in the bank: SoftIC lets the
shares count. With all of them 1 it is the instance contrast (IC) that it was made from.

SoftIC: equations 5 to 11 of the paper that brings ASTRM (2025); there is no public program. As printed there is no
minus sign, the share of the label divides, and temperature, normalisation, the background's part and how the bank is
filled are not stated. Chosen here: a minus sign, so that less is better; shares multiply; features of length 1 and a
temperature of 0.1; steps without an event neither ask nor lie in the bank; first in, first out. Introduced in notebook
x05.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, distributed, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video
from course_lib.models.head import Batch, Head, Sizes
from course_lib.models.losses import shared_divisor
from course_lib.models.targets import frame_targets

__all__ = ["BANK", "TEMPERATURE", "WIDTH", "ICHead", "SoftICHead", "soft_contrast"]

BANK, WIDTH, TEMPERATURE = 256, 128, 0.1
"""Places a class, length of a feature, and how soft the contrast is."""

_EMPTY = -1e4  # a score below all that features of length 1 can have, which softmax makes 0


def soft_contrast(z: Tensor, share: Tensor, bank: Tensor, bank_share: Tensor, tau: float = TEMPERATURE) -> Tensor:
    """SoftIC: how much nearer the features are to the bank of other classes than to that of their own.

    With z of length 1, w the share of a label, B_c the places of class c that are taken, s_ij = zᵢ · wⱼ zⱼ / τ::

        ℓ_ic = - mean over j in B_c of log( exp(s_ij) / Σ over k in all other B of exp(s_ik) )
        Σ_ic w_ic ℓ_ic / Σ_ic w_ic

    Where B_c or all others are empty ℓ is 0.

    Args:
        z: (N, E), features, of length 1.
        share: (N, K), of each class in the label of each feature, from 0 to 1.
        bank: (K, M, E), features of length 1.
        bank_share: (K, M), of their labels; 0 for a place that is free.
        tau: τ.

    Returns:
        A float32 scalar; 0 if nothing belongs to a class.
    """
    taken = bank_share > 0  # (K, M)
    score = torch.einsum("ne,kme->nkm", z, bank * bank_share.unsqueeze(-1)) / tau  # (N, K, M)
    count = taken.sum(dim=1)  # (K,)
    near = (score * taken).sum(dim=2) / count.clamp_min(1)  # (N, K), mean over the own class
    of_class = score.masked_fill(~taken, _EMPTY).logsumexp(dim=2)  # (N, K)
    own = torch.eye(len(bank), dtype=torch.bool, device=z.device)
    far = of_class.unsqueeze(1).masked_fill(own, _EMPTY).logsumexp(dim=2)  # (N, K), over all other classes
    known = (count > 0) & (count.sum() > count)  # (K,)
    loss = torch.where(known, far - near, 0.0)
    return (share * loss).sum() / shared_divisor(share.sum(), torch.finfo(torch.float32).tiny)


class SoftICHead(Head):
    """A linear layer to 128 numbers, (B, T, D) → (B, T, 128), held against a bank of 256 a class; answers nothing.

    The bank is part of the weights, so that a resumed run goes on with it. It is filled in training, with what a batch
    gave before anything was learnt from it, once the batch was held against it; several processes fill theirs with what
    all of them saw, in the order of the processes.
    """

    target_names = ("target",)
    mixed = ("target",)
    output: ClassVar[str] = "softic"

    def __init__(self, dim: int, num_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, WIDTH)
        self.padding = {"target": np.eye(1, num_classes + 1, dtype=np.float32)[0]}  # background
        self.register_buffer("bank", torch.zeros(num_classes, BANK, WIDTH))
        self.register_buffer("bank_share", torch.zeros(num_classes, BANK))
        self.register_buffer("next_place", torch.zeros(num_classes, dtype=torch.long))

    @classmethod
    def of(cls, sizes: Sizes) -> Self:
        return cls(sizes.vectors, sizes.num_classes)

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        rows = [frame_targets(v.events, length, data, v.fps) for v, length in zip(videos, lengths, strict=True)]
        return {"target": rows}

    def forward(self, x: Tensor, batch: Batch | None = None) -> dict[str, Tensor]:
        return {self.output: self.linear(x)}  # (B, T, 128)

    def shares(self, target: Tensor) -> Tensor:
        """What each class has of a label: (..., K+1) → (..., K)."""
        return target[..., 1:]

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        z = F.normalize(outputs[self.output].float(), dim=-1).flatten(0, 1)  # (B·T, 128)
        share = (self.shares(batch["target"]) * batch["mask"].unsqueeze(-1)).flatten(0, 1)  # (B·T, K)
        value = soft_contrast(z, share, self.bank, self.bank_share)
        if self.training and torch.is_grad_enabled():
            self.remember(_of_all(z.detach()), _of_all(share))
        return train.contrast_weight * value

    @torch.no_grad()
    def remember(self, z: Tensor, share: Tensor) -> None:
        """Put features into the places of their classes, the oldest out first.

        Args:
            z: (N, 128), of length 1.
            share: (N, K); a feature goes to each class of which its label has some.
        """
        N, K = share.shape
        new = share > 0  # (N, K)
        rank = new.long().cumsum(dim=0) - 1  # the how manieth of its class it is
        count = new.sum(dim=0)  # (K,)
        place = (self.next_place + rank) % BANK + BANK * torch.arange(K, device=z.device)  # in all K banks
        place = place.masked_fill(~new | (rank < count - BANK), K * BANK)  # one place more, for what is not kept
        rows = torch.arange(N, device=z.device).unsqueeze(1).expand(N, K)
        # Which feature goes to which place: looked up from the place, so that no number has to be known here.
        source = torch.full((K * BANK + 1,), -1, device=z.device).scatter(0, place.flatten(), rows.flatten())[:-1]
        source, taken = source.clamp_min(0).view(K, BANK), (source >= 0).view(K, BANK)
        self.bank.copy_(torch.where(taken.unsqueeze(-1), z[source], self.bank))
        self.bank_share.copy_(torch.where(taken, share.T.gather(1, source), self.bank_share))
        self.next_place.copy_((self.next_place + count) % BANK)


class ICHead(SoftICHead):
    """Instance contrast: labels count as a whole or not at all, by whether a class has more than half of one."""

    output = "ic"

    def shares(self, target: Tensor) -> Tensor:
        return (target[..., 1:] > 0.5).float()


def _of_all(values: Tensor) -> Tensor:
    """The rows of all processes, (N, n) → (P·N, n), in the order of the processes, each of which has as many."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return values
    parts = [torch.empty_like(values) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, values.contiguous())
    return torch.cat(parts)
