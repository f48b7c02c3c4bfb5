"""Records: what a training scored, in one small file that is kept with the course.

A run folder holds weights and spots and stays where it was made; its record is a page of JSON with the scores, how far
they could have come out otherwise, and how they came about: command, seed, commit, machine, date. Records lie as
<folder>/<profile>/<system>-seed<number>.json, those of volleyball in <folder>/volleyball-<profile>/, beside chance.json
with the scores of a guesser on the same videos, and read as one table. Introduced in notebook 03.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from course_lib.files import InputError, write_json
from course_lib.profiles import PROFILES
from course_lib.runs.contents import read_chance, read_record
from course_lib.runs.matches import scored_on
from course_lib.spotting.tasks import TASKS, Task, named_today, without_aliases

if TYPE_CHECKING:
    from course_lib.config import DataConfig
    from course_lib.data.events import SpottingDataset
    from course_lib.runs.run import Run

__all__ = [
    "RESULTS",
    "load_chance",
    "load_records",
    "published",
    "records_folder",
    "shown_name",
    "write_chance",
    "write_record",
]

RESULTS = Path(__file__).resolve().parents[2] / "notebooks" / "results"
"""The records that come with the course."""

CHANCE_FILE = "chance.json"

_SLIDES = "Team 6 ball-action slides, one training"
_PUBLISHED = (
    # system, mAP-12 and mAP-10 in per cent
    ("regnety_002+fc", 6.78, 8.13),
    ("efficientnet_b0+fc", 8.19, 9.82),
    ("efficientnet_b0+tcn", 17.46, 20.95),
    ("r3d_18+transformer1", 27.80, 26.39),
    ("x3d_s4+fc", 32.01, 38.16),
    ("x3d_s+fc", 37.31, 42.66),
    ("x3d_m+fc", 34.81, 39.96),
    ("x3d_s+tcn", 34.38, 40.65),
    ("x3d_s+transformer", 34.56, 36.01),
    ("x3d_s+sgp_slides", 36.15, 42.47),
    ("x3d_s+tcn+sgp", 36.19, 42.06),
    ("x3d_s+ed", 42.96, 46.10),
    ("x3d_m+ed", 39.08, 44.17),
    ("x3d_s+tpn", 41.42, 42.43),
)
_REMARKS = {
    "regnety_002+fc": "; other groups with the same settings: mAP-12 4.3 to 8.1",
    "r3d_18+transformer1": "; called I3D there",
}


def write_record(run: "Run", dataset: "SpottingDataset", folder: Path, command: str, recipe: str = "") -> Path:
    """Write the record of a finished run.

    Args:
        run: trained on and scored on `dataset`.
        dataset: its test videos are drawn for the 95 % intervals, a minute of football or a rally at a time; what they
            are about stands in the record's `metric`.
        folder: of records; the file goes to a folder in it for task and profile.
        command: that made the run, as one would type it.
        recipe: what to call its configuration, if that is not the profile's own; it becomes part of the system's name.

    Returns:
        The file.
    """
    from course_lib.models.zoo import HEADS, check_system

    config, scores, environment = run.config, run.scores, run.environment
    system, seed = config.model.system, config.train.seed
    backbone, necks, heads = check_system(system)
    task = TASKS[config.data.task]
    test = {key: value for key, value in without_aliases(scores["test"]).items() if key != "counts"}
    scored = [video for video in dataset.test if video.id in scores["videos"]]
    intervals = task.intervals(scored, run.spots(), config.data.rule)
    record = {
        "system": shown_name(system, recipe),
        "backbone": backbone,
        "neck": "+".join(necks) or "fc",
        "places": any("xy" in HEADS[head].fields for head in heads),
        "seed": seed,
        "task": config.data.task,
        "profile": config.profile,
        "dataset": dataset.name,
        "data": f"{len(dataset.train)} train, {len(dataset.val)} val, {len(scored)} test videos",
        "test_matches": list(run.matches),
        "test_matches_of": dataset.num_matches("test"),
        "metric": task.metric,
        "test": test | {f"{name}_interval": intervals.get(name) for name in task.names},
        "val": {key: scores["val"][key] for key in (*task.names, "per_class")},
        "counts": scores["test"]["counts"],
        **({"notes": list(run.notes)} if run.notes else {}),
        **{key: scores[key] for key in ("parameters", "trained_parameters")},
        "frozen_backbone": config.model.frozen_backbone,
        "weights": scores["weights"],
        "epochs": len(run.log),
        "best_epoch": scores["best_epoch"],
        "seconds": scores["seconds"],
        "seconds_per_epoch": round(float(run.log["seconds"].mean()), 2),
        "command": command,
        "commit": environment["commit"],
        "machine": f"{environment['machine'].split('-')[0]}, {environment['cpu_cores']} CPU cores, "
        + (", ".join(environment["gpus"]) or "no GPU"),
        "date": environment["started"][:10],
    }
    name = f"{shown_name(system, recipe, for_file=True)}-seed{seed}.json"
    path = records_folder(folder, config.profile, config.data.task) / name
    write_json(path, record)
    return path


def shown_name(system: str, recipe: str = "", for_file: bool = False) -> str:
    """A system in tables and in names of files, with what its recipe is called if it has one of its own.

    "x3d_s+ed", "focal" → "x3d_s+ed (focal)", as a file's "x3d_s+ed@focal".
    """
    if not recipe:
        return system
    return f"{system}@{recipe.replace(', ', '@').replace(' ', '_')}" if for_file else f"{system} ({recipe})"


def records_folder(folder: str | Path, profile: str, task: str = "ball") -> Path:
    """Where the records of a profile and a task lie in a folder of records."""
    return Path(folder) / TASKS[task].prefixed(profile)


def write_chance(dataset: "SpottingDataset", data: "DataConfig", folder: Path, profile: str) -> Path:
    """Write what a guesser scores on the test videos; see `course_lib.scoring.chance`. Returns the file."""
    path = records_folder(folder, profile, data.task) / CHANCE_FILE
    matches = {"test_matches": list(dataset.matches("test")), "test_matches_of": dataset.num_matches("test")}
    write_json(path, {"dataset": dataset.name, **matches, **TASKS[data.task].chance(dataset, data.rule)})
    return path


def load_chance(folder: str | Path = RESULTS, profile: str = "smoke", task: str = "ball") -> dict[str, Any]:
    """What a guesser scores: dataset, the scores of the task (map, map10, …), per_class, counts; as fractions. What
    they are of is in test_matches, of how many in test_matches_of.

    Raises:
        InputError: there is no such record.
    """
    chance = read_chance(records_folder(folder, profile, task) / CHANCE_FILE, TASKS[task])
    return named_today(chance) | _matches(chance)


def load_records(folder: str | Path = RESULTS, profile: str | None = None, task: str = "ball") -> pd.DataFrame:
    """All records of a task as one table.

    Args:
        folder: of records.
        profile: only those of this profile; None for all.
        task: "ball" or "volleyball".

    Returns:
        A row a training, by profile, system and seed, with what is in the file and, in place of "test" and "val": each
        score of the task (map, map10, or mtap, msap, …), per_class (a dictionary), further scores that the file has;
        for each score also <score>_low and <score>_high (of the 95 % interval, NaN where there is none) and
        val_<score>. Scores are fractions. test_matches names the matches that they are of, test_matches_of says of how
        many. Without a record an empty table.

    Raises:
        InputError: no such folder, or a malformed record.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of records")
    # Without those that begin with a dot: another process is writing them.
    profiles = [profile] if profile else PROFILES
    places = [records_folder(folder, name, task) for name in profiles]
    files = sorted(file for place in places for file in place.glob("[!.]*.json") if file.name != CHANCE_FILE)
    rows = [_row(file, TASKS[task]) for file in files]
    return pd.DataFrame(rows).sort_values(["profile", "system", "seed"], ignore_index=True) if rows else pd.DataFrame()


def published() -> pd.DataFrame:
    """What was reported for the same systems on real SoccerNet matches: another data set than the simulated one, other
    training, so only what stands above what can be compared.

    Returns:
        system, map12, map10 (fractions, mAP@1 on the test matches), dataset, source.
    """
    rows = [
        (system, map12 / 100, map10 / 100, "real SoccerNet ball actions", _SLIDES + _REMARKS.get(system, ""))
        for system, map12, map10 in _PUBLISHED
    ]
    return pd.DataFrame(rows, columns=["system", "map12", "map10", "dataset", "source"])


def _matches(entry: dict[str, Any]) -> dict[str, Any]:
    names, of = scored_on(entry)
    return {"test_matches": names, "test_matches_of": of}


def _row(file: Path, task: Task) -> dict[str, Any]:
    record = read_record(file, task)
    try:
        test, val = record.pop("test"), record.pop("val")
        row = {"system": record["system"], "seed": record["seed"], "task": "ball", "profile": record["profile"]}
        for name in task.names:
            low, high = test.pop(f"{name}_interval") or (float("nan"), float("nan"))
            value = test.pop(name)
            row |= {name: float("nan") if value is None else value, f"{name}_low": low, f"{name}_high": high}
            row[f"val_{name}"] = val[name]
        if "map" in task.names:  # under its first name too, see `named_today`
            row |= {key.replace("map", "map12"): row[key] for key in ("map", "map_low", "map_high", "val_map")}
        return row | {"per_class": test["per_class"]} | without_aliases(test) | record | _matches(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{file}: not a record of a training ({type(error).__name__}: {error})") from None
