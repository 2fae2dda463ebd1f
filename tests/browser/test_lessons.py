"""The first lesson runs as it is shipped, and every panel of every lesson follows the mouse."""

import ast
import os
import re

import pytest
from chromium import wait_until
from lab import FEW_EXAMPLES, NOTHING_AHEAD, PANELS, PANELS_NOTEBOOK, ROOT, Lab, Lesson, PanelOnPage, code_cells, mark
from playwright.sync_api import Page, expect

import lesson_lib

PANEL_NAMES = {name for place, names in lesson_lib._PLACES.items() if place.endswith(".panel") for name in names}


def shows_a_panel(code: str) -> bool:
    """Is a panel made there?"""
    names = {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    return not names.isdisjoint(PANEL_NAMES)


def test_every_panel_of_every_lesson_is_here() -> None:
    lessons = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    there = {lesson: [cell for cell, code in code_cells(lesson).items() if shows_a_panel(code)] for lesson in lessons}
    assert {lesson: list(cells) for lesson, cells in PANELS.items()} == there


def test_the_first_lesson_runs_from_top_to_bottom(shared_page: Page, lab: Lab) -> None:
    lesson = Lesson(shared_page, lab, "00_start_here.ipynb")
    lesson.run_code(f"{FEW_EXAMPLES}\n{NOTHING_AHEAD}")
    lesson.run_all()
    lesson.panel("panel = ll.GdVsSgd(").wait_for_status("Finished: epoch 5.0 of 5")
    lesson.run_code("panel.close()")


@pytest.fixture(scope="module")
def lesson(shared_page: Page, lab: Lab) -> Lesson:
    """The panels of all lessons, none of them shown yet."""
    lesson = Lesson(shared_page, lab, PANELS_NOTEBOOK)
    lesson.run_cell("dataset, line = ")
    return lesson


def test_its_kernel_shares_its_programs_with_the_other_checks(lesson: Lesson) -> None:
    place = lesson.value_of("__import__('jax').config.jax_compilation_cache_dir")
    assert place == os.environ["JAX_COMPILATION_CACHE_DIR"]


def shown_size(panel: PanelOnPage) -> str:
    """The batch size on the page, in words."""
    return panel.slider("batch size B").get_attribute("aria-valuetext") or ""


def kernels_size(lesson: Lesson, name: str) -> str:
    """The batch size of a panel in the kernel, as the page's words begin."""
    return lesson.value_of(f'f"{{{name}.settings.batch_size:,}} example"')


def words_at_the_end(lesson: Lesson, name: str) -> str:
    """What a panel says when its run has ended; at first it may be the run of before the last move."""
    lesson.run_code(f"if {name}.status.startswith('Paused'): {name}.run()\n{name}.wait()")
    return lesson.value_of(f"{name}.words")


@pytest.mark.parametrize("notebook", PANELS)
def test_the_panels_of_a_lesson_follow_the_mouse(lesson: Lesson, notebook: str) -> None:
    for cell, name in PANELS[notebook].items():
        lesson.run_cell(mark(cell))
        lesson.run_code(f"{name}.wait()")
        panel = lesson.panel(mark(cell))
        panel.wait_for_status("Finished")
        before, size = panel.sentence, shown_size(panel)
        panel.drag("batch size B", 0.65)
        if shown_size(panel) == size:
            panel.drag("batch size B", 0.2)
        # The kernel may run other code before it hears of the last move.
        wait_until(
            lambda name=name, panel=panel: shown_size(panel).startswith(kernels_size(lesson, name)),
            f"in cell {cell}, page and kernel have the same batch size",
        )
        wait_until(
            lambda name=name, before=before: words_at_the_end(lesson, name) != before,
            f"in cell {cell}, other words for another batch size",
        )
        words = words_at_the_end(lesson, name)
        panel.wait_for_status("Finished")
        expect(panel.sentence_line).to_have_text(words)
        panel.wait_for_picture(re.escape(words))
        lesson.run_code(f"{name}.close()")
