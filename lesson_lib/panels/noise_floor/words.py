"""What is said of the runs that come down to a noise floor."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lesson_lib.panel.numbers import count, epochs, number, spoken
from lesson_lib.panels.noise_floor.run import NUM_EXAMPLES, NUM_RUNS, NoiseFloorRun

FORGOTTEN = 0.02
"""The start is forgotten where it makes less than this share of what theory expects."""


class FloorFacts(NamedTuple):
    """What is known of the runs, now."""

    batch_size: int
    reshuffled: bool
    num_epochs: float
    num_updates: int
    finished: bool
    now: float
    """Mean of w² over the runs, at the last moment."""
    late: float
    """The same over the second half of the updates made so far."""
    expected: float
    """What theory says of `late`."""
    floor: float
    kept: Mapping[str, float]
    """The floors of the kept runs, by their names."""


def facts(run: NoiseFloorRun, kept: Mapping[str, float]) -> FloorFacts:
    """What has been seen of the runs so far."""
    history = run.history()
    second_half = 2 * history.num_updates >= history.num_updates[-1]
    return FloorFacts(
        batch_size=run.settings.batch_size,
        reshuffled=run.settings.sampling == "reshuffle",
        num_epochs=run.num_epochs,
        num_updates=int(history.num_updates[-1]),
        finished=run.finished,
        now=float(history.mean_sq[-1]),
        late=float(np.mean(history.mean_sq[second_half])),
        expected=float(np.mean(run.predicted(history.num_updates[second_half]))),
        floor=run.floor,
        kept=kept,
    )


def sentence(facts: FloorFacts) -> str:
    """Where the runs are, beside the noise floor of the formula."""
    floor = spoken(facts.floor)
    if facts.num_updates == 0:
        return f"All {NUM_RUNS:,} runs start at the same place, w² = {spoken(facts.now)}. The floor is {floor}."
    after = f"After {epochs(facts.num_epochs)}"
    if not facts.finished:
        return f"{after} the mean of w² over {NUM_RUNS:,} runs is {spoken(facts.now)}; the floor is {floor}."
    if _is_gd(facts):
        return f"{after} w² is {spoken(facts.now)}: with B = N and no replacement this is GD, without noise."
    if not _is_forgotten(facts):
        return (
            f"{after} the runs have not forgotten their start yet: w² is {spoken(facts.now)} on average, and the floor "
            f"is {floor}. Give them more epochs."
        )
    settled = f"The {NUM_RUNS:,} runs have settled: w² stays at {spoken(facts.late)} on average"
    if facts.reshuffled:
        return f"{settled}. With independent batches, the formula says {floor}."
    return f"{settled}, and the formula says {floor}."


def _is_gd(facts: FloorFacts) -> bool:
    return facts.reshuffled and facts.batch_size == NUM_EXAMPLES


def _is_forgotten(facts: FloorFacts) -> bool:
    return abs(facts.expected - facts.floor) <= FORGOTTEN * facts.floor


def _runs(facts: FloorFacts) -> str:
    """Where the runs are, beside the noise floor of the formula."""
    runs = f"{NUM_RUNS:,} runs"
    if facts.num_updates == 0:
        return f"All {runs} start at the same place, w² = {number(facts.now)}. The floor is {number(facts.floor)}."
    made = f"After {epochs(facts.num_epochs)}, {count(facts.num_updates, 'update')}"
    if not facts.finished:
        return f"{made}: the mean of w² over {runs} is {number(facts.now)}; the floor is {number(facts.floor)}."
    if _is_gd(facts):
        return f"{made}: B = N without replacement is GD. Its gradient has no noise, and w² is {number(facts.now)}."
    if not _is_forgotten(facts):
        return (
            f"{made}: the mean of w² over {runs} is {number(facts.now)}, and the start is not forgotten yet. "
            f"The floor is {number(facts.floor)}: give it more epochs."
        )
    measured = f"{made}: over the second half of them, w² is {number(facts.late)} on average over {runs}"
    if facts.reshuffled:
        return f"{measured}. Batches drawn independently would come down to {number(facts.floor)}."
    return f"{measured}; the formula says {number(facts.floor)}."


def details(facts: FloorFacts) -> str:
    """The same with more digits, and the floors of the kept runs."""
    kept = [
        f"The kept runs ({name}) have a floor of {number(floor)} in the formula." for name, floor in facts.kept.items()
    ]
    return " ".join([_runs(facts), *kept])
