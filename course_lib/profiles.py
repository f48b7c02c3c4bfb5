"""Profiles: one recipe for two CPU cores (`smoke`), one for a GPU (`full`), and what single systems need different.

Between them, `half_hour`: two cores again and the pictures of `smoke`, but everything learns, backbone and all, for
about thirty minutes. And for the tests `check`: `smoke`, but every training ends after a few seconds.

Tables of configuration fields by their dotted names, on top of the defaults in config.py. Introduced in notebook 02.
"""

import os
from collections.abc import Mapping
from typing import Any

from course_lib.config import Config, DataConfig, ModelConfig, override
from course_lib.files import InputError
from course_lib.spotting.tasks import TASKS

__all__ = [
    "CHOICES",
    "FROZEN_RATES",
    "FROZEN_SETTINGS",
    "PROFILES",
    "SETTINGS",
    "default_profile",
    "frozen_values",
    "longest_clip_frames",
    "profile",
    "profile_values",
]

CHOICES = ("smoke", "half_hour", "full")
"""The profiles that commands offer."""

# Two CPU cores and two to three minutes: small frames, short clips, few of them. Found in some ten runs of tiny3d, one
# seed each, on the quick matches: a recipe that works, not one that is shown to be the best.
_SMOKE: dict[str, Any] = {
    # Those of the course, also where a hub answers: they were made with pictures of this size and kind, and
    # everybody then begins with the same numbers.
    "model.weights": "shipped",
    "data.width": 112,  # the near camera of the quick matches leaves the ball two to three pixels here
    "data.height": 64,
    "data.clip_len": 32,  # 2.6 s
    "data.test_overlap": 0.5,
    "data.target_kind": "dilated",  # a minute is too short to learn from one step in twenty-five
    "data.target_radius": 2,  # five steps, as many as lie within the half second that scoring allows
    "train.epochs": 8,
    "train.clips_per_epoch": 900,  # 450 stopped with the loss still falling: validation 22 and 28, against 35 to 39
    "train.batch_size": 8,
    "train.lr": 5e-3,  # few steps, so large ones; 1e-2 was no better in a single run
    "train.warmup_epochs": 0.5,
    "train.augment": 0.0,  # the blur is up to two pixels wide, and so is the ball at this size
    "train.patience": 8,  # never: the run is short, and its learning rate must come down to be any good
    "train.workers": 0,  # the stores fit in memory, and a third process would take a core from two
}

PROFILES: dict[str, dict[str, Any]] = {
    # The common recipe of the course, as the defaults say it.
    "full": {},
    "smoke": _SMOKE,
    # What end-to-end training adds to necks on a frozen backbone. It begins with the weights that those have, and sees
    # clips as long as theirs; how many is fixed for each backbone, not timed, so that everybody trains the same.
    "half_hour": _SMOKE
    | {
        "data.clip_len": 50,
        "train.epochs": 4,
        "train.lr": 1e-3,
        "train.flip": 0.5,  # features that are computed once cannot be mirrored, pictures can
    },
    # On top of all that `smoke` says of a system: every part of it learns, in a handful of steps from tiny pictures.
    "check": {
        "data.width": 64,  # a third of the pixels, and of the time
        "data.height": 36,
        "train.epochs": 2,
        "train.clips_per_epoch": 16,
        "train.batch_size": 4,
    },
}

# On top of the profile where the backbone is frozen. An epoch costs seconds, whatever the backbone.
FROZEN_SETTINGS: dict[str, dict[str, Any]] = {
    "smoke": {
        "model.frozen_backbone": True,
        "data.clip_len": 50,  # 4 s, as in full
        "train.epochs": 16,  # after 8 most necks still gain; 32 gave FC and SGP on X3D-S no more on validation
        "train.patience": 16,
        "train.clips_per_epoch": 600,
        "train.batch_size": 16,
        "train.lr": 2e-3,
    },
}

# Learning rates of single necks there, where they are not that of `FROZEN_SETTINGS`: of three or four, each about twice
# the one before, that with the highest mAP on the two validation matches, by one or two seeds on X3D-S.
FROZEN_RATES: dict[str, dict[str, float]] = {
    "smoke": {
        "fc": 2e-2,
        "tcn": 4e-3,
        "tcn_dilated": 1e-3,
        "tcn+sgp": 1e-3,
        "ed": 4e-3,
        "tpn": 4e-3,
    },
}

# ASTRM, and those that have some of its parts only.
_ASTRM = ("regnety_002_astrm", *(f"regnety_002_astrm_{parts}" for parts in ("s", "t", "g", "st", "sg", "tg")))

# Which systems a profile freezes: all but those of these backbones, which two cores can train or which consist of
# layers inside the backbone that must learn, and these systems.
END_TO_END: dict[str, tuple[str, ...]] = {
    "smoke": (
        "tiny3d",
        "regnety_002_gsm",
        "regnety_002_gsf",
        "regnety_002_msagsm",
        *_ASTRM,
        "regnety_002+fc",
    ),
}

_TRANSFORMER = {
    "smoke": {"train.lr": 5e-4},
    "half_hour": {"train.lr": 5e-4},
    "full": {"train.lr": 1e-4, "train.patience": 7},
}  # higher rates diverge
# A clip costs several times what tiny3d's does, and they begin with weights that large steps would spoil. Few epochs:
# looking at the validation match takes longer than learning from a hundred clips.
_REGNETY = {"smoke": {"train.epochs": 4, "train.clips_per_epoch": 120, "train.lr": 1e-3}}
# Clips of `half_hour`: as many as two idle cores with AVX-512 learn from in some 25 minutes, looking at the validation
# matches after every epoch included; scoring the test matches takes the rest.
_SHIFT = {
    "smoke": {"train.clips_per_epoch": 200, "train.lr": 1e-3},
    "half_hour": {"train.clips_per_epoch": 1400},
}
_X3D = {"half_hour": {"train.clips_per_epoch": 800}}
_SINGLE_FRAMES = {"all": {"data.test_overlap": 0.0}}  # it sees one at a time: overlapping clips average equal numbers

# What single backbones ("x3d_s"), necks ("+transformer") and systems ("x3d_s+transformer") need different, the latter
# counting more: in every profile ("all"), then in one.
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "tiny3d": {
        "all": {"model.dropout": 0.0},  # 0.24 M parameters are too few to learn the training matches by heart
        "half_hour": {"train.clips_per_epoch": 3000, "train.epochs": 8, "train.lr": 5e-3},  # it begins with nothing
    },
    "regnety_002": {"half_hour": {"train.clips_per_epoch": 2000, "train.epochs": 5}},
    "x3d_s": _X3D,
    "x3d_s4": _X3D,
    "x3d_m": _X3D,
    "regnety_002_gsm": _SHIFT,
    "regnety_002_gsf": _SHIFT,
    # A clip costs 1.35 times what it does with GSM, and 1.8 times: processor time of a step, 50 steps at 112x64.
    "regnety_002_msagsm": _SHIFT | {"half_hour": {"train.clips_per_epoch": 1000}},
    **{backbone: _SHIFT | {"half_hour": {"train.clips_per_epoch": 800}} for backbone in _ASTRM},
    "+transformer": _TRANSFORMER,
    "+transformer1": _TRANSFORMER,
    "regnety_002+fc": _REGNETY | _SINGLE_FRAMES,
    "e2e_spot": {
        # As its authors train it: longer clips, clips blended (and labels of one step, but for figure skating).
        "full": {
            "data.clip_len": 100,
            "train.mixup": 0.2,
        },
        # A minute and a half: it starts from weights that know these pictures. Half of the time is scoring.
        "smoke": {
            "data.test_overlap": 0.0,
            "train.epochs": 2,
            "train.batch_size": 4,
        },
    },
    "tdeed": {
        # As its authors train it, at half their rate of steps, for which its head asks for a radius of 2.
        "full": {
            "data.clip_len": 100,
            "train.mixup": 0.2,
        },
        # Twice the epochs of e2e_spot: its encoder-decoder starts from random numbers.
        "smoke": {
            "data.test_overlap": 0.0,
            "train.epochs": 4,
            "train.batch_size": 4,
        },
    },
    "astrm": {
        "all": {
            "train.optimizer": "asam",
            "train.mixup": 0.1,
            "train.mixup_partner": "other",
        },
        # As its authors train it.
        "full": {
            "data.clip_len": 128,
            "data.train_overlap": 0.5,
            "data.test_overlap": 0.5,
        },
        # A step costs two passes: half as many steps as e2e_spot has.
        "smoke": {
            "data.test_overlap": 0.0,
            "train.epochs": 2,
            "train.clips_per_epoch": 100,
            "train.batch_size": 4,
        },
        "half_hour": {"train.clips_per_epoch": 400},
    },
    "efficientnet_b0+fc": _SINGLE_FRAMES,
}


# Rallies instead of matches. Nothing is frozen: the head for places reads the backbone's features, and whether that
# helps to tell the time can only be seen where both teach the backbone.
_VOLLEYBALL: dict[str, dict[str, Any]] = {
    # What STES's authors set: every frame, clips of 64, labels of one frame; places weigh 1 and learn at a fifth of the
    # rate, which are the defaults.
    "full": {
        "data.stride": 1,  # the strictest tolerance is the exact frame
        "data.clip_len": 64,  # 2.6 s
        "data.test_overlap": 0.5,
        "train.clips_per_epoch": 2000,
        "train.mixup": 0.2,  # E2E-Spot's; STES's script leaves it off
    },
    "smoke": {
        "data.clip_len": 48,  # 3.8 s: two or three contacts
        # Not as STES, whose labels fill one frame. One step is the second strictest tolerance; a wider target blurs
        # what is asked for.
        "data.target_radius": 1,
        "train.flip": 0.5,  # the only augmentation that costs nothing: blur and colours would hide a ball of two pixels
        "train.epochs": 4,
        "train.clips_per_epoch": 300,
        "train.batch_size": 4,
        "train.lr": 1e-3,  # 3e-3 was no better for time and worse for places, in a single run of tiny3d+bigru+xy
        # Neither is as STES has it: a fifth of the rate, as in full, leaves the places at the mean in so few steps.
        "train.xy_lr_factor": 1.0,
        "train.xy_weight": 2.5,
    },
}


# Fewer clips where one costs more, by backbone: a run then takes two cores five minutes or less.
_VOLLEYBALL_BACKBONES: dict[str, dict[str, dict[str, Any]]] = {
    "smoke": {
        "regnety_002_gsm": {"train.clips_per_epoch": 200},
        "x3d_s": {"train.clips_per_epoch": 100, "train.epochs": 3},
    },
}

# What tasks other than the first one need different, in each profile, and there for single backbones.
TASK_SETTINGS = {"volleyball": (_VOLLEYBALL, _VOLLEYBALL_BACKBONES)}


def profile(name: str | None = None, system: str = "regnety_002+fc", task: str = "ball") -> Config:
    """The configuration of a system in a profile.

    Args:
        name: "smoke", "half_hour", "full", for tests "check", or None for `default_profile()`.
        system: a name of the zoo.
        task: "ball" or "volleyball".

    Raises:
        InputError: unknown profile, system or task.
    """
    name = name or default_profile()
    if name not in PROFILES:
        raise InputError(f"profile {name!r}: expected one of {', '.join(PROFILES)}")
    if task not in TASKS:
        raise InputError(f"configuration: data.task is {task!r}; expected {' or '.join(TASKS)}")
    return override(Config(profile=name, model=ModelConfig(system=system)), profile_values(name, system, task))


def frozen_values(name: str, system: str) -> dict[str, Any]:
    """What a profile sets differently where a system's backbone is frozen, by dotted name.

    Args:
        name: a key of `FROZEN_SETTINGS`.
        system: a name of the zoo.

    Raises:
        InputError: unknown system.
    """
    from course_lib.models.zoo import check_system  # here, so that reading a configuration needs no torch

    necks = "+".join(check_system(system).necks) or "fc"
    rate = FROZEN_RATES[name].get(necks)
    return FROZEN_SETTINGS[name] | ({"train.lr": rate} if rate else {})


def longest_clip_frames() -> int:
    """Frames of the longest clip that any recipe here has: what parts of one film must lie apart."""

    def values(tree: Mapping[str, Any], field: str) -> list[int]:
        own = [tree[field]] if field in tree else []
        return own + [value for part in tree.values() if isinstance(part, Mapping) for value in values(part, field)]

    volleyball = [part for parts in TASK_SETTINGS.values() for part in parts]
    everything = {"profiles": PROFILES, "systems": SETTINGS, **{str(i): part for i, part in enumerate(volleyball)}}
    strides = [DataConfig().stride, *values(everything, "data.stride")]
    return max(values(everything, "data.clip_len")) * max(strides)


def default_profile() -> str:
    """The environment variable `COURSE_PROFILE` if set, else "full" with a CUDA GPU and "smoke" without."""
    if chosen := os.environ.get("COURSE_PROFILE"):
        if chosen not in PROFILES:
            raise InputError(f"COURSE_PROFILE={chosen!r}: expected one of {', '.join(PROFILES)}")
        return chosen
    import torch  # here, so that reading a configuration needs no torch

    return "full" if torch.cuda.is_available() else "smoke"


def profile_values(name: str, system: str, task: str = "ball") -> dict[str, Any]:
    """What a profile sets differently from the defaults for a system, by dotted name.

    Args:
        name: a key of `PROFILES`.
        system: a name of the zoo; the rows of `SETTINGS` for its backbone, for its necks and for itself apply on top of
            the profile, in this order.
        task: "ball" or "volleyball", whose recipe counts more than those.

    Raises:
        InputError: unknown system, or a profile that has no recipe for the task.
    """
    if name == "check":
        return profile_values("smoke", system, task) | PROFILES["check"]
    # Here, so that reading a configuration needs no torch.
    from course_lib.models.zoo import HEADS, check_system

    backbone, necks, heads = check_system(system)
    values = dict(PROFILES[name])
    if name == "half_hour" and task in TASK_SETTINGS:
        raise InputError(f"profile 'half_hour' is for football; expected smoke or full for {task}")
    frozen = name in FROZEN_SETTINGS and task not in TASK_SETTINGS
    if frozen and not {backbone, system} & set(END_TO_END[name]):
        values |= frozen_values(name, system)
    for head in heads:
        values |= HEADS[head].recipe
    for row in (backbone, *(f"+{neck}" for neck in necks), system):
        settings = SETTINGS.get(row, {})
        values |= settings.get("all", {}) | settings.get(name, {})
    if task in TASK_SETTINGS:
        of_profile, of_backbones = TASK_SETTINGS[task]
        values |= {"data.task": task} | of_profile[name] | of_backbones.get(name, {}).get(backbone, {})
    return values
