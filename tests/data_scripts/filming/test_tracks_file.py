"""tracks.npz holds what its documentation says, and says where things are."""

import re

import numpy as np
import pytest
from filming_tracks import scripted

import filming.tracks_file
from filming.camera import NEAR
from filming.film import Film


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    film = Film(scripted(30), NEAR, (224, 128), seed=5)
    path = tmp_path_factory.mktemp("tracks") / "tracks.npz"
    on_screen = filming.tracks_file.write_tracks(path, film)
    with np.load(path) as file:
        return film, on_screen, dict(file)


def test_the_documentation_names_every_array_with_its_shape_and_type(written):
    _, _, arrays = written
    table = re.findall(r"^    (\w+) +(\w+) +\[([^\]]*)\]", filming.tracks_file.__doc__, re.MULTILINE)
    sizes = {"T": 30, "P": 22}
    documented = {
        name: (dtype, tuple(sizes.get(axis) or int(axis) for axis in shape.split(", ") if axis))
        for name, dtype, shape in table
    }
    assert documented == {name: (str(array.dtype), array.shape) for name, array in arrays.items()}


def test_numbers_survive_their_rounding(written):
    film, on_screen, arrays = written
    truth = film.truth()
    assert np.abs(arrays["ball_m"] - film.tracks.ball_m).max() <= 1 / 128
    assert np.abs(arrays["players_m"] - film.tracks.players_m).max() <= 1 / 128
    assert np.abs(arrays["boxes_px"] - truth.boxes_px).max() <= 1 / 16 + 1e-4
    assert np.abs(arrays["ball_px"] - truth.ball_px).max() <= 1 / 16 + 1e-4
    assert (arrays["ball_on_screen"] == truth.ball_on_screen).all() and (on_screen == truth.ball_on_screen).all()
    assert (arrays["pose"] == film.tracks.pose).all()
    assert arrays["fps"] == 25.0 and arrays["size_px"].tolist() == [224, 128]
