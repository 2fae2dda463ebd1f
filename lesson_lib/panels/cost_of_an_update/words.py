"""What is said of the time of one update."""

import math
from typing import NamedTuple

import numpy as np

from lesson_lib.cost import CostFit, UpdateTimes, fit_cost
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import number, spoken, with_and
from lesson_lib.panels.cost_of_an_update.run import CostOfAnUpdateRun

MANY = 100
"""From this ratio on one speaks of hundreds."""

LEAST_FOR_A_LINE = 4
"""A line through fewer points says little."""


class DeviceFacts(NamedTuple):
    """What is known of one device, now."""

    name: str
    update: float
    """Seconds of an update of the chosen batch size; NaN where not measured."""
    gd_update: float
    """Seconds of an update of gradient descent."""
    many: str
    """For which batch sizes GD's update takes `MANY` times as long, or longer; empty where for none."""
    fit: CostFit | None
    compile_seconds: float
    """The longest first call: where a program is there already, it is short. NaN before the first one."""


class CostFacts(NamedTuple):
    """What is known of the time of one update, now."""

    num_examples: int
    batch_size: int
    devices: tuple[DeviceFacts, ...]
    num_ready: int
    """How many batch sizes have been made ready on the last of the devices."""
    num_batch_sizes: int


def facts(run: CostOfAnUpdateRun, batch_size: int) -> CostFacts:
    """What the measurement says of one batch size."""
    place = run.batch_sizes.index(batch_size)
    devices = tuple(_device_facts(run.name(i), times, place) for i, times in enumerate(run.times))
    ready = int(np.isfinite(run.times[-1].compile_seconds).sum()) if run.times else 0
    return CostFacts(run.dataset.num_examples, batch_size, devices, ready, len(run.batch_sizes))


def _device_facts(name: str, times: UpdateTimes, place: int) -> DeviceFacts:
    minimum = times.minimum
    return DeviceFacts(
        name=name,
        update=float(minimum[place]),
        gd_update=float(minimum[-1]),
        many=where_many(times),
        fit=line_through(times),
        compile_seconds=float(np.fmax.reduce(times.compile_seconds)),
    )


def where_many(times: UpdateTimes) -> str:
    """The batch sizes for which GD's update takes `MANY` times as long as theirs, in words; empty where none does.

    They need not be the smallest ones: a measurement can be disturbed, and a size can have a program of its own.
    """
    reached = times.minimum[-1] / times.minimum >= MANY
    sizes = times.batch_sizes[reached]
    if len(sizes) > 1 and reached[: len(sizes)].all():
        return f"for every B up to {sizes[-1]:,}"
    return f"only for B = {', '.join(f'{size:,}' for size in sizes)}" if len(sizes) else ""


def line_through(times: UpdateTimes) -> CostFit | None:
    """The line through what has been measured so far."""
    measured = np.isfinite(times.minimum)
    if measured.sum() < LEAST_FOR_A_LINE:
        return None
    return fit_cost(times.batch_sizes[measured], times.minimum[measured])


def sentence(facts: CostFacts) -> str:
    """How much more an update of GD looks at than one of the chosen batch size, and how much longer it takes."""
    if facts.num_ready < facts.num_batch_sizes:
        return _compiling(facts)
    timed = [device for device in facts.devices if math.isfinite(device.gd_update) and math.isfinite(device.update)]
    if facts.batch_size == facts.num_examples:
        times = [f"{duration(device.gd_update)} on the {device.name}" for device in timed]
        return f"One update of GD (B = N) takes {with_and(times)}." if timed else "The times are not known yet."
    work = f"GD's update looks at {_times(facts.num_examples / facts.batch_size)} as many examples as one with "
    ratios = [f"{_times(device.gd_update / device.update)} as long on the {device.name}" for device in timed]
    takes = f"it takes {with_and(ratios)}" if ratios else "the times are not known yet"
    return f"{work}B = {facts.batch_size:,}; {takes}."


def _compiling(facts: CostFacts) -> str:
    on = f" on the {facts.devices[-1].name}" if facts.devices else ""
    ready = f"{facts.num_ready} of {facts.num_batch_sizes}"
    return f"Compiling for each batch size{on}, which is timed apart: {ready}."


def _times(ratio: float) -> str:
    return f"{spoken(ratio)} times"


def details(facts: CostFacts) -> Details:
    """How long one update takes, beside GD's, in work and in time; and the line."""
    if facts.num_ready < facts.num_batch_sizes:
        return [("batch sizes compiled", f"{facts.num_ready} of {facts.num_batch_sizes}")]
    size = f"B = {facts.batch_size:,}"
    work = number(facts.num_examples / facts.batch_size)
    return known(
        ("examples in GD's update", f"{work} times those with {size}"),
        *(item for device in facts.devices for item in _times_of(device, size)),
        ("GPU", "JAX found none here" if [device.name for device in facts.devices] == ["CPU"] else ""),
    )


def _times_of(device: DeviceFacts, size: str) -> Details:
    fit, first_call = device.fit, f"up to {duration(device.compile_seconds)}, not counted"
    times = {
        "update of GD (B = N)": duration(device.gd_update),
        f"update with {size}": duration(device.update),
        "GD's beside that": f"{number(device.gd_update / device.update)} times as long",
        f"GD's at least {MANY} times as long": device.many or "for no batch size",
        "first calls, which compile": first_call,
    }
    if fit is not None:
        line = f"{duration(fit.fixed_seconds)} + {duration(fit.seconds_per_example)} · B"
        has_knee = math.isfinite(fit.knee_error) and fit.knee > 0
        times["line"] = f"{line}; the points lie about {100 * fit.relative_error:.0f} % from it"
        times["knee"] = f"B = {number(fit.knee)} ± {number(fit.knee_error)}" if has_knee else "none"
    return [(f"{device.name}: {label}", value) for label, value in times.items()]


def duration(seconds: float) -> str:
    """A time with the unit that fits.

    >>> duration(3.14e-5), duration(0.0182), duration(2.0)
    ('31.4 µs', '18.2 ms', '2.00 s')
    """
    for unit, length in (("s", 1.0), ("ms", 1e-3)):
        if abs(seconds) >= 0.9995 * length:
            return f"{number(seconds / length)} {unit}"
    return f"{number(seconds / 1e-6)} µs"
