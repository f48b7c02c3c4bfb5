"""config: profiles, overriding by dotted name, and the way to JSON and back."""

import dataclasses
import json

import pytest

from course_lib.config import Config, TrainConfig, changed_fields, config_from_dict, config_to_dict, override
from course_lib.files import InputError
from course_lib.profiles import default_profile, profile


@pytest.mark.parametrize("name", ["smoke", "full", "check"])
@pytest.mark.parametrize("system", ["regnety_002+fc", "tiny3d+fc", "efficientnet_b0+fc"])
def test_every_profile_survives_json(name, system):
    config = profile(name, system)
    assert config.profile == name and config.model.system == system
    assert config_from_dict(json.loads(json.dumps(config_to_dict(config)))) == config


def test_full_is_the_common_recipe():
    config = profile("full", "tiny3d+fc")
    data, train = config.data, config.train
    assert (data.width, data.height, data.stride, data.clip_len, data.train_overlap) == (398, 224, 2, 50, 0.9)
    assert (train.lr, train.batch_size, train.warmup_epochs, train.epochs) == (8e-4, 4, 3.0, 20)
    assert (train.patience, train.min_delta, train.event_weight, train.augment) == (5, 0.01, 5.0, 0.25)


def test_settings_of_a_system_apply_in_every_profile():
    for name in ("smoke", "full"):
        assert profile(name, "regnety_002+fc").data.test_overlap == 0.0
        assert profile(name, "tiny3d+fc").data.test_overlap > 0.0


def test_profile_from_the_environment(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert default_profile() == "full" and profile().profile == "full"
    monkeypatch.setenv("COURSE_PROFILE", "check")
    assert default_profile() == "check" and profile().train.epochs < profile("smoke").train.epochs
    monkeypatch.setenv("COURSE_PROFILE", "huge")
    with pytest.raises(InputError, match="COURSE_PROFILE='huge': expected one of full, smoke"):
        default_profile()


def test_profile_from_the_hardware(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.delenv("COURSE_PROFILE", raising=False)
    for there, expected in ((True, "full"), (False, "smoke")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert default_profile() == expected


def test_override_reads_text_as_the_command_line_gives_it():
    config = override(
        Config(),
        {
            "train.epochs": "3",
            "train.lr": "1",
            "train.clips_per_epoch": "64",
            "train.trackers": '["tensorboard"]',
            "train.compile": "true",
            "model.system": "tiny3d+fc",
        },
    )
    assert config.train == TrainConfig(epochs=3, lr=1.0, clips_per_epoch=64, trackers=("tensorboard",), compile=True)
    assert config.model.system == "tiny3d+fc"
    assert override(config, {"train.clips_per_epoch": "null"}).train.clips_per_epoch is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"train.epoch": 1}, "no field 'train.epoch'; expected one of train.epochs"),
        ({"train": 1}, "no field 'train'"),
        ({"train.lr": "fast"}, "train.lr is 'fast'; expected float"),
        ({"train.epochs": 2.5}, "train.epochs is 2.5; expected int"),
        ({"train.compile": 1}, "train.compile is 1; expected bool"),
        (
            {"model.frozen_backbone": True},
            "train.augment is 0.25; expected 0 with model.frozen_backbone",
        ),
        ({"train.epochs": 0}, "train.epochs is 0; expected 1 or more"),
        ({"train.batch_size": -1}, "train.batch_size is -1; expected 1 or more"),
        ({"train.clips_per_epoch": 0}, "train.clips_per_epoch is 0"),
        ({"train.lr": 0.0}, "train.lr is 0.0; expected more than 0"),
        ({"train.augment": 1.5}, "train.augment is 1.5; expected from 0 to 1"),
        ({"train.precision": "fp8"}, "expected auto or no or tf32 or fp16 or bf16"),
        ({"model.dropout": 1.0}, "model.dropout is 1.0"),
        ({"data.test_overlap": 1.0}, "data.test_overlap is 1.0; expected at least 0 and less than 1"),
        ({"data.target_kind": "round"}, "data.target_kind is 'round'; expected hard or dilated or gaussian"),
        (
            {"data.suppression": "hard"},
            "data.suppression is 'hard'; expected symmetric or nms or soft or e2e or starter",
        ),
        ({"data.classes": "PASS"}, "data.classes is 'PASS'; expected a list of strings"),
    ],
)
def test_what_override_refuses(values, sentence):
    with pytest.raises(InputError) as caught:
        override(Config(), values)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"train": {"rate": 1.0}},
            "run/config.json: unknown key 'train.rate'; expected one of epochs",
        ),
        ({"trian": {}}, "run/config.json: unknown key 'trian'; expected one of profile, model, data, train"),
        ({"train": 3}, "run/config.json: train is 3; expected an object"),
        ([], "run/config.json: the whole is []; expected an object"),
    ],
)
def test_what_a_file_may_not_hold(data, sentence):
    with pytest.raises(InputError) as caught:
        config_from_dict(data, "run/config.json")
    assert sentence in str(caught.value)


def test_differences_names_fields_and_passes_over_those_that_change_no_result():
    old = Config()
    new = override(old, {"train.lr": 0.1, "data.stride": 3, "train.workers": 9, "train.trackers": ["wandb"]})
    assert changed_fields(old, new) == {"train.lr": (8e-4, 0.1), "data.stride": (2, 3)}
    assert changed_fields(old, dataclasses.replace(old)) == {}
