"""Per-class AP as lines of text, any number of systems side by side."""

from collections.abc import Mapping
from typing import Any

__all__ = ["score_table"]


def score_table(systems: Mapping[str, Mapping[str, Any]]) -> str:
    """A line a class with its number of labels and the AP of each system, then the means; in per cent.

    Args:
        systems: name to a `BallScores` as a dictionary: map12, map10 (None where it does not exist), per_class, counts,
            over one list of classes.
    """
    first = next(iter(systems.values()))
    classes = list(first["per_class"])
    rows = [
        (label, first["counts"][label], [scores["per_class"][label] for scores in systems.values()])
        for label in classes
    ]
    rows.append((f"mAP-{len(classes)}", "", [scores["map12"] for scores in systems.values()]))
    if first["map10"] is not None:
        rows.append(("mAP-10", "", [scores["map10"] for scores in systems.values()]))
    width = max(len(label) for label in [*classes, "AP in %"])
    columns = [max(len(name), 5) for name in systems]
    header = "  ".join(f"{name:>{size}s}" for name, size in zip(systems, columns, strict=True))
    lines = [f"{'AP in %':{width}s}  labels  {header}"]
    for label, count, aps in rows:
        cells = "  ".join(f"{100 * ap:{size}.1f}" for ap, size in zip(aps, columns, strict=True))
        lines.append(f"{label:{width}s}  {count!s:>6s}  {cells}")
    return "\n".join(lines)
