"""notebook_outputs: in the profile `check` outputs of the quick data are not compared, all others are."""

from collections import defaultdict
from types import SimpleNamespace

import notebook_outputs
import pytest


@pytest.mark.parametrize(("profile", "compared"), [("check", [True, False]), ("smoke", [True, True])])
def test_which_outputs_are_compared(monkeypatch, profile, compared):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    tags = (["nbval-check-output"], ["nbval-check-output", "smoke-output"])
    cells = [SimpleNamespace(metadata={"tags": names}) for names in tags]
    items = [SimpleNamespace(cell=cell, options=defaultdict(bool, check=True)) for cell in cells]
    notebook_outputs.pytest_collection_modifyitems([*items, SimpleNamespace(name="a test of no notebook")])
    assert [item.options["check"] for item in items] == compared
