"""SoccerNet-v2 through SoccerNet's own package, which knows where its files lie today.

The package is asked for one match at a time, into a folder beside the data; what it brought is moved into place only
when it has come whole, since some of its versions leave half a file behind and take it for the whole one next time.
It is imported when it is needed: with what it needs itself, it is larger than the course wants to install.
"""

import contextlib
import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.data.video import probe
from course_lib.files import InputError, read_json, write_json
from course_lib.progress import progress_bar

from .credentials import AGREEMENT, PASSWORD_VARIABLE, TOKEN_VARIABLE, password, token

__all__ = ["INSTALL", "fetch_games"]

INSTALL = "pip install SoccerNet"
_REPOSITORY = "SoccerNet/SoccerNet_raw_HQ"
_SPLITS = {"train": "train", "valid": "val", "test": "test", "challenge": "challenge"}


def _package() -> tuple[Callable[..., Any], Callable[..., list[str]]]:
    """The downloader and the list of games of the package."""
    try:
        from SoccerNet.Downloader import SoccerNetDownloader
        from SoccerNet.utils import getListGames
    except ImportError as error:
        missing = error.name or "SoccerNet"
        what = "the package SoccerNet is not installed" if missing.startswith("SoccerNet") else f"{missing} is missing"
        raise InputError(
            f"--set v2 uses SoccerNet's own package and {what}: `{INSTALL}` (outside the course's .venv, if you like "
            "to keep that as it is)"
        ) from None
    return SoccerNetDownloader, getListGames


def fetch_games(folder: Path, splits: Sequence[str], files: Sequence[str], limit: int | None = None) -> list[str]:
    """Fetch these files of every game of the splits into `folder`/league/season/game, and write splits.json.

    Args:
        folder: where the data go.
        splits: "train", "valid", "test", "challenge".
        files: names in a game's folder: Labels-v2.json, 1_224p.mkv, 2_224p.mkv and so on.
        limit: only the first so many games of each split.

    Returns:
        The games.

    Raises:
        InputError: no package, no agreement, no network, or a file that does not come whole.
    """
    downloader_class, list_games = _package()
    token()  # the package takes it from the environment by itself; look at it before it does
    games = {split: list_games(split)[:limit] for split in splits}
    jobs = [job for split, of_split in games.items() for job in _jobs(folder, split, of_split, files, limit is None)]
    aside = folder / ".unfinished"
    try:
        with progress_bar(None, "SoccerNet-v2", len(jobs), unit="request") as bar:
            for job in jobs:
                _fetch(downloader_class, aside, folder, job)
                bar.update(1)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    known = read_json(folder / "splits.json") if (folder / "splits.json").is_file() else {}
    for split, of_split in games.items():
        known[_SPLITS[split]] = sorted({*known.get(_SPLITS[split], ()), *of_split})
    write_json(folder / "splits.json", known)
    return [game for of_split in games.values() for game in of_split]


@dataclass(frozen=True)
class _Job:
    """One request: a file of some games, or, if `whole`, of all games of the split."""

    split: str
    games: tuple[str, ...]
    file: str
    whole: bool


def _jobs(folder: Path, split: str, games: Sequence[str], files: Sequence[str], all_games: bool) -> Iterator[_Job]:
    for file in files:
        is_labels = file.startswith("Labels")
        missing = tuple(game for game in games if not (folder / game / file).is_file())
        if split == "challenge" and is_labels:
            continue
        if is_labels and all_games and len(missing) > 1:
            # Small files in one request: one for each of hundreds of games would run into the hub's rate limit.
            yield _Job(split, missing, file, True)
        else:
            yield from (_Job(split, (game,), file, False) for game in missing)


def _fetch(downloader_class: Callable[..., Any], aside: Path, folder: Path, job: _Job) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    downloader = downloader_class(LocalDirectory=str(aside))
    downloader.password = password()
    problem = None
    # What the package prints, and what its errors say, may hold addresses with keys in them: neither is shown.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            if job.whole:
                downloader.downloadGames(files=[job.file], split=[job.split], task="spotting", verbose=False)
            else:
                downloader.downloadGame(game=job.games[0], files=[job.file], spl=job.split, verbose=False)
        except PermissionError:
            problem = _no_way_in(job.file)
        except Exception as error:
            problem = f"{job.file}: SoccerNet's package failed ({type(error).__name__}); is there a network?"
    if problem:
        raise InputError(problem)
    for game in job.games:
        arrived, place = aside / game / job.file, folder / game / job.file
        if not arrived.is_file():
            raise InputError(f"{game}: {_no_way_in(job.file)}")
        if _is_damaged(arrived):
            raise InputError(f"{game}/{job.file}: arrived damaged; give the same command again")
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(arrived, place)


def _no_way_in(file: str) -> str:
    needs = "" if file.startswith("Labels") else f", then set {TOKEN_VARIABLE} or {PASSWORD_VARIABLE}"
    return f"{file} did not come: {AGREEMENT.format(repository=_REPOSITORY)}{needs}"


def _is_damaged(path: Path) -> bool:
    try:
        if path.suffix == ".json":
            read_json(path)
        else:
            probe(path)
    except InputError:
        return True
    return False
