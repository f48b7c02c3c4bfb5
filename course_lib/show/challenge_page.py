"""The table of a challenge as one HTML file, to be passed on: ranks as ranges, scores with their intervals.

It needs no other file and holds no script. Names of teams come from whoever handed something in; the template escapes
them, and with pseudonyms they are not in it at all. How it looks stands in templates/challenge.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.challenge.remarks import facts, remarks, signed
from course_lib.challenge.sealed import Challenge
from course_lib.challenge.standings import Row
from course_lib.files import write_text
from course_lib.show.pages import TEMPLATES

__all__ = ["challenge_page", "write_challenge_page"]

SCORES_PX, RANKS_PX, MARGIN_PX = 240, 110, 14


@dataclass(frozen=True)
class _Scale:
    """From a number to a place on an axis, in pixels."""

    low: float
    high: float
    width: int
    ticks: list[dict[str, Any]] = field(default_factory=list)
    says: str = ""

    def at(self, value: float) -> float:
        share = (value - self.low) / max(self.high - self.low, 1e-9)
        return round(MARGIN_PX + share * (self.width - 2 * MARGIN_PX), 1)


@dataclass(frozen=True)
class _Line:
    """A row as the template needs it: texts, and places in pixels."""

    name: str
    fixed: bool
    rank: str
    rank_span: tuple[float, float] | None
    means: list[str]
    interval: str
    score_span: tuple[float, float, float] | None
    instead: str
    per_class: list[dict[str, Any]]
    public: str
    fitted: str
    stands_out: bool
    tries: str
    date: str


def write_challenge_page(path: str | Path, challenge: Challenge, rows: Sequence[Row], final: bool) -> Path:
    """Write the page (atomically); returns the file. Arguments as for `challenge_page`."""
    path = Path(path)
    write_text(path, challenge_page(challenge, rows, final))
    return path


def challenge_page(challenge: Challenge, rows: Sequence[Row], final: bool) -> str:
    """The page.

    Args:
        challenge: that the rows are of.
        rows: as `standings` or `final_standings` gives them.
        final: whether they are of the private half.
    """
    half = "private" if final else "public"
    means = list(challenge.fixed["chance"][half]["means"])
    ranked = sum(row.rank is not None for row in rows)
    ranks, scores = _rank_scale(ranked), _score_scale(rows)
    counts = {label: 0 for label in challenge.classes}
    for video in challenge.half(half):
        for event in video.events:
            counts[event.label] += 1
    return TEMPLATES.get_template("challenge.html").render(
        title="Final standings" if final else "Standings",
        facts=facts(challenge, half, rows),
        final=final,
        means=means,
        ranks=ranks,
        scores=scores,
        lines=[_line(row, challenge, means, ranks, scores) for row in rows],
        remarks=remarks(challenge, rows, final),
        classes=list(counts.items()),
    )


def _line(row: Row, challenge: Challenge, means: Sequence[str], ranks: _Scale, scores: _Scale) -> _Line:
    fixed, numbers = row.tries == 0, row.numbers
    rank_span = None if row.rank is None else (ranks.at(row.rank.best), ranks.at(row.rank.worst))
    shown = {} if numbers is None else numbers["means"]
    low, high = (None, None) if numbers is None else numbers["interval"]
    interval = "" if numbers is None else f"{100 * low:.1f} to {100 * high:.1f}"
    return _Line(
        name=row.name,
        fixed=fixed,
        rank="" if row.rank is None else str(row.rank),
        rank_span=rank_span,
        means=[_points(shown.get(name)) for name in means],
        interval=interval,
        score_span=None if numbers is None else (scores.at(low), scores.at(high), scores.at(row.value)),
        instead="nothing could be scored",
        per_class=[] if numbers is None else [_ap(numbers["per_class"][label]) for label in challenge.classes],
        public=_points(row.public),
        fitted="" if row.fitted is None else f"{signed(100 * row.fitted.value)} ± {100 * _reach(row):.1f}",
        stands_out=row.fitted is not None and row.fitted.low > 0,
        tries="" if fixed else f"{row.tries}" + (f" ({row.refused} refused)" if row.refused else ""),
        date=row.shown,
    )


def _reach(row: Row) -> float:
    return (row.fitted.high - row.fitted.low) / 2


def _ap(value: float | None) -> dict[str, Any]:
    return {"text": _points(value), "share": None if value is None else round(value**2, 3)}


def _points(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _score_scale(rows: Sequence[Row]) -> _Scale:
    """Tens of points, from below the lowest interval of a team to above the highest; others may lie outside."""
    known = [row for row in rows if row.numbers is not None]
    teams = [row for row in known if row.rank is not None] or known
    ends = [100 * end for row in teams for end in row.numbers["interval"]] or [0.0, 100.0]
    low, high = 10 * int(min(ends) // 10), 10 * int(-(-max(ends) // 10))
    every = 10 if high - low <= 60 else 20
    scale = _Scale(low / 100, max(high, low + 10) / 100, SCORES_PX)
    ticks = [_tick(scale, value / 100, f"{value}", "middle") for value in range(low, high + 1, every)]
    return _Scale(scale.low, scale.high, scale.width, ticks, f"scores from {low} to {high}")


def _rank_scale(teams: int) -> _Scale:
    last = max(teams, 1)
    scale = _Scale(1, max(last, 2), RANKS_PX)
    ticks = [_tick(scale, 1, "1", "middle")] + ([_tick(scale, last, f"{last}", "middle")] if last > 1 else [])
    return _Scale(scale.low, scale.high, scale.width, ticks, f"ranks from 1 to {last}")


def _tick(scale: _Scale, value: float, text: str, anchor: str) -> dict[str, Any]:
    return {"x": scale.at(value), "text": text, "anchor": anchor}
