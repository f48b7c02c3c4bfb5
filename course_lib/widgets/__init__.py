"""Tools to look with, inside a notebook."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "errors": ["error_browser"],
        "explorer": ["run_explorer"],
        "scrubber": ["clip_scrubber"],
    },
)
