"""What holds for every test: it leaves no figure open for the next one on the same worker to find."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _leaves_no_figure_open():
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")  # most tests never load it
    if pyplot is None:
        return
    left = pyplot.get_fignums()
    pyplot.close("all")
    assert not left, f"figures left open: {left}"


@pytest.fixture
def closes_figures():
    """For tests that draw: the figures that they were given back are closed for them."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
