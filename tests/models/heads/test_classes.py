"""classes: what the configuration makes of the loss, and the head of independent classes in the one loop."""

import numpy as np
import pytest
import torch
from blinking import blinking_config, blinking_dataset

from course_lib.config import TrainConfig, override
from course_lib.data.datasets import load_dataset
from course_lib.files import InputError
from course_lib.models.heads.classes import BinaryHead, ClassHead
from course_lib.models.losses import binary_cross_entropy, class_weights, count_weights, weighted_cross_entropy
from course_lib.training.experiment import train_and_score

K = 3


def given(seed=0):
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(2, 5, K + 1, generator=generator).softmax(-1)
    mask = torch.rand(2, 5, generator=generator) < 0.8
    return torch.randn(2, 5, K + 1, generator=generator), {"target": target, "mask": mask}


@pytest.mark.parametrize("kind", ["equal", "inverse", "sqrt", "effective"])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_the_losses_are_those_of_the_configuration(kind, gamma):
    logits, batch = given()
    train = TrainConfig(class_weights=kind, focal_gamma=gamma, effective_beta=0.9, focal_balance=0.3, event_weight=4.0)
    weights = count_weights([50, 5, 1], 4.0, kind, 0.9)
    heads = [ClassHead(8, K), BinaryHead(8, K)]
    for head in heads:
        head.count({"A": 50, "B": 5, "C": 1})
    one, many = (
        head.loss({"logits": x}, batch, train) for head, x in zip(heads, (logits, logits[..., 1:]), strict=True)
    )
    assert torch.equal(one, weighted_cross_entropy(logits, batch["target"], weights, batch["mask"], gamma))
    expected = binary_cross_entropy(logits[..., 1:], batch["target"][..., 1:], weights[1:], batch["mask"], gamma, 0.3)
    assert torch.equal(many, expected)


def test_without_a_count_no_class_can_be_called_rare():
    logits, batch = given()
    head = ClassHead(8, K)
    plain = weighted_cross_entropy(logits, batch["target"], class_weights(K, 5.0), batch["mask"])
    assert torch.equal(head.loss({"logits": logits}, batch, TrainConfig()), plain)
    with pytest.raises(InputError, match="train.class_weights is 'sqrt', but the events .* were not counted"):
        head.loss({"logits": logits}, batch, TrainConfig(class_weights="sqrt"))
    assert set(head.state_dict()) == {"linear.weight", "linear.bias"}  # as ever


def test_independent_classes_begin_as_rare():
    head = BinaryHead(8, K).eval()
    said = head.answer(head(torch.zeros(1, 2, 8)))["probabilities"]
    assert said.shape == (1, 2, K) and torch.allclose(said, torch.full_like(said, 0.01))


@pytest.mark.parametrize(
    "values",
    [
        {"train.class_weights": "inverse", "train.focal_gamma": 2.0},
        {"train.class_weights": "sqrt", "train.mixup": 0.2, "train.mixup_partner": "balanced"},
    ],
)
def test_trained_scored_and_opened_again(tmp_path, monkeypatch, values):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    dataset = load_dataset(blinking_dataset(tmp_path / "blinking"))
    config = override(blinking_config(train__epochs=2, train__clips_per_epoch=24), values)
    run = train_and_score("tiny3d+fc+bce+softic", dataset, config, tmp_path / "run")
    assert run.scores["test"]["map12"] > 0.2
    probabilities = run.frame_scores(dataset.test[0].id)
    assert probabilities.shape[1] == 2 and (np.abs(probabilities.sum(axis=1) - 1) > 1e-3).any()
    assert run.model().heads["softic"].bank_share.any()
