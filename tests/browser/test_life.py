"""A panel, a question and a drawing, through all that happens to a notebook: each is live, or its last copy is seen."""

import json
import os
import signal
from collections.abc import Callable
from html import unescape
from typing import Any

import nbformat
import pytest
from chromium import choose, evaluate, wait_until
from lab import FEW_PICTURES, Lab, Lesson, write_notebook
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary
from playwright.sync_api import Page

NOTEBOOK = "life.ipynb"
PANEL = "panel = ll.LossSurface(ll.make_line_fit(), edge_share=0.3).show()"
QUESTION = 'question = ll.ask("04/cover")'
DRAWING = 'drawing = ll.predict("04/loss")'
CELLS = (FEW_PICTURES, PANEL, f"{QUESTION}\nquestion", f"{DRAWING}.show()")

SEEN = """() => [...document.querySelectorAll('.jp-OutputArea:has(.jp-OutputArea-child)')].map(area =>
    [...area.querySelectorAll('.jp-OutputArea-child')].filter(child => child.offsetHeight > 0).map(child => ({
        kind: child.querySelector('.mbl-frame') ? 'live' : child.querySelector('.mbl-copy') ? 'copy' : 'other',
        text: child.textContent,
        pictures: [...child.querySelectorAll('.mbl-copy img')].map(picture => picture.naturalWidth),
    })))"""
"""For each cell with outputs, what of them takes room on the page.

Its text also where it is out of view: there a browser leaves the insides of JupyterLab's cells undrawn, and what a
reader could select (`innerText`) is empty until it is scrolled to.
"""

LAST = ("η = 0.6 × edge", "B is right.", "Drawn.")
"""What the copies say of what the tests do last."""

WRONG = ("Error displaying", "Loading widget", "<lesson_lib", "Frame(")


def kinds(cells: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[each["kind"] for each in cell] for cell in cells]


def see(page: Page, kind: str, words: tuple[str, ...] = ("", "", ""), pictures: tuple[int, ...] = (0, 0, 0)) -> None:
    """Wait until each of the three cells shows that and nothing else, with these words and numbers of pictures."""

    def is_seen() -> bool:
        cells = evaluate(page, SEEN)
        return kinds(cells) == [[kind]] * 3 and all(
            word in each["text"] and not any(wrong in each["text"] for wrong in WRONG) and each["pictures"] == [960] * n
            for (each,), word, n in zip(cells, words, pictures, strict=True)
        )

    wait_until(is_seen, f"each cell shows: {kind}, {words}")


def see_copies(page: Page) -> None:
    """See the copies alone, of what was done last, with pictures that are there."""
    see(page, "copy", LAST, pictures=(1, 0, 1))


def do_something(lesson: Lesson) -> None:
    """Set, answer and draw, as `LAST` says."""
    lesson.run_code("panel.set(edge_share=0.6); panel.run(); panel.wait()")
    choose(lesson.page.get_by_role("radio", name="permutation"))
    canvas = lesson.page.locator("canvas.mbl-sketch-picture")
    canvas.focus()
    canvas.press("ArrowRight")
    for _ in range(2):
        canvas.press("ArrowUp")
        canvas.press("ArrowRight")


def saved_with(lesson: Lesson, words: tuple[str, ...]) -> dict[str, Any]:
    """The notebook as it is saved, as soon as its copies say these words."""

    def says() -> bool:
        lesson.command("docmanager:save")
        html = ["".join(output["data"]["text/html"]) for cell in lesson.saved()["cells"] for output in cell["outputs"]]
        return all(any(word in unescape(text) for text in html if "mbl-copy" in text) for word in words)

    wait_until(says, f"the saved notebook says {words}")
    return lesson.saved()


def run_all(lesson: Lesson) -> None:
    lesson.run_all()
    see(lesson.page, "live")


def do_something_in(lesson: Lesson) -> Lesson:
    """Set, answer and draw in cells that are live; they are run where the test before has left copies."""
    if kinds(evaluate(lesson.page, SEEN)) != [["live"]] * 3:
        run_all(lesson)
    do_something(lesson)
    return lesson


@pytest.fixture(scope="module")
def opened(shared_page: Page, lab: Lab) -> Lesson:
    write_notebook(lab.folder / "notebooks" / NOTEBOOK, *CELLS)
    lesson = Lesson(shared_page, lab, NOTEBOOK)
    run_all(lesson)
    return lesson


@pytest.fixture
def lesson(opened: Lesson) -> Lesson:
    """The notebook in which all is live, and something was done in each of its cells."""
    return do_something_in(opened)


@pytest.fixture(scope="module")
def file(opened: Lesson) -> dict[str, Any]:
    """The notebook as the learner's last save has left it, with the widgets' state."""
    content = saved_with(do_something_in(opened), LAST)
    state = opened.value_of("__import__('ipywidgets').Widget.get_manager_state()")
    assert len([each for each in state["state"].values() if each["state"].get("key")]) == 3
    content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    return content


def read(file: dict[str, Any], with_state: bool) -> nbformat.NotebookNode:
    """A copy of the notebook, with or without the widgets' state."""
    content = nbformat.reads(json.dumps(file), as_version=4)
    if not with_state:
        del content.metadata["widgets"]
    return content


def restart(lesson: Lesson) -> None:
    lesson.restart_kernel()


def kill(lesson: Lesson) -> None:
    pid = int(lesson.run_code("import os; print(os.getpid())"))
    os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    lesson.page.get_by_role("dialog").get_by_role("button", name="Ok", exact=True).click()


def shut_down(lesson: Lesson) -> None:
    lesson.command("kernelmenu:shutdown")


@pytest.mark.parametrize("end", [restart, kill, shut_down])
def test_when_the_kernel_ends_the_copies_are_seen_and_nothing_else(
    lesson: Lesson, end: Callable[[Lesson], None]
) -> None:
    saved_with(lesson, LAST)
    end(lesson)
    see_copies(lesson.page)
    if end is shut_down:
        lesson.command("notebook:restart-kernel")
        lesson.wait_for_kernel()
    if end is kill:
        lesson.reload()  # the widgets of before are in the file, and nowhere else
        see_copies(lesson.page)
    run_all(lesson)


def test_after_a_reload_all_is_live_and_the_file_keeps_what_is_done_then(lesson: Lesson) -> None:
    saved_with(lesson, LAST)
    lesson.reload()
    see(lesson.page, "live")
    choose(lesson.page.get_by_role("radio", name="Always"))
    lesson.page.get_by_role("button", name="Draw anew").press("Enter")
    lesson.run_code("panel.set(edge_share=0.3); panel.run(); panel.wait()")
    saved_with(lesson, ("η = 0.3 × edge", "A is not right.", "Not drawn yet."))


def test_another_tab_is_live_and_saves_what_was_done_in_this_one(lesson: Lesson) -> None:
    saved_with(lesson, LAST)
    other = lesson.in_another_tab(lesson.page.context.new_page())
    see(other.page, "live")
    choose(lesson.page.get_by_role("radio", name="Always"))
    saved_with(other, ("A is not right.",))
    other.page.close()
    lesson.reload()  # its own save would ask whether to overwrite the other's
    see(lesson.page, "live")


def test_saved_while_the_first_run_goes_on(lesson: Lesson) -> None:
    lesson.run_code("import time; from lesson_lib.panel.session import Session; go = Session.advance")
    # It stops short of its end, however long it takes to save.
    lesson.run_code("Session.advance = lambda session: time.sleep(0.2) or session.run.done > 0.5 or go(session)")
    lesson.run_cell(PANEL)
    wait_until(lambda: lesson.value_of("panel._frame.running"), "the panel was seen")
    saved_with(lesson, ("η = 0.3 × edge",))
    assert lesson.value_of("panel._frame.running")
    lesson.run_code("Session.advance = go")


def test_a_cell_run_again_and_again_leaves_one_frame_and_one_thread(lesson: Lesson) -> None:
    counts = (
        "[sum(type(each).__name__ == 'Frame' for each in __import__('ipywidgets').widgets.widget._instances.values()),"
        " sum(each.name == 'panel' for each in __import__('threading').enumerate())]"
    )
    before = lesson.value_of(counts)
    for cell in 3 * CELLS[1:]:
        lesson.run_cell(cell)
    lesson.run_code("panel.wait()")
    see(lesson.page, "live")
    wait_until(lambda: lesson.value_of(counts) == before, "as many widgets and threads as before")


# The others need a page more, behind which the first one draws one picture a second at most.


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("with_state", [True, False])
def test_reopened_on_another_day(
    second_page: Page, lab: Lab, file: dict[str, Any], trusted: bool, with_state: bool
) -> None:
    content = read(file, with_state)
    content.metadata.copied = f"{trusted} {with_state}"  # the same content would be trusted as the same notebook
    if trusted:
        NotebookNotary(data_dir=str(lab.folder / "data")).sign(content)
    path = lab.folder / "notebooks" / f"another_day_{trusted}_{with_state}.ipynb"
    nbformat.write(content, path)
    lesson = Lesson(second_page, lab, path.name)
    num_trusted = "({ content }) => content.widgets.filter(cell => cell.model.trusted).length"
    assert lesson.ask(num_trusted) == (4 if trusted else 0)
    see_copies(second_page)
    shut_down(lesson)
    see_copies(second_page)


@pytest.mark.parametrize("with_state", [True, False])
def test_exported(page: Page, file: dict[str, Any], with_state: bool) -> None:
    html, _ = HTMLExporter().from_notebook_node(read(file, with_state))
    page.route("**/*", lambda route: route.abort())  # without the libraries that the page would fetch
    page.set_content(html, wait_until="domcontentloaded")
    see_copies(page)


def test_run_all_trains_nothing_that_is_out_of_view(second_page: Page, lab: Lab) -> None:
    screens = "print('\\n' * 80)"
    write_notebook(lab.folder / "notebooks" / "all.ipynb", FEW_PICTURES, screens, PANEL, screens)
    lesson = Lesson(second_page, lab, "all.ipynb")
    lesson.command("notebook:run-all-cells")
    wait_until(lambda: lesson.value_of("panel.status").startswith("Paused"), "the start is drawn")
    lesson.select_cell("import lesson_lib")
    assert lesson.value_of("panel.experiment.done") == 0
    lesson.output_of(PANEL, ".mbl-frame")
    lesson.panel(PANEL).wait_for_status("Finished")
