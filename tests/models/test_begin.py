"""begin_with: all weights of a run go on, those of a class by its name; what does not fit changes nothing."""

import pytest
import torch

from course_lib.files import InputError
from course_lib.models import build
from course_lib.models.begin import begin_with
from course_lib.models.weights import load_backbone, save_weights

THEIRS, OURS = ("PASS", "SHOT", "BLOCK"), ("BLOCK", "SAVE", "PASS", "FOUL")


def spotter(seed, classes, system="tiny3d+tcn+displacement"):
    torch.manual_seed(seed)
    return build(system, len(classes), weights="none")


@pytest.fixture
def file(tmp_path):
    save_weights(spotter(1, THEIRS), tmp_path / "best.safetensors")
    return tmp_path / "best.safetensors"


def test_the_same_classes_go_on_whole(file):
    model = spotter(2, THEIRS)
    assert begin_with(model, file, THEIRS, THEIRS) == f"all weights ({len(model.state_dict())} arrays)"
    for key, value in spotter(1, THEIRS).state_dict().items():
        assert torch.equal(model.state_dict()[key], value), key


@pytest.mark.parametrize("ours", [OURS, THEIRS[::-1]])
def test_other_classes_go_on_by_name(file, ours):
    """Also where there are as many, and nothing but their order tells."""
    theirs, fresh, model = spotter(1, THEIRS), spotter(2, ours), spotter(2, ours)
    said = begin_with(model, file, THEIRS, ours)
    for name in ("weight", "bias"):
        key = f"heads.classes.linear.{name}"
        before, new, now = (of.state_dict()[key] for of in (theirs, fresh, model))
        assert torch.equal(now[0], before[0])
        for place, label in enumerate(ours, 1):
            known = label in THEIRS
            assert torch.equal(now[place], before[THEIRS.index(label) + 1] if known else new[place]), label
    for key, value in theirs.state_dict().items():
        if not key.startswith("heads.classes."):
            assert torch.equal(model.state_dict()[key], value), key
    if ours == OURS:
        assert said.endswith("; 2 classes going on: BLOCK, PASS; 2 classes new: SAVE, FOUL; 1 class left out: SHOT")


def test_what_does_not_fit_changes_nothing(file):
    model = spotter(2, OURS, "tiny3d+sgp")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError, match="no weights for 'neck.*; expected those of the same system"):
        begin_with(model, file, THEIRS, OURS)
    with pytest.raises(InputError, match="has the shape"):
        begin_with(spotter(2, OURS), file, THEIRS[:2], OURS)  # a class list that is not the file's
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_a_backbone_says_what_it_takes_and_what_not(file, tmp_path, capsys):
    model = spotter(2, OURS)
    capsys.readouterr()
    assert load_backbone(model.backbone, "tiny3d", str(file)) == f"weights of {file}"
    out = capsys.readouterr().out
    neck = sum(key.startswith("neck.") for key in model.state_dict())
    assert out == (
        f"tiny3d: weights of {file}: the backbone; left there: heads (4 arrays), neck ({neck} arrays) "
        "(train --from takes all of a run)\n"
    )
    save_weights(model.backbone, tmp_path / "backbone.safetensors")
    load_backbone(model.backbone, "tiny3d", str(tmp_path / "backbone.safetensors"))
    assert capsys.readouterr().out.endswith("backbone.safetensors: all of the file\n")
