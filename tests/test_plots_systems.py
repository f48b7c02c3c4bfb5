"""plots.systems: a row a system, a dot a seed."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from course_lib import plots


def test_systems_a_dot_for_every_seed():
    rows = [
        ("x3d_s+fc", "x3d_s", 0.30),
        ("x3d_s+fc", "x3d_s", 0.20),
        ("tiny3d+fc", "tiny3d", 0.26),
        ("x3d_s+ed", "x3d_s", 0.4),
    ]
    records = pd.DataFrame(rows, columns=["system", "backbone", "map12"])
    records["frozen_backbone"] = records["backbone"] == "x3d_s"
    fig, ax = plots.plot_systems(records, chance=0.05)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["x3d_s+ed", "tiny3d+fc", "x3d_s+fc"]
    dots = [group.get_offsets() for group in ax.collections]
    assert [sorted(np.round(of_system[:, 0], 6).tolist()) for of_system in dots] == [[40.0], [26.0], [20.0, 30.0]]
    colours = [to_hex(group.get_facecolor()[0]) for group in ax.collections]
    assert colours[0] == colours[2] != colours[1]
    means = [line.get_xdata()[0] for line in ax.lines]
    assert means == pytest.approx([40, 26, 25, 5])  # the last one is chance
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["x3d_s", "tiny3d", "frozen backbone", "trained end to end", "chance"]
    assert [text.get_text() for text in ax.texts] == ["40.0", "26.0", "25.0"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and fig is ax.figure
    plt.close(fig)
