"""What every slide deck must keep to, as functions that return a list of complaints, empty if there are none."""

import re
from pathlib import Path

from notebook_rules import broken_links

SLIDES = range(12, 21)
MAX_WORDS = 25
MISCONCEPTIONS = 3

FIGURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)[^)]*\)")
NOTE = re.compile(r"<!--(.*?)-->", flags=re.S)
DIRECTIVE = re.compile(r"^\s*_?[a-zA-Z]+\s*:\s")


def front_matter_and_slides(text: str) -> tuple[str, list[str]]:
    """A Marp file's front matter, and its slides, which are separated by lines of three dashes."""
    head = re.match(r"---\n(.*?)\n---\n", text, flags=re.S)
    body = text[head.end() :] if head else text
    return head[1] if head else "", re.split(r"^---\s*$", body, flags=re.M)


def notes(slide: str) -> str:
    """The presenter's notes: comments that are no directives such as `_class: lead`."""
    return "\n".join(note for note in NOTE.findall(slide) if not DIRECTIVE.match(note) or "\n" in note.strip())


def words(slide: str) -> int:
    """Words that the audience reads below the heading; code, figures, notes and markup don't count."""
    text = NOTE.sub("", slide)
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    text = FIGURE.sub("", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r"^#+ .*$", "", text, flags=re.M)
    return len(re.findall(r"[^\W_][\w'’.,%+/@-]*", text))


def deck(text: str, folder: Path, notebook_name: str) -> list[str]:
    """All complaints about a deck.

    Args:
        text: the deck's file.
        folder: where it lies, for its figures.
        notebook_name: the notebook that it belongs to, "00_matches_and_events.ipynb".
    """
    head, slides = front_matter_and_slides(text)
    wrong = []
    if not re.search(r"^marp: true$", head, flags=re.M):
        wrong.append("expected a front matter with the line 'marp: true'")
    if len(slides) not in SLIDES:
        wrong.append(f"{len(slides)} slides, expected {SLIDES.start} to {SLIDES.stop - 1}")
    for number, slide in enumerate(slides, 1):
        if words(slide) > MAX_WORDS:
            wrong.append(f"slide {number} has {words(slide)} words, at most {MAX_WORDS}")
        figures = FIGURE.findall(NOTE.sub("", slide))
        if len(figures) > 1:
            wrong.append(f"slide {number} has {len(figures)} figures, at most one")
        if not re.search(r"\d\s*min", notes(slide)):
            wrong.append(f"slide {number} has no notes that give its minutes")
    if sum("misconception" in notes(slide).lower() for slide in slides) < MISCONCEPTIONS:
        wrong.append(f"the notes of at least {MISCONCEPTIONS} slides must name the misconception to probe")
    last = NOTE.sub("", slides[-1])
    if f"{notebook_name})" not in last:
        wrong.append(f"the last slide must link {notebook_name}")
    if "?" not in last:
        wrong.append("the last slide must ask a question")
    return wrong + broken_links(NOTE.sub("", text), folder)
