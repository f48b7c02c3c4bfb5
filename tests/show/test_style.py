"""One look for every figure: axes that are given are used, and settings are left as they were."""

import inspect
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import show
from course_lib.data.events import BALL_12, Event
from course_lib.show import style

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


def test_given_axes_are_used_and_settings_left_alone():
    with plt.rc_context({"axes.titlelocation": "center", "font.size": 9.0}):
        before = dict(plt.rcParams)
        for draw in (
            lambda ax: show.plot_class_counts({"PASS": 1}, ax=ax),
            lambda ax: show.plot_transitions(np.eye(2), ("PASS", "GOAL"), ax=ax),
            lambda ax: show.plot_ball_path(np.zeros((2, 3)), [], BALL_12, ax=ax),
            lambda ax: show.plot_moments(
                np.zeros((1, 4, 6, 3), np.uint8), [Event("PASS", 50)], [], BALL_12, 0, 6, 25, ax=ax
            ),
            lambda ax: show.plot_error_costs({"a": {"missed": [0.1, 0.2]}}, ax=ax),
        ):
            fig, given = plt.subplots()
            assert draw(given) == (fig, given)
        assert dict(plt.rcParams) == before
    with plt.rc_context():
        show.use_course_style()
        assert plt.rcParams["axes.titlelocation"] == "left"


def test_a_backend_that_turns_interactive_mode_on_while_it_loads_keeps_it_on():
    """As a notebook's does at the session's first figure: without it, later figures would not be shown."""
    assert not matplotlib.is_interactive()
    style.course_styled(lambda: matplotlib.interactive(True))()
    try:
        assert matplotlib.is_interactive()
    finally:
        matplotlib.interactive(False)


def test_every_plot_is_exported_and_takes_axes():
    names = [name for name in show.__all__ if name.startswith("plot_")]
    assert len(names) >= 20
    for name in names:
        assert "ax" in inspect.signature(getattr(show, name)).parameters, name
    sources = Path(show.__file__).parent.glob("*.py")
    assert not any("plt.show" in source.read_text(encoding="utf-8") for source in sources)


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [(0, 0, "0:00"), (75, 0, "1:15"), (59.99, 1, "1:00.0"), (61.24, 1, "1:01.2"), (2700, 0, "45:00")],
)
def test_clock(seconds, decimals, text):
    assert style.clock(seconds, decimals) == text
