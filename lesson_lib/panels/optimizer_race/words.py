"""What is said of optimizers side by side."""

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import NamedTuple

from lesson_lib.noise.direction import direction_noise_factor
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import Range, count, number, spoken, updates_made, with_and
from lesson_lib.panels.optimizer_race.run import OptimizerRaceRun
from lesson_lib.panels.optimizer_race.tuning import MOMENTUM

NAMES = {
    "sgd": "plain SGD",
    "momentum": "momentum",
    "nesterov": "Nesterov momentum",
    "rmsprop": "RMSProp",
    "adam": "Adam",
}

FORMULAS = {
    "sgd": 1.0,
    "momentum": direction_noise_factor(MOMENTUM),
    "nesterov": direction_noise_factor(MOMENTUM, nesterov=True),
}
"""Variance of the direction over that of plain SGD's, where there is a formula."""


LEAST_GAIN = 0.0005
"""Who is below plain SGD by less than this share is not called lower."""


class RacerFacts(NamedTuple):
    """What is known of one optimizer, now."""

    optimizer: str
    learning_rate: float
    at_the_edge: bool
    """Is its learning rate the smallest or the largest that was tried?"""
    losses: tuple[float, ...]
    """One for each seed; NaN where it has diverged."""

    @property
    def name(self) -> str:
        return NAMES[self.optimizer]

    @property
    def diverged(self) -> bool:
        return not all(map(math.isfinite, self.losses))

    @property
    def range(self) -> Range:
        return Range(min(self.losses), max(self.losses))


class OptimizerFacts(NamedTuple):
    """What is known of a race of optimizers, now."""

    batch_size: int
    is_full_batch: bool
    effective_rate: float | None
    """η / (1 - β), where the learning rates are matched."""
    num_tuned: int
    """How many learning rates have been tried, of all optimizers together."""
    settled: bool
    """Are these the learning rates of the end?"""
    num_updates: int
    num_epochs: float
    racers: tuple[RacerFacts, ...]
    """The first is plain SGD."""
    shares: dict[str, float]
    """Variance of each optimizer's direction over that of plain SGD's, NaN where it cannot be told; empty before."""

    @property
    def finite(self) -> list[RacerFacts]:
        """Those that have not diverged with any seed."""
        return [racer for racer in self.racers if not racer.diverged]


def facts(race: OptimizerRaceRun) -> OptimizerFacts:
    """What the last losses say, at an equal number of updates."""
    tuning, made = race.tuning, num_recorded(race)
    racers = [
        RacerFacts(
            optimizer=optimizer,
            learning_rate=float(trials[0].hyper.learning_rate),
            at_the_edge=tuning is not None and tuning.is_at_the_edge(optimizer),
            losses=tuple(race.losses(optimizer)[:, -1].tolist()),
        )
        for optimizer, trials in race.trials.items()
    ]
    return OptimizerFacts(
        batch_size=race.settings.batch_size,
        is_full_batch=race.is_full_batch,
        effective_rate=None if tuning else float(race.settings.learning_rate),
        num_tuned=tuning.num_done if tuning else 0,
        settled=race.settled,
        num_updates=made,
        num_epochs=made / race.updates_per_epoch,
        racers=tuple(racers),
        shares=race.directions.shares if race.directions else {},
    )


def num_recorded(race: OptimizerRaceRun) -> int:
    """How many updates the losses that are known of all have been made after; 0 before the race."""
    known = {trials[0].recorded_at[race.losses(name).shape[1] - 1] for name, trials in race.trials.items()}
    return int(max(known, default=0))


def sentence(facts: OptimizerFacts) -> str:
    """Whose loss is lowest, by how much, and whether seeds differ more than methods."""
    if not facts.racers:
        return "All optimizers are about to start from the same parameters."
    plain = facts.racers[0]
    if facts.num_updates == 0:
        tuned = facts.settled and facts.effective_rate is None
        how = ", each with its best learning rate" if tuned else ""
        start = f"All optimizers start from the same parameters{how}"
        return f"{start}." if plain.diverged else f"{start}. The loss is {plain.range.spoken}."
    after = f"After {count(facts.num_updates, 'update')} with B = {facts.batch_size:,}"
    if not facts.settled:
        return f"{_so_far(facts)} {_refining(facts)}"
    if plain.diverged:
        return f"{after} plain SGD has diverged: its learning rate is too large."
    gone = [racer.name for racer in facts.racers if racer.diverged]
    told = f"{_first_up(with_and(gone))} {'has' if len(gone) == 1 else 'have'} diverged." if gone else ""
    return " ".join(filter(None, [f"{after}, {_lowest(facts.finite)}.", _seeds_in_short(facts.finite), told]))


def _so_far(facts: OptimizerFacts) -> str:
    """Who is ahead with the learning rates that are not the last ones."""
    if not facts.finite:
        return "First race, with guessed learning rates: all have diverged."
    best = min(facts.finite, key=lambda racer: median(racer.losses))
    return f"First race, with guessed learning rates: {best.name} leads, with a loss of {spoken(best.losses[0])}."


def _refining(facts: OptimizerFacts) -> str:
    if facts.num_tuned == 0:
        return "Then each optimizer looks for a better rate."
    return f"Now each optimizer looks for a better rate: {facts.num_tuned} tried so far."


def _first_up(text: str) -> str:
    return text[0].upper() + text[1:]


def _lowest(racers: Sequence[RacerFacts]) -> str:
    """Who is below plain SGD, the first of these, and by how much."""
    best, gain = _best_of(racers)
    loss = "median loss" if len(racers[0].losses) > 1 else "loss"
    if gain < LEAST_GAIN:
        return f"no optimizer is below plain SGD, whose {loss} is {spoken(median(racers[0].losses))}"
    lower = "over 99.9 %" if gain > 0.999 else f"{100 * gain:.1f} %"
    return f"{best.name} is lowest: its {loss} is {spoken(median(best.losses))}, {lower} below plain SGD's"


def _seeds_in_short(racers: Sequence[RacerFacts]) -> str:
    if len(racers) < 2:
        return ""
    if len(racers[0].losses) == 1:
        return "With one seed this may be chance."
    seeds, methods = _differences(racers)
    return f"Seeds differ {'more' if seeds > methods else 'less'} than methods."


def _differences(racers: Sequence[RacerFacts]) -> tuple[float, float]:
    """How far the seeds of one method lie apart, on average, and how far the medians of the methods."""
    middles = [median(racer.losses) for racer in racers]
    return fmean(racer.range.high - racer.range.low for racer in racers), max(middles) - min(middles)


def _best_of(racers: Sequence[RacerFacts]) -> tuple[RacerFacts, float]:
    """Whose median is lowest, and how much lower than plain SGD's, as a share of that."""
    best = min(racers, key=lambda racer: median(racer.losses))
    return best, 1 - median(best.losses) / median(racers[0].losses)


def details(facts: OptimizerFacts) -> Details:
    """Who is where, whether seeds differ more than methods, and how noisy the directions are."""
    if not facts.racers:
        return ()
    made = updates_made(facts.num_updates, facts.num_epochs)
    can_compare = facts.num_updates > 0 and facts.settled and not facts.racers[0].diverged
    return known(
        ("so far", f"{made} with B = {facts.batch_size:,}"),
        ("learning rates", _rates(facts)),
        *((racer.name, _standing(racer)) for racer in facts.racers),
        *(_comparison(facts.finite) if can_compare else ()),
        ("variance of the direction beside plain SGD's, parameters held still", _directions(facts)),
    )


def _rates(facts: OptimizerFacts) -> str:
    if facts.effective_rate is not None:
        return f"the same effective one for all, η/(1−β) = {facts.effective_rate:g}"
    if facts.settled:
        return "the best for each"
    return (
        "guessed; each then looks for its best one, from the guess up and down, until the rates on both sides are "
        f"worse, with a seed that does not race: {facts.num_tuned} tried so far"
    )


def _standing(racer: RacerFacts) -> str:
    finite = [loss for loss in racer.losses if math.isfinite(loss)]
    loss = f"loss {Range(min(finite), max(finite))}" if finite else "diverged"
    gone = count(len(racer.losses) - len(finite), "seed")
    some = f" ({gone} diverged)" if finite and racer.diverged else ""
    edge = ", at the edge of what was tried: one beyond may be better" if racer.at_the_edge else ""
    return f"{loss}{some}, η = {racer.learning_rate:g}{edge}"


def _comparison(racers: Sequence[RacerFacts]) -> Details:
    """Whose median is lowest, and whether seeds differ more than methods."""
    best, gain = _best_of(racers)
    seeds, methods = _differences(racers)
    several = len(racers[0].losses) > 1
    return (
        ("lowest median", f"{best.name}, {100 * gain:.1f} % below plain SGD" if gain >= LEAST_GAIN else "plain SGD"),
        ("spread of one method's seeds, on average", number(seeds) if several else "unknown: there is one seed"),
        ("spread of the methods' medians", number(methods)),
    )


def _directions(facts: OptimizerFacts) -> str:
    """How noisy they are, beside the formula."""
    if facts.is_full_batch and facts.shares:
        return "none: every batch is the whole training set"
    if facts.shares and math.isnan(facts.shares["sgd"]):
        return "unknown: plain SGD's mean direction is lost in the noise"
    shares = [
        f"{NAMES[optimizer]} {_share(share)}"
        + (f" (formula {_share(FORMULAS[optimizer])})" if optimizer in FORMULAS else "")
        for optimizer, share in facts.shares.items()
        if optimizer != "sgd"
    ]
    return ", ".join(shares)


def _share(ratio: float) -> str:
    if math.isnan(ratio):
        return "lost in the noise"
    return f"1/{number(1 / ratio)}" if ratio < 1 else number(ratio)
