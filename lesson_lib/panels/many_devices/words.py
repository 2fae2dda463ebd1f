"""What is said of a batch that devices share, and of the time that an update takes them."""

import math
from typing import NamedTuple

import numpy as np

from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.many_devices.costs import DeviceCosts, Parts
from lesson_lib.panels.many_devices.run import ManyDevicesRun


class DevicesFacts(NamedTuple):
    """What is known now."""

    batch_size: int
    num_devices: int
    num_busy: int
    """Devices that have an example at least."""
    largest_share: int
    """⌈B/D⌉, the examples of the first device."""
    difference: float
    """How far the mean of the devices' gradients is from the gradient computed in one piece, in lengths of that."""
    in_plane: float
    """How much of the devices' squared distances from their mean the picture shows; NaN for one device."""
    noise_scale: float
    """Estimated from the lengths of the gradients; NaN where there is no estimate."""
    true_noise_scale: float
    """tr Σ / |G|² of the same moments; NaN where it is not known."""
    num_looks: int
    """Batches in these averages."""
    parts: Parts | None
    """The time of an update; `None` while it is not known."""
    alone: Parts | None
    """The same with one device."""
    quickest: int | None
    """The number of devices with the shortest time; `None` where it is not known."""
    num_bytes: int
    """Of one gradient."""
    relative_error: float
    """How far the times lie from the line, as a share; NaN where there is none."""


def facts(run: ManyDevicesRun, num_devices: int) -> DevicesFacts:
    """What a run says of one number of devices."""
    look, costs, batch_size = run.look(), run.costs, run.sgd.batch_size
    shares = look.shares[num_devices]
    batch_grad = np.asarray(look.batch_grad, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.linalg.norm(shares.mean - batch_grad) / np.linalg.norm(batch_grad)
    scale = run.noise_scale(num_devices)
    fit = None if costs is None else costs.fit
    return DevicesFacts(
        batch_size=batch_size,
        num_devices=num_devices,
        num_busy=int(np.sum(shares.sizes > 0)),
        largest_share=int(shares.sizes[0]),
        difference=float(difference),
        in_plane=run.plane(num_devices).share,
        noise_scale=math.nan if scale is None else scale[0],
        true_noise_scale=math.nan if scale is None else scale[1],
        num_looks=run.num_looks,
        parts=None if costs is None else costs.parts(batch_size, num_devices),
        alone=None if costs is None else costs.parts(batch_size, 1),
        quickest=None if costs is None else costs.quickest(batch_size),
        num_bytes=0 if costs is None else costs.num_bytes,
        relative_error=math.nan if fit is None else fit.relative_error,
    )


def waiting(costs: DeviceCosts) -> str:
    """What is being measured while the times are not known."""
    if costs.is_exchange_known:
        return f"Timing updates: {100 * costs.done:.0f} %"
    return "Two processes time their exchange ..."


def sentence(facts: DevicesFacts) -> str:
    """How the batch is shared out, what noise scale the devices know, and how many of them are quickest."""
    return " ".join(filter(None, [_sharing(facts), _noise_scale(facts), _quickest(facts)]))


def _sharing(facts: DevicesFacts) -> str:
    if facts.num_devices == 1:
        return f"One device computes the whole gradient of {count(facts.batch_size, 'example')}."
    if facts.num_busy < facts.num_devices:
        idle = facts.num_devices - facts.num_busy
        return f"{idle} of the {facts.num_devices} devices {'has' if idle == 1 else 'have'} nothing to do."
    most = "" if facts.largest_share * facts.num_devices == facts.batch_size else "at most "
    examples = count(facts.largest_share, "example")
    return f"{facts.num_devices} devices take {most}{examples} each; the thick arrow is the mean of their gradients."


def _quickest(facts: DevicesFacts) -> str:
    if facts.parts is None:
        return "The times are being measured."
    if facts.quickest is None:
        return "The exchange could not be measured here."
    if facts.quickest == 1:
        one = facts.num_devices == 1
        return "More devices would make an update slower." if one else "One device alone would be quickest."
    if facts.quickest == facts.num_devices:
        return "No other number of devices shown is quicker."
    return f"{facts.quickest} devices would be quickest."


def _noise_scale(facts: DevicesFacts) -> str:
    if not facts.noise_scale > 0 or not math.isfinite(facts.noise_scale):
        return ""
    return f"Their spread puts the noise scale at {spoken(facts.noise_scale)}."


def details(facts: DevicesFacts) -> str:
    """How exact the mean is, what an update's time is made of, and the noise scale beside the true one."""
    return " ".join(filter(None, [_exactness(facts), _times(facts), _scales(facts)]))


def _exactness(facts: DevicesFacts) -> str:
    simulated = "The devices are simulated: this machine computes their gradients one after the other."
    if facts.num_devices == 1 or not math.isfinite(facts.difference):
        return simulated
    digits = "in no digit" if facts.difference == 0 else f"by {number(facts.difference)} of its length"
    plane = (
        f" The picture shows {100 * facts.in_plane:.0f} % of the squared distances of the devices' gradients from "
        "their mean; the rest lies outside of its plane."
        if math.isfinite(facts.in_plane)
        else ""
    )
    return f"{simulated} The mean differs from the gradient computed in one piece {digits}.{plane}"


def _times(facts: DevicesFacts) -> str:
    parts, alone = facts.parts, facts.alone
    if parts is None or alone is None:
        return ""
    line = (
        f"By the line through the times measured on one device, from which these lie about "
        f"{100 * facts.relative_error:.0f} %, an update of this batch takes it {_ms(alone.total)}."
    )
    if facts.num_devices == 1:
        return line
    exchange = (
        f"{_ms(parts.exchange)} for the exchange of {facts.num_bytes:,} bytes, measured between 2 processes here and "
        "computed for more"
        if math.isfinite(parts.exchange)
        else "the exchange, which could not be measured here"
    )
    return (
        f"{line} With {facts.num_devices} devices, each on a machine like this one, it would take {_ms(parts.fixed)} "
        f"whatever the batch, {_ms(parts.share)} for the share, and {exchange}. "
        "Two real processes on one machine took longer where it was tried: python -m benchmarks.parallel times them."
    )


def _scales(facts: DevicesFacts) -> str:
    if facts.num_devices == 1 or not math.isfinite(facts.true_noise_scale):
        return ""
    found = number(facts.noise_scale)
    if not facts.noise_scale > 0:
        found += ", which chance has made: the gradients differ too much for so few of them"
    return (
        f"From the spread of the devices' gradients, averaged over the {facts.num_looks:,} updates looked at so far, "
        f"the noise scale is {found}; the true one is {number(facts.true_noise_scale)}."
    )


def _ms(seconds: float) -> str:
    return f"{number(1e3 * seconds)} ms"
