"""The commands of `python -m course_lib`, one a module."""
