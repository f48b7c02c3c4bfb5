"""Labels that a class list does not know, in one sentence: how many of which, and what was probably meant.

An evaluator passes over what it does not know, so a file written with another spelling of the classes, with the team in
the label or for another class list scores 0 without an error. Whoever reads that 0 is told here why. Introduced in
notebook 01.
"""

from collections.abc import Mapping, Sequence

from course_lib.data.events import CLASS_SETS

__all__ = ["unknown_labels"]

_LISTED = 5
_SHOWN_CHARACTERS = 40
_TEAMS = ("left", "right", "home", "away")


def unknown_labels(counts: Mapping[str, int], classes: Sequence[str], whose: str) -> str:
    """One sentence about labels that are not among the classes; "" if there are none.

    Args:
        counts: how many entries there are of each unknown label.
        classes: the class list.
        whose: what they are: "labels" or "predictions".

    Returns:
        Such as "predictions not counted: 12 of 'Pass', 3 of 'Shot'; labels are known by exact spelling, like 'PASS'".
    """
    if not counts:
        return ""
    often = sorted(counts, key=lambda label: (-counts[label], str(label)))
    listed = ", ".join(f"{counts[label]} of {str(label)[:_SHOWN_CHARACTERS]!r}" for label in often[:_LISTED])
    more = sum(counts[label] for label in often[_LISTED:])
    listed += f" and {more} of {len(often) - _LISTED} other labels" if more else ""
    return f"{whose} not counted: {listed}; {_hint([str(label) for label in often], classes)}"


def _hint(unknown: Sequence[str], classes: Sequence[str]) -> str:
    for name, others in CLASS_SETS.items():
        if set(unknown) <= set(others):
            return f"they are of the class list {name}"
    plain = {_plain(label): label for label in classes}
    for label in unknown:
        if _plain(label) in plain:
            return f"a label counts by its exact spelling, like {plain[_plain(label)]!r}"
    for label in unknown:
        for known in classes:
            rest = _plain(label).removeprefix(_plain(known))
            if rest in _TEAMS and rest != _plain(label):
                return f"a team is no part of a label: {known!r}, and the team in a field of its own"
    few = ", ".join(classes[:_LISTED]) + (", ..." if len(classes) > _LISTED else "")
    return f"the class list holds {few}"


def _plain(label: str) -> str:
    """Without case, spaces and marks."""
    return "".join(character for character in label.casefold() if character.isalnum())
