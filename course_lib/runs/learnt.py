"""Which matches weights have learnt from, so that nobody is tested on what a network has seen.

Weights are handed on: a backbone comes with the course, a run begins with another run's, a team trains once more on
what it has corrected. A match that any of them learnt from is no test any longer, and no choice either. So a run keeps
a list, learnt.json, with the matches of all that it began with; a card of weights has the same list, "learnt_from". A
match is known by its name and by the content of its video, and a film by its parts. Introduced in notebook 11.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_lib.config import ModelConfig
from course_lib.data.events import SpottingDataset, Video
from course_lib.data.fields import as_list, as_mapping
from course_lib.data.store import content_digest
from course_lib.files import InputError, passed_on, read_json, write_json

__all__ = ["LEARNT_FILE", "learnt_before", "learnt_from", "refuse_seen", "write_learnt"]

LEARNT_FILE = "learnt.json"


def learnt_from(videos: Iterable[Video]) -> list[dict[str, Any]]:
    """An entry a video: "match", "film" (its id), "key" of its content, and "frames", [first, stop], of a part."""
    return [_entry(video) for video in videos]


def learnt_before(model: ModelConfig) -> tuple[list[dict[str, Any]], list[str]]:
    """What the weights that a model begins with have learnt from, through the chain, and which of them do not say.

    Weights that their makers or a hub give say nothing and are not listed: they come from other pictures.

    Raises:
        InputError: a list is malformed.
    """
    if model.from_run:
        return _listed(Path(model.from_run))
    if model.weights in ("auto", "shipped", "none"):
        return ([], []) if model.weights == "none" else _shipped(model.system)
    path = Path(model.weights)
    if (path.parent / "config.json").is_file():
        return _listed(path.parent)
    card = path.with_suffix(".json")
    about = read_json(card) if card.is_file() else {}
    if not isinstance(about, Mapping) or "learnt_from" not in about:
        return [], [passed_on(path)]
    return _checked(about["learnt_from"], f"{card}: learnt_from"), []


def refuse_seen(dataset: SpottingDataset, learnt: Sequence[Mapping[str, Any]], source: str) -> None:
    """Refuse a data set that would choose by, or test on, what has been learnt from.

    Args:
        dataset: whose splits val and test are looked at.
        learnt: entries as `learnt_from` makes them.
        source: the weights, in words.

    Raises:
        InputError: naming the first such match and how it was known.
    """
    if not learnt:
        return
    for split in ("val", "test"):
        for video in dataset.splits.get(split, ()):
            mine = _entry(video)
            for theirs in learnt:
                if how := _same(mine, theirs):
                    raise InputError(
                        f"{dataset.root}: {video.id!r} is in the split {split!r}, but {source} learnt from it "
                        f"(the same {how}, {theirs['film']!r}); expected matches that it has not seen"
                    )


def write_learnt(
    folder: Path, dataset: SpottingDataset, before: Sequence[Mapping[str, Any]], unsaid: list[str]
) -> None:
    """Write what a run in this folder has learnt from, with what it began with; a line for each that does not say."""
    for source in unsaid:
        print(f"{source}: does not say which matches it learnt from; none of them can be refused", flush=True)
    entries = [*learnt_from(dataset.train), *before]
    unique = {(entry["film"], entry["key"], str(entry["frames"])): entry for entry in entries}
    write_json(folder / LEARNT_FILE, {"matches": list(unique.values()), "unsaid": unsaid})


def _entry(video: Video) -> dict[str, Any]:
    if (part := video.part_of) is not None:
        match, slash, _ = part.film.rpartition("/")
        frames = [part.first, part.stop]
        return {"match": match if slash else part.film, "film": part.film, "key": part.key, "frames": frames}
    key = content_digest(video.path) if video.path is not None and video.path.exists() else ""
    return {"match": video.game, "film": video.id, "key": key, "frames": None}


def _same(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """In which way two entries are of the same match, in a word; empty if they are not, or of parts that lie apart."""
    parts = mine["frames"], theirs["frames"]
    how = "video" if mine["key"] and mine["key"] == theirs["key"] else "film" if mine["film"] == theirs["film"] else ""
    if not how:
        # Parts of two films of one match, as of two halves, lie apart by themselves.
        return "match" if mine["match"] == theirs["match"] and None in parts else ""
    apart = None not in parts and (parts[0][1] <= parts[1][0] or parts[1][1] <= parts[0][0])
    return "" if apart else how


def _listed(run: Path) -> tuple[list[dict[str, Any]], list[str]]:
    file = run / LEARNT_FILE
    if not file.is_file():
        return [], [passed_on(run)]
    about = as_mapping(read_json(file), str(file))
    return _checked(about.get("matches"), f"{file}: matches"), [str(one) for one in about.get("unsaid", [])]


def _shipped(system: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Of the weights that come with the course, all that a backbone of this family may begin with."""
    from course_lib.models.weights import SHIPPED

    family, entries = system.split("+")[0].split("_")[0], []
    for card in sorted(SHIPPED.glob(f"{family}_*.json")):
        about = as_mapping(read_json(card), str(card))
        entries += _checked(about["learnt_from"], f"{card}: learnt_from") if "learnt_from" in about else []
    return entries, []


def _checked(entries: Any, where: str) -> list[dict[str, Any]]:
    for index, entry in enumerate(as_list(entries, where)):
        missing = {"match", "film", "key", "frames"} - set(as_mapping(entry, f"{where}[{index}]"))
        if missing:
            raise InputError(f"{where}[{index}] has no field {min(missing)!r}; expected match, film, key and frames")
    return list(entries)
