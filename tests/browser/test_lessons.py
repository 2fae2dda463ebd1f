"""Every lesson runs from top to bottom in a real JupyterLab, and every panel follows the mouse."""

import json

import pytest
from lab import ROOT, Lab, Lesson
from playwright.sync_api import Page

PANELS = {
    "00_start_here": ["panel = GdVsSgd("],
    "01_how_a_network_learns": ["panel = NextUpdate("],
    "02_gradient_descent": ["panel = LossSurface(", "images = GdVsSgd("],
    "03_stochastic_gradient_descent": ["panel = GradientCloud("],
    "04_batches_and_epochs": ["coverage = Coverage("],  # the other one has tests of its own
    "05_gradient_noise": ["panel = NoiseVsBatchSize(", "floor_panel = NoiseFloor("],
    "06_cost_of_an_update": ["panel = CostOfAnUpdate(", "equal = EqualTime("],
    "07_better_optimizers": ["panel = OptimizerRace("],
    "08_choosing_a_batch_size": ["panel = TimeToTarget("],
}


def test_every_lesson_is_here() -> None:
    assert sorted(PANELS) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", PANELS)
def test_a_lesson_runs_and_its_panels_follow_the_mouse(page: Page, lab: Lab, notebook: str) -> None:
    lesson = Lesson(page, lab, f"{notebook}.ipynb")
    lesson.run_all()
    for code in PANELS[notebook]:
        name = code.split()[0]
        lesson.run_code(f"{name}.wait(120)")
        panel = lesson.panel(code)
        before = panel.wait_for_status("Finished") and panel.sentence
        chosen = panel.drag("batch size B", 0.55)
        for _ in range(50):  # the kernel may run other code before it hears of the last move
            size = json.loads(lesson.run_code(f"print({name}.settings['batch_size'])"))
            if chosen.startswith(f"{size:,} example"):
                break
            page.wait_for_timeout(100)
        assert chosen.startswith(f"{size:,} example")
        lesson.run_code(f"if {name}.status.startswith('Paused'): {name}.run()\n{name}.wait(120)")
        words = lesson.run_code(f"print({name}.words)").strip()
        panel.wait_for_status("Finished")
        assert panel.sentence == words != before
        assert words in (panel.picture.get_attribute("aria-label") or "")
