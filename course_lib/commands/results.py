"""Print what the recorded trainings score: for each task a table of systems, and one of classes.

    python -m course_lib results --profile smoke
    python -m course_lib results --task volleyball --markdown

Scores are means over seeds, with the lowest and the highest in brackets. The records are those that come with the
course, or those that `sweep --records DIR` wrote. A page of Markdown can have such tables in it, between comments that
say which (`<!-- results: systems ball smoke -->`, `<!-- /results -->`); this makes all of them anew, or only says
whether they are what the records give (status 1 if not):

    python -m course_lib results --readme README.md
    python -m course_lib results --readme README.md --check
"""

import argparse
from difflib import unified_diff
from pathlib import Path

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "results"
HELP = "print the table of recorded systems, or write it into a page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `results`."""
    from course_lib.profiles import CHOICES
    from course_lib.spotting.tasks import TASKS

    parser.add_argument("--profile", choices=CHOICES, help="only this one (default: all that is recorded)")
    parser.add_argument("--task", choices=tuple(TASKS), help="only this one (default: both)")
    parser.add_argument("--records", type=Path, metavar="DIR", help="folder of records (default: those of the course)")
    parser.add_argument("--markdown", action="store_true", help="as Markdown")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="make the tables in this page of Markdown anew")
    parser.add_argument("--check", action="store_true", help="with --readme: write nothing, say what differs")


def run(arguments: argparse.Namespace) -> int:
    """Print the tables of each profile, or put them into a page."""
    from course_lib.files import InputError, shown_path
    from course_lib.runs.records import RESULTS, load_chance, load_records
    from course_lib.runs.report import results_text
    from course_lib.spotting.tasks import TASKS

    folder, texts = arguments.records or RESULTS, []
    if arguments.readme is not None:
        return _page(arguments.readme, folder, arguments.check)
    if arguments.check:
        raise InputError("--check needs --readme FILE, the page to check")
    for task in [arguments.task] if arguments.task else TASKS:
        records = load_records(folder, arguments.profile, task)
        for profile, of_profile in records.groupby("profile") if len(records) else ():
            texts.append(results_text(of_profile, load_chance(folder, profile, task), arguments.markdown))
    if not texts:
        raise InputError(f"{shown_path(folder)}: holds no record of a training; expected some from the sweep command")
    print("\n\n".join(texts))
    return 0


def _page(path: Path, folder: Path, check: bool) -> int:
    from course_lib.files import InputError, shown_path, write_text
    from course_lib.runs.readme import with_results

    try:
        page = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    made, shown = with_results(page, shown_path(path), folder), shown_path(path)
    if made == page:
        print(f"{shown}: its tables are what the records give")
        return 0
    if not check:
        write_text(path, made)
        print(f"{shown}: tables written from the records")
        return 0
    lines = unified_diff(page.splitlines(), made.splitlines(), shown, "the records", n=0, lineterm="")
    print("\n".join(lines))
    return 1
