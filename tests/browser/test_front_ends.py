"""A panel in other programs that show notebooks: alive, and moved by the keyboard."""

import pytest
from lab import FEW_PICTURES, KERNEL_HAS_ANSWERED, Lab, in_notebook, write_notebook
from playwright.sync_api import Locator, Page, expect

PANEL = f"""{FEW_PICTURES}

panel = ll.LossSurface(ll.make_line_fit(), edge_share=0.3).show()"""


@pytest.fixture
def lesson(lab: Lab) -> str:
    """A notebook with a light panel and a heading under it, to which Notebook 7 would take the arrow keys."""
    place = "notebooks/other_programs.ipynb"
    write_notebook(lab.folder / place, PANEL, words="# Next")
    return place


def move_by_keys(slider: Locator) -> None:
    """Each key does what it does with any slider."""
    slider.focus()
    last = int(slider.get_attribute("max") or 0)
    moves = {"Home": 0, "ArrowRight": 1, "ArrowUp": 2, "ArrowLeft": 1, "End": last, "ArrowDown": last - 1}
    for key, place in moves.items():
        slider.press(key)
        expect(slider).to_have_value(str(place))
        expect(slider).to_be_focused()


def test_notebook_7_leaves_the_keys_to_a_slider(lab: Lab, lesson: str, page: Page) -> None:
    page.goto(f"{lab.address}/notebooks/{lesson}?token={lab.token}")
    in_notebook(page, lesson, KERNEL_HAS_ANSWERED)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    move_by_keys(page.get_by_role("slider", name="learning rate"))
    expect(page.locator(".mbl-status")).to_contain_text("Finished")


def test_a_panel_is_alive_in_voila(lab: Lab, lesson: str, page: Page) -> None:
    page.goto(f"{lab.address}/voila/render/{lesson}?token={lab.token}")
    move_by_keys(page.get_by_role("slider", name="learning rate"))
    page.get_by_role("button", name="Reset").click()
    expect(page.locator(".mbl-status")).not_to_contain_text("Finished")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".mbl-status")).to_contain_text("Finished")
