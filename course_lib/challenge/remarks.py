"""What a table of a challenge is of, and how it is to be read, in words; and the table itself for a terminal."""

from collections.abc import Sequence

from course_lib.challenge.sealed import Challenge
from course_lib.challenge.standings import Row
from course_lib.text_table import text_table

__all__ = ["facts", "remarks", "signed", "standings_text"]


def facts(challenge: Challenge, half: str, rows: Sequence[Row]) -> str:
    """What was scored, in two sentences."""
    videos = challenge.half(half)
    matches, events = len({video.game for video in videos}), sum(len(video.events) for video in videos)
    everything = len({video.game for video in challenge.videos})
    minutes = sum(video.duration_sec for video in videos) / 60
    teams, tries = sum(row.tries > 0 for row in rows), sum(row.tries for row in rows)
    return (
        f"{_many(teams, 'team')}, {_many(tries, 'try', 'tries')}, scored on the {half} half of the matches: {matches} "
        f"of {everything}, {minutes:.0f} minutes, {events} events. Scores are {challenge.scoring.short_metric} in per "
        f"cent. Bars are 95 % intervals: {challenge.scoring.other_play(challenge.rule)} would put the score there."
    )


def remarks(challenge: Challenge, rows: Sequence[Row], final: bool) -> list[str]:
    """How to read it, a sentence or two each."""
    ranked = [row for row in rows if row.rank is not None]
    first = [row for row in ranked if row.rank.best == 1]
    found = []
    if len(ranked) > 1:
        found.append(
            "Ranks are ranges: from 1 + the teams shown to be better to the last but the teams shown to be worse, for "
            "all pairs of teams at once. With a probability of 95 % every range holds its team's true rank."
        )
        found.append(
            f"{first[0].name} is shown to be first."
            if len(first) == 1
            else f"Rank 1 may be any of {len(first)} teams: these matches do not tell them apart."
        )
    found.append("Rows in italics were not handed in, and hold no rank.")
    if not final:
        found.append(
            "A score moves only when a try beats it by more than the noise, the standard deviation of the difference "
            "over draws of the same minutes; the date is that of its last move. Of other tries nothing is shown."
        )
    elif any(row.fitted is not None for row in rows):
        found.append(
            "Fitted to it: what a team lost from the public half to the private one, less the median over teams (that "
            "is how much harder the private matches are), in points, ± 1.96 standard deviations. Bold: more than "
            "chance does to one team; of forty teams one comes out so without having done anything."
        )
    return found


def standings_text(challenge: Challenge, rows: Sequence[Row], final: bool) -> str:
    """Two tables for a terminal: scores and ranks, then AP of each class."""
    half = "private" if final else "public"
    means = list(challenge.fixed["chance"][half]["means"])
    columns = ["rank", *means, "95 %", *(["public", "fitted"] if final else []), "tries", "refused", "shown since"]
    lines = []
    for row in rows:
        shown = {} if row.numbers is None else row.numbers["means"]
        cells = ["" if row.rank is None else str(row.rank), *(_points(shown.get(name)) for name in means)]
        cells.append("" if row.numbers is None else " to ".join(_points(end) for end in row.numbers["interval"]))
        if final:
            cells += [_points(row.public), _fitted(row)]
        cells += [str(row.tries), str(row.refused), row.shown] if row.tries else ["", "", ""]
        lines.append((row.name, cells))
    classes = [
        (row.name, [_points(row.numbers["per_class"][label]) for label in challenge.classes])
        for row in rows
        if row.numbers is not None
    ]
    return "\n\n".join(
        [text_table(columns, lines, "team"), text_table(challenge.classes, classes, "AP in %", stacked=True)]
    )


def _fitted(row: Row) -> str:
    return "" if row.fitted is None else f"{signed(100 * row.fitted.value)}{'*' * (row.fitted.low > 0)}"


def signed(value: float) -> str:
    """One decimal with its sign; what rounds to zero has none."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def _points(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
