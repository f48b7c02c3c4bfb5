"""What `evaluate` does with SoccerNet folders: the official scores of games, one label file and one of spots each."""

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from course_lib.commands.evaluate_steps import score_on_steps
from course_lib.data.events import MAP10_EXCLUDED
from course_lib.data.folders import files_below
from course_lib.data.formats.common import resolve_classes
from course_lib.data.formats.soccernet_entries import RESULTS_FILE, EntryColumns, read_columns
from course_lib.data.label_hints import unknown_labels
from course_lib.data.published import official_split, same_match
from course_lib.files import InputError, read_json, read_text
from course_lib.scoring.ball import OfficialGame, SoccerNetScores, score_soccernet
from course_lib.scoring.rule import Rule, is_official, mean_name, mean_remark
from course_lib.text_table import percent_table

__all__ = ["run_soccernet"]

LABEL_FILES = {"ball-12": "Labels-ball.json", "ball-2": "Labels-ball.json", "soccernet-17": "Labels-v2.json"}
SPLIT_FOLDERS = {"train": "train", "valid": "val", "val": "val", "test": "test", "challenge": "challenge"}
"""Top folders that hold a split and are no part of a game's name."""


def run_soccernet(arguments: argparse.Namespace) -> dict[str, Any]:
    """Average mAP: prints a table, returns the numbers."""
    name = arguments.classes or "ball-12"
    classes = resolve_classes(name)
    fps = arguments.fps if arguments.fps is not None else (2.0 if name == "soccernet-17" else 25.0)
    label_files = _find_labels(arguments.labels, arguments.label_file or LABEL_FILES.get(name))
    prediction_files = _find_predictions(arguments.predictions, label_files)
    games = {}
    for game in _wanted_games(arguments, label_files):
        if game not in prediction_files:
            missing = arguments.predictions / game / RESULTS_FILE
            raise InputError(f"{missing}: no such file, though the game has labels")
        games[game] = label_files[game], prediction_files[game]
    read = [_read_game(game, *files) for game, files in games.items()]
    if arguments.stride > 1:
        scores = score_on_steps(games, classes, arguments.metric, fps=fps, stride=arguments.stride)
    else:
        scores = score_soccernet(read, classes, fps=fps, metrics=[arguments.metric])[arguments.metric]
    num_labels = {label: scores.num_visible[label] + scores.num_unshown[label] for label in classes}
    counted = Rule(classes, stride=arguments.stride).mean_over(num_labels.values())
    if len(counted) < len(classes):  # a list of one's own, which no server scores
        mean = math.fsum(scores.per_class[classes[place]] for place in counted) / len(counted)
        scores = replace(scores, mAP=mean)
    report: dict[str, Any] = {
        "format": "soccernet",
        "metric": arguments.metric,
        "fps": fps,
        "stride": arguments.stride,
        "games": list(games),
        "mAP": scores.mAP,
        "per_class": scores.per_class,
        "num_labels": num_labels,
    }
    ten = [value for label, value in scores.per_class.items() if label not in MAP10_EXCLUDED]
    if is_official(classes) and 0 < len(ten) < len(classes):
        report["mAP10"] = math.fsum(ten) / len(ten)
    if any(scores.num_unshown.values()):
        report |= {
            "mAP_visible": scores.mAP_visible,
            "per_class_visible": scores.per_class_visible,
            "mAP_unshown": scores.mAP_unshown,
            "per_class_unshown": scores.per_class_unshown,
        }
    strangers = _strangers(read, classes)
    skipped = scores.skipped or {f"{whose} of other classes": counts.total() for whose, counts in strangers.items()}
    if skipped:
        report["skipped"] = skipped
    _print_soccernet(scores, report, len(games))
    for whose, counts in strangers.items():
        print(unknown_labels(counts, classes, whose))
    if not any(report["num_labels"].values()):
        print("not one label of these classes: a score of 0 says nothing here")
    return report


def _strangers(games: Sequence[OfficialGame], classes: Sequence[str]) -> dict[str, Counter[Any]]:
    """Of labels and of predictions, how many there are of each label that the classes lack; only where there are."""
    found: dict[str, Counter[Any]] = {"labels": Counter(), "predictions": Counter()}
    for game in games:
        for counts, one in zip(found.values(), (game.annotations, game.predictions), strict=True):
            # Where entries are not as SoccerNet writes them, these are the entries themselves.
            columns = isinstance(one, EntryColumns)
            names = [name for name in one.names if name not in classes] if columns else [e["label"] for e in one]
            for name in names:
                if name not in classes:
                    counts[name] += int((one.label == one.names.index(name)).sum()) if columns else 1
    return {whose: counts for whose, counts in found.items() if counts}


def _print_soccernet(scores: SoccerNetScores, report: dict[str, Any], num_games: int) -> None:
    columns = {"labels": report["num_labels"], "AP": scores.per_class}
    means: dict[str, float] = {"AP": scores.mAP}
    if "mAP_visible" in report:
        columns |= {"visible": scores.per_class_visible, "unshown": scores.per_class_unshown}
        means |= {"visible": scores.mAP_visible, "unshown": scores.mAP_unshown}
    strides = f", steps of {report['stride']} frames" if report["stride"] > 1 else ""
    games = f"{num_games} game{'s' if num_games != 1 else ''}"
    print(f"{report['metric']}, {games}, {report['fps']:g} fps{strides}, in percent")
    counts = report["num_labels"]
    of_column = {"AP": counts, "visible": scores.num_visible, "unshown": scores.num_unshown}
    rows: dict[str, list[Any]] = {
        label: [values[label] if of_column.get(name, {label: 1})[label] else "–" for name, values in columns.items()]
        for label in scores.per_class
    }
    name = "mAP" if "mAP10" not in report and is_official(counts) else mean_name(counts)
    rows[name] = [sum(counts.values()), *means.values()]
    if "mAP10" in report:
        rows["mAP-10"] = ["", report["mAP10"]]
    print(percent_table(list(columns), rows))
    if remark := mean_remark(counts):
        print(remark)
    if scores.skipped:
        print("not counted: " + ", ".join(f"{count} {reason}" for reason, count in scores.skipped.items()))


def _find_labels(root: Path, file_name: str | None) -> dict[str, Path]:
    """Game id (its folder below the root) to label file."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected <league>/<season>/<match>/Labels-*.json below it")
    pattern = file_name or "Labels-*.json"
    files = files_below(root, lambda name: fnmatchcase(name, pattern))
    if not files:
        raise InputError(f"{root}: no {pattern} anywhere below it")
    names = sorted({file.name for file in files})
    if len(names) > 1:
        raise InputError(f"{root}: holds label files {' and '.join(names)}; choose one with --label-file")
    return {_game(file, root): file for file in files}


def _game(file: Path, root: Path) -> str:
    """league/season/match: the folder of a file below the root, without the folder of a split."""
    parts = file.parent.relative_to(root).parts
    return "/".join(parts[1:] if len(parts) > 1 and parts[0] in SPLIT_FOLDERS else parts)


def _find_predictions(root: Path, label_files: dict[str, Path]) -> dict[str, Path]:
    """Game id to prediction file; a game that the labels don't know is refused."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected <league>/<season>/<match>/{RESULTS_FILE} below it")
    known = {same_match(game): game for game in label_files}
    found: dict[str, Path] = {}
    for file in files_below(root, RESULTS_FILE.__eq__):
        game = known.get(same_match(_game(file, root)))
        if game is None:
            raise InputError(f"{file}: predictions for a game that has no labels, {_game(file, root)!r}")
        if game in found:
            raise InputError(f"{file}: a second file of predictions for {game!r}, beside {found[game]}; expected one")
        found[game] = file
    return found


def _wanted_games(arguments: argparse.Namespace, label_files: dict[str, Path]) -> list[str]:
    """The games to score: all by name, or in the order of the list that chooses them."""
    if arguments.split is not None and arguments.games is not None:
        raise InputError("--split and --games exclude each other")
    if arguments.split is not None:
        source, wanted = f"split {arguments.split!r}", _split_games(arguments.labels, arguments.split, label_files)
    elif arguments.games is not None:
        source, wanted = "--games", []
        for item in arguments.games:
            is_list = item not in label_files and Path(item).is_file()
            wanted += read_text(item).splitlines() if is_list else [item]
        wanted = [line.strip() for line in wanted if line.strip()]
    else:
        return sorted(label_files)
    if not wanted:
        raise InputError(f"{source}: has no game below {arguments.labels}")
    known = {same_match(game): game for game in label_files}
    for game in wanted:
        if same_match(game) not in known:
            raise InputError(f"{source}: game {game!r} has no labels below {arguments.labels}")
    return list(dict.fromkeys(known[same_match(game)] for game in wanted))


def _split_games(root: Path, split: str, label_files: dict[str, Path]) -> list[str]:
    path = root / "splits.json"
    if path.is_file():
        splits = read_json(path)
        games = splits.get(split) if isinstance(splits, dict) else None
        if not isinstance(games, list) or not all(isinstance(game, str) for game in games):
            raise InputError(f"{path}: expected a list of games under {split!r}")
        return games
    split = SPLIT_FOLDERS.get(split, split)
    top = {game: SPLIT_FOLDERS.get(file.relative_to(root).parts[0]) for game, file in label_files.items()}
    return [game for game in sorted(label_files) if (top[game] or official_split(game)) == split]


def _read_game(game: str, labels_file: Path, predictions_file: Path) -> OfficialGame:
    labels, predictions = read_columns(labels_file, "annotations"), read_columns(predictions_file, "predictions")
    return OfficialGame(game, labels, predictions, str(labels_file), str(predictions_file))
