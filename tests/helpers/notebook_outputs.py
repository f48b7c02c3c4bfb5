"""A plugin for pytest: which outputs of notebooks are compared in the tests' own profile, `check`.

Every compared output is tagged `nbval-check-output`. One that depends on the quick data or on their size is tagged
`smoke-output` as well: it is compared where notebooks run in `smoke`, and left alone in `check`.
"""

import os

SMOKE_ONLY = "smoke-output"


def pytest_collection_modifyitems(items):
    if os.environ.get("COURSE_PROFILE") != "check":
        return
    for item in items:
        cell = getattr(item, "cell", None)  # of a notebook; other tests have none
        if cell is not None and SMOKE_ONLY in cell.metadata.get("tags", []):
            item.options["check"] = False
