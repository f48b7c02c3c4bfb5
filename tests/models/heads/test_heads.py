"""The seam: a question that the library does not know is trained, answered and decoded without a change in it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from blinking import CLASSES, ArrayStore, blinking_config, blinking_dataset, blinking_frames
from torch import nn

from course_lib.data.datasets import load_dataset
from course_lib.models.head import Head
from course_lib.models.heads.classes import ClassHead
from course_lib.models.weights import load_weights, save_weights
from course_lib.models.zoo import build
from course_lib.spotting.features import FeatureStore
from course_lib.spotting.inference import score_video
from course_lib.training.experiment import train_and_score


class SigmoidHead(ClassHead):
    """Independent probabilities: any number of classes at a step, no background."""

    def __init__(self, dim, num_classes):
        super().__init__(dim, num_classes - 1, dropout=0.0)
        self.answers, self.padding = {"probabilities": num_classes}, {}
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    @classmethod
    def of(cls, sizes):
        return cls(sizes.vectors, sizes.num_classes)

    def targets(self, videos, lengths, data):
        (rows,) = super().targets(videos, lengths, data).values()
        return {"target": [of_video[:, 1:] for of_video in rows]}

    def loss(self, outputs, batch, train):
        self.batches += 1  # what a memory bank would do
        losses = F.binary_cross_entropy_with_logits(outputs["logits"], batch["target"], reduction="none")
        return (losses.mean(dim=-1) * batch["mask"]).sum() / batch["mask"].sum()

    def answer(self, outputs):
        return {"probabilities": outputs["logits"].sigmoid()}


class BrightnessHead(Head):
    """A field of an event from an entry of the batch that only this head reads; learns at a tenth of the rate."""

    reads = "features"
    target_names = ("brightness",)
    fields = ("xy",)
    seen: list = []

    def __init__(self, dim):
        super().__init__()
        self.linear = nn.Linear(dim, 2)
        self.answers = {"xy": 2}

    def targets(self, videos, lengths, data):
        return {"brightness": [np.full((length, 1), 0.25, np.float32) for length in lengths]}

    def mirror(self, batch, flipped):
        return {**batch, "brightness": torch.where(flipped[:, None, None], 0.75, batch["brightness"])}

    def forward(self, x, batch=None):
        self.seen.append(batch["mask"].shape)
        return {"bright": self.linear(x)}

    def loss(self, outputs, batch, train):
        error = (outputs["bright"] - batch["brightness"]).abs().mean(dim=-1)
        return (error * batch["mask"]).sum() / batch["mask"].sum()

    def lr_factor(self, train):
        return 0.1

    def answer(self, outputs):
        return {"xy": outputs["bright"].float()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(home))
        dataset = load_dataset(blinking_dataset(home / "blinking"))
        config = blinking_config(train__flip=0.5, train__augment=0.0, train__mixup=0.2, train__epochs=4)
        heads = {"classes": SigmoidHead.of, "bright": lambda sizes: BrightnessHead(sizes.features)}
        run = train_and_score("tiny3d+fc", dataset, config, home / "run", heads=heads)
        yield dataset, run, heads


def test_independent_probabilities_are_trained_decoded_and_scored(finished):
    dataset, run, _ = finished
    assert run.scores["test"]["map12"] > 0.9
    rows = run.frame_scores(dataset.test[0].id)
    assert rows.shape == (100, len(CLASSES)) and np.abs(rows.sum(axis=1) - 1).max() > 0.5


def test_a_field_of_an_event_reaches_the_spots(finished):
    """Half of the clips were mirrored, so the median answer lies between what both sides were told."""
    dataset, run, heads = finished
    model = build("tiny3d+fc", len(CLASSES), "none", heads=heads)
    load_weights(model, run.path / "best.safetensors")
    said = score_video(model, dataset.test[0].path, run.config).fields["xy"]
    assert said.shape == (100, 2) and 0.15 < np.median(said) < 0.85
    assert all(shape[1] == 16 for shape in BrightnessHead.seen)  # the mask came along, in training and in inference


def test_what_a_head_remembers_is_in_the_checkpoint(finished):
    _, run, _ = finished
    state = torch.load(run.path / "last.pt", weights_only=True)["model"]
    assert state["heads.classes.batches"] == 40  # ten batches in each of four epochs


def test_a_head_learns_at_its_own_rate(finished):
    _, run, _ = finished
    groups = torch.load(run.path / "last.pt", weights_only=True)["optimizer"]["param_groups"]
    rates = {round(group["initial_lr"], 9) for group in groups}
    assert rates == {5e-3, 5e-4}


class Shifted(Head):
    """Moves every score a step later in the clip; what was first has nothing to say."""

    def forward(self, x, batch=None):
        return {}

    def settle(self, answers, mask):
        return {name: torch.cat([0 * rows[:, :1], rows[:, :-1]], dim=1) for name, rows in answers.items()}


def test_clips_are_settled_before_they_are_averaged_and_silent_rows_do_not_count():
    torch.manual_seed(0)
    config = blinking_config(data__test_overlap=0.5)
    store = ArrayStore(blinking_frames(40, (), seed=0))
    model = build("tiny3d+fc", 2, "none", dropout=0.0).eval()
    clips = [torch.from_numpy(store.read(start, start + 16)).permute(0, 3, 1, 2)[None] for start in (0, 8, 16, 24)]
    total, count = np.zeros((40, 3)), np.zeros((40, 1))
    with torch.inference_mode():
        for start, clip in zip((0, 8, 16, 24), clips, strict=True):
            total[start + 1 : start + 16] += model.answer(clip)["probabilities"][0, :-1].numpy()
            count[start + 1 : start + 16] += 1
    model.heads["shifted"] = Shifted()
    scores = score_video(model, store, config).probabilities
    np.testing.assert_allclose(scores, total / np.maximum(count, 1), atol=1e-6)
    assert not scores[0].any() and count[8] == 1


def test_a_neck_that_wants_the_mask_is_given_it():
    class Masked(nn.Module):
        uses_mask, dim = True, 128

        def forward(self, x, mask):
            return x * mask.unsqueeze(-1)

    spotter = build("tiny3d+fc", 2, "none").eval()
    spotter.neck = nn.Sequential(nn.Identity(), Masked())
    frames, mask = torch.rand(1, 4, 3, 32, 48), torch.tensor([[True, True, True, False]])
    logits = spotter({"frames": frames, "mask": mask})["logits"]
    assert torch.equal(logits[0, 3], spotter.heads["classes"].linear.bias) and not torch.equal(
        logits[0, 2], logits[0, 3]
    )


def test_weights_of_earlier_versions_are_read(tmp_path):
    """Heads were called after what they put out."""
    spotter = build("tiny3d+fc+heat", 2, "none")
    save_weights(spotter, tmp_path / "new.safetensors")
    new = {"heads.classes.": "heads.logits.", "heads.heat.": "heads.xy."}

    class Old(nn.Module):
        def state_dict(self):
            renamed = {}
            for key, value in spotter.state_dict().items():
                for now, before in new.items():
                    key = key.replace(now, before)
                renamed[key] = value
            return renamed

    save_weights(Old(), tmp_path / "old.safetensors")
    again = build("tiny3d+fc+heat", 2, "none")
    load_weights(again, tmp_path / "old.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(spotter.parameters(), again.parameters(), strict=True))


def test_features_stand_in_for_pictures_with_any_head_on_vectors():
    spotter = build("tiny3d+bigru+xy", 3, "none").eval()
    frames = torch.rand(2, 6, 3, 32, 48)
    with torch.inference_mode():
        whole, from_features = spotter.answer(frames), spotter.answer(spotter.encode(frames))
    assert set(whole) == {"probabilities", "xy"}
    for name, rows in whole.items():
        torch.testing.assert_close(rows, from_features[name])
    store = FeatureStore(spotter.encode(frames)[0].detach().numpy().astype(np.float16), None)
    assert score_video(spotter, store, blinking_config(data__clip_len=4)).fields["xy"].shape == (6, 2)
