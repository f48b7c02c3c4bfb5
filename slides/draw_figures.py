#!/usr/bin/env python
"""Draw the figures of the slide decks into slides/figures: `python slides/draw_figures.py [--deck 01]`.

Each deck has a module `figures_<number>.py` beside this file with a function `draw(folder)`, which writes
`<number>_<what>.png` into the folder.
"""

import argparse
import importlib
import sys
import time
from pathlib import Path

import matplotlib

FOLDER = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Draw the figures of all decks, or of those asked for."""
    numbers = sorted(path.stem.removeprefix("figures_") for path in FOLDER.glob("figures_*.py"))
    parser = argparse.ArgumentParser(description="Draw the figures of the slide decks into slides/figures.")
    parser.add_argument("--deck", nargs="+", choices=numbers, default=numbers, help="which decks (default: all)")
    chosen = parser.parse_args(arguments).deck
    matplotlib.use("Agg")
    sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]  # works in a clone where course_lib is not installed
    out = FOLDER / "figures"
    out.mkdir(exist_ok=True)
    for number in chosen:
        started = time.perf_counter()
        importlib.import_module(f"figures_{number}").draw(out)
        drawn = len(list(out.glob(f"{number}_*.png")))
        print(f"deck {number}: {drawn} figures in {time.perf_counter() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
