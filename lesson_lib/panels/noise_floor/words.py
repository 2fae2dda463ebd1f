"""What is said of the runs that come down to a noise floor."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import epochs, number, spoken, updates_made
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
    if facts.reshuffled and facts.batch_size == NUM_EXAMPLES:
        return f"{after} w² is {spoken(facts.now)}: with B = N and no replacement this is GD, without noise."
    start_is_forgotten = abs(facts.expected - facts.floor) <= FORGOTTEN * facts.floor
    if not start_is_forgotten:
        return (
            f"{after} the runs have not forgotten their start yet: w² is {spoken(facts.now)} on average, and the floor "
            f"is {floor}. Give them more epochs."
        )
    settled = f"The {NUM_RUNS:,} runs have settled: w² stays at {spoken(facts.late)} on average"
    if facts.reshuffled:
        return f"{settled}. With independent batches, the formula says {floor}."
    return f"{settled}, and the formula says {floor}."


def details(facts: FloorFacts) -> Details:
    """Where the runs are, beside the noise floor of the formula."""
    return known(
        ("runs", f"{NUM_RUNS:,}"),
        ("so far", updates_made(facts.num_updates, facts.num_epochs)),
        ("mean of w² now", number(facts.now)),
        ("mean of w², second half of the updates", number(facts.late)),
        ("noise floor of the formula, for independent batches", number(facts.floor)),
        *((f"the same for the kept runs, {name}", number(floor)) for name, floor in facts.kept.items()),
    )
