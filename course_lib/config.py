"""Configuration: everything that decides a training run, in frozen data classes that go to JSON and back.

A run is repeatable because its configuration is whole: the run folder keeps it as config.json, and a resumed run must
bring the same one. The defaults are the common recipe of the course; profiles.py says what is set differently where.
Introduced in notebook 02.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from course_lib.data.events import BALL_12
from course_lib.files import InputError, found, parse_json
from course_lib.scoring.rule import Rule
from course_lib.scoring.suppression import SUPPRESSIONS
from course_lib.shapes import shaped
from course_lib.spotting.tasks import TASKS

__all__ = [
    "CLASS_WEIGHTS",
    "MIXUP_PARTNERS",
    "Config",
    "DataConfig",
    "ModelConfig",
    "TrainConfig",
    "changed_fields",
    "config_from_dict",
    "config_to_dict",
    "flat_fields",
    "override",
]

TARGET_KINDS = ("hard", "dilated", "gaussian")
CLASS_WEIGHTS = ("equal", "inverse", "sqrt", "effective")
MIXUP_PARTNERS = ("any", "other", "balanced")
PRECISIONS = ("auto", "no", "tf32", "fp16", "bf16")
_WITH_RADIUS = ("sam", "asam")
_NO_AUGMENTATION = "0 with model.frozen_backbone, whose features are computed once, from the pictures as they are"
_NO_MIRROR = "false with model.frozen_backbone, whose features are computed once, from the pictures as they are"


@dataclass(frozen=True)
class ModelConfig:
    """Which network, and what it starts from."""

    system: str = "regnety_002+fc"
    # "auto" (hub, else shipped, else random), "shipped", "none" (random), a .safetensors file, or a .pt file that
    # E2E-Spot's or T-DEED's program wrote.
    weights: str = "auto"
    # A run folder: the weights of all of it, before training begins; then `weights` is of no account.
    from_run: str = ""
    dropout: float = 0.5  # before the linear head; on 368 pooled numbers a head without it learns the training matches
    frozen_backbone: bool = False  # every video goes through it once, neck and heads learn from what came out

    def __post_init__(self) -> None:
        _require(0 <= self.dropout < 1, "model.dropout", self.dropout, "at least 0 and less than 1")


@dataclass(frozen=True)
class DataConfig:
    """What the network is shown: picture size, rate, clips, and what each step should say."""

    dataset: str = "sim-soccer"
    task: str = "ball"  # or "volleyball": how it is scored; see `course_lib.spotting.tasks`
    classes: tuple[str, ...] = BALL_12  # class 0, background, is not listed
    width: int = 398  # 398 x 224: the size that SoccerNet's 224p files have
    height: int = 224
    fps: float = 25.0  # frames a second that frames and steps are counted in
    stride: int = 2  # frames a step: 12.5 steps a second, still five steps inside the half second that scoring allows
    clip_len: int = 50  # steps: 4 s
    train_overlap: float = 0.9  # neighbouring training windows share this much
    val_overlap: float = 0.0  # an epoch's validation only ranks epochs, so each step is looked at once
    test_overlap: float = 0.9  # final scores: each step is the average of ten clips
    test_mirrored: bool = False  # final scores: and of the same clips seen in a mirror, for twice the work
    target_kind: str = "hard"  # "hard", "dilated" or "gaussian"; see `course_lib.models.targets`
    target_radius: int = 1  # of "dilated": steps either side that an event fills
    target_sigma: float = 1.0  # of "gaussian": steps
    memory_gb: float = 1.0  # training and validation frames that fit are held decoded, and clips then come in any order
    xy_radius: int = 0  # steps either side of an event that learn its place too; the ball has moved on by then
    suppression: str = (
        "symmetric"  # which of `course_lib.scoring.suppression.SUPPRESSIONS` leaves one spot for each event
    )

    def __post_init__(self) -> None:
        _require_bounds("data", self)
        _require(not self.fps <= 0, "data.fps", self.fps, "more than 0")
        for name in ("width", "height", "stride", "clip_len"):
            _require(getattr(self, name) >= 1, f"data.{name}", getattr(self, name), "1 or more")
        for name in ("train_overlap", "val_overlap", "test_overlap"):
            _require(0 <= getattr(self, name) < 1, f"data.{name}", getattr(self, name), "at least 0 and less than 1")
        _require(self.memory_gb >= 0, "data.memory_gb", self.memory_gb, "0 or more")
        _require(self.xy_radius >= 0, "data.xy_radius", self.xy_radius, "0 or more")
        _require(self.task in TASKS, "data.task", self.task, " or ".join(TASKS))
        _require(self.target_kind in TARGET_KINDS, "data.target_kind", self.target_kind, " or ".join(TARGET_KINDS))
        _require(self.target_radius >= 0, "data.target_radius", self.target_radius, "0 or more")
        _require(self.target_sigma > 0, "data.target_sigma", self.target_sigma, "more than 0")
        _require(self.suppression in SUPPRESSIONS, "data.suppression", self.suppression, " or ".join(SUPPRESSIONS))

    @property
    def rule(self) -> Rule:
        """What its videos are scored by: classes, steps, and the task's own tolerance, matching and intervals."""
        return TASKS[self.task].rule(self.classes, stride=self.stride, fps=self.fps)


@dataclass(frozen=True)
class TrainConfig:
    """How it is trained."""

    epochs: int = 20
    clips_per_epoch: int | None = None  # None: every overlapping window once; a number: that many random clips
    rare_weight: float = 0.0  # random clips only: share of clips drawn around events, every class as often
    batch_size: int = 4  # 4 clips of 50 frames of 398 x 224 with an X3D fit a GPU of 16 GB
    accumulate: int = 1  # batches a weight update
    optimizer: str = "adamw"  # a name of `course_lib.training.optim.OPTIMIZERS`
    rho: float | None = None  # how far "sam" and "asam" look; None: 0.05 and 2
    lr: float = 8e-4
    weight_decay: float = 0.01
    warmup_epochs: float = 3.0
    event_weight: float = 5.0  # of every class, in the loss; background weighs 1: 1 step in 40 holds an event
    # Which classes of events weigh more: none with "equal", rare ones with "inverse", "sqrt" and "effective"; see
    # `course_lib.models.losses.count_weights`. `event_weight` is then the mean over events.
    class_weights: str = "equal"
    effective_beta: float = 0.999  # of "effective"
    focal_gamma: float = 0.0  # above 0 the class loss is focal: what is answered well counts for less
    focal_balance: float | None = None  # alpha of the focal loss of independent classes ("+bce"): of what is there
    contrast_weight: float = 0.001  # of features that attract their class's, with a system that has "+softic" or "+ic"
    xy_weight: float = 1.0  # of the places in the loss, beside 1 for the classes, with a system that says where
    heat_weight: float = 0.25  # of the heat map in the loss, with a system that reads places off one
    xy_lr_factor: float = 0.2  # the head for places learns at this share of the rate, as in STES
    clip_norm: float = 1.0  # gradients longer than this are shortened: a clip full of events otherwise throws the run
    augment: float = 0.25  # probability of each augmentation, drawn for each clip by itself
    flip: float | None = None  # probability of mirroring left and right; None: as of every augmentation
    mixup: float = 0.0  # alpha of Beta(alpha, alpha); 0 turns it off
    # With whom: "any" clip of the batch, perhaps itself; an "other" one; or "balanced", one of a class that is drawn as
    # often as every other.
    mixup_partner: str = "any"
    mixup_queue: int = 4  # clips of each class that "balanced" remembers
    patience: int = 5  # epochs without gaining min_delta on validation, then stop
    min_delta: float = 0.01  # one point of mAP
    # "auto": bf16 (or fp16) on a GPU, float32 on a CPU, where bf16 slows the backward pass. "no": float32. "tf32":
    # float32, but a GPU multiplies numbers rounded to 10 bits, several times as fast; elsewhere as "no".
    precision: str = "auto"
    compile: bool = False  # torch.compile, where it works; costs a minute at the start
    workers: int = 4  # processes that read clips
    trackers: tuple[str, ...] = ()  # names that Accelerate knows: tensorboard, wandb, mlflow …
    seed: int = 0

    def __post_init__(self) -> None:
        _require_bounds("train", self)
        for name in ("epochs", "batch_size", "accumulate", "patience"):
            _require(getattr(self, name) >= 1, f"train.{name}", getattr(self, name), "1 or more")
        clips = self.clips_per_epoch
        _require(clips is None or clips >= 1, "train.clips_per_epoch", clips, "1 or more, or nothing")
        _require(self.mixup_queue >= 1, "train.mixup_queue", self.mixup_queue, "1 or more")
        for name in ("lr", "event_weight", "clip_norm", "xy_lr_factor"):
            _require(getattr(self, name) > 0, f"train.{name}", getattr(self, name), "more than 0")
        for name, known in (("class_weights", CLASS_WEIGHTS), ("mixup_partner", MIXUP_PARTNERS)):
            _require(getattr(self, name) in known, f"train.{name}", getattr(self, name), " or ".join(known))
        beta, balance = self.effective_beta, self.focal_balance
        _require(0 <= beta < 1, "train.effective_beta", beta, "at least 0 and less than 1")
        _require(balance is None or 0 < balance < 1, "train.focal_balance", balance, "between 0 and 1, or nothing")
        weights = ("weight_decay", "xy_weight", "heat_weight", "contrast_weight", "focal_gamma")
        for name in (*weights, "warmup_epochs", "mixup", "min_delta", "workers", "seed"):
            _require(getattr(self, name) >= 0, f"train.{name}", getattr(self, name), "0 or more")
        for name in ("rare_weight", "augment", "flip"):
            value = getattr(self, name)
            _require(value is None or 0 <= value <= 1, f"train.{name}", value, "from 0 to 1")
        with_radius = self.rho is None or self.optimizer in _WITH_RADIUS
        _require(with_radius, "train.rho", self.rho, f"nothing with train.optimizer {self.optimizer!r}")
        _require(self.rho is None or self.rho > 0, "train.rho", self.rho, "more than 0, or nothing")
        _require(self.precision in PRECISIONS, "train.precision", self.precision, " or ".join(PRECISIONS))


@dataclass(frozen=True)
class Config:
    """A whole run."""

    profile: str = "full"
    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        frozen, train = self.model.frozen_backbone, self.train
        _require(not (frozen and train.augment > 0), "train.augment", train.augment, _NO_AUGMENTATION)
        _require(not (frozen and train.flip), "train.flip", train.flip, _NO_AUGMENTATION)
        mirrored = self.data.test_mirrored
        _require(not (frozen and mirrored), "data.test_mirrored", mirrored, _NO_MIRROR)


# How a run is carried out, not what comes out of it: a resumed run may change these.
FREE_FIELDS = ("train.workers", "train.trackers")


def override(config: Config, values: Mapping[str, Any]) -> Config:
    """The same configuration with some fields changed.

    Args:
        config: where to start.
        values: by dotted name: `{"train.epochs": 3}`. A string is read as JSON where the field is no string, so that
            values from a command line work.

    Raises:
        InputError: an unknown name, or a value of the wrong type.
    """
    tree = config_to_dict(config)
    for name, value in values.items():
        section, _, key = name.partition(".")
        part = tree.get(section) if key else tree
        if not isinstance(part, dict) or (key or name) not in part or isinstance(part[key or name], dict):
            known = sorted(flat_fields(config))
            near = difflib.get_close_matches(name, known, n=3) or known
            raise InputError(f"configuration: no field {name!r}; expected one of {', '.join(near)}")
        part[key or name] = _from_text(value, part[key or name])
    return config_from_dict(tree, "configuration")


def config_to_dict(config: Config) -> dict[str, Any]:
    """Nested dictionaries of what JSON can hold: tuples become lists."""
    return json.loads(json.dumps(asdict(config)))


def config_from_dict(data: Any, source: str = "config.json") -> Config:
    """The inverse of `config_to_dict`. Fields that are missing keep their default.

    Args:
        data: what JSON gave.
        source: the file's name, for the error sentence.

    Raises:
        InputError: an unknown key, a section that is no object, or a value of the wrong type.
    """
    return shaped(Config, data, source)


def changed_fields(old: Config, new: Config) -> dict[str, tuple[Any, Any]]:
    """Fields in which two configurations differ, by dotted name, without those that cannot change the result."""
    before, after = flat_fields(old), flat_fields(new)
    return {
        name: (before[name], after[name]) for name in before if before[name] != after[name] and name not in FREE_FIELDS
    }


_MOST = {
    "data.width": 8192, "data.height": 8192, "data.stride": 1000, "data.clip_len": 10_000, "data.target_radius": 10_000,
    "data.xy_radius": 10_000, "data.memory_gb": 100_000, "data.fps": 10_000, "train.epochs": 1_000_000,
    "train.clips_per_epoch": 100_000_000, "train.batch_size": 4096, "train.accumulate": 10_000, "train.workers": 256,
    "train.seed": (1 << 63) - 1,
}  # fmt: skip
"""What is more than this is a slip of the keyboard or somebody else's joke, and would end in a traceback or never."""


def _require_bounds(section: str, part: Any) -> None:
    for name, most in _MOST.items():
        of_section, _, key = name.partition(".")
        if of_section == section and (value := getattr(part, key)) is not None:
            _require(not value > most, name, value, f"{most} or less")


def _require(holds: bool, name: str, value: Any, expected: str) -> None:
    if not holds:
        raise InputError(f"configuration: {name} is {found(value)}; expected {expected}")


def _from_text(value: Any, old: Any) -> Any:
    if not isinstance(value, str) or isinstance(old, str):
        return value
    try:
        return parse_json(value.encode(errors="surrogateescape"), "configuration")
    except InputError:
        return value  # stays a string: the type check that follows says what was expected


def flat_fields(config: Config) -> dict[str, Any]:
    """Every field by its dotted name: {"profile": …, "model.system": …, …}."""
    flat = {}
    for key, value in config_to_dict(config).items():
        entries = {f"{key}.{name}": entry for name, entry in value.items()} if isinstance(value, dict) else {key: value}
        flat.update(entries)
    return flat
