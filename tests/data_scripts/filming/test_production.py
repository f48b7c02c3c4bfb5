"""Production: whole folders or none, side by side, and nothing lost when it stops."""

import os
import time
from pathlib import Path

import pytest
from tqdm import tqdm

from filming.production import UNFINISHED, produce


def write_ten(plan: str, folder: Path, report) -> None:
    """What a worker does here: a file, in two steps."""
    (folder / "one").write_text(plan)
    report(4)
    if plan.startswith("bad"):
        raise ValueError(f"cannot make {plan}")
    (folder / "two").write_text(plan)
    report(6)


def jobs(root: Path, *plans: str):
    return [(plan, root / "season" / plan) for plan in plans]


def made(root: Path) -> dict[str, list[str]]:
    return {folder.name: sorted(file.name for file in folder.iterdir()) for folder in root.glob("season/*")}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_folder_is_made_and_counted(tmp_path, workers):
    with tqdm(total=30, disable=True) as bar:
        bar.update = lambda n: counts.append(n)
        counts = []
        produce(jobs(tmp_path, "a", "b", "c"), write_ten, tmp_path, workers, bar)
    assert made(tmp_path) == {name: ["one", "two"] for name in "abc"}
    assert sum(counts) == 30
    assert not list(tmp_path.glob(f"{UNFINISHED}*"))
    assert os.stat(tmp_path / "season" / "a").st_mode & 0o055 == 0o055


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_keeps_what_was_finished_and_leaves_no_half(tmp_path, workers):
    with pytest.raises(ValueError, match="cannot make bad"), tqdm(disable=True) as bar:
        produce(jobs(tmp_path, "a", "bad"), write_ten, tmp_path, workers, bar)
    assert "bad" not in made(tmp_path)
    assert made(tmp_path).get("a", ["one", "two"]) == ["one", "two"]
    if workers == 1:
        assert "a" in made(tmp_path)
    assert not list(tmp_path.glob(f"{UNFINISHED}*"))


def test_being_stopped_removes_what_is_under_way(tmp_path):
    def stopped(plan, folder, report):
        write_ten(plan, folder, report)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), tqdm(disable=True) as bar:
        produce(jobs(tmp_path, "a"), stopped, tmp_path, 1, bar)
    assert not list(tmp_path.iterdir())


def test_an_incomplete_folder_is_replaced(tmp_path):
    folder = tmp_path / "season" / "a"
    folder.mkdir(parents=True)
    (folder / "old").write_text("half")
    with tqdm(disable=True) as bar:
        produce(jobs(tmp_path, "a"), write_ten, tmp_path, 1, bar)
    assert made(tmp_path) == {"a": ["one", "two"]}


def test_leftovers_of_a_killed_run_are_removed_but_not_those_of_a_living_one(tmp_path):
    dead, alive = tmp_path / f"{UNFINISHED}dead", tmp_path / f"{UNFINISHED}alive"
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "video").write_text("half")
    long_ago = time.time() - 3600
    for path in (dead / "video", dead):
        os.utime(path, (long_ago, long_ago))
    with tqdm(disable=True) as bar:
        produce(jobs(tmp_path, "a"), write_ten, tmp_path, 1, bar)
    assert alive.exists() and not dead.exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_of_several_folders_puts_each_in_its_place(tmp_path, workers):
    several = [(plan, {name: tmp_path / name / plan for name in ("left", "right")}) for plan in ("a", "b")]
    with tqdm(disable=True) as bar:
        produce(several, write_into_both, tmp_path, workers, bar)
    found = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {f"{name}/{plan}/it": name + plan for name in ("left", "right") for plan in "ab"}
    assert not list(tmp_path.glob(f"{UNFINISHED}*"))


def test_a_job_of_several_folders_that_fails_leaves_none(tmp_path):
    def bad(plan, folder, report):
        (folder / "left" / "it").write_text("half")
        raise ValueError("cannot")

    with pytest.raises(ValueError, match="cannot"), tqdm(disable=True) as bar:
        produce([("a", {"left": tmp_path / "left" / "a"})], bad, tmp_path, 1, bar)
    assert not list(tmp_path.iterdir())


def write_into_both(plan: str, folder: Path, report) -> None:
    """What a worker does with two folders."""
    for name in ("left", "right"):
        (folder / name / "it").write_text(name + plan)
