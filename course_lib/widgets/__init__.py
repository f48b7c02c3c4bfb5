"""Three tools for looking at runs in a notebook: compare scores, page through errors, scrub through a clip.

`panel` is the frame that all three share: controls, pictures, a line of words, and one PNG for pages without a kernel.
Introduced in notebook 10.
"""

from course_lib.widgets.errors import error_browser
from course_lib.widgets.explorer import run_explorer
from course_lib.widgets.scrubber import clip_scrubber

__all__ = ["clip_scrubber", "error_browser", "run_explorer"]
