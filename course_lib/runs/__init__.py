"""What is left behind: a run is a folder; records, comparison, report."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "comparison": ["compare", "results_table", "signed", "starred"],
        "records": ["RESULTS", "load_chance", "load_records", "published"],
        "run": ["Run", "load_runs"],
    },
)
