"""displacement: its target, loss and decoding against plain loops, and a training that uses all of it."""

import numpy as np
import pytest
import torch
from blinking import CLASSES, blinking_config, blinking_dataset

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, Video
from course_lib.models.heads.displacement import DisplacementHead
from course_lib.models.targets import frame_targets
from course_lib.profiles import profile
from course_lib.spotting.inference import score_video
from course_lib.training.experiment import train_and_score


def test_targets_share_the_radius_of_the_classes():
    events = [Event("TOP", 8), Event("BOTTOM", 14), Event("OTHER", 30), Event("TOP", 60)]  # steps 4, 7, (15), 30
    video = Video("v", None, 60, 25.0, 8, 8, tuple(events))  # the last one a frame after the end: on the last step, 29
    data = DataConfig(classes=CLASSES, target_kind="dilated", target_radius=2)
    (rows,) = DisplacementHead(3).targets([video], [30], data)["displacement"]
    expected = np.zeros(30)
    expected[2:7] = [-2, -1, 0, 1, -1]  # step 6 is nearer to the second event
    expected[7:10] = [0, 1, 2]
    expected[27:30] = [-2, -1, 0]
    assert rows.dtype == np.float32 and rows.shape == (30, 1)
    np.testing.assert_array_equal(rows[:, 0], expected)
    classes = frame_targets(video.events, 30, data, 25.0).argmax(axis=1)
    assert not rows[classes == 0].any()


@pytest.mark.parametrize("radius", [0, 1, 2, 4])
@pytest.mark.parametrize("kind", ["dilated", "gaussian"])
def test_hard_and_soft_labels_of_any_radius(kind, radius):
    """The displacement has the radius of the configuration, whether classes are told hard or softly."""
    video = Video("v", None, 60, 25.0, 8, 8, (Event(CLASSES[0], 30),))
    data = DataConfig(classes=CLASSES, target_kind=kind, target_radius=radius, target_sigma=1.5)
    (rows,) = DisplacementHead(3).targets([video], [30], data)["displacement"]
    expected = [step - 15 if abs(step - 15) <= radius else 0 for step in range(30)]
    assert rows[:, 0].tolist() == expected
    classes = frame_targets(video.events, 30, data, 25.0)[:, 1]
    assert classes[15] == 1 and (((classes > 0) & (classes < 1)).any() == (kind == "gaussian"))


def test_the_loss_is_the_mean_square_over_real_steps():
    said, asked = torch.tensor([[[1.0], [3.0], [9.0]]]), torch.tensor([[[0.0], [1.0], [0.0]]])
    batch = {"displacement": asked, "mask": torch.tensor([[True, True, False]])}
    loss = DisplacementHead(4).loss({"displacement": said}, batch, TrainConfig())
    assert loss.item() == pytest.approx((1 + 4) / 2)


def moved_slowly(scores, offsets, mask):
    out = np.zeros_like(scores)
    for b, (rows, offset, real) in enumerate(zip(scores, offsets, mask, strict=True)):
        inside = np.flatnonzero(real)
        for step in inside:
            to = min(max(step - round(float(offset[step])), inside[0]), inside[-1])
            for column, value in enumerate(rows[step]):
                out[b, to, column] = max(out[b, to, column], value)
    return out


def test_scores_go_where_their_step_points():
    random = torch.Generator().manual_seed(0)
    scores = torch.rand(3, 12, 4, generator=random).softmax(dim=-1)
    offsets = 6 * torch.randn(3, 12, 1, generator=random)
    mask = torch.ones(3, 12, dtype=torch.bool)
    mask[1, 7:], mask[2, :4] = False, False
    answers = DisplacementHead(5).settle({"displacement": offsets, "probabilities": scores}, mask)
    assert set(answers) == {"probabilities"}
    expected = moved_slowly(scores.numpy(), offsets[..., 0].numpy(), mask.numpy())
    np.testing.assert_array_equal(answers["probabilities"], expected)
    assert (expected.sum(axis=2) == 0).any()


def test_a_profile_dilates_the_labels():
    data = profile("full", "x3d_s+ed+displacement").data
    assert (data.target_kind, data.target_radius, data.suppression) == ("dilated", 2, "soft")
    plain = profile("full", "x3d_s+ed").data
    assert (plain.target_kind, plain.suppression) == ("hard", "symmetric")


def test_trained_decoded_and_scored(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    dataset = load_dataset(blinking_dataset(tmp_path / "blinking"))
    config = blinking_config(data__target_kind="dilated", data__target_radius=2, train__epochs=3, train__mixup=0.2)
    run = train_and_score("tiny3d+bigru+displacement", dataset, config, tmp_path / "run")
    assert run.scores["test"]["map12"] > 0.8
    model = run.model()
    with_head = score_video(model, dataset.test[0].path, run.config)
    del model.heads["displacement"]
    without = score_video(model, dataset.test[0].path, run.config)

    def sharpness(rows):
        return np.mean(rows[:, 1:].max(axis=1) > 0.5)

    assert sharpness(with_head.probabilities) < 0.6 * sharpness(without.probabilities)  # five steps became one or two
