"""Targets and training curves."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib import show
from course_lib.files import InputError

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


def test_targets():
    hard = np.zeros((6, 3), np.float32)
    hard[:, 0] = 1
    hard[2] = 0, 1, 0
    soft = hard.copy()
    soft[3] = 0.25, 0.25, 0.5
    _, ax = show.plot_targets({"hard": hard, "soft": soft}, ("PASS", "SHOT"), first_step=100)
    bars = [(b.get_gid(), b.get_x() + b.get_width() / 2, b.get_y(), b.get_height()) for c in ax.containers for b in c]
    assert bars[0] == pytest.approx(("hard", 102, 1, 0.82))
    soft_bars = [bar for bar in bars if bar[0] == "soft"]
    assert [bar[1] for bar in soft_bars] == pytest.approx([102, 103, 103])
    assert soft_bars[2][2:] == pytest.approx((0.82 * 0.25, 0.82 * 0.5), rel=1e-6)  # stacked upon the other class
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["PASS", "SHOT"]


def _log():
    return pd.DataFrame(
        {"epoch": [1, 2, 3], "train_loss": [2.0, 1.0, 0.5], "val_map": [0.1, None, 0.3], "lr": [1e-3, 2e-3, 0]}
    )


def test_training_curves():
    _, (loss, val, lr) = show.plot_training_curves(_log())
    assert loss.lines[0].get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert val.lines[0].get_xydata().tolist() == [[1, 10], [3, 30]]  # an epoch without validation has no point
    assert val.lines[1].get_xydata().tolist() == [[3, 30]] and val.texts[0].get_text() == "30.0"
    assert lr.lines[0].get_ydata().tolist() == [1e-3, 2e-3, 0]
    _, (loss, _, _) = show.plot_training_curves({"one": _log(), "two": _log()})
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["one", "two"]
    fig, given = plt.subplots(1, 3)
    assert show.plot_training_curves(_log(), ax=given)[0] is fig
    with pytest.raises(InputError, match="'val_map'"):
        show.plot_training_curves(_log().drop(columns="val_map"))
