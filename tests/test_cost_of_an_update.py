"""The panel that times one update: what it measures, draws and says."""

import math
import re
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import given
from hypothesis import strategies as st
from sentences import assert_can_be_said, is_said, listed, numbers_in

from lesson_lib import CostOfAnUpdate, cost
from lesson_lib.chart.picture import Band, Curve
from lesson_lib.cost import CostFit, UpdateTimes, fit_cost
from lesson_lib.panels.cost_of_an_update import words
from lesson_lib.panels.cost_of_an_update.picture import draw_cost
from lesson_lib.panels.cost_of_an_update.run import CostOfAnUpdateRun
from lesson_lib.panels.cost_of_an_update.words import CostFacts, DeviceFacts

DATASET = tiny_dataset()
SIZES = np.array([1, 2, 4, 8, 16, 24])


@pytest.fixture
def quick(monkeypatch):
    """Updates that take no time, so that a timed run is as short as can be."""
    monkeypatch.setattr(cost, "run_updates", lambda state, *_, **__: (state, None))
    clock = iter(range(10**9))
    measuring = cost.measuring
    monkeypatch.setattr(
        cost, "measuring", lambda *args, **settings: measuring(*args, **settings, clock=lambda: float(next(clock)))
    )


@pytest.mark.slow
def test_pieces_hold_what_update_times_returns():
    """The same clock for both: the pieces end with the rounds, and a first row from making ready."""
    run = CostOfAnUpdateRun(DATASET, rounds=3)
    shares = []
    while not run.finished:
        run.advance()
        shares.append(run.done)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) == cost.pieces_of_work(len(SIZES), 3)
    (times,) = run.times
    assert times.seconds.shape == (1 + 3, len(SIZES))
    assert (times.seconds > 0).all()
    assert (times.compile_seconds > 0).all()
    np.testing.assert_array_equal(times.minimum, times.seconds.min(axis=0))
    run.advance()  # a finished measurement stays as it is
    assert run.times == [times]


@pytest.mark.usefixtures("quick")
def test_what_was_known_before_stays_as_it_was():
    run = CostOfAnUpdateRun(DATASET, rounds=3)
    run.advance()
    before = run.times[0]
    while not run.finished:
        run.advance()
    assert np.isnan(before.seconds).all()
    assert np.isnan(before.minimum).all()


@pytest.mark.usefixtures("quick")
def test_two_devices_have_their_turns(monkeypatch):
    cpu = jax.devices("cpu")[0]
    monkeypatch.setattr(cost, "devices", lambda: (cpu, cpu))
    panel = CostOfAnUpdate(DATASET, batch_size=8).show()
    assert "GPU: " not in panel.details
    assert panel.details.count("CPU: line: ") == 2
    names = [mark.name for chart in panel._session.picture.rows[0] for mark in chart.marks if isinstance(mark, Curve)]
    assert "time, CPU" in names


@pytest.mark.parametrize("rounds", [0, -1, 2.5, True])
def test_rounds_are_checked(rounds):
    with pytest.raises((TypeError, ValueError), match="rounds"):
        CostOfAnUpdateRun(DATASET, rounds=rounds)


def times_of(minimum):
    minimum = np.array(minimum, float)
    return UpdateTimes(SIZES, np.stack([minimum, minimum * 1.1]), np.full(len(minimum), 0.1), "cpu")


@given(st.lists(st.floats(1e-6, 1e-1), min_size=6, max_size=6))
def test_for_which_batch_sizes_it_is_hundreds(minimum):
    said = words.where_many(times_of(minimum))
    named = {int(size.replace(",", "")) for size in re.findall(r"[\d,]*\d", said)}
    meant = {size for size in SIZES.tolist() if size <= max(named)} if "up to" in said else named
    assert meant == {size for size, each in zip(SIZES.tolist(), minimum, strict=True) if minimum[-1] / each >= 100}


@pytest.mark.parametrize(
    ("times_shorter", "said"),
    [
        ([200, 150, 120, 80, 9, 1], "for every B up to {2}"),
        ([200, 50, 120, 101, 9, 1], "only for B = {0}, {2}, {3}"),
        ([200, 50, 20, 11, 9, 1], "only for B = {0}"),
        ([128, 100, 20, 11, 9, 1], "for every B up to {1}"),
        ([99, 50, 20, 11, 9, 1], ""),
    ],
)
def test_one_disturbed_measurement_hides_no_other(times_shorter, said):
    assert words.where_many(times_of(1 / np.array(times_shorter))) == said.format(*SIZES)


def test_a_line_needs_some_points():
    assert words.line_through(times_of([1, 2, 4, np.nan, np.nan, np.nan])) is None
    fit = words.line_through(times_of([1, 2, 4, 8, np.nan, np.nan]))
    assert fit.fixed_seconds == pytest.approx(0, abs=1e-12)
    assert fit.seconds_per_example == pytest.approx(1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.14e-5, "31.4 µs"), (9.999e-4, "1.00 ms"), (0.99951, "1.00 s"), (0.0, "0 µs"), (-2e-6, "−2.00 µs")],
)
def test_durations(seconds, text):
    assert words.duration(seconds) == text


CPU = DeviceFacts("CPU", 2e-4, 0.1, "for every B up to 4", None, 0.4)
GPU = DeviceFacts("GPU", 1e-4, 2.5e-3, "", CostFit(2e-5, 1e-6, np.diag([9e-12, 4e-14]), 0.07), 1.5)
KNOWN = CostFacts(12_000, 1_024, (CPU, GPU), 6, 6)
WORK = "GD's update looks at 11.7 times as many examples as one with B = 1,024"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, f"{WORK}; it takes 500 times as long on the CPU and 25.0 times as long on the GPU."),
        ({"devices": (CPU,)}, f"{WORK}; it takes 500 times as long on the CPU."),
        ({"devices": (CPU._replace(update=math.nan), GPU)}, f"{WORK}; it takes 25.0 times as long on the GPU."),
        ({"devices": (CPU._replace(gd_update=math.nan),)}, f"{WORK}; the times are not known yet."),
        ({"batch_size": 12_000}, "One update of GD (B = N) takes 100 ms on the CPU and 2.50 ms on the GPU."),
        ({"batch_size": 12_000, "devices": (CPU._replace(gd_update=math.nan),)}, "The times are not known yet."),
        ({"num_ready": 5}, "Compiling for each batch size on the GPU, which is timed apart: 5 of 6."),
        (
            {"devices": (CPU,), "num_ready": 5},
            "Compiling for each batch size on the CPU, which is timed apart: 5 of 6.",
        ),
        ({"devices": (), "num_ready": 0}, "Compiling for each batch size, which is timed apart: 0 of 6."),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_the_details_give_work_and_time():
    of_cpu = [
        ("examples in GD's update", "11.7 times those with B = 1,024"),
        ("CPU: update of GD (B = N)", "100 ms"),
        ("CPU: update with B = 1,024", "200 µs"),
        ("CPU: GD's beside that", "500 times as long"),
        ("CPU: GD's at least 100 times as long", "for every B up to 4"),
        ("CPU: first calls, which compile", "up to 400 ms, not counted"),
    ]
    assert words.details(KNOWN) == [
        *of_cpu,
        ("GPU: update of GD (B = N)", "2.50 ms"),
        ("GPU: update with B = 1,024", "100 µs"),
        ("GPU: GD's beside that", "25.0 times as long"),
        ("GPU: GD's at least 100 times as long", "for no batch size"),
        ("GPU: first calls, which compile", "up to 1.50 s, not counted"),
        ("GPU: line", "20.0 µs + 1.00 µs · B; the points lie about 7 % from it"),
        ("GPU: knee", "B = 20.0 ± 5.00"),
    ]
    assert words.details(KNOWN._replace(devices=(CPU,))) == [*of_cpu, ("GPU", "JAX found none here")]
    assert words.details(KNOWN._replace(num_ready=2)) == [("batch sizes compiled", "2 of 6")]
    for fit in (GPU.fit._replace(fixed_seconds=-1e-6), GPU.fit._replace(seconds_per_example=0.0)):
        assert dict(words.details(KNOWN._replace(devices=(GPU._replace(fit=fit),))))["GPU: knee"] == "none"


TIMES = st.floats(1e-6, 10) | st.just(math.nan)
DEVICES = st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=2)


@given(DEVICES, st.sampled_from([1, 2, 128, 8_192, 12_000]), st.integers(0, 6))
def test_the_sentence_gives_work_and_time_whatever_is_measured(times, batch_size, ready):
    names = ("CPU", "GPU")
    devices = tuple(DeviceFacts(name, *each, "", None, 0.4) for name, each in zip(names, times, strict=False))
    facts = CostFacts(12_000, batch_size, devices, ready, 6)
    sentence, _ = words.sentence(facts), listed(words.details(facts))
    assert_can_be_said(sentence)
    if ready < 6:
        on = f"on the {devices[-1].name}"
        assert sentence == f"Compiling for each batch size {on}, which is timed apart: {ready} of 6."
        return
    known = [device for device in devices if math.isfinite(device.update) and math.isfinite(device.gd_update)]
    assert ("not known yet" in sentence) == (not known)
    if batch_size == 12_000:
        for device in known:
            assert f"{words.duration(device.gd_update)} on the {device.name}" in sentence
        assert sentence.startswith("One update of GD (B = N) takes") == bool(known)
        return
    work, size, *ratios = numbers_in(sentence)
    assert is_said(work, 12_000 / batch_size)
    assert size == batch_size
    assert len(ratios) == len(known)
    for ratio, device in zip(ratios, known, strict=True):
        true = device.gd_update / device.update
        assert is_said(ratio, true) or not 0.001 < true < 1e5
        assert f"as long on the {device.name}" in sentence


def run_with(*minima):
    """A run that has measured these times of an update on a CPU, and on a GPU."""
    run = CostOfAnUpdateRun(DATASET)
    run.devices = tuple(SimpleNamespace(platform=name) for name in ("cpu", "gpu"))
    run.times = [times_of(minimum)._replace(seconds=np.array([minimum], float)) for minimum in minima]
    return run


@given(st.lists(st.floats(1e-7, 10) | st.just(math.nan), min_size=6, max_size=6), st.sampled_from(SIZES.tolist()))
def test_the_ratios_are_those_of_the_times(minimum, chosen):
    picture = draw_cost(run_with(minimum), chosen)
    left, right = picture.rows[0]
    curves = {mark.name: mark for mark in right.marks if isinstance(mark, Curve)}
    np.testing.assert_allclose(curves["time"].y, np.array(minimum)[-1] / np.array(minimum))
    np.testing.assert_allclose(curves["work, N / B"].y, 24 / SIZES)
    for chart in (left, right):
        for mark in chart.marks:
            is_measured = isinstance(mark, Curve) and mark.name not in {"a + b·B", "knee"}
            values = mark.y[np.isfinite(mark.y)] if is_measured else np.array([])
            assert ((values >= chart.y.low * (1 - 1e-9)) & (values <= chart.y.high * (1 + 1e-9))).all()


def test_the_knee_is_drawn_where_it_lies_in_the_chart():
    def names(fixed, per_example):
        charts = draw_cost(run_with(fixed + per_example * SIZES), 8).rows[0]
        return [mark.name for mark in charts[0].marks if isinstance(mark, Curve)]

    assert "knee" in names(5.0, 1.0)
    assert "knee" not in names(0.1, 1.0)
    assert "knee" not in names(1.0, 0.0)
    assert "a + b·B" in names(1.0, 0.0)


UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6}


def test_times_are_drawn_in_the_unit_of_their_axis():
    run = run_with()
    minimum = 1e-4 * (1 + SIZES / 4.0) + 1e-6 * np.arange(6) ** 2
    run.times = [times_of(minimum)._replace(compile_seconds=np.linspace(0.1, 0.2, 6))]
    (times,), fit = run.times, words.line_through(run.times[0])
    left, right = draw_cost(run, 8).rows[0]
    unit = UNITS[left.y.label]
    named = {mark.name: mark for mark in left.marks if mark.name and mark.x.size}
    for name, seconds in (
        ("one update", times.minimum), ("a + b·B", fit.seconds(SIZES)), ("compiling, once", times.compile_seconds),
    ):  # fmt: skip
        np.testing.assert_allclose(named[name].y, unit * seconds)
    unnamed = [mark for mark in left.marks if not mark.name]
    ring, single, knee = unnamed
    np.testing.assert_allclose([single.x, single.y], [np.tile(SIZES, 2), unit * times.seconds.ravel()])
    assert (knee.x.tolist(), knee.color) == ([fit.knee, fit.knee], named["one update"].color)
    assert (ring.x.tolist(), ring.y.tolist()) == ([8.0], [unit * times.minimum[3]])
    assert (
        next(mark for mark in left.marks if mark.name == "knee")[2:]
        == knee._replace(name="knee", named_at_end=False)[2:]
    )
    (band,) = (mark for mark in right.marks if isinstance(mark, Band))
    assert (band.low.tolist(), band.high.tolist()) == ([100, 100], [1000, 1000])
    assert left.x.label == right.x.label == "batch size B"


def test_a_device_has_one_colour_and_its_own_name():
    run = run_with(np.arange(6) + 1.0, np.arange(6) + 9.0)
    left, right = draw_cost(run, 8).rows[0]
    for each, name in zip(run.times, ("CPU", "GPU"), strict=True):
        (here,) = (mark for mark in left.marks if mark.name == f"one update, {name}")
        (there,) = (mark for mark in right.marks if isinstance(mark, Curve) and mark.name == f"time, {name}")
        np.testing.assert_allclose(there.y, here.y[-1] / here.y)
        np.testing.assert_allclose(here.y / here.y[0], each.minimum / each.minimum[0])
        assert (here.color, here.marker) == (there.color, there.marker)


def test_what_is_told_of_a_device_is_of_the_chosen_size_and_of_gd():
    times = times_of([0.5, 2, 3, 4, 5, 60])._replace(compile_seconds=np.array([0.1, 0.7, 0.3, np.nan, np.nan, np.nan]))
    run = CostOfAnUpdateRun(DATASET)
    run.times = []
    assert words.facts(run, 4) == (24, 4, (), 0, 6)
    run.times = [times]
    known = words.facts(run, 4)
    (told,) = known.devices
    assert told[:4] == ("CPU", 3.0, 60.0, "only for B = 1")
    assert told.fit.seconds([1]) == pytest.approx(fit_cost(SIZES, times.minimum).seconds([1]))
    assert told.compile_seconds == 0.7
    assert known == (24, 4, (told,), 3, 6)


@pytest.mark.usefixtures("quick")
def test_the_panel_marks_another_batch_size_without_measuring_anew():
    panel = CostOfAnUpdate(DATASET, batch_size=8, rounds=3).show()
    run = panel.experiment
    for batch_size in SIZES.tolist():
        panel.set(batch_size=batch_size)
        panel.wait(60.0)
        assert panel.words == words.sentence(words.facts(run, batch_size))
        assert panel.details == listed(words.details(words.facts(run, batch_size)))
    assert panel.experiment is run
    assert panel.status == "Finished: 100 % measured"
    panel.set(rounds=5)
    panel.run()
    panel.wait(60.0)
    assert panel.experiment is not run
