"""The panels: without a page, and as live as they are with one. What is shown goes to a recorder."""

import gc
import math
import re
import sys
import threading
import time
import weakref
from base64 import b64decode
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from io import BytesIO
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from helpers import signatures_unchecked, tiny_dataset
from PIL import Image
from sentences import listed

from lesson_lib import Coverage, GdVsSgd, OptimizerRace, experiment
from lesson_lib.chart import drawing, ticks
from lesson_lib.chart.picture import Band, Chart, Curve, Picture
from lesson_lib.experiment.base import Experiment
from lesson_lib.panel import live as live_module
from lesson_lib.panel import notebook
from lesson_lib.panel import panel as panel_module
from lesson_lib.panel import session as session_module
from lesson_lib.panel import worker as worker_module
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.frame import Frame, packed
from lesson_lib.panel.numbers import number
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.session import Pace
from lesson_lib.panels.coverage.run import CoverageRun
from lesson_lib.panels.gd_vs_sgd import words

pytestmark = pytest.mark.slow

PATIENCE = 240.0
"""Seconds after which a test gives up; none is waited for when all is well."""


DATASET = tiny_dataset()
PNG = drawing.png


@dataclass(frozen=True)
class Colored:
    """What can be chosen for a count."""

    end: int = 4
    color: str = "red"


class Count(Experiment):
    """A run that counts to its end. It may wait at a gate before each number, or fail at one."""

    def __init__(self, panel, end):
        self.panel, self.end, self.at = panel, end, 0

    @property
    def finished(self):
        return self.at >= self.end

    @property
    def done(self):
        return self.at / self.end

    def advance(self):
        if self.panel.gate is not None and self.at > 0:
            self.panel.arrived.release()
            assert self.panel.gate.acquire(timeout=PATIENCE)
        self.at += 1
        self.panel.fail_when(f"at {self.at}")


class Counter(Panel[Colored, Count]):
    """The smallest panel there is: a bar as long as the count."""

    settings_type = Colored

    def __init__(self, *, fails=None, gate=None, pieces=(), **values):
        self.fails, self.gate, self.pieces = fails, gate, pieces
        self.arrived = threading.Semaphore(0)
        self.begun, self.drawn = [], []
        super().__init__(**values)

    def _make_controls(self):
        return [
            Control("end", "count to", (2, 4, 6), lambda end: f"to {end}"),
            Control("color", "colour", ("red", "blue"), str, kind="list"),
        ]

    def fail_when(self, where):
        if self.fails == where:
            raise RuntimeError(f"failed {where}")

    def _start(self, settings):
        self.begun.append(settings)
        self.fail_when("start")
        return Count(self, settings.end)

    def _picture_of(self, run):
        self.fail_when("draw")
        self.drawn.append(run.at)
        bar = Curve(np.array([0.0, run.at]), np.zeros(2), {"red": "#ff0000", "blue": "#0000ff"}[self.begun[-1].color])
        title = f'A bar from 0 to "{run.end}" & no further'
        return Picture(rows=((Chart(title, ticks.blank(0, run.end), ticks.blank(-1, 1), (bar,)),),), heights=(100,))

    def _caption_of(self, run):
        return Caption(f"I have counted to {run.at} < {run.end + 1}.", [("to go", f"{run.end - run.at}")])

    def _progress(self, run):
        return f"{run.at} of {run.end}"

    def _prepare(self):
        return self.pieces


class Painter(Counter):
    """Its colour is only looked at."""

    def _make_controls(self):
        end, color = super()._make_controls()
        return [end, replace(color, restarts=False)]


class Recorder:
    """Stands in for IPython's `display` and `update_display`."""

    def __init__(self):
        self.shown = []
        self.updates = []

    def __call__(self, bundle, *, raw, display_id=None):
        assert raw
        self.shown.append(bundle)

    def update(self, bundle, *, raw, display_id):
        assert raw
        assert any(display_id in each["text/html"] for each in self.shown)
        self.updates.append(bundle)


def threads():
    return [thread for thread in threading.enumerate() if thread.name in {"panel", "prepare"}]


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """Where panels are shown. Whatever a test leaves behind is closed, and then no thread is left.

    What would be drawn stands for the PNG file, on which matplotlib spends half a second: equal files, equal pictures.
    """
    recorder = Recorder()
    monkeypatch.setattr(drawing, "png", lambda picture: repr(packed(picture)).encode())
    monkeypatch.setattr(panel_module, "display", recorder)
    monkeypatch.setattr(live_module, "display", recorder)
    monkeypatch.setattr(live_module, "update_display", recorder.update)
    monkeypatch.setattr(notebook, "_shown", {})
    made = weakref.WeakSet()
    make = Panel.__init__

    def remember(self, *args, **kwargs):
        made.add(self)
        make(self, *args, **kwargs)

    monkeypatch.setattr(Panel, "__init__", remember)
    yield recorder
    for panel in made:
        if hasattr(panel, "_worker"):
            if getattr(panel, "gate", None) is not None:
                panel.gate.release(1000)
            panel.close()
    assert threads() == []


@pytest.fixture
def drawn(page, monkeypatch):
    """Files of pictures are PNG files, drawn by matplotlib."""
    monkeypatch.setattr(drawing, "png", PNG)


@pytest.fixture
def live(monkeypatch):
    """Somebody is at the page, and sees a picture of every advance."""
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: True)
    monkeypatch.setattr(session_module, "SECONDS_PER_PICTURE", 0.0)
    monkeypatch.setattr(worker_module, "SECONDS_OF_A_DRAG", 0.0)
    monkeypatch.setattr(worker_module, "SECONDS_TO_REST", 0.02)


def seen(panel):
    """Show a panel on a page, where it is in view."""
    panel.show()
    tell(panel, seen=True)
    return panel


def tell(panel, **content):
    """What the page says."""
    panel._frame._handle_custom_msg(content, [])


def press(panel, button):
    """What the page sends when a button is pressed."""
    tell(panel, press=button)


def wait_at_gate(panel):
    """Wait until the run stands at its gate; if it never gets there, say why."""
    until = time.monotonic() + PATIENCE
    while not panel.arrived.acquire(timeout=0.1):
        if panel.error is not None:
            raise panel.error
        assert time.monotonic() < until
    return panel


def wait_for_rest(panel, page):
    """Wait until the run has ended and the picture is kept in its place in the notebook."""
    panel.wait(PATIENCE)
    until = time.monotonic() + PATIENCE
    while not (page.updates and page.updates[-1]["text/plain"].startswith(panel.words)):
        time.sleep(0.01)
        assert time.monotonic() < until


def gated(**values):
    """A live panel whose run stands at its gate, before the second number."""
    return wait_at_gate(seen(Counter(gate=threading.Semaphore(0), **values)))


# Without a page


@pytest.mark.usefixtures("drawn")
def test_without_a_page_show_runs_to_the_end_and_leaves_the_last_picture(page):
    panel = Counter().show()
    assert panel.words == "I have counted to 4 < 5."
    assert panel.status == "Finished: 4 of 4"
    assert panel.drawn[-1] == 4
    (bundle,) = page.shown
    assert b64decode(bundle["image/png"]) == panel.picture
    assert Image.open(BytesIO(panel.picture)).size == (960, 100)
    assert not panel._frame.running


class Figure(HTMLParser):
    """What an HTML page makes of a static picture."""

    def __init__(self, html):
        super().__init__()
        self.images, self.text, self.tags = [], "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        self.text += data


def test_the_static_picture_says_in_html_and_in_text_what_is_seen(page):
    panel = Counter().show()
    (bundle,) = page.shown
    assert set(bundle) == {"text/html", "text/plain", "image/png"}
    figure = Figure(bundle["text/html"])
    (image,) = figure.images
    assert image["alt"] == 'A bar from 0 to "4" & no further. I have counted to 4 < 5.'
    assert image["alt"] == panel._frame.alt
    head, data = image["src"].split(",")
    assert head == "data:image/png;base64"
    assert b64decode(data) == panel.picture
    assert "I have counted to 4 < 5." in figure.text
    for text in (figure.text, bundle["text/plain"]):
        assert "Result for to 4, red." in text
    assert bundle["text/plain"].startswith("I have counted to 4 < 5.")


def test_the_static_picture_says_what_the_run_was_made_with_and_not_how_it_is_looked_at(page):
    Painter(color="blue").show()
    assert page.shown[0]["text/plain"].endswith("(Result for to 4.)")


def test_one_setting_that_needs_a_new_run_is_enough_where_several_change(live):
    panel = seen(Painter())
    panel.wait(PATIENCE)
    panel.set(end=6, color="blue")
    panel.wait(PATIENCE)
    assert panel.status == "Finished: 6 of 6"
    begun = len(panel.begun)
    panel.set(color="red")
    panel.wait(PATIENCE)
    assert len(panel.begun) == begun


def test_an_error_ends_the_cell(page):
    with pytest.raises(RuntimeError, match="failed at 3"):
        Counter(fails="at 3").show()
    assert page.shown == []


# Settings


def test_settings_are_changed_and_read_back():
    panel = Counter().show()
    assert panel.settings == Colored(end=4, color="red")
    panel.set(end=6)
    assert panel.settings == Colored(end=6, color="red")
    panel.wait(PATIENCE)
    assert panel.words == "I have counted to 6 < 7."
    panel.set(end=2, color="blue")
    panel.wait(PATIENCE)
    assert panel.begun == [
        Colored(end=4, color="red"),
        Colored(end=6, color="red"),
        Colored(end=2, color="blue"),
    ]


WRONG = [
    ({"batch_size": 0}, ValueError, "batch_size must be a whole number of at least 1, got 0"),
    ({"batch_size": -1}, ValueError, "batch_size must be a whole number of at least 1, got -1"),
    ({"batch_size": 25}, ValueError, "batch_size must be one of 1, 2, 4, 8, 16, 24; got 25"),
    ({"batch_size": 3}, ValueError, "batch_size must be one of 1, 2, 4, 8, 16, 24; got 3"),
    ({"batch_size": 2.5}, TypeError, "batch_size must be a whole number of at least 1, got 2.5"),
    ({"batch_size": 2.0}, TypeError, "batch_size must be a whole number of at least 1, got 2.0"),
    ({"batch_size": True}, TypeError, "batch_size must be a whole number of at least 1, got True"),
    ({"batch_size": "8"}, TypeError, "batch_size must be a whole number of at least 1, got '8'"),
    ({"epochs": 0}, ValueError, "epochs must be a whole number of at least 1, got 0"),
    ({"epochs": True}, TypeError, "epochs must be a whole number of at least 1, got True"),
    ({"epochs": 31}, ValueError, "epochs must be one of 1, 2, 3, "),
    ({"learning_rate": math.nan}, ValueError, "learning_rate must be a finite number above 0, got nan"),
    ({"learning_rate": 0}, ValueError, "learning_rate must be a finite number above 0, got 0"),
    ({"learning_rate": -0.05}, ValueError, "learning_rate must be a finite number above 0, got -0.05"),
    ({"learning_rate": math.inf}, ValueError, "learning_rate must be a finite number above 0, got inf"),
    ({"learning_rate": 0.04}, ValueError, "learning_rate must be one of 0.001, 0.0015, "),
    ({"seed": -1}, ValueError, "seed must be a whole number from 0 to 4,294,967,295, got -1"),
    ({"sampling": "bootstrap"}, ValueError, "sampling must be one of 'reshuffle', "),
    ({"sampling": None}, TypeError, "sampling must be one of 'reshuffle', "),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_a_wrong_setting_changes_nothing(wrong, error, message):
    panel = GdVsSgd(DATASET, choose_sampling=True, batch_size=8, epochs=1)
    values, wish = panel.settings, panel._worker.wish
    for settings in (wrong, {"seed": 3} | wrong):
        with pytest.raises(error) as caught:
            panel.set(**settings)
        assert type(caught.value) is error
        assert str(caught.value).startswith(message)
        assert panel.settings == values
        assert panel._worker.wish == wish


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_a_panel_with_a_wrong_setting_is_not_made(wrong, error, message):
    with pytest.raises(error) as caught:
        GdVsSgd(DATASET, choose_sampling=True, **{"batch_size": 8} | wrong)
    assert str(caught.value).startswith(message)
    assert threads() == []


def test_unknown_settings_are_named_with_those_there_are():
    panel = GdVsSgd(DATASET, batch_size=8)
    names = "batch_size, epochs, learning_rate, seed, num_seeds, clock, curve, scale"
    message = f"there is no 'mass' to set; there are {names}$"
    with pytest.raises(TypeError, match=message):
        panel.set(mass=0.9)
    with pytest.raises(TypeError, match="mass"):
        GdVsSgd(DATASET, mass=0.9)


def test_every_offered_value_goes_round():
    panel = GdVsSgd(DATASET, choose_sampling=True, batch_size=8)
    for name, control in panel._controls.items():
        for value in control.values:
            panel.set(**{name: value})
            assert getattr(panel.settings, name) == value


@pytest.mark.parametrize("make", [GdVsSgd, Coverage])
def test_a_setting_that_cannot_be_changed_on_the_page_still_counts(make):
    settings = {"batch_size": 8, "epochs": 2, "sampling": "replacement"}
    panel = make(DATASET, **settings).show()
    run = (experiment.Races if make is GdVsSgd else CoverageRun)(DATASET, experiment.Settings(**settings))
    while not run.finished:
        run.advance()
    assert panel.words == panel._caption_of(run).sentence


# The same picture, however it was come by


def final(panel):
    return panel.picture, panel._frame.alt, panel.words, panel.details, panel.status


MADE = [
    (GdVsSgd, {"batch_size": 8, "epochs": 2}),
    (GdVsSgd, {"batch_size": 4, "epochs": 2, "learning_rate": 3.0}),  # the axes move on the way
    (GdVsSgd, {"batch_size": 24, "epochs": 3}),
    (Coverage, {"batch_size": 8, "epochs": 2, "sampling": "replacement"}),
]


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(("make", "settings"), MADE[1::2])
def test_two_panels_end_with_the_same_picture(make, settings):
    assert final(make(DATASET, **settings).show()) == final(make(DATASET, **settings).show())


@pytest.mark.parametrize(("make", "settings"), MADE)
def test_a_live_panel_ends_with_the_picture_it_has_without_a_page(make, settings, page, live, monkeypatch):
    monkeypatch.setattr(GdVsSgd, "_prepare", lambda _self: ())
    panel = make(DATASET, **settings).show()
    wait_for_rest(panel, page)
    assert len(page.shown) == 2
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: False)
    other = make(DATASET, **settings).show()
    assert final(panel) == final(other)
    copy, alone = page.updates[-1], page.shown[-1]
    assert alone["text/html"] in copy["text/html"]
    assert (copy["text/plain"], copy["image/png"]) == (alone["text/plain"], alone["image/png"])


@pytest.fixture
def busy():
    """Threads take turns so often that what can go wrong between two of them does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("busy", "drawn")
def test_panels_that_run_at_once_do_not_disturb_each_other(live, monkeypatch):
    before = dict(matplotlib.rcParams)
    settings = [{"batch_size": 2, "epochs": epochs, "sampling": "replacement"} for epochs in (1, 2)]
    panels = [Coverage(DATASET, **each).show() for each in settings]
    for panel in panels:
        panel.wait(PATIENCE)
    assert dict(matplotlib.rcParams) == before
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: False)
    for panel, each in zip(panels, settings, strict=True):
        assert final(panel) == final(Coverage(DATASET, **each).show())


def test_a_changed_panel_ends_like_one_made_so():
    panel = GdVsSgd(DATASET, batch_size=4, epochs=2, learning_rate=3.0).show()
    panel.set(batch_size=8, epochs=2, learning_rate=0.05)
    panel.wait(PATIENCE)
    assert final(panel) == final(GdVsSgd(DATASET, batch_size=8, epochs=2).show())


def test_the_words_are_those_of_the_race():
    panel = GdVsSgd(DATASET, batch_size=8, epochs=2, seed=3).show()
    races = experiment.Races(DATASET, experiment.Settings(batch_size=8, epochs=2, seed=3)).run()
    facts = words.facts(races)
    assert panel.words == words.sentence(facts)
    assert panel.details == listed(words.details(facts))
    assert panel.status == "Finished: epoch 2.0 of 2"
    assert panel._frame.alt.endswith(panel.words)


def test_the_words_are_those_of_the_coverage():
    panel = Coverage(DATASET, batch_size=8).show()
    assert panel.words == "After 1 epoch (3 updates), each of the 24 examples has been seen exactly once."
    assert panel.details == (
        "so far: 3 updates (1 epoch)\nseen once: 24 examples (100.0 %)\nseen more than once: 0 examples (0.0 %)\n"
        "never seen: 0 examples (0.0 %)"
    )


def test_the_cells_of_the_coverage_are_the_counts():
    settings = {"batch_size": 8, "epochs": 2, "sampling": "replacement"}
    panel = Coverage(DATASET, **settings).show()
    coverage = CoverageRun(DATASET, experiment.Settings(**settings))
    while not coverage.finished:
        coverage.advance()
    labels = np.asarray(DATASET.y_train)
    ((grid, share),) = panel._session.picture.rows
    colors = [bytes.fromhex(curve.color[1:]) for curve in grid.marks[1:]]  # of the legend: never, once, twice …
    labels = np.asarray(DATASET.y_train)
    by_class = [min(coverage.times_seen[i], 4) for name in range(3) for i in np.flatnonzero(labels == name)]
    assert [bytes(cell) for cell in grid.marks[0].colors[0, :24]] == [colors[times] for times in by_class]
    (measured,) = [curve for curve in share.marks if curve.name == "measured"]
    np.testing.assert_array_equal([measured.x, measured.y], coverage.history())


def test_a_diverged_race_is_a_result_and_no_error():
    panel = GdVsSgd(tiny_dataset(scale=1e4), batch_size=8, epochs=4, learning_rate=10.0).show()
    assert panel.error is None
    assert panel._frame.error == ""
    assert re.search(r"diverged.* at update \d", panel.words)
    assert panel.status.startswith("Finished")


# On the page


def test_a_live_panel_shows_its_frame_and_a_place_for_the_last_picture(page, live):
    panel = gated()
    view, place = page.shown
    assert view[live_module.VIEW]["model_id"] == panel._frame.model_id
    assert view["text/html"] == view["text/plain"] == ""  # where no view can be shown, no name of an object is
    assert "<figure" in place["text/html"]
    assert panel._frame.running
    panel.gate.release(10)
    wait_for_rest(panel, page)
    assert b64decode(page.updates[-1]["image/png"]) == panel.picture
    assert panel.words in page.updates[-1]["text/plain"]
    panel.set(end=2)
    wait_for_rest(panel, page)
    assert page.updates[-1]["text/plain"] == "I have counted to 2 < 3. (Result for to 2, red.)"


def test_the_frame_knows_the_controls(live):
    panel = gated(end=6)
    under_more = {"main": False, "marks": []}
    assert panel._frame.controls == [
        {"name": "end", "label": "count to", "kind": "slider", "texts": ["to 2", "to 4", "to 6"], **under_more},
        {"name": "color", "label": "colour", "kind": "list", "texts": ["red", "blue"], **under_more},
    ]
    assert panel._frame.chosen == {"end": 2, "color": 0}


def test_a_panel_waits_at_its_start_until_it_is_seen(live):
    prepared = threading.Event()
    panel = Counter(pieces=(prepared.set,)).show()
    panel.set(end=6)
    tell(panel, views=1)
    assert panel._worker.wait(PATIENCE)
    assert panel.status == "Paused: 0 of 6"
    assert panel._frame.spoken == ""  # of a page full of panels, none may talk by itself
    assert panel.drawn[-1] == 0
    assert not prepared.is_set()
    begun = len(panel.begun)
    for _ in range(2):  # in two places
        tell(panel, seen=True)
    assert prepared.wait(PATIENCE)
    panel.wait(PATIENCE)
    assert panel.status == "Finished: 6 of 6"
    tell(panel, seen=True)  # after a reload of the page
    panel.wait(PATIENCE)
    assert len(panel.begun) == begun


@pytest.mark.parametrize("first", ["pause", "reset", "run"])
def test_what_is_done_with_a_panel_before_it_is_seen_counts(live, first):
    panel = Counter().show()
    getattr(panel, first)()
    panel._worker.wait(PATIENCE)
    tell(panel, seen=True)
    panel.wait(PATIENCE)
    assert panel.status == ("Finished: 4 of 4" if first == "run" else "Paused: 0 of 4")


def test_a_panel_that_is_taken_off_the_page_and_shown_again_waits_to_be_seen(live):
    panel = seen(Counter())
    panel.wait(PATIENCE)
    panel.show()
    tell(panel, views=0)  # the page takes the old place away when the cell is run
    panel._worker.wait(PATIENCE)
    assert panel.status == "Paused: 0 of 4"
    tell(panel, seen=True)
    panel.wait(PATIENCE)
    assert panel.status == "Finished: 4 of 4"


def test_wait_starts_a_panel_that_nobody_sees(live):
    panel = Counter().show()
    panel.wait(PATIENCE)
    assert panel.status == "Finished: 4 of 4"


def test_every_advance_may_be_a_picture(live):
    panel = Counter(end=6).show()
    panel.wait(PATIENCE)
    assert panel.drawn == [0, 1, 2, 3, 4, 5, 6]


def test_no_more_pictures_are_drawn_than_can_be_seen(live, monkeypatch):
    monkeypatch.setattr(session_module, "SECONDS_PER_PICTURE", 1e6)
    panel = Counter(end=6).show()
    panel.wait(PATIENCE)
    assert panel.drawn == [0, 6]


def test_no_picture_is_drawn_where_none_is_worth_its_time_but_when_the_run_is_paused(live, monkeypatch):
    monkeypatch.setattr(session_module, "SECONDS_PER_PICTURE", 0.0)
    monkeypatch.setattr(Count, "is_worth_a_picture", property(lambda run: run.at % 3 == 0))
    panel = gated(end=6)
    press(panel, "pause")
    panel.gate.release()
    panel.wait(PATIENCE)
    assert panel.drawn == [0, 2]
    panel.gate.release(1000)
    panel.run()
    panel.wait(PATIENCE)
    assert panel.drawn == [0, 2, 3, 6]


def test_a_quick_run_waits_for_its_pictures(live, monkeypatch):
    slept = []
    monkeypatch.setattr(session_module, "SECONDS_PER_PICTURE", 1e6)
    monkeypatch.setattr(session_module, "time", SimpleNamespace(monotonic=time.monotonic, sleep=slept.append))
    monkeypatch.setattr(Counter, "every_advance_is_drawn", True)
    panel = Counter(end=6).show()
    panel.wait(PATIENCE)
    assert panel.drawn == [0, 1, 2, 3, 4, 5, 6]
    assert len(slept) == 6
    assert all(0 < seconds <= 1e6 for seconds in slept)


def test_a_slider_that_is_moved_starts_a_new_run_at_once_and_only_its_last_place_counts(live):
    panel = gated(end=6)
    for place in (0, 1, 2, 1, 0):
        panel._frame.chosen = {"end": place, "color": 1}
    panel.gate.release(1000)
    panel.wait(PATIENCE)
    assert panel.begun == [Colored(6, "red"), Colored(2, "blue")]
    assert panel.words == "I have counted to 2 < 3."
    assert not panel._frame.running


def test_pause_stands_still_and_run_goes_on(live):
    panel = gated(end=4)
    press(panel, "pause")
    panel.gate.release()
    panel.wait(PATIENCE)
    assert panel.status == "Paused: 2 of 4"
    assert not panel._frame.running
    press(panel, "run")
    panel.gate.release(10)
    panel.wait(PATIENCE)
    assert panel.status == "Finished: 4 of 4"
    assert len(panel.begun) == 1


def test_run_after_the_end_starts_anew(live):
    panel = Counter().show()
    panel.wait(PATIENCE)
    press(panel, "run")
    panel.wait(PATIENCE)
    assert len(panel.begun) == 2
    assert panel.status == "Finished: 4 of 4"


@pytest.mark.parametrize("errand", ["keep", "set", "step"])
def test_run_right_after_something_else_starts_an_ended_run_anew(live, errand):
    panel = small(batch_size=8, epochs=1)
    panel.wait(PATIENCE)
    ended = panel.experiment
    {"keep": panel.keep, "set": lambda: panel.set(clock="updates"), "step": panel.step}[errand]()
    panel.run()
    panel.wait(PATIENCE)
    assert panel.experiment is not ended
    assert panel.status.startswith("Finished")


def test_a_panel_that_has_not_been_shown_is_stepped_from_its_start():
    panel = GdVsSgd(DATASET, batch_size=8, epochs=1)
    panel.set(seed=3)
    panel.keep()
    panel.forget()
    assert threads() == []
    panel.step()
    panel.wait(PATIENCE)
    assert panel.experiment.moment == 1
    assert panel.experiment.settings.seed == 3


def test_the_usual_batch_size_becomes_one_that_a_small_dataset_has():
    tiny = tiny_dataset(num_examples=10)
    assert GdVsSgd(tiny).settings.batch_size == 10
    with pytest.raises(ValueError, match="batch_size must be one of 1, 2, 4, 8, 10; got 64"):
        GdVsSgd(tiny, batch_size=64)


def test_what_is_prepared_for_a_small_dataset_begins_with_the_batch_size_that_it_has():
    panel = OptimizerRace(tiny_dataset(num_examples=5))
    assert panel._start_settings == panel.settings
    assert panel.settings.batch_size == 5
    assert iter(panel._prepare())


def test_a_choice_that_cannot_be_started_is_not_prepared_and_the_others_are(monkeypatch):
    panel = OptimizerRace(tiny_dataset(num_examples=5))
    start, refused = panel._start, 2

    def start_unless_refused(settings):
        if settings.batch_size == refused:
            raise ValueError("too many updates")
        return start(settings)

    all_pieces = len(list(panel._prepare()))
    monkeypatch.setattr(panel, "_start", start_unless_refused)
    num_choices = len(panel._controls["batch_size"].values)
    assert len(list(panel._prepare())) == all_pieces * (num_choices - 1) / num_choices


def test_runs_that_are_kept_with_the_same_name_are_both_said():
    panel = GdVsSgd(DATASET, batch_size=8, epochs=1)
    for epochs in (1, 2):
        panel.set(epochs=epochs)
        panel.run()
        panel.wait(PATIENCE)
        panel.keep()
    panel.wait(PATIENCE)
    assert sum(line.startswith("kept run, B = 8,") for line in panel.details.splitlines()) == 2


def test_whether_sampling_can_be_chosen_is_true_or_false():
    with signatures_unchecked(), pytest.raises(TypeError, match="choose_sampling must be True or False, got 'no'"):
        GdVsSgd(DATASET, choose_sampling="no")


def test_the_page_and_the_run_do_not_change_the_frame_at_once():
    frame = Frame()
    with frame.hold_sync():
        page = threading.Thread(target=frame.set_state, args=[{"chosen": {"end": 1}}])
        page.start()
        page.join(0.2)
        assert frame.chosen == {}
    page.join(PATIENCE)
    assert frame.chosen == {"end": 1}


def test_every_tab_is_told_what_one_has_chosen_and_what_is_kept(live, page, monkeypatch):
    told = []
    monkeypatch.setattr(Frame, "send", lambda _self, content, buffers=None: told.append(content))
    panel = seen(Counter())
    tell(panel, choose={"end": 2, "color": 1}, tab="one", number=1)
    wait_for_rest(panel, page)
    panel.close()
    assert [each for each in told if "chosen" in each] == [{"chosen": {"end": 2, "color": 1}, "tab": "one"}]
    assert [each["copy"] for each in told if "copy" in each] == page.updates


def test_of_what_a_tab_says_the_newest_holds_also_where_it_is_heard_first():
    panel = Counter()
    for turn, place in ((1, 0), (3, 2), (2, 1)):
        tell(panel, choose={"end": place, "color": 0}, tab="one", number=turn)
    assert panel.settings == Colored(end=6)
    tell(panel, choose={"end": 1, "color": 1}, tab="another", number=1)
    assert panel.settings == Colored(end=4, color="blue")


def test_reset_goes_back_to_the_start_and_stands_still(live):
    panel = gated()
    press(panel, "reset")
    panel.gate.release(10)
    panel.wait(PATIENCE)
    assert panel.status == "Paused: 0 of 4"
    assert len(panel.begun) == 2


def test_a_paused_panel_stays_paused_when_a_slider_is_moved(live):
    panel = gated()
    panel.reset()
    panel.gate.release(10)
    panel.wait(PATIENCE)
    panel.set(end=6)
    panel.wait(PATIENCE)
    assert panel.status == "Paused: 0 of 6"


def test_a_panel_that_nobody_sees_any_more_pauses(live):
    panel = gated(end=4)
    for views in (1, 2, 1):
        tell(panel, views=views)
    assert panel._worker.wish.running
    tell(panel, views=0)
    panel.gate.release(10)
    panel.wait(PATIENCE)
    assert panel.status.startswith("Paused")


def test_a_screen_reader_is_told_of_ends_and_pauses_alone(live):
    told = []
    panel = Counter(end=6, gate=threading.Semaphore(0))
    panel._frame.observe(lambda change: told.append(change["new"]), "spoken")
    wait_at_gate(seen(panel))
    panel.pause()
    panel.gate.release()
    panel.wait(PATIENCE)
    panel.run()
    panel.gate.release(10)
    panel.wait(PATIENCE)
    assert [words for words in told if words] == [
        "Paused. I have counted to 2 < 7.",
        "Finished. I have counted to 6 < 7.",
    ]


def test_what_the_sentence_leaves_out_is_there_to_be_unfolded_and_is_not_read_out():
    panel = Counter(end=4).show()
    assert panel._frame.details == [("to go", "0")]
    assert panel.details == "to go: 0"
    assert "to go" not in panel.words + panel._frame.alt + panel._frame.spoken


def test_picture_and_words_come_in_one_message(live, monkeypatch):
    messages = []
    send = Frame.send_state

    def record(self, key=None):
        messages.append(set(key or ()))
        send(self, key)

    monkeypatch.setattr(Frame, "send_state", record)
    Counter(end=4).show().wait(PATIENCE)
    words_sent = [keys for keys in messages if keys & {"sentence", "details", "status", "alt"}]
    assert len(words_sent) >= 4
    assert all("sentence" in keys for keys in words_sent if "details" in keys)
    assert all("picture" in keys or "sentence" not in keys for keys in words_sent)


# How long it takes


@pytest.fixture
def clock(monkeypatch):
    """A clock that the tests turn themselves."""
    clock = SimpleNamespace(now=0.0)
    turned = SimpleNamespace(monotonic=lambda: clock.now, sleep=lambda _seconds: None)
    monkeypatch.setattr(session_module, "time", turned)
    return clock


def statuses(panel):
    """All that the panel says from now on of where it is."""
    told = []
    panel._frame.observe(lambda change: told.append(change["new"]), "status")
    return told


def test_the_time_left_is_told_at_the_pace_so_far(clock):
    pace = Pace()
    assert pace.time_left(0.5) == ""  # nothing goes on
    pace.go(0.2)
    clock.now = 0.9
    assert pace.time_left(0.3) == ""  # in the first second nobody can say
    clock.now = 10.0
    assert pace.time_left(0.24) == ""  # nor from the first few pieces
    pace.go(0.4)
    assert pace.time_left(0.4) == ", about 30 s left"  # a fifth of the work in ten seconds
    assert pace.time_left(0.2) == ""
    assert [pace.time_left((10 + 0.2 * left) / (10 + left)) for left in (1, 2)] == ["", ", about 2 s left"]
    pace.stop()
    assert pace.time_left(0.4) == ""
    pace.go(0.4)
    clock.now = 14.0
    assert pace.time_left(0.6) == ", about 8 s left"


def test_a_new_run_begins_at_a_pace_of_its_own(live, clock):
    panel = gated(end=6)
    told = statuses(panel)
    clock.now = 100.0
    panel.set(end=4)
    panel.gate.release()
    wait_at_gate(panel)
    clock.now = 110.0
    panel.gate.release()
    wait_at_gate(panel)
    assert told[-1] == "Running: 2 of 4, about 10 s left"


def test_a_pause_does_not_count(live, clock):
    panel = gated(end=4)
    told = statuses(panel)
    panel.pause()
    panel.gate.release()
    panel.wait(PATIENCE)
    clock.now = 1000.0
    panel.run()
    wait_at_gate(panel)
    clock.now = 1010.0
    panel.gate.release()
    wait_at_gate(panel)
    assert told[-1] == "Running: 3 of 4, about 10 s left"
    assert not any("left" in status for status in told[:-1])


# What goes wrong


@pytest.mark.parametrize("where", ["start", "at 1", "at 3", "draw"])
def test_an_error_is_shown_and_raised_and_the_next_run_works(live, where):
    panel = Counter(fails=where).show()
    with pytest.raises(RuntimeError, match=f"^failed {where}$") as caught:
        panel.wait(PATIENCE)
    assert panel.error is caught.value
    assert panel._frame.error == f"RuntimeError: failed {where}"
    assert panel.status.startswith("Stopped by an error")
    assert not panel._frame.running
    panel.fails = None
    panel.set(end=2)
    panel.wait(PATIENCE)
    assert panel.error is None
    assert panel._frame.error == ""
    assert panel.status == "Finished: 2 of 2"


def test_run_after_an_error_starts_anew(live):
    panel = Counter(fails="at 3").show()
    with pytest.raises(RuntimeError):
        panel.wait(PATIENCE)
    panel.fails = None
    press(panel, "run")
    panel.wait(PATIENCE)
    assert panel.status == "Finished: 4 of 4"
    assert panel._frame.error == ""


@pytest.mark.parametrize("then", [lambda panel: panel.pause(), lambda panel: tell(panel, views=0)])
def test_an_error_stays_on_the_page_when_the_panel_is_paused(live, then):
    panel = Counter(fails="at 3").show()
    with pytest.raises(RuntimeError):
        panel.wait(PATIENCE)
    then(panel)
    with pytest.raises(RuntimeError):
        panel.wait(PATIENCE)
    assert panel._frame.error == "RuntimeError: failed at 3"
    assert panel.status.startswith("Stopped by an error")


def test_wait_says_that_it_took_too_long(live):
    panel = gated()
    with pytest.raises(TimeoutError, match=r"^the run has not ended within 0\.01 seconds$"):
        panel.wait(0.01)
    assert panel._frame.running


def test_an_interrupted_wait_pauses(live, monkeypatch):
    panel = gated()

    def interrupted(_timeout):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(panel._worker, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            panel.wait()
    panel.gate.release(10)
    panel.wait(PATIENCE)
    assert panel.status.startswith("Paused")


def test_pausing_before_anything_was_shown_is_harmless():
    panel = Counter()
    panel.pause()
    panel.wait(PATIENCE)
    tell(panel, views=0)
    panel.wait(PATIENCE)
    assert threads() == []
    assert panel.show().status == "Finished: 4 of 4"


# Work ahead, and the end


def test_work_is_done_ahead_while_the_run_goes_on(live):
    done, both = [], threading.Event()
    pieces = (lambda: done.append(1), lambda: (done.append(2), both.set()))
    gated(pieces=pieces)
    assert both.wait(PATIENCE)
    assert done == [1, 2]


class Slow(Counter):
    """Its run is set up when the test lets it."""

    def __init__(self, **values):
        self.sets_up, self.go, self.has_prepared = threading.Event(), threading.Event(), []
        super().__init__(**values)

    def _start(self, settings):
        self.sets_up.set()
        assert self.go.wait(PATIENCE)
        return super()._start(settings)

    def fail_when(self, where):
        if where == "at 1":
            self.has_prepared.append(self._session.trains.is_set())


def test_work_ahead_waits_for_the_run_though_it_is_seen_before_the_first_picture(live, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_TO_REST", PATIENCE)
    panel = Slow().show()
    assert panel.sets_up.wait(PATIENCE)
    tell(panel, seen=True)
    panel.go.set()
    panel.wait(PATIENCE)
    assert panel.has_prepared == [False]


def test_work_is_done_ahead_while_a_run_rests_at_its_start(live):
    prepared = threading.Event()
    panel = Slow(pieces=(prepared.set,)).show()
    assert panel.sets_up.wait(PATIENCE)
    tell(panel, seen=True)
    press(panel, "pause")
    panel.go.set()
    assert prepared.wait(PATIENCE)
    assert panel.has_prepared == []


@pytest.mark.parametrize("shares", [True, False])
def test_in_a_class_that_shares_a_machine_nothing_is_prepared(live, monkeypatch, shares):
    prepared = []
    monkeypatch.setattr(panel_module, "SHARES_MACHINE", shares)
    panel = Counter(pieces=(lambda: prepared.append(1),)).show()
    tell(panel, seen=True)
    panel.wait(PATIENCE)
    panel._preparing.join(PATIENCE)
    assert prepared == ([] if shares else [1])


def test_nothing_is_prepared_without_a_page():
    Counter(pieces=(lambda: 1 / 0,)).show()
    assert [thread.name for thread in threads()] == ["panel"]


@pytest.mark.parametrize("given", [{"sampling": "sorted"}, {"choose_sampling": True}])
def test_each_choice_of_the_flagship_is_compiled_once_and_none_that_cannot_be_made(monkeypatch, given):
    panel, choices = GdVsSgd(DATASET, batch_size=8, **given), []
    monkeypatch.setattr(panel, "_start", lambda settings: choices.append(settings) or Untouched())
    assert list(panel._prepare()) == []
    sampling, can_choose = given.get("sampling", "reshuffle"), "choose_sampling" in given
    expected = [(size, sampling) for size in (8, 4, 16, 2, 24, 1)]
    if can_choose:
        expected += [(8, "shuffle_once"), (8, "replacement"), (8, "sorted"), (24, "replacement")]
    assert [(each.batch_size, each.sampling) for each in choices] == expected


class Untouched:
    """A run that has nothing to compile."""

    def to_compile(self):
        return ()


def test_an_error_in_work_ahead_is_left_to_the_run_that_meets_it(live):
    finished = threading.Event()
    panel = seen(Counter(end=2, pieces=(lambda: finished.wait(PATIENCE), lambda: 1 / 0)))
    panel.wait(PATIENCE)
    finished.set()
    for thread in threads():
        if thread.name == "prepare":
            thread.join(PATIENCE)
    assert panel.error is None
    assert panel._frame.error == ""


def test_close_ends_the_run_and_takes_the_panel_off_the_page(live):
    panel = gated(end=6)
    panel.gate.release(1000)
    panel.close()
    assert threads() == []
    assert panel._frame.comm is None
    panel.close()


def test_close_waits_for_the_work_ahead_that_is_under_way(live):
    started, go, later = threading.Event(), threading.Event(), []

    def piece():
        started.set()
        assert go.wait(PATIENCE)

    panel = seen(Counter(end=2, pieces=(piece, lambda: later.append(1))))
    panel.wait(PATIENCE)
    assert started.wait(PATIENCE)
    closing = threading.Thread(target=panel.close)
    closing.start()
    closing.join(0.3)
    closed_too_early = not closing.is_alive() and threads()
    go.set()
    closing.join(PATIENCE)
    assert not closed_too_early
    assert threads() == []
    assert later == []


def test_closing_does_not_wait_for_what_nobody_will_see(live):
    prepared = []
    panel = seen(Slow(pieces=(lambda: prepared.append(1),)))
    assert panel.sets_up.wait(PATIENCE)
    closing = threading.Thread(target=panel.close)
    closing.start()
    panel._preparing.join(PATIENCE)
    still_there = panel._preparing.is_alive()
    panel.go.set()
    closing.join(PATIENCE)
    assert not still_there
    assert prepared == threads() == []


def test_a_closed_panel_says_so(live):
    panel = Counter().show()
    panel.wait(PATIENCE)
    panel.close()
    for wish in (lambda: panel.set(end=6), panel.run, panel.pause, panel.reset, panel.show):
        with pytest.raises(RuntimeError, match="this panel is closed"):
            wish()
    assert panel.settings.end == 4
    panel.wait(PATIENCE)
    assert len(panel.begun) == 1


def test_a_closed_panel_keeps_what_it_has_kept():
    panel = small()
    panel.keep()
    panel.close()
    for wish in (panel.keep, panel.forget):
        with pytest.raises(RuntimeError, match="this panel is closed"):
            wish()
    assert len(panel.kept) == 1


def test_a_cell_that_is_run_again_replaces_its_panel(live, monkeypatch):
    parent = {"content": {"allow_stdin": True}, "metadata": {"cellId": "a"}}
    kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    after_cell = []
    hooks = {"pre_run_cell": [], "post_run_cell": after_cell}
    events = SimpleNamespace(register=lambda event, callback: hooks[event].append(callback))
    shell = SimpleNamespace(kernel=kernel, events=events)
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    monkeypatch.setattr(notebook, "_hooked", False)
    monkeypatch.setattr(notebook, "_last_cell_ended", -math.inf)
    parent["header"] = {"msg_id": "1"}
    first, beside = gated(end=6), gated(end=6)
    for panel in (first, beside):
        panel.gate.release(1000)
    parent["header"] = {"msg_id": "2"}
    second = Counter().show()
    second.wait(PATIENCE)
    after_cell[0](SimpleNamespace(error_in_exec=None))
    assert [panel._worker._thread.is_alive() for panel in (first, beside, second)] == [False, False, True]


class Coder(Counter):
    """Says which code makes its run."""

    def _code(self, settings):
        return f"count({settings.end})"


def test_the_code_is_that_of_the_run_that_is_seen_though_something_else_is_chosen_by_now():
    panel, seen = Coder(end=2), []
    draw = panel._picture_of

    def choose_and_draw(run):
        if run.end == 2:
            panel.set(end=6)
        return draw(run)

    panel._picture_of = choose_and_draw
    panel._frame.observe(lambda change: seen.append((change.new, panel._frame.alt)), "code")
    panel.run()
    panel.wait(PATIENCE)
    assert [code for code, _ in seen] == ["count(2)", "count(6)"]
    assert all(f'to "{code[6]}"' in alt for code, alt in seen)


# Looking at it in another way


def small(**settings):
    """A flagship panel that has run to its end."""
    return GdVsSgd(DATASET, **{"batch_size": 8, "epochs": 3, **settings}).show()


def curves_of(panel, place=0):
    marks = panel._session.picture.rows[0][place].marks
    return {mark.name: mark for mark in marks if isinstance(mark, Curve) and mark.name}


def test_another_clock_changes_the_picture_and_trains_nothing():
    panel = small()
    run, measured = panel.experiment, panel.experiment.first.sgd.measurements
    ends = {"updates": 9, "epochs": 3, "examples": 72}
    for clock, end in ends.items():
        panel.set(clock=clock)
        panel.wait(PATIENCE)
        assert panel._session.picture.rows[0][0].x.high == end
        sgd = curves_of(panel)["SGD, B = 8"]
        assert sgd.x.tolist() == panel.experiment.first.sgd.history(clock).time.tolist()
    panel.set(clock="seconds")
    panel.wait(PATIENCE)
    gd, sgd = curves_of(panel)["GD"], curves_of(panel)["SGD, B = 8"]
    assert 0 < max(gd.x[-1], sgd.x[-1]) <= panel._session.picture.rows[0][0].x.high
    assert panel.experiment is run
    assert panel.experiment.first.sgd.measurements == measured


def test_another_curve_and_scale_are_other_pictures_of_the_same_run():
    panel = small()
    last = panel.experiment.first.sgd.measurements[-1]
    for curve, value in [("test_loss", last.test_loss), ("test_accuracy", last.test_accuracy), ("loss", last.loss)]:
        panel.set(curve=curve)
        panel.wait(PATIENCE)
        assert curves_of(panel)["SGD, B = 8"].y[-1] == pytest.approx(value)
        assert ("one batch" in curves_of(panel)) == (curve == "loss")
    panel.set(scale="log")
    panel.wait(PATIENCE)
    assert panel._session.picture.rows[0][0].y.log
    assert panel.status.startswith("Finished")


def test_a_new_look_while_the_run_goes_on_does_not_stop_it(live, monkeypatch):
    monkeypatch.setattr(GdVsSgd, "_prepare", lambda _self: ())
    panel = GdVsSgd(DATASET, batch_size=1, epochs=1).show()
    panel.set(clock="updates")
    panel.set(curve="test_loss")
    panel.wait(PATIENCE)
    assert panel.status == "Finished: epoch 1.0 of 1"
    assert panel._session.picture.rows[0][0].x.high == 24


# Steps


def titles_of(panel):
    return [chart.title for row in panel._session.picture.rows for chart in row]


def test_next_update_makes_exactly_one(live):
    panel = small()
    panel.wait(PATIENCE)
    press(panel, "reset")
    for made in range(1, 4):
        press(panel, "step")
        panel.wait(PATIENCE)
        assert panel.experiment.moment == panel._frame.moment == panel._frame.recorded == made
        assert not panel._frame.running
    assert "The gradient of the next batch points" in panel.words
    assert "length of the next batch's gradient: " in panel.details
    assert "Its gradient" in titles_of(panel)


def test_steps_pressed_quickly_are_all_made(live):
    panel = small()
    panel.wait(PATIENCE)
    press(panel, "reset")
    for _ in range(5):
        press(panel, "step")
    panel.wait(PATIENCE)
    assert panel.experiment.moment == 5


def test_the_scrubber_goes_back_and_the_run_goes_on_as_it_did(live):
    panel = small()
    panel.wait(PATIENCE)
    before = final(panel)
    for moment in (7, 2, 5, 4):
        tell(panel, go_to=moment)
    panel.wait(PATIENCE)
    assert (panel._frame.moment, panel._frame.recorded) == (4, 9)
    assert panel.status == "Paused: epoch 1.3 of 3"
    assert "After 4 updates" in panel.words
    assert "SGD, B = 8: 4 updates" in panel.details
    press(panel, "run")
    panel.wait(PATIENCE)
    assert final(panel) == before


def test_a_batch_of_examples_that_are_no_square_images_is_not_shown_as_such():
    panel = small()
    panel.go_to(4)
    panel.wait(PATIENCE)
    *_, arrows = titles_of(panel)
    assert (len(titles_of(panel)), arrows) == (2, "Its gradient")


def test_the_batch_of_the_next_update_is_shown():
    panel = GdVsSgd(tiny_dataset(num_features=9), batch_size=8, epochs=3).show()
    panel.go_to(4)
    panel.wait(PATIENCE)
    inspection = panel.experiment.first.sgd.inspect()
    assert f"length of the next batch's gradient: {number(inspection.batch_grad_norm)}\n" in panel.details
    *_, batch, arrows = panel._session.picture.rows[0]
    assert batch.title == "The next batch: 8 images"
    of_batch, true, _ = arrows.marks
    assert (of_batch.name, true.name) == ("batch's", "true gradient")
    angle = math.atan2(of_batch.y[1], of_batch.x[1]) - math.atan2(true.y[1], true.x[1])
    assert math.cos(angle) == pytest.approx(inspection.cosine, abs=1e-6)
    lengths = [math.hypot(arrow.x[1], arrow.y[1]) for arrow in (of_batch, true)]
    assert lengths[0] / lengths[1] == pytest.approx(inspection.batch_grad_norm / inspection.full_grad_norm, rel=1e-5)


def test_a_new_run_is_not_looked_at_step_by_step():
    panel = small()
    for begin in (lambda: panel.set(seed=1), panel.run):
        panel.go_to(4)
        panel.wait(PATIENCE)
        assert panel._session.stepping
        assert "Its gradient" in titles_of(panel)
        begin()
        panel.wait(PATIENCE)
        assert not panel._session.stepping
        assert "Its gradient" not in titles_of(panel)
        assert "next batch" not in panel.words + panel._frame.alt + panel.details
        panel.run()
        panel.wait(PATIENCE)


def test_a_panel_without_steps_says_so():
    panel = Coverage(DATASET, batch_size=8).show()
    for action in (panel.step, lambda: panel.go_to(1)):
        with pytest.raises(TypeError, match="Coverage has no single steps"):
            action()
    for action in (panel.keep, panel.forget):
        with pytest.raises(TypeError, match="Coverage keeps no runs"):
            action()
    with pytest.raises(ValueError, match="moment must be a whole number of at least 0, got -1"):
        small().go_to(-1)


# Keep and compare


def test_a_kept_run_stays_beside_the_next_ones_with_its_name():
    panel = small(batch_size=8)
    kept = curves_of(panel)["SGD, B = 8"]
    panel.keep()
    panel.set(batch_size=2, epochs=2)
    panel.wait(PATIENCE)
    assert panel._session.picture.rows[0][0].x.high == 3  # the kept run is the longer one
    curve = curves_of(panel)["B = 8, η = 0.05, seed 0"]
    np.testing.assert_array_equal([curve.x, curve.y], [kept.x, kept.y])
    assert "B = 8, η = 0.05, seed 0" in curves_of(panel, 1)
    assert "kept run, B = 8, η = 0.05, seed 0: loss " in panel.details
    assert panel._frame.num_kept == 1
    panel.forget()
    panel.wait(PATIENCE)
    assert "kept" not in panel.details
    assert panel._frame.num_kept == 0


def test_a_kept_run_stays_whole_while_the_one_on_the_page_goes_back():
    panel = small(batch_size=8)
    kept = curves_of(panel)["SGD, B = 8"]
    panel.keep()
    panel.go_to(1)
    panel.wait(PATIENCE)
    curves = curves_of(panel)
    np.testing.assert_array_equal(curves["B = 8, η = 0.05, seed 0"].y, kept.y)
    assert len(curves["SGD, B = 8"].y) < len(kept.y)
    panel.forget()
    panel.keep()
    panel.wait(PATIENCE)
    np.testing.assert_array_equal(curves_of(panel)["B = 8, η = 0.05, seed 0"].y, kept.y)


def test_runs_that_differ_are_kept_under_different_names():
    panel = GdVsSgd(DATASET, batch_size=8, choose_sampling=True)
    changes = [
        {}, {"batch_size": 2}, {"learning_rate": 0.1}, {"seed": 1}, {"num_seeds": 5}, {"sampling": "shuffle_once"},
        {"sampling": "replacement"},
    ]  # fmt: skip
    names = [panel._to_keep(panel._start(replace(panel.settings, **change))).name for change in changes]
    assert len(set(names)) == len(changes)


def test_a_kept_run_keeps_no_network():
    panel = small()
    run = weakref.ref(panel.experiment.first.sgd)
    panel.keep()
    panel.set(seed=1)
    panel.wait(PATIENCE)
    gc.collect()
    assert len(panel.kept) == 1
    assert run() is None


def test_nothing_is_left_of_a_closed_panel():
    panel = GdVsSgd(DATASET, batch_size=8, epochs=3)
    panel.run()
    panel.wait(PATIENCE)
    left = weakref.ref(panel)
    panel.close()
    del panel
    gc.collect()
    assert left() is None


def test_four_runs_are_kept_and_the_oldest_makes_room():
    panel = small()
    for seed in range(1, 7):
        panel.wait(PATIENCE)
        panel.keep()
        panel.set(seed=seed)
        panel.wait(PATIENCE)
    names = [name for name, _ in panel.kept]
    assert names == [f"B = 8, η = 0.05, seed {seed}" for seed in (2, 3, 4, 5)]
    colors = [curve.color for name, curve in curves_of(panel).items() if name != "one batch"]
    assert len(set(colors)) == len(colors) == 6


# Seeds


def test_five_seeds_are_a_median_and_a_range():
    panel = small(num_seeds=5)
    losses = np.array([run.history().losses for run in panel.experiment.sgd])
    assert losses.shape[0] == 5
    np.testing.assert_allclose(curves_of(panel)["SGD, B = 8"].y, np.median(losses, axis=0))
    bands = [mark for mark in panel._session.picture.rows[0][0].marks if isinstance(mark, Band)]
    assert len(bands) == 2
    np.testing.assert_allclose([bands[1].low, bands[1].high], [losses.min(axis=0), losses.max(axis=0)])
    low, high = number(losses[:, -1].min()), number(losses[:, -1].max())
    assert f"SGD, 5 seeds: loss {low} to {high}\n" in panel.details


# Anything in any order


def test_a_thousand_actions_in_any_order_leave_the_panel_sound(live, monkeypatch):
    monkeypatch.setattr(GdVsSgd, "_prepare", lambda _self: ())
    rng = np.random.default_rng(0)
    panel = GdVsSgd(DATASET, batch_size=8, epochs=3, choose_sampling=True).show()
    buttons = ["run", "pause", "reset", "step", "keep", "forget"]
    expected = vars(panel.settings).copy()
    for _ in range(1000):
        kind = rng.integers(10)
        if kind < 5:
            name = str(rng.choice(list(panel._controls)))
            values = panel._controls[name].values
            place = int(rng.integers(min(len(values), 4)))
            expected[name] = values[place]
            tell(panel, choose={**panel._frame.chosen, name: place}, tab="1")
        elif kind < 9:
            press(panel, str(rng.choice(buttons)))
        else:
            tell(panel, go_to=int(rng.integers(20)))
        assert vars(panel.settings) == expected
        assert panel.error is None
    panel.wait(PATIENCE)
    panel.run()
    panel.wait(PATIENCE)
    assert panel.error is None
    assert panel.status.startswith("Finished")
    assert panel.experiment.settings.batch_size == expected["batch_size"]
    assert len(panel.kept) <= panel_module.MAX_KEPT
    assert threads().count(panel._worker._thread) == 1
