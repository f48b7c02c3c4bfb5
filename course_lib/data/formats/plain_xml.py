"""XML from strangers: elements, attributes and text, and nothing that could reach out or blow up.

A document type can name other files, or texts that double with every mention; none of the formats here needs one, so a
file with one is refused, and so is one too large or too deep. Introduced in notebook 11.
"""

from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from course_lib.files import InputError, read_file

__all__ = ["read_xml"]

MOST_BYTES = 64 << 20  # a match with a hundred thousand labels has a third of that
MOST_ELEMENTS = 2_000_000
MOST_DEPTH = 64


def read_xml(path: str | Path) -> ElementTree.Element:
    """The root of an XML file.

    Raises:
        InputError: it is missing, no XML, has a document type, or is too large or too deep.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: has {path.stat().st_size >> 20} MB; expected at most {MOST_BYTES >> 20}")
    content = read_file(path)
    depth = elements = 0

    def refuse(*_: object) -> None:
        raise InputError(f"{path}: has a document type (<!DOCTYPE …>); expected a file of labels, which needs none")

    def enter(*_: object) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > MOST_DEPTH or elements > MOST_ELEMENTS:
            raise InputError(f"{path}: has more elements, or deeper ones, than any file of labels")

    def leave(*_: object) -> None:
        nonlocal depth
        depth -= 1

    scan = expat.ParserCreate()
    scan.StartDoctypeDeclHandler = refuse
    scan.StartElementHandler, scan.EndElementHandler = enter, leave
    try:
        scan.Parse(content, True)
        return ElementTree.fromstring(content)
    except (expat.ExpatError, ElementTree.ParseError) as error:
        raise InputError(f"{path}: cannot be read as XML ({error})") from None
    except (ValueError, LookupError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as XML ({error})") from None
