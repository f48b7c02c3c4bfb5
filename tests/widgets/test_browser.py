"""The widgets as a student meets them: a notebook in JupyterLab, its cells run, its buttons pressed.

Real server, real kernel, real browser. It is the only test that sees the front end: that a display is one live view and
not a picture as well, that a press of a button comes back as another picture, and that no script of the page fails.
"""

import base64
import json
import re
import time

import cv2
import nbformat
import numpy as np
import pytest
from jupyter_page import browser, jupyter_lab, kernels, page_errors, programs
from numbered_video import number_of
from toy_run import MATCH, toy_dataset, toy_run

selenium = pytest.importorskip("selenium", reason="needs selenium: pip install -r requirements.txt")
pytestmark = pytest.mark.skipif(
    programs() is None, reason="needs Chromium and its driver: apt-get install chromium chromium-driver"
)

WAIT_SEC = 300  # a sign of life on two busy cores; a second where they are free
PRESS_AGAIN_SEC = 2
SET_UP = """
from course_lib.data.datasets import load_dataset
from course_lib.runs.run import Run
from course_lib.widgets import clip_scrubber, error_browser, run_explorer
dataset, run = load_dataset("data"), Run("run")
video = dataset.test[0]
scores, spots, classes = run.frame_scores(video.id), run.spots()[video.id], dataset.classes
"""
SCRUBBER = "clip_scrubber(video, scores, spots=spots, classes=classes, stride=2, start_sec=1, length_sec=6)"
ERRORS, EXPLORER = "error_browser(run, dataset)", "run_explorer([run], dataset)"
HOSTILE = "<img src=x onerror='document.title=\"taken over\"'>"
NAMES = f"""
from dataclasses import replace
from course_lib.data.events import Event
name = {HOSTILE!r}
clip_scrubber(replace(video, id=name, events=(Event(name, 40),)), spots=[Event(name, 42, 0.9)], classes=(name,))
"""
FETCH = """
const done = arguments[arguments.length - 1];
fetch(arguments[0].src).then(answer => answer.arrayBuffer()).then(buffer => {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  done(btoa(text));
}).catch(error => done(""));
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A JupyterLab page with the notebook open, and the notebook's file."""
    root = tmp_path_factory.mktemp("lab")
    toy_run(root / "run", toy_dataset(root / "data"))
    cells = [nbformat.v4.new_code_cell(source) for source in (SET_UP, SCRUBBER, ERRORS, EXPLORER, NAMES)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "x"}})
    nbformat.write(notebook, root / "tools.ipynb")
    with jupyter_lab(root) as address, browser(tmp_path_factory.mktemp("profile")) as driver:
        driver.get(f"{address}/lab/tree/tools.ipynb?reset")
        run_cells(driver, address, len(cells))
        yield Page(driver, root / "tools.ipynb")
        # For looking at: pytest keeps the folders of the last three sessions.
        for cell in (1, 2, 3):
            script = "arguments[0].scrollIntoView({block: 'start'})"
            driver.execute_script(script, find(driver, ".jp-Notebook .jp-Cell")[cell])
            driver.save_screenshot(str(root / f"cell{cell}.png"))


def wait(driver, condition, what):
    """The first true answer of `condition`, asked again and again; if there is none, the error says what was seen."""
    from selenium.common import exceptions
    from selenium.webdriver.support.ui import WebDriverWait

    # An element may be drawn anew between being found and being asked,
    # and a curtain hides the page while it opens.
    ignored = (
        exceptions.StaleElementReferenceException,
        exceptions.JavascriptException,
        exceptions.ElementClickInterceptedException,
        exceptions.ElementNotInteractableException,
        IndexError,
    )
    try:
        return WebDriverWait(driver, WAIT_SEC, 0.1, ignored).until(lambda _: condition())
    except exceptions.TimeoutException:
        raise AssertionError(f"waited {WAIT_SEC} s in vain for {what}; seen: {seen(driver)}") from None


def seen(driver):
    """What the page shows of the notebook and its kernel, in words for a test that failed."""
    prompts = [prompt.text for prompt in find(driver, ".jp-Notebook .jp-Cell .jp-InputPrompt")]
    address = "/".join(driver.current_url.split("/")[:3])
    return (
        f"prompts {prompts}, {len(find(driver, 'img.widget-image'))} pictures, kernels {kernels(address)}, "
        f"errors of the page {page_errors(driver)}"
    )


def find(driver, selector):
    return driver.find_elements("css selector", selector)


def run_cells(driver, address, number):
    """Select each cell and press Ctrl+Enter until it has begun, once the kernel has shown a sign of life."""
    from selenium.webdriver import ActionChains, Keys

    wait(driver, lambda: len(find(driver, ".jp-Notebook .jp-Cell")) == number, "the notebook's cells")
    wait(driver, lambda: {"idle", "busy"} & set(kernels(address)), "a kernel")
    for cell in range(number):
        pressed = -PRESS_AGAIN_SEC

        def begun(cell=cell):
            nonlocal pressed
            prompt = find(driver, ".jp-Notebook .jp-Cell .jp-InputPrompt")[cell]
            if re.fullmatch(r"\[(\*|\d+)\]:", prompt.text):
                return True
            if time.monotonic() - pressed > PRESS_AGAIN_SEC:
                prompt.click()
                ActionChains(driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
                pressed = time.monotonic()
            return False

        wait(driver, begun, f"cell {cell} to run")


class Page:
    """The notebook's second cell shows the scrubber, the third the error browser, the fourth the run explorer, the last
    a scrubber of classes and videos with hostile names."""

    def __init__(self, driver, file):
        self.driver, self.file = driver, file

    def find(self, cell, selector):
        return find(find(self.driver, ".jp-Notebook .jp-Cell")[cell], selector)

    def wait(self, condition, what):
        return wait(self.driver, condition, what)

    def words(self, cell):
        """The line of words of a tool."""
        return self.wait(lambda: self.find(cell, ".widget-html-content b")[0].find_element("xpath", "..").text, "words")

    def image(self, cell, index):
        """The bytes of a picture, fetched by the page itself."""
        text = self.wait(
            lambda: self.driver.execute_async_script(FETCH, self.find(cell, "img.widget-image")[index]), "a picture"
        )
        return base64.b64decode(text)

    def number(self, cell=1):
        """The number that the scrubber's picture spells."""
        return number_of(cv2.imdecode(np.frombuffer(self.image(cell, 0), np.uint8), cv2.IMREAD_COLOR))

    def press(self, cell, title):
        button = self.wait(lambda: self.find(cell, f'button[title="{title}"]'), title)[0]
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()


def test_a_display_is_one_live_view(page):
    for cell, number in ((1, 2), (2, 2), (3, 1)):
        page.wait(lambda cell=cell, n=number: len(page.find(cell, "img.widget-image")) == n, "pictures")
        assert len(page.find(cell, ".jp-OutputArea-output img")) == number  # without the static one
        assert len(page.find(cell, ".jp-OutputArea-output")) == 1
        shown = page.driver.execute_script("return arguments[0].naturalWidth", page.find(cell, "img.widget-image")[0])
        assert shown > 300
    assert not find(
        page.driver, ".jp-RenderedText[data-mime-type*='error'], .jp-RenderedText[data-mime-type*='stderr']"
    )
    assert page_errors(page.driver) == []


def test_next_frame_shows_the_next_frame(page):
    before, curves = page.number(), page.image(1, 1)
    assert before == 40  # the first label of the stretch
    page.press(1, "one frame on")
    page.wait(lambda: page.number() == 41, "frame 41")
    page.wait(lambda: page.image(1, 1) != curves, "a cursor that moved")
    assert page.words(1).startswith("frame 41, 0:01.64")
    page.press(1, "to the next label or spot")
    page.wait(lambda: page.number() == 42, "the spot at frame 42")
    assert page_errors(page.driver) == []


def test_playing_goes_on_by_itself(page):
    before = page.number()
    play = page.find(1, ".widget-play button")[0]
    play.click()
    page.wait(lambda: page.number() >= before + 5, "five frames more")
    page.find(1, ".widget-play button")[0].click()
    assert page_errors(page.driver) == []


def test_the_next_error_is_another_one(page):
    before = page.image(2, 0), page.image(2, 1), page.words(2)
    assert re.match(r"1 of \d", before[2])
    page.press(2, "the one after")
    page.wait(lambda: page.words(2).startswith("2 of"), "the second error")
    page.wait(lambda: page.image(2, 0) != before[0] and page.image(2, 1) != before[1], "other pictures")
    page.press(2, "the one before")
    page.wait(lambda: page.image(2, 0) == before[0] and page.words(2) == before[2], "the first error again")
    assert page_errors(page.driver) == []


def test_another_class_is_explored(page):
    from selenium.webdriver.support.ui import Select

    before = page.image(3, 0)
    assert page.words(3).startswith("PASS, 3 test events")
    menu = next(menu for menu in page.find(3, "select") if "DRIVE" in [option.text for option in Select(menu).options])
    Select(menu).select_by_visible_text("DRIVE")
    page.wait(lambda: page.words(3).startswith("DRIVE, 2 test events"), "the other class")
    page.wait(lambda: page.image(3, 0) != before, "another picture")
    assert page_errors(page.driver) == []


def test_the_saved_notebook_holds_pictures_and_no_state(page):
    from selenium.webdriver import ActionChains, Keys

    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()

    def saved():
        text = page.file.read_text()
        notebook = json.loads(text) if text else {"cells": [{}, {"outputs": []}]}  # it is being written
        return notebook if all(cell["outputs"] for cell in notebook["cells"][1:]) else None

    notebook = page.wait(saved, "a saved notebook")
    assert "widgets" not in notebook["metadata"]
    for cell in notebook["cells"][1:]:
        (output,) = cell["outputs"]
        assert {"application/vnd.jupyter.widget-view+json", "image/png"} <= output["data"].keys()
    assert MATCH in "".join(notebook["cells"][1]["outputs"][0]["data"]["text/plain"])


def test_names_are_shown_and_not_run(page):
    """Of classes and videos, which come with a run folder that somebody passed on."""
    page.wait(lambda: len(page.find(4, "img.widget-image")) == 2, "pictures")
    assert f"nearest label: {HOSTILE}, now" in page.words(4)
    assert page.find(4, ".widget-html-content img") == [] and page.driver.title != "taken over"
