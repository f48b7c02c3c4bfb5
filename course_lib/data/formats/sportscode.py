"""Labels in Sportscode's XML, which Hudl, Nacsport, LongoMatch and Catapult exchange, both ways.

An `<instance>` of `<ALL_INSTANCES>` is a stretch of video with a `<code>`, the class. Analysts let stretches begin some
seconds before what they show: `lead_sec` says how many. `<label>`s of the groups team, x and y are read and written;
other ones are passed over. Introduced in notebook 11.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from course_lib.data.formats.label_table import place_of
from course_lib.data.formats.marks import Mark, seconds_of
from course_lib.data.formats.plain_xml import read_xml
from course_lib.files import InputError, write_text

__all__ = ["read_sportscode", "write_sportscode"]

SHOWN_SEC = 1.0  # how long a written instance is


def read_sportscode(path: str | Path, problems: list[str], lead_sec: float = 0.0) -> list[Mark]:
    """The marks of a file of Sportscode's.

    Args:
        path: the file.
        problems: where sentences go about instances that cannot be read.
        lead_sec: how long before the event its instance begins.

    Raises:
        InputError: it is not one.
    """
    instances = read_xml(path).find(".//ALL_INSTANCES")
    if instances is None:
        raise InputError(f"{path}: holds no <ALL_INSTANCES>; expected XML as Sportscode exports it")
    marks = []
    for number, instance in enumerate(instances.iter("instance"), 1):
        where = f"{path}: instance {(instance.findtext('ID') or str(number)).strip()}"
        start = (instance.findtext("start") or "").strip()
        code = " ".join((instance.findtext("code") or "").split())
        seconds = seconds_of(start)
        if seconds is None:
            problems.append(f"{where}.start is {start[:40]!r}; expected seconds")
            continue
        if not code:
            problems.append(f"{where} has no code; expected the name of a class")
            continue
        said = {}
        for label in instance.iter("label"):
            group, text = (" ".join((label.findtext(part) or "").split()) for part in ("group", "text"))
            if text:
                said.setdefault(group.lower(), text)
        try:
            place = place_of(said, where)
        except InputError:
            place = None  # some programs count pixels of their own picture of a pitch there
        marks.append(Mark(code, where, seconds + lead_sec, xy=place, team=said.get("team")))
    return marks


def write_sportscode(path: str | Path, marks: Sequence[Mark]) -> None:
    """Write marks that have seconds, an instance of one second each (atomically)."""
    root = ElementTree.Element("file")
    instances = ElementTree.SubElement(root, "ALL_INSTANCES")
    for number, mark in enumerate(marks, 1):
        instance = ElementTree.SubElement(instances, "instance")
        x, y = mark.xy or (None, None)
        fields = {"ID": number, "start": f"{mark.seconds:.6f}", "end": f"{mark.seconds + SHOWN_SEC:.6f}"}
        for name, value in {**fields, "code": mark.label}.items():
            ElementTree.SubElement(instance, name).text = str(value)
        for group, value in (("team", mark.team), ("x", x), ("y", y)):
            if value is not None:
                label = ElementTree.SubElement(instance, "label")
                ElementTree.SubElement(label, "group").text = group
                ElementTree.SubElement(label, "text").text = str(value)
    ElementTree.indent(root)
    write_text(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n")
