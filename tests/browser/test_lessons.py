"""Every lesson runs from top to bottom in a real JupyterLab."""

import pytest
from lab import ROOT, Lab, Lesson
from playwright.sync_api import Page


@pytest.mark.parametrize("notebook", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_all_cells_run_without_an_error(page: Page, lab: Lab, notebook: str) -> None:
    Lesson(page, lab, notebook).run_all()
