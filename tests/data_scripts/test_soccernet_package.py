"""SoccerNet-v2 through its own package: a stand-in with the package's names that behaves and misbehaves like it."""

import json
import shutil
import sys
import types

import download_soccernet
import pytest
from numbered_video import write_video

GAMES = {
    split: [f"england_epl/2014-2015/{split} game {number}" for number in (1, 2, 3)]
    for split in ("train", "valid", "test", "challenge")
}
PASSWORD = "a password of the tests"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clip") / "1_224p.mkv", 20)


@pytest.fixture
def package(monkeypatch, tmp_path, clip):
    """The stand-in; `package.calls` holds what it was asked for, `package.mischief` what it does wrong."""
    state = types.SimpleNamespace(calls=[], mischief=None)

    class Downloader:
        def __init__(self, LocalDirectory):  # noqa: N803
            self.folder, self.password = LocalDirectory, None

        def downloadGame(self, game, files, spl, verbose):  # noqa: N802
            for file in files:
                state.calls.append((spl, game, file))
                self._bring(game, file)

        def downloadGames(self, files, split, task, verbose):  # noqa: N802
            state.calls.append((split, "all", files))
            for game in GAMES[split[0]]:
                for file in files:
                    self._bring(game, file)

        def _bring(self, game, file):
            print(f"downloading with {self.password}")
            if state.mischief == "403":
                raise PermissionError(f"403 for hf token and {self.password}")
            if state.mischief == "no network":
                raise OSError(f"connection refused with {self.password}")
            if state.mischief == "silent" or (file.endswith("mkv") and self.password != PASSWORD):
                return  # as older versions do: they print the status and go on
            path = tmp_path.__class__(self.folder) / game / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.endswith("json"):
                path.write_text(json.dumps({"annotations": []}))
            else:
                shutil.copy(clip, path)
            if state.mischief == "half":
                path.write_bytes(path.read_bytes()[:10])

    main, downloader, utils = (types.ModuleType(f"SoccerNet{part}") for part in ("", ".Downloader", ".utils"))
    downloader.SoccerNetDownloader = Downloader
    utils.getListGames = lambda split: list(GAMES[split])
    for module in (main, downloader, utils):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setenv("SOCCERNET_PASSWORD", PASSWORD)
    return state


def run(out, *arguments):
    return download_soccernet.main(["--set", "v2", "--out", str(out), *arguments])


def sentence(capsys):
    printed = capsys.readouterr()
    assert PASSWORD not in printed.out + printed.err
    assert printed.err.startswith("error: ") and len(printed.err.splitlines()) == 1
    return printed.err


def test_labels_and_videos(package, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(out, "--splits", "train", "challenge") == 0
    assert PASSWORD not in "".join(capsys.readouterr())
    for game in GAMES["train"]:
        assert sorted(p.name for p in (out / game).iterdir()) == ["1_224p.mkv", "2_224p.mkv", "Labels-v2.json"]
    assert not (out / GAMES["challenge"][0] / "Labels-v2.json").exists()
    assert json.loads((out / "splits.json").read_text()) == {"train": GAMES["train"], "challenge": GAMES["challenge"]}
    # Labels of a split in one request, videos one at a time.
    assert [call for call in package.calls if call[1] == "all"] == [(["train"], "all", ["Labels-v2.json"])]
    assert len(package.calls) == 1 + 2 * 3 + 2 * 3
    package.calls.clear()
    (out / GAMES["train"][1] / "2_224p.mkv").unlink()
    assert run(out, "--splits", "train", "challenge") == 0
    assert package.calls == [("train", GAMES["train"][1], "2_224p.mkv")]
    assert not (out / ".unfinished").exists()


def test_few_games_and_other_splits_are_added(package, tmp_path):
    assert run(tmp_path / "out", "--splits", "test", "--games", "1", "--files", "labels") == 0
    assert package.calls == [("test", GAMES["test"][0], "Labels-v2.json")]
    assert run(tmp_path / "out", "--splits", "valid", "--games", "2", "--files", "labels") == 0
    splits = json.loads((tmp_path / "out" / "splits.json").read_text())
    assert splits == {"test": GAMES["test"][:1], "val": GAMES["valid"][:2]}


@pytest.mark.parametrize(
    ("mischief", "expected"),
    [
        ("403", "https://www.soccer-net.org/data"),
        ("silent", "https://www.soccer-net.org/data"),
        ("no network", "is there a network?"),
        ("half", "arrived damaged"),
    ],
)
@pytest.mark.parametrize("files", ["labels", "224p"])
def test_what_goes_wrong_is_one_sentence_and_leaves_no_file(package, tmp_path, capsys, mischief, expected, files):
    package.mischief = mischief
    out = tmp_path / "out"
    assert run(out, "--splits", "train", "--files", files) == 2
    assert expected in sentence(capsys)
    assert not out.exists() or not [path for path in out.rglob("*") if path.is_file()]


def test_no_password(package, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SOCCERNET_PASSWORD")
    assert run(tmp_path / "out", "--splits", "train") == 2
    message = sentence(capsys)
    assert "1_224p.mkv did not come" in message and "SOCCERNET_PASSWORD" in message
    assert len(list((tmp_path / "out").rglob("Labels-v2.json"))) == 3  # what came before it stays


def test_the_package_is_optional(tmp_path, capsys, monkeypatch):
    for name in ("SoccerNet", "SoccerNet.Downloader"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(tmp_path / "out") == 2
    assert "the package SoccerNet is not installed: `pip install SoccerNet`" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        download_soccernet.main(["--help"])
    assert "pip install SoccerNet" in capsys.readouterr().out
    assert run(tmp_path / "out", "--games", "0") == 2
    assert "--games is 0" in capsys.readouterr().err
