"""What is said of the landscape of a network."""

from typing import NamedTuple

from lesson_lib.panel.numbers import number
from lesson_lib.panels.network_landscape.run import NetworkLandscapeRun


class LandscapeFacts(NamedTuple):
    """What is known of both paths, where the plane was made."""

    is_full_batch: bool
    has_paths: bool
    sgd_loss: float
    gd_loss: float
    sgd_share: float
    """Of the path's length, in the plane."""
    gd_share: float
    sgd_diverged: bool
    gd_diverged: bool


def facts(run: NetworkLandscapeRun) -> LandscapeFacts:
    """What a run tells of its paths."""
    sgd_share, gd_share = run.shares
    return LandscapeFacts(
        is_full_batch=run.sgd.is_full_batch,
        has_paths=run.has_paths,
        sgd_loss=run.sgd.last_loss,
        gd_loss=run.gd.last_loss,
        sgd_share=sgd_share,
        gd_share=gd_share,
        sgd_diverged=run.sgd.diverged,
        gd_diverged=run.gd.diverged,
    )


def sentence(facts: LandscapeFacts) -> str:
    """How far both have come, and how much of their paths the plane shows."""
    if facts.sgd_diverged or facts.gd_diverged:
        who = "SGD has" if not facts.gd_diverged else "GD has" if not facts.sgd_diverged else "Both have"
        return f"{who} diverged, and the path ends at the last place that can be drawn. Try a smaller learning rate."
    if not facts.has_paths:
        return (
            f"Both start here, with a loss of {number(facts.sgd_loss)}. There are no paths yet, so this plane "
            "leads in two random directions."
        )
    if facts.is_full_batch:
        return (
            f"With B = N, SGD is GD: one path, and the loss is {number(facts.gd_loss)}. "
            f"{percent(facts.gd_share)} of its length lies in this plane."
        )
    return (
        f"The loss is {number(facts.sgd_loss)} for SGD and {number(facts.gd_loss)} for GD. Of the length of SGD's "
        f"path {percent(facts.sgd_share)} lies in this plane, of GD's {percent(facts.gd_share)}: "
        "the rest leads out of the picture."
    )


def percent(share: float) -> str:
    """A share, in whole per cent.

    >>> percent(0.384)
    '38 %'
    """
    return f"{100 * share:.0f} %"
