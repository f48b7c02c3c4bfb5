"""A table as text: what commands print, and what pandas' tables become for a terminal. Introduced in notebook 03."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["percent_table", "text_table"]


def text_table(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], corner: str = "", *, stacked: bool = False
) -> str:
    """Columns of spaces: names of rows at the left, all else to the right, two spaces between.

    Args:
        columns: their titles.
        rows: name and cells of each, as many as there are titles.
        corner: what stands over the names of the rows.
        stacked: a title's words stand below each other, for many columns with long names.
    """
    titles = [title.split() if stacked else [title] for title in columns]
    height = max(map(len, titles))
    heads = [[""] * (height - len(words)) + words for words in titles]
    cells_of = zip(heads, *(cells for _, cells in rows), strict=True)  # a column: its head, then a cell a row
    widths = [max(map(len, [*head, *cells])) for head, *cells in cells_of]
    left = max(map(len, [corner, *(name for name, _ in rows)]))
    lines = [("" if line + 1 < height else corner, [head[line] for head in heads]) for line in range(height)]
    return "\n".join(
        "  ".join([name.ljust(left), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))]).rstrip()
        for name, cells in [*lines, *rows]
    )


def percent_table(columns: Sequence[str], rows: Mapping[str, Sequence[Any]]) -> str:
    """Rows of whole numbers, text, and fractions shown in per cent; a short row ends in empty cells."""
    shown = {
        name: [f"{100 * cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row]
        for name, row in rows.items()
    }
    return text_table(columns, [(name, row + [""] * (len(columns) - len(row))) for name, row in shown.items()])
