"""Where the reference values are: synthetic ones beside the tests, those with real labels in a shared folder or not."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

__all__ = ["DATA", "load_reference", "load_shared"]

DATA = Path(__file__).parents[1] / "reference_values"
SHARED = Path(__file__).parents[3] / "shared" / "reference"


def load_reference(name: str) -> Any:
    """A case of tests/data, such as "frame_map/20_nms"."""
    return json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes()))


def load_shared(name: str) -> Any:
    """A case that may not be published; the test is skipped where it is not there."""
    path = SHARED / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return json.loads(path.read_text(encoding="utf-8"))
