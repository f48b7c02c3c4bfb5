"""The head: one question to every step of a clip, and all that follows from asking it.

A spotter answers several questions from one network: what happens at this step, where in the picture, how far off is
it. What differs between them is more than the last layer: what the labels become, what a wrong answer costs, what a
mirrored picture does to the right one, what a viewer is told. A head keeps all of it in one place. Spotter, training
loop, inference and decoding go through the heads that a system has and know none by name, so a new question is a new
module in `heads` and its line in `HEADS`.

A head's life, in the order of its methods: `targets` of whole videos are made once, `mirror` follows the augmentation,
`forward` answers, `loss` compares; when spotting, `answer` says what is averaged over overlapping clips, and `settle`
may change the answers of a clip before that happens; `unmirror` turns what it said of a mirrored clip back. What a head
remembers from batch to batch is a buffer, so that a checkpoint holds it. Introduced in notebook 02.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video

__all__ = ["Batch", "Head", "Sizes"]

Batch = Mapping[str, Tensor]
"""What a network is called with: "frames" (B, T, 3, H, W) or features (B, T, D), "mask" bool (B, T), False on padding,
the targets of the heads in training, and whatever else a head or a store brings."""


class Sizes(NamedTuple):
    """What a head is built for.

    Attributes:
        num_classes: K, without background.
        features: D that the backbone gives.
        vectors: D that the neck gives.
        maps: channels of the backbone's maps, the largest map first; none of a backbone that keeps no maps.
        dropout: before a class head's linear layer.
    """

    num_classes: int
    features: int
    vectors: int
    maps: tuple[int, ...] = ()
    dropout: float = 0.0


class Head(nn.Module):
    """What every head is.

    Attributes:
        reads: what `forward` is given: "vectors" of the neck (B, T, D), or whatever else the neck gives; "features" of
            the backbone (B, T, D), which know nothing of other moments than the backbone's own; or the backbone's
            "maps", a list of (B, C, T, h, w).
        target_names: entries of the batch that its loss asks for, which `targets` makes.
        mixed: those of them that mixup may blend in the same proportion as the pictures. With a head that has others
            every clip keeps at least a half of itself, and those stay the clip's own.
        padding: by name of a target, the row that stands where a clip lies beyond its video; zeros if not given.
        fields: fields of an `Event` that its answers fill in; a system has at most one head for each.
        recipe: fields of the configuration, by dotted name, that the question wants set in every profile.
        class_rows: its parameters with a row for background and one for each class, in this order: what is known of a
            class goes on with it when the class list changes.
        answers: by name, how many numbers `answer` gives for each step. "probabilities" are those of the classes; any
            other is a field of `Event`, or is taken away again by `settle`. Set by the constructor.
    """

    reads: ClassVar[Literal["vectors", "features", "maps"]] = "vectors"
    target_names: ClassVar[tuple[str, ...]] = ()
    mixed: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[tuple[str, ...]] = ()
    recipe: ClassVar[Mapping[str, Any]] = {}
    class_rows: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, int] = {}
        self.padding: dict[str, NDArray] = {}

    @classmethod
    def of(cls, sizes: Sizes) -> Self:
        """The head for a network of these sizes: by default it is made from the size of what it reads."""
        return cls(getattr(sizes, cls.reads))

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        """What the right answer is at every step of whole videos.

        Args:
            videos: with their events.
            lengths: steps of each.
            data: classes, stride, and how events become targets.

        Returns:
            By name, as `target_names` lists them, of each video an array [steps, ...].

        Raises:
            InputError: these videos hold nothing to learn from.
        """
        return {}

    def count(self, events: Mapping[str, int]) -> None:
        """Told before training how many events of each class, in their order, there are to learn from."""
        return

    def mirror(self, batch: Batch, flipped: Tensor) -> Batch:
        """The batch with its targets as they are once some clips were mirrored left and right; `flipped`: bool (B,)."""
        return batch

    def forward(self, x: Tensor | Sequence[Tensor], batch: Batch | None = None) -> dict[str, Tensor]:
        """Answer every step.

        Args:
            x: what the head `reads`.
            batch: all that the network was called with.

        Returns:
            By name, tensors (B, T, ...) of any kind, under names of its own or shared with heads of the same question.
        """
        raise NotImplementedError

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        """What the answers cost: a scalar, weighted as it counts beside the losses of other heads.

        A mean over what counts is a sum divided by `course_lib.models.losses.shared_divisor`, so that several processes
        learn as one does.

        Args:
            outputs: of all heads, as their `forward` gave them.
            batch: with the targets.
            train: weights.
        """
        raise NotImplementedError

    def lr_factor(self, train: TrainConfig) -> float:
        """The share of the learning rate that its parameters learn at."""
        return 1.0

    def answer(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What it says of each step, float32 (B, T, n) for every n in `answers`: numbers that can be averaged.

        A head that reads maps must also take its own answers for outputs: where a clip comes as features, nothing is
        left of the maps. By default the outputs of these names.
        """
        return {name: outputs[name].float() for name in self.answers}

    def settle(self, answers: dict[str, Tensor], mask: Tensor) -> dict[str, Tensor]:
        """Change the answers of all heads for a clip, before overlapping clips are averaged.

        A step whose row of an answer is all zero does not count in the average of that answer.

        Args:
            answers: (B, T, n) each.
            mask: bool (B, T), False on padding.
        """
        return answers

    def unmirror(self, answers: dict[str, Tensor]) -> dict[str, Tensor]:
        """What the answers of all heads for mirrored clips, (B, T, n) each, are for the clips as they were filmed.

        A head that cannot say so raises an `InputError`: a second, mirrored view at test time is then no option.
        """
        return answers
