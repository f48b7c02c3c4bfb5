"""What is odd in a download but no reason to stop: counted, listed, and never hidden."""

from collections import defaultdict

__all__ = ["Findings"]

_SHOWN = 3


class Findings:
    """Remarks about rallies, gathered by kind."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, where: str) -> None:
        """Note `kind` ("a place outside the picture by a hair, moved to its edge") of the rally or event `where`."""
        self._by_kind[kind].append(where)

    def lines(self) -> list[str]:
        """One line a kind: how often, what, and the first few."""
        lines = []
        for kind, places in self._by_kind.items():
            first = ", ".join(places[:_SHOWN])
            more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
            lines.append(f"{len(places):,} x {kind}: {first}{more}")
        return lines

    def as_dict(self) -> dict[str, list[str]]:
        """Everything, for a file."""
        return dict(self._by_kind)
