"""profiles: which system is trained how, by backbone, by neck and by name."""

import pytest

from course_lib import profiles
from course_lib.config import Config, flat_fields
from course_lib.files import InputError
from course_lib.models.zoo import ALIASES, BACKBONES, NECKS
from course_lib.profiles import END_TO_END, FROZEN_RATES, FROZEN_SETTINGS, PROFILES, SETTINGS, profile, profile_values


def test_tables_name_what_exists():
    fields = set(flat_fields(Config()))
    for row, settings in SETTINGS.items():
        assert set(settings) <= {"all", *PROFILES}
        assert all(set(values) <= fields for values in settings.values())
        assert row in BACKBONES or row.removeprefix("+") in NECKS or profile_values("full", row) is not None
    assert set(FROZEN_SETTINGS) == set(END_TO_END) <= set(PROFILES)
    for values in [*PROFILES.values(), *FROZEN_SETTINGS.values()]:
        assert set(values) <= fields


def test_smoke_freezes_what_two_cores_cannot_train():
    whole = {"regnety_002+fc", "tiny3d+fc", "e2e_spot", "tdeed", "astrm"}
    whole |= {f"{name}+fc" for name in BACKBONES if name.startswith("regnety_002_")}
    for system in {
        *whole,
        "x3d_s4+fc",
        "x3d_s+tcn+sgp",
        *(f"x3d_s+{neck}" for neck in NECKS),
        *ALIASES,
        *(f"{backbone}+fc" for backbone in BACKBONES),
        "regnety_002+transformer",
    }:
        config = profile("smoke", system)
        alone = system in whole or system.startswith("tiny3d")
        assert config.model.frozen_backbone is not alone, system
        assert not profile("full", system).model.frozen_backbone


def test_rows_apply_in_order(monkeypatch):
    """Profile, frozen backbone, backbone, neck, system: the later counts more; an alias has its parts' rows too."""
    rows = {
        "regnety_002": {"all": {"train.lr": 0.1, "train.epochs": 11}, "full": {"train.epochs": 12}},
        "+transformer": {"smoke": {"train.lr": 0.2}},
        "regnety_002+transformer": {"all": {"train.warmup_epochs": 7.0}},
        "regnety_002_gsm": {"all": {"train.lr": 0.3, "train.epochs": 13}},
        "+bigru": {"all": {"train.warmup_epochs": 8.0}},
        "e2e_spot": {"all": {"train.epochs": 14}},
    }
    monkeypatch.setattr(profiles, "SETTINGS", rows)

    def of(name, system):
        train = profile(name, system).train
        return train.lr, train.epochs, train.warmup_epochs

    smoke, full = PROFILES["smoke"], Config().train
    assert of("smoke", "regnety_002+transformer") == (0.2, 11, 7.0)
    assert of("full", "regnety_002+transformer") == (0.1, 12, 7.0)
    assert of("smoke", "regnety_002+tcn") == (0.1, 11, smoke["train.warmup_epochs"])
    assert of("full", "e2e_spot") == (0.3, 14, 8.0)
    assert of("full", "x3d_s+tcn") == (full.lr, full.epochs, full.warmup_epochs)
    assert profile("smoke", "x3d_s+sgp").train.lr == FROZEN_SETTINGS["smoke"]["train.lr"] != smoke["train.lr"]
    rates = FROZEN_RATES["smoke"]
    assert profile("smoke", "x3d_s+tcn+displacement").train.lr == rates["tcn"] != FROZEN_SETTINGS["smoke"]["train.lr"]
    assert profile("smoke", "x3d_s4+fc").train.lr == rates["fc"] != profile("smoke", "tiny3d+fc").train.lr
    assert set(rates) <= {"fc", "tcn+sgp", *NECKS}


def test_half_an_hour_trains_all_of_every_system_on_clips_of_one_length():
    for system in ("regnety_002+fc", "e2e_spot", "x3d_s+ed", "regnety_002_gsf+ed+displacement", "tiny3d+bigru"):
        config = profile("half_hour", system)
        assert not config.model.frozen_backbone
        assert (config.data.clip_len, config.data.width, config.train.flip) == (50, 112, 0.5)
        clips = config.train.epochs * config.train.clips_per_epoch
        assert clips > 4 * profile("smoke", system).train.clips_per_epoch
    with pytest.raises(InputError, match="'half_hour' is for football; expected smoke or full for volleyball"):
        profile("half_hour", "e2e_spot", "volleyball")


@pytest.mark.parametrize("task", ["ball", "volleyball"])
@pytest.mark.parametrize("system", ["regnety_002+fc", "x3d_s+ed", "e2e_spot", "tiny3d+bigru"])
def test_check_is_smoke_but_tiny(system, task):
    check, smoke = (flat_fields(profile(name, system, task)) for name in ("check", "smoke"))
    assert check == smoke | {"profile": "check", **PROFILES["check"]}
    assert check["train.epochs"] * check["train.clips_per_epoch"] < 50


def test_the_transformers_have_their_own_rate():
    for system in ("x3d_s+transformer", "r3d_18+transformer1"):
        train = profile("full", system).train
        assert (train.lr, train.weight_decay, train.patience) == (1e-4, 0.01, 7)
        assert profile("smoke", system).train.lr < FROZEN_SETTINGS["smoke"]["train.lr"]


def test_unknown_names():
    with pytest.raises(InputError, match="system 'x3d': expected BACKBONE"):
        profile("smoke", "x3d")
    with pytest.raises(InputError, match="profile 'huge': expected one of full, smoke"):
        profile("huge")
