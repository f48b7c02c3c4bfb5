"""Per-class AP as lines of text, any number of systems side by side."""

from collections.abc import Mapping
from typing import Any

__all__ = ["score_table"]


def score_table(systems: Mapping[str, Mapping[str, Any]], task: str = "ball") -> str:
    """A line a class with its number of labels and the AP of each system, then the scores of the task; in per cent.

    Args:
        systems: name to its scores, as `course_lib.tasks` gives them, over one list of classes; a score that is None is
            left out.
        task: "ball" or "volleyball".
    """
    from course_lib.tasks import TASKS

    first = next(iter(systems.values()))
    classes = list(first["per_class"])
    rows = [
        (label, first["counts"][label], [scores["per_class"][label] for scores in systems.values()])
        for label in classes
    ]
    for key, name in TASKS[task].names.items():
        if first[key] is not None:
            shown = f"mAP-{len(classes)}" if key == "map12" else name  # of a list of another length
            rows.append((shown, "", [scores[key] for scores in systems.values()]))
    width = max(len(label) for label, _, _ in [*rows, ("AP in %", "", [])])
    columns = [max(len(name), 5) for name in systems]
    header = "  ".join(f"{name:>{size}s}" for name, size in zip(systems, columns, strict=True))
    lines = [f"{'AP in %':{width}s}  labels  {header}"]
    for label, count, aps in rows:
        cells = "  ".join(f"{100 * ap:{size}.1f}" for ap, size in zip(aps, columns, strict=True))
        lines.append(f"{label:{width}s}  {count!s:>6s}  {cells}")
    return "\n".join(lines)
