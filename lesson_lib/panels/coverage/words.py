"""What is said of the batches drawn so far."""

from typing import NamedTuple

from lesson_lib.panel.caption import Details
from lesson_lib.panel.numbers import count, epochs, updates_made
from lesson_lib.panels.coverage.run import CoverageRun


class CoverageFacts(NamedTuple):
    """What is known of the batches drawn so far."""

    num_examples: int
    num_epochs: float
    num_updates: int
    never: int
    once: int
    more: int


def facts(coverage: CoverageRun) -> CoverageFacts:
    """How many examples have been seen how often."""
    seen = coverage.times_seen
    return CoverageFacts(
        num_examples=len(seen),
        num_epochs=coverage.num_epochs,
        num_updates=coverage.num_updates,
        never=int((seen == 0).sum()),
        once=int((seen == 1).sum()),
        more=int((seen > 1).sum()),
    )


def sentence(facts: CoverageFacts) -> str:
    """What share of the examples has been seen, and what share more than once."""
    total = count(facts.num_examples, "example")
    if facts.num_updates == 0:
        return f"No batch has been drawn yet; {total} to be seen."
    after = f"After {epochs(facts.num_epochs)} ({count(facts.num_updates, 'update')}),"
    if facts.never == facts.more == 0:
        return f"{after} each of the {total} has been seen exactly once."
    seen = _share(facts.once + facts.more, facts.num_examples)
    return f"{after} {seen} of the examples have been seen, {_share(facts.more, facts.num_examples)} more than once."


def _share(amount: int, total: int) -> str:
    """A share, never rounded to nothing or to all."""
    if amount in (0, total):
        return "all" if amount else "none"
    percent = 100 * amount / total
    return "less than 0.1 %" if percent < 0.1 else "over 99.9 %" if percent > 99.9 else f"{percent:.1f} %"


def details(facts: CoverageFacts) -> Details:
    """How many examples have been seen, and how often."""

    def share(amount: int) -> str:
        return f"{count(amount, 'example')} ({100 * amount / facts.num_examples:.1f} %)"

    return [
        ("so far", updates_made(facts.num_updates, facts.num_epochs)),
        ("seen once", share(facts.once)),
        ("seen more than once", share(facts.more)),
        ("never seen", share(facts.never)),
    ]
