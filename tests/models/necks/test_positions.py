"""positions: a row for each step, and what a clip of another length gets of them."""

import numpy as np
import pytest
import torch

from course_lib.models.necks.positions import LearnedPositions
from course_lib.models.zoo import build


def slow(table, length):
    """Row after row: places from the first to the last, and what lies between two of them."""
    rows = []
    for step in range(length):
        place = step * (len(table) - 1) / (length - 1) if length > 1 else 0.0
        below = min(int(place), len(table) - 2) if len(table) > 1 else 0
        above = min(below + 1, len(table) - 1)
        rows.append(table[below] * (1 - (place - below)) + table[above] * (place - below))
    return np.stack(rows)


@pytest.mark.parametrize("clip_len", [1, 2, 7])
@pytest.mark.parametrize("T", [1, 2, 5, 7, 13])
def test_a_clip_gets_the_table_along_its_length(clip_len, T):
    neck = LearnedPositions(3, clip_len)
    x = torch.randn(2, T, 3)
    with torch.inference_mode():
        np.testing.assert_allclose((neck(x) - x)[0].numpy(), slow(neck.table.numpy(), T), atol=1e-5)
        assert torch.allclose((neck(x) - x)[0], (neck(x) - x)[1], atol=1e-6)


def test_it_is_drawn_as_small_as_the_clip_is_long():
    torch.manual_seed(0)
    for clip_len in (10, 100):
        assert LearnedPositions(2000, clip_len).table.std().item() * clip_len == pytest.approx(1, abs=0.03)


def test_a_system_is_made_for_its_clips():
    assert build("tiny3d+positions+bigru", 2, "none", clip_len=9).neck[0].table.shape == (9, 128)
    assert build("tiny3d+positions", 2, "none").neck.table.shape == (50, 128)
