"""What is said of a batch that devices share, and of the time that an update takes them."""

import math
from typing import NamedTuple

import numpy as np

from lesson_lib.panel.caption import Details, known
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


def facts(run: ManyDevicesRun, costs: DeviceCosts, num_devices: int) -> DevicesFacts:
    """What a run and the measured times say of one number of devices."""
    look, batch_size, fit = run.look(), run.sgd.batch_size, costs.fit
    shares = look.shares[num_devices]
    batch_grad = np.asarray(look.batch_grad, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.linalg.norm(shares.mean - batch_grad) / np.linalg.norm(batch_grad)
    noise_scale, true_noise_scale = run.noise_scale(num_devices) or (math.nan, math.nan)
    parts = costs.parts(batch_size)
    return DevicesFacts(
        batch_size=batch_size,
        num_devices=num_devices,
        num_busy=int(np.sum(shares.sizes > 0)),
        largest_share=int(shares.sizes[0]),
        difference=float(difference),
        in_plane=run.plane(num_devices).share,
        noise_scale=noise_scale,
        true_noise_scale=true_noise_scale,
        num_looks=run.num_looks,
        parts=parts[num_devices],
        alone=parts[1],
        quickest=costs.quickest(batch_size),
        num_bytes=costs.num_bytes,
        relative_error=math.nan if fit is None else fit.relative_error,
    )


def waiting(costs: DeviceCosts) -> str:
    """What is being measured while the times are not known."""
    if costs.exchange is None:
        return "Two processes time their exchange ..."
    return f"Timing updates: {100 * costs.done:.0f} %"


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


def details(facts: DevicesFacts) -> Details:
    """How exact the mean is, what an update's time is made of, and the noise scale beside the true one."""
    chance = "" if facts.noise_scale > 0 else "; chance has made it: they differ too much for so few of them"
    scale = f"{number(facts.noise_scale)} examples, averaged over {count(facts.num_looks, 'update')}{chance}"
    off_by = f"off the gradient in one piece by {number(facts.difference)} of its length"
    items = [
        ("devices", f"{facts.num_devices}, simulated: this machine computes their gradients one after the other"),
        ("mean of their gradients", off_by if facts.num_devices > 1 else ""),
        ("in the plane of the picture", f"{number(100 * facts.in_plane)} % of their squared distances from the mean"),
        ("noise scale from their spread", scale),
        ("true noise scale", f"{number(facts.true_noise_scale)} examples"),
    ]
    if facts.parts is not None and facts.alone is not None:
        off = f"which lie about {100 * facts.relative_error:.0f} % from it"
        items.append(("update on one device", f"{_ms(facts.alone.total)}, by the line through measured times, {off}"))
    if facts.parts is not None and facts.num_devices > 1:
        items += [
            (f"on {facts.num_devices}, each a machine like this one", f"{_ms(facts.parts.fixed)} whatever the batch"),
            ("and for the share of each", _ms(facts.parts.share)),
            (
                f"and for the exchange of {facts.num_bytes:,} bytes",
                f"{_ms(facts.parts.exchange)}, measured between 2 processes here, computed for more",
            ),
            ("two real processes here", "took longer where it was tried: python -m benchmarks.parallel times them"),
        ]
    return known(*items)


def _ms(seconds: float) -> str:
    return f"{number(1e3 * seconds)} ms"
