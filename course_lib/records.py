"""Records: what a training scored, in one small file that is kept with the course.

A run folder holds weights and spots and stays where it was made; its record is a page of JSON with the scores, how far
they could have come out otherwise, and how they came about: command, seed, commit, machine, date. Records lie as
<folder>/<profile>/<system>-seed<number>.json, beside chance.json with the scores of a guesser on the same matches, and
read as one table. Introduced in notebook 03.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from course_lib.classes import MAP10_EXCLUDED
from course_lib.errors import InputError
from course_lib.files import read_json, write_json
from course_lib.metrics.chance import score_chance
from course_lib.metrics.intervals import bootstrap_interval

if TYPE_CHECKING:
    from course_lib.config import DataConfig
    from course_lib.events import SpottingDataset
    from course_lib.runs import Run

__all__ = [
    "RESULTS",
    "load_chance",
    "load_records",
    "per_class_table",
    "published",
    "system_table",
    "write_chance",
    "write_record",
]

RESULTS = Path(__file__).resolve().parent.parent / "notebooks" / "results"
"""The records that come with the course."""

CHANCE_FILE = "chance.json"
BLOCK_SEC = 60.0  # what the intervals draw: two test matches are too few to draw from, their minutes are not

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


def write_record(run: "Run", dataset: "SpottingDataset", folder: Path, command: str) -> Path:
    """Write the record of a finished run.

    Args:
        run: trained on and scored on `dataset`.
        dataset: its test videos are drawn for the 95 % intervals of mAP-12 and mAP-10, a minute at a time.
        folder: of records; the file goes to a folder in it for the profile.
        command: that made the run, as one would type it.

    Returns:
        The file.
    """
    from course_lib.models.zoo import check_system

    config, scores, environment = run.config, run.scores, run.environment
    system, seed = config.model.system, config.train.seed
    backbone, necks = check_system(system)
    spots, classes = run.spots(), config.data.classes
    test = {key: scores["test"][key] for key in ("map12", "map10", "per_class")}
    test["map12_interval"] = _interval(dataset, spots, classes, config.data)
    ten = [label for label in classes if label not in MAP10_EXCLUDED]
    test["map10_interval"] = None if test["map10"] is None else _interval(dataset, spots, ten, config.data)
    record = {
        "system": system,
        "backbone": backbone,
        "neck": "+".join(necks) or "fc",
        "seed": seed,
        "profile": config.profile,
        "dataset": dataset.name,
        "data": f"{len(dataset.train)} train, {len(dataset.val)} val, {len(dataset.test)} test videos",
        "metric": f"mAP@1; intervals: 95 % of 1000 draws of {BLOCK_SEC:g} s of the test videos",
        "test": test,
        "val": {key: scores["val"][key] for key in ("map12", "map10", "per_class")},
        "counts": scores["test"]["counts"],
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
    path = Path(folder) / config.profile / f"{system}-seed{seed}.json"
    write_json(path, record)
    return path


def write_chance(dataset: "SpottingDataset", data: "DataConfig", folder: Path, profile: str) -> Path:
    """Write what a guesser scores on the test videos; see `course_lib.metrics.chance`. Returns the file."""
    scores = score_chance(dataset.test, data.classes, dataset.train, stride=data.stride, fps=data.fps)
    path = Path(folder) / profile / CHANCE_FILE
    write_json(path, {"dataset": dataset.name, **asdict(scores)})
    return path


def load_chance(folder: str | Path = RESULTS, profile: str = "smoke") -> dict[str, Any]:
    """What a guesser scores: dataset, map12, map10, per_class, counts; scores as fractions.

    Raises:
        InputError: there is no such record.
    """
    return read_json(Path(folder) / profile / CHANCE_FILE)


def load_records(folder: str | Path = RESULTS, profile: str | None = None) -> pd.DataFrame:
    """All records as one table.

    Args:
        folder: of records.
        profile: only those of this profile; None for all.

    Returns:
        A row a training, by profile, system and seed, with what is in the file and, in place of "test" and "val":
        map12, map10, per_class (a dictionary), map12_low, map12_high, map10_low, map10_high (of the 95 % intervals,
        NaN where there is none), val_map12, val_map10. Scores are fractions. Without a record an empty table.

    Raises:
        InputError: no such folder, or a malformed record.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of records")
    # Without those that begin with a dot: another process is writing them.
    files = sorted(file for file in folder.glob(f"{profile or '*'}/[!.]*.json") if file.name != CHANCE_FILE)
    rows = [_row(file) for file in files]
    return pd.DataFrame(rows).sort_values(["profile", "system", "seed"], ignore_index=True) if rows else pd.DataFrame()


def system_table(records: pd.DataFrame) -> pd.DataFrame:
    """One row a system, the best first.

    Args:
        records: of one profile, from `load_records`.

    Returns:
        system, backbone, neck, parameters, trained_parameters, frozen_backbone, seeds (how many); of map12 and map10
        the mean, and the lowest and highest over the seeds (map12_low, map12_high, …); seconds_per_epoch (mean).

    Raises:
        InputError: the records are of several profiles or data sets, which do not compare.
    """
    if records.empty:
        return records
    for column in ("profile", "dataset"):
        if records[column].nunique() > 1:
            kinds = ", ".join(map(str, records[column].unique()))
            raise InputError(f"records: {column} is {kinds}; expected one, since scores compare within one only")
    same = ["backbone", "neck", "parameters", "trained_parameters", "frozen_backbone"]
    columns = {name: (name, "first") for name in same} | {"seeds": ("seed", "nunique")}
    for name in ("map12", "map10"):
        columns |= {name: (name, "mean"), f"{name}_low": (name, "min"), f"{name}_high": (name, "max")}
    columns["seconds_per_epoch"] = ("seconds_per_epoch", "mean")
    table = records.groupby("system", sort=False).agg(**columns).reset_index()
    return table.sort_values("map12", ascending=False, ignore_index=True)


def per_class_table(records: pd.DataFrame) -> pd.DataFrame:
    """AP of each class, mean over the seeds: a row a system (the index), the best mAP-12 first, a column a class."""
    if records.empty:
        return records
    order = system_table(records)["system"]
    rows = pd.DataFrame(list(records["per_class"])).groupby(records["system"].to_numpy()).mean()
    return rows.loc[order].rename_axis("system")


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


def _interval(
    dataset: "SpottingDataset", spots: Mapping[str, Sequence], classes: Sequence[str], data: "DataConfig"
) -> list[float] | None:
    """Low and high end; None for test videos that are too short to be drawn from."""
    if sum(video.duration_sec for video in dataset.test) < 2 * BLOCK_SEC:
        return None
    interval = bootstrap_interval(
        dataset.test, spots, classes, stride=data.stride, fps=data.fps, block_sec=BLOCK_SEC, level=0.95
    )
    return [interval.low, interval.high]


def _row(file: Path) -> dict[str, Any]:
    record = read_json(file)
    try:
        test, val = record.pop("test"), record.pop("val")
        row = {"system": record["system"], "seed": record["seed"], "profile": record["profile"]}
        for name in ("map12", "map10"):
            low, high = test[f"{name}_interval"] or (float("nan"), float("nan"))
            value = float("nan") if test[name] is None else test[name]
            row |= {name: value, f"{name}_low": low, f"{name}_high": high, f"val_{name}": val[name]}
        return row | {"per_class": test["per_class"]} | record
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{file}: not a record of a training ({type(error).__name__}: {error})") from None
