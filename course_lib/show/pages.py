"""Pages of the course: HTML files that need no other file, made of the templates beside this module.

Everything that is put into a template is escaped, for names come from anywhere; how pages look stands in style.css,
which each holds.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["TEMPLATES"]

TEMPLATES = Environment(
    loader=PackageLoader("course_lib.show"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
