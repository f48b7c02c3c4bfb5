"""Labels in ELAN's files (.eaf), which researchers annotate with, both ways.

An annotation is an event where it begins. Its text is the class, with a team behind it if there is one ("PASS [left]");
in a tier whose annotations have no text the tier's name is the class. Tiers that hang on another one say something of
its annotations and are passed over. Places have no room. Read and written by pympi-ling. Introduced in notebook 11.
"""

from collections.abc import Sequence
from pathlib import Path

from course_lib.data.formats.marks import Mark, heard, said
from course_lib.data.formats.plain_xml import read_xml
from course_lib.files import InputError, atomic_path

__all__ = ["read_elan", "write_elan"]

TIER = "events"
SHOWN_MS = 1000  # how long a written annotation is


def read_elan(path: str | Path, problems: list[str]) -> list[Mark]:
    """The marks of a file of ELAN's, in time order.

    Raises:
        InputError: it is not one.
    """
    from pympi.Elan import Eaf  # here, since most commands read none

    root = read_xml(path)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise InputError(f"{path}: is <{root.tag}>; expected ELAN's <ANNOTATION_DOCUMENT>")
    try:
        file = Eaf(str(path), suppress_version_warning=True)
    except (LookupError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read as a file of ELAN's ({type(error).__name__}: {error})") from None
    marks = []
    for name, (annotations, _, about, _) in file.tiers.items():
        if "PARENT_REF" in about:
            continue
        texts = {key: (text or "").strip() for key, (_, _, text, _) in annotations.items()}
        for key, (begin, *_) in annotations.items():
            where, start_ms = f"{path}: tier {name!r}, {key}", file.timeslots.get(begin)
            label, team = heard(texts[key] if any(texts.values()) else name)
            if start_ms is None:
                problems.append(f"{where} has no time; expected every annotation to begin somewhere")
            elif not label:
                problems.append(f"{where} is empty; expected the name of a class")
            else:
                marks.append(Mark(label, where, start_ms / 1000, team=team))
    return sorted(marks, key=lambda mark: mark.seconds)


def write_elan(path: str | Path, marks: Sequence[Mark]) -> None:
    """Write marks that have seconds into one tier, annotations of a second or shorter (atomically).

    Annotations of a tier must not overlap: each ends before the next, and of several at one time the later ones go to
    further tiers.
    """
    from pympi.Elan import Eaf

    file = Eaf(author="")
    file.remove_tier("default")
    tiers: list[list[tuple[int, str]]] = []
    for mark in sorted(marks, key=lambda mark: mark.seconds):
        start_ms = round(mark.seconds * 1000)
        tier = next((tier for tier in tiers if tier[-1][0] < start_ms), None)
        if tier is None:
            tiers.append(tier := [])
        tier.append((start_ms, said(mark.label, mark.team)))
    for number, tier in enumerate(tiers or [[]], 1):
        name = TIER if number == 1 else f"{TIER} {number}"
        file.add_tier(name)
        following = [start for start, _ in tier[1:]] + [None]
        for (start, text), after in zip(tier, following, strict=True):
            file.add_annotation(name, start, start + SHOWN_MS if after is None else min(start + SHOWN_MS, after), text)
    with atomic_path(path) as temporary:
        temporary.unlink()  # pympi would keep it as a .bak
        file.to_file(temporary)
