"""The panel of many devices: how a batch is shared out, what an update costs, what is drawn and said."""

import math

import jax
import numpy as np
import pytest
from helpers import FoundExchange, tiny_dataset
from hypothesis import given
from hypothesis import strategies as st
from sentences import assert_can_be_said, is_said, listed, numbers_in

import lesson_lib as ll
from lesson_lib import cost, model, noise
from lesson_lib.chart.picture import BLUE, VERMILION, Band, Curve, Words
from lesson_lib.cost import UpdateTimes
from lesson_lib.panel.numbers import number
from lesson_lib.panels.many_devices import words
from lesson_lib.panels.many_devices.costs import DEVICE_COUNTS, NOT_MEASURED, ROUNDS, DeviceCosts, Parts
from lesson_lib.panels.many_devices.picture import draw_many_devices
from lesson_lib.panels.many_devices.run import GradientPlane, ManyDevicesRun, Shares, seen_on_a_plane, share_out
from lesson_lib.panels.many_devices.words import DevicesFacts

pytestmark = pytest.mark.slow

DATASET = tiny_dataset(48)
X, Y = np.asarray(DATASET.x_train), np.asarray(DATASET.y_train)
PARAMS = model.init_params((6, 4, 3), key=jax.random.key(0))
SETTINGS = ll.Settings(batch_size=16, epochs=1)


def rows(grads):
    """Per-example gradients as rows of numbers, the leaves in their order."""
    return np.concatenate([np.asarray(leaf).reshape(len(leaf), -1) for leaf in jax.tree.leaves(grads)], axis=1)


@pytest.fixture(scope="module")
def singles():
    """The gradient of each example."""
    return rows(noise.per_example_grads(PARAMS, DATASET.x_train, DATASET.y_train))


@pytest.mark.parametrize(
    ("batch_size", "num_devices", "sizes"),
    [
        (16, 1, [16]),
        (16, 4, [4, 4, 4, 4]),
        (10, 4, [3, 3, 3, 1]),
        (11, 4, [3, 3, 3, 2]),
        (9, 8, [2, 2, 2, 2, 1, 0, 0, 0]),
        (3, 8, [1, 1, 1, 0, 0, 0, 0, 0]),
        (1, 2, [1, 0]),
    ],
)
def test_each_device_takes_the_next_examples(singles, batch_size, num_devices, sizes):
    shares = share_out(PARAMS, X[:batch_size], Y[:batch_size], num_devices)
    assert shares.sizes.tolist() == sizes
    assert shares.are_equal == (len(set(sizes)) == 1)
    busy = [size for size in sizes if size]
    expected = [part.mean(axis=0) for part in np.split(singles[:batch_size], np.cumsum(busy)[:-1])]
    np.testing.assert_allclose(shares.grads, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(shares.mean, singles[:batch_size].mean(axis=0), rtol=1e-4, atol=1e-6)


def flat(*grads):
    return np.array(grads, np.float32)


def test_on_a_plane_nothing_is_lost():
    """In two dimensions the picture is the truth, turned until G points to the right, and in another unit."""
    full = np.array([0.0, 3.0], np.float32)
    plane = seen_on_a_plane(full, Shares(np.array([1, 1]), flat([2.0, 2.0], [-4.0, 0.0])), 2.0)
    assert plane.true == pytest.approx(1.5)
    np.testing.assert_allclose(plane.devices, [[1, 1], [0, -2]], atol=1e-6)
    np.testing.assert_allclose(plane.mean, [0.5, -0.5], atol=1e-6)
    assert plane.share == pytest.approx(1)


def test_the_plane_is_that_of_the_largest_differences():
    full = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    grads = flat([1, 3, 1, 0], [1, -3, 1, 0], [1, 0, -1, 0], [1, 0, -1, 0])
    plane = seen_on_a_plane(full, Shares(np.full(4, 2), grads), 1.0)
    np.testing.assert_allclose(plane.devices, [[1, 3], [1, -3], [1, 0], [1, 0]], atol=1e-5)
    assert plane.share == pytest.approx(18 / 22)


def test_one_device_is_seen_whole_and_has_no_differences():
    plane = seen_on_a_plane(np.array([0.0, 0.0, 2.0], np.float32), Shares(np.array([5]), flat([3.0, 4.0, 2.0])), 2.0)
    np.testing.assert_allclose(plane.devices, [[1.0, 2.5]], atol=1e-6)
    np.testing.assert_allclose(plane.mean, [1.0, 2.5], atol=1e-6)
    assert math.isnan(plane.share)


@pytest.mark.parametrize("full", [[0.0, 0.0], [np.nan, 1.0]])
def test_where_there_is_no_direction_nothing_is_seen(full):
    plane = seen_on_a_plane(np.array(full, np.float32), Shares(np.array([1, 1]), flat([1.0, 0.0], [0.0, 1.0])), 1.0)
    assert np.isnan(plane.devices).all()
    assert np.isnan(plane.mean).all()
    lost = seen_on_a_plane(np.ones(2, np.float32), Shares(np.array([1, 1]), flat([np.inf, 0.0], [0.0, 1.0])), 1.0)
    assert np.isnan(lost.devices).all()


@pytest.fixture(scope="module")
def run():
    return ManyDevicesRun(DATASET, SETTINGS).run()


def test_the_noise_scale_is_that_of_two_batch_sizes(run):
    """McCandlish et al. 2018, appendix A.1: from the lengths alone, averaged before the ratio is taken."""
    again = ManyDevicesRun(DATASET, SETTINGS)
    small, large, full = [], [], []
    for moment in range(run.recorded + 1):
        again.go_to(0)
        while again.moment < moment:
            again.step()
        look = again.look()
        grads = np.asarray(look.shares[4].grads, np.float64)
        small.append(np.mean(np.sum(grads**2, axis=1)))
        large.append(np.sum(np.mean(grads, axis=0) ** 2))
        full.append((look.trace_sigma, np.sum(np.asarray(look.full_grad, np.float64) ** 2)))
    small, large = np.mean(small), np.mean(large)
    grad_norm_sq = (16 * large - 4 * small) / (16 - 4)
    trace_sigma = (small - large) / (1 / 4 - 1 / 16)
    found, true = run.noise_scale(4)
    assert run.num_looks == len(full)
    assert found == pytest.approx(trace_sigma / grad_norm_sq, rel=1e-3)
    assert true == pytest.approx(np.mean(full, axis=0)[0] / np.mean(full, axis=0)[1], rel=1e-3)


def test_there_is_no_noise_scale_of_one_device_or_of_unequal_shares(run):
    assert run.noise_scale(1) is None
    ragged = ManyDevicesRun(DATASET, ll.Settings(batch_size=12))
    ragged.look()
    assert ragged.noise_scale(8) is None
    assert ragged.noise_scale(4) is not None
    costs = DeviceCosts(DATASET, FoundExchange)
    facts = words.facts(ragged, costs, 8)
    assert words.facts(ragged, costs, 16)[:4] == (12, 16, 12, 1)
    assert facts[:4] == (12, 8, 6, 2)  # and nothing is known of the time that it takes
    assert np.isnan([facts.noise_scale, facts.true_noise_scale, facts.relative_error]).all()
    assert facts[8:13] == (1, None, None, None, 0)


def test_rewound_it_knows_what_it_knew_then(run):
    again = ManyDevicesRun(DATASET, SETTINGS)
    again.look()
    before = again.noise_scale(4)
    again.run()
    assert again.noise_scale(4) != before
    again.go_to(0)
    assert again.noise_scale(4) == before
    assert again.num_looks == 1


def test_the_devices_share_the_batch_of_the_next_update(run):
    fresh = ManyDevicesRun(DATASET, SETTINGS)
    examples = fresh.sgd.inspect().examples
    params = fresh.sgd.state.params
    singles = rows(noise.per_example_grads(params, DATASET.x_train[examples], DATASET.y_train[examples]))
    look = fresh.look()
    np.testing.assert_allclose(look.batch_grad, singles.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(look.shares[16].grads, singles, rtol=1e-4, atol=1e-6)
    every = rows(noise.per_example_grads(params, DATASET.x_train, DATASET.y_train))
    np.testing.assert_allclose(look.full_grad, every.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_a_plane_is_made_once_for_each_place():
    stepped, fresh = (ManyDevicesRun(DATASET, SETTINGS) for _ in range(2))
    first = stepped.plane(4)
    assert stepped.plane(4) is first
    for each in (stepped, fresh):
        each.step()
    np.testing.assert_array_equal(stepped.plane(4).devices, fresh.plane(4).devices)
    assert not np.array_equal(stepped.plane(4).devices, first.devices)


@pytest.mark.parametrize("num_devices", [3, 0, 32])
def test_other_numbers_of_devices_are_refused(run, num_devices):
    with pytest.raises(ValueError, match="num_devices must be one of 1, 2, 4, 8, 16"):
        run.plane(num_devices)


# The time of an update.


class Slow(FoundExchange):
    """An exchange that is found when one has asked for the third time."""

    asked = 0

    def poll(self, timeout=0.0):
        self.asked += 1
        return super().poll() if self.asked > 2 else None


class Fails(FoundExchange):
    def poll(self, timeout=0.0):
        raise RuntimeError("no network")


def known_costs(fixed=1e-4, per_example=1e-5, exchange=FoundExchange):
    """Times that lie on a line, and an exchange."""
    costs = DeviceCosts(DATASET, exchange)
    while costs.exchange is None:
        costs.advance()
    sizes = np.array(costs.batch_sizes)
    times = fixed + per_example * sizes
    costs.times = UpdateTimes(sizes, np.stack([2 * times, times, 3 * times]), np.full(len(sizes), 0.1), "cpu")
    costs._done = 1.0
    return costs


def test_the_exchange_comes_first_and_then_the_updates():
    costs = DeviceCosts(DATASET, Slow)
    assert costs.batch_sizes == [1, 8, 48]
    assert costs.done == 0
    costs.advance()
    for asked in range(3):
        assert costs.exchange is None
        assert 0 < costs.done < 0.05
        assert words.waiting(costs) == "Two processes time their exchange ..."
        costs.advance()
        assert costs._measurement.asked == asked + 1
    assert costs.exchange.seconds_per_message == 1e-4
    assert words.waiting(costs) == "Timing updates: 50 %"
    shares = []
    while not costs.finished:
        assert costs.parts(8) == dict.fromkeys(DEVICE_COUNTS)
        costs.advance()
        shares.append(costs.done)
    assert len(shares) == cost.pieces_of_work(3, ROUNDS)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert costs.parts(8)[2].total > 0
    assert costs.num_bytes == 4 * (6 * 128 + 128 + 128 * 3 + 3)
    costs.close()
    assert costs._measurement.closed


@pytest.mark.parametrize(
    ("batch_size", "num_devices", "share"), [(48, 1, 48), (48, 4, 12), (10, 4, 3), (1, 16, 1), (3, 16, 1)]
)
def test_the_parts_of_the_time(batch_size, num_devices, share):
    costs = known_costs()
    parts = costs.parts(batch_size)[num_devices]
    exchange = 2 * (num_devices - 1) * (1e-4 + 1e-8 * costs.num_bytes / num_devices)
    np.testing.assert_allclose(parts, [1e-4, 1e-5 * share, exchange], rtol=1e-6, atol=1e-12)
    assert parts.total == pytest.approx(sum(parts))


@pytest.mark.parametrize("per_example", [1e-7, 1e-5, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("batch_size", [1, 8, 48])
def test_the_quickest_is_the_shortest_of_all(per_example, batch_size):
    costs = known_costs(per_example=per_example)
    totals = {count: parts.total for count, parts in costs.parts(batch_size).items()}
    assert tuple(totals) == DEVICE_COUNTS
    assert totals[costs.quickest(batch_size)] == min(totals.values())


def test_an_exchange_that_fails_leaves_the_rest():
    costs = known_costs(exchange=Fails)
    assert costs.exchange == NOT_MEASURED
    assert costs.parts(8)[1] == pytest.approx((1e-4, 8e-5, 0.0))
    assert math.isnan(costs.parts(8)[2].exchange)
    assert costs.quickest(8) is None
    facts = words.facts(ManyDevicesRun(DATASET, SETTINGS), costs, 4)
    assert "The exchange could not be measured here." in words.sentence(facts)
    assert "exchange of" not in listed(words.details(facts))


def test_after_an_error_the_measurements_are_tried_again():
    attempts = []

    def start_exchange():
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("no process can be started")
        return FoundExchange()

    costs = DeviceCosts(DATASET, start_exchange)
    with pytest.raises(OSError, match="no process"):
        costs.run()
    assert costs.run().parts(8)[2].total > 0
    assert len(attempts) == 2


# What is drawn.


def pictured(num_devices, costs=None, batch_size=16):
    run = ManyDevicesRun(DATASET, ll.Settings(batch_size=batch_size))
    parts = (costs or DeviceCosts(DATASET, FoundExchange)).parts(batch_size)
    plane = run.plane(num_devices)
    return plane, draw_many_devices(plane, run.look().shares[num_devices], parts, "Measuring").rows[0]


@pytest.mark.parametrize("num_devices", DEVICE_COUNTS)
@pytest.mark.parametrize("batch_size", [4, 16, 48])
def test_there_is_an_arrow_for_each_device_that_has_examples(num_devices, batch_size):
    plane, (chart, _) = pictured(num_devices, batch_size=batch_size)
    arrows = [mark for mark in chart.marks if isinstance(mark, Curve) and mark.arrow]
    *devices, mean, true = arrows
    assert len(devices) == min(num_devices, batch_size)
    np.testing.assert_allclose([[each.x[-1], each.y[-1]] for each in devices], plane.devices)
    np.testing.assert_allclose([mean.x[-1], mean.y[-1]], plane.mean)
    np.testing.assert_allclose([true.x[-1], true.y[-1]], [plane.true, 0])
    assert {each.color for each in (*devices, mean)} == {VERMILION}
    assert true.color == BLUE
    for each in arrows:
        assert chart.x.low <= each.x[-1] <= chart.x.high
        assert chart.y.low <= each.y[-1] <= chart.y.high
    assert chart.equal
    assert (chart.x.label, chart.y.label) == ("along the true gradient", "across it")
    assert ("simulated" in chart.title) == (num_devices > 1)


def test_where_shares_are_unequal_the_title_tells_the_largest():
    assert pictured(8, batch_size=12)[1][0].title == "8 simulated devices, at most 2 examples each"


def test_the_mean_is_drawn_at_the_same_place_along_g_whoever_computes_it():
    seen = [pictured(num_devices)[0] for num_devices in DEVICE_COUNTS]
    np.testing.assert_allclose(
        [[each.mean[0], each.true] for each in seen], [[seen[0].mean[0], seen[0].true]] * 5, rtol=1e-5
    )


def test_a_run_that_has_diverged_has_a_picture_all_the_same():
    none = np.full(2, np.nan)
    shares = Shares(np.array([1]), none[None])
    picture = draw_many_devices(GradientPlane(none[None], none, math.nan, math.nan), shares, {1: None}, "")
    assert [mark.name for mark in picture.rows[0][0].marks] == ["gradient of a device"]


@pytest.mark.parametrize("chosen", DEVICE_COUNTS)
def test_the_bars_stand_on_each_other(chosen):
    costs = known_costs()
    _, (_, chart) = pictured(chosen, costs)
    bars = [mark for mark in chart.marks if isinstance(mark, Band)]
    parts = [costs.parts(16)[each] for each in DEVICE_COUNTS]
    heights = np.array([[bar.high[0] - bar.low[0] for bar in bars[k::5]] for k in range(5)])
    np.testing.assert_allclose(heights, 1e3 * np.array(parts), atol=1e-9)
    for k in range(5):
        low, middle, high = bars[k::5]
        assert low.low[0] == 0
        assert (low.high[0], middle.high[0]) == (middle.low[0], high.low[0])
    tops = [float(mark.text) for mark in chart.marks if isinstance(mark, Words)]
    np.testing.assert_allclose(tops, [1e3 * each.total for each in parts], rtol=5e-3)
    legend = {mark.name: mark.color for mark in chart.marks if isinstance(mark, Curve) and mark.name}
    names = ["fixed cost", "share of the batch", "exchange"]  # as in `Parts`, from below
    assert [bar.color for bar in bars[::5]] == [legend[name] for name in names]
    assert chart.y.label == "milliseconds"
    (frame,) = (mark for mark in chart.marks if isinstance(mark, Curve) and mark.x.size)
    place = DEVICE_COUNTS.index(chosen)
    assert (frame.x.min() < place < frame.x.max(), frame.x.max() - frame.x.min() < 1) == (True, True)
    assert frame.y.max() == pytest.approx(1e3 * parts[place].total)
    fixed, share, exchange = (1e3 * part for part in parts[place])
    assert f"D = {chosen}: {fixed:.3g} + {share:.3g} + {exchange:.3g} ms" in chart.note


def test_while_it_is_measured_the_picture_says_what():
    _, (_, chart) = pictured(4)
    assert [mark.text for mark in chart.marks] == ["Measuring"]


# What is said.

PARTS = st.builds(Parts, *[st.floats(1e-6, 10)] * 2, st.floats(0, 10) | st.just(math.nan))
SCALE = st.floats(-1e6, 1e6) | st.just(math.nan)


@given(
    st.sampled_from([1, 2, 8, 100, 4_096, 12_000]), st.sampled_from(DEVICE_COUNTS), st.none() | PARTS, SCALE,
    st.sampled_from([None, *DEVICE_COUNTS]),
)  # fmt: skip
def test_the_sentence_can_be_said_whatever_is_known(batch_size, num_devices, parts, scale, quickest):
    largest = -(-batch_size // num_devices)
    busy = -(-batch_size // largest)
    facts = DevicesFacts(
        batch_size, num_devices, busy, largest, 1e-7, 0.5, scale, scale, 3, parts, parts, quickest, 400, 0.1
    )
    sentence = words.sentence(facts)
    assert_can_be_said(sentence)
    said = numbers_in(sentence)
    if num_devices == 1:
        assert said[0] == batch_size
    elif busy < num_devices:
        assert said[:2] == [num_devices - busy, num_devices]
    else:
        assert said[:2] == [num_devices, largest]
        assert ("at most" in sentence) == (num_devices * largest != batch_size)
    assert ("being measured" in sentence) == (parts is None)
    if parts is not None and quickest not in {None, 1}:
        fewest = "No other number" if quickest == num_devices else f"{quickest} devices would be quickest."
        assert fewest in sentence
    if scale > 0.001 and scale <= 1e5:
        assert is_said(numbers_in(sentence.partition("noise scale at")[2])[0], scale)
    details = listed(words.details(facts))
    assert f"devices: {num_devices}, simulated" in details
    assert ("which lie about 10 % from it" in details) == (parts is not None and math.isfinite(parts.total))
    assert ("two real processes" in details) == (parts is not None and num_devices > 1)


KNOWN = DevicesFacts(
    batch_size=4_096, num_devices=4, num_busy=4, largest_share=1_024, difference=3e-8, in_plane=0.625,
    noise_scale=210.0, true_noise_scale=190.0, num_looks=1_003, parts=Parts(1e-3, 2e-3, 5e-4),
    alone=Parts(1e-3, 8e-3, 0.0), quickest=8, num_bytes=407_080, relative_error=0.06,
)  # fmt: skip
SHARED = "4 devices take 1,024 examples each; the thick arrow is the mean of their gradients."
SCALE_SAID, QUICKEST = "Their spread puts the noise scale at 210.", "8 devices would be quickest."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, f"{SHARED} {SCALE_SAID} {QUICKEST}"),
        ({"quickest": 4}, f"{SHARED} {SCALE_SAID} No other number of devices shown is quicker."),
        ({"quickest": 1}, f"{SHARED} {SCALE_SAID} One device alone would be quickest."),
        ({"quickest": None}, f"{SHARED} {SCALE_SAID} The exchange could not be measured here."),
        ({"parts": None}, f"{SHARED} {SCALE_SAID} The times are being measured."),
        ({"noise_scale": 0.0}, f"{SHARED} {QUICKEST}"),
        ({"noise_scale": math.inf}, f"{SHARED} {QUICKEST}"),
        ({"noise_scale": 0.5}, f"{SHARED} Their spread puts the noise scale at 0.50. {QUICKEST}"),
        (
            {"num_devices": 1, "num_busy": 1, "largest_share": 4_096, "noise_scale": math.nan},
            f"One device computes the whole gradient of 4,096 examples. {QUICKEST}",
        ),
        (
            {"num_devices": 1, "batch_size": 1, "noise_scale": math.nan, "quickest": 1},
            "One device computes the whole gradient of 1 example. More devices would make an update slower.",
        ),
        (
            {"batch_size": 4_095, "noise_scale": math.nan},
            "4 devices take at most 1,024 examples each; the thick arrow is the mean of their gradients. " + QUICKEST,
        ),
        (
            {"batch_size": 4, "largest_share": 1},
            f"4 devices take 1 example each; the thick arrow is the mean of their gradients. {SCALE_SAID} {QUICKEST}",
        ),
        ({"num_busy": 3}, f"1 of the 4 devices has nothing to do. {SCALE_SAID} {QUICKEST}"),
        ({"num_busy": 2}, f"2 of the 4 devices have nothing to do. {SCALE_SAID} {QUICKEST}"),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    of_gradients = [
        ("devices", "4, simulated: this machine computes their gradients one after the other"),
        ("mean of their gradients", "off the gradient in one piece by 3.00 × 10⁻⁸ of its length"),
        ("in the plane of the picture", "62.5 % of their squared distances from the mean"),
        ("noise scale from their spread", "210 examples, averaged over 1,003 updates"),
        ("true noise scale", "190 examples"),
    ]
    on_one = "9.00 ms, by the line through measured times, which lie about 6 % from it"
    assert words.details(KNOWN) == [
        *of_gradients,
        ("update on one device", on_one),
        ("on 4, each a machine like this one", "1.00 ms whatever the batch"),
        ("and for the share of each", "2.00 ms"),
        (
            "and for the exchange of 407,080 bytes",
            "0.500 ms, measured between 2 processes here, computed for more",
        ),
        ("two real processes here", "took longer where it was tried: python -m benchmarks.parallel times them"),
    ]
    assert words.details(KNOWN._replace(parts=None, alone=None)) == of_gradients
    alone = KNOWN._replace(num_devices=1, in_plane=math.nan, noise_scale=math.nan, true_noise_scale=math.nan)
    assert words.details(alone) == [
        ("devices", "1, simulated: this machine computes their gradients one after the other"),
        ("update on one device", on_one),
    ]
    assert words.details(KNOWN._replace(num_devices=2))[::6] == [
        ("devices", "2, simulated: this machine computes their gradients one after the other"),
        ("on 2, each a machine like this one", "1.00 ms whatever the batch"),
    ]
    assert of_gradients[1] in words.details(KNOWN._replace(num_devices=2))
    barely = ("noise scale from their spread", "0.500 examples, averaged over 1,003 updates")
    assert words.details(KNOWN._replace(noise_scale=0.5))[3] == barely
    chance = "−3.00 examples, averaged over 1 update; chance has made it: they differ too much for so few of them"
    assert words.details(KNOWN._replace(noise_scale=-3.0, num_looks=1))[3] == ("noise scale from their spread", chance)


def test_the_details_tell_each_part():
    run = ManyDevicesRun(DATASET, SETTINGS)
    facts, look = words.facts(run, known_costs(), 4), run.look()
    assert facts[:4] == (16, 4, 4, 4)
    off = np.asarray(look.shares[4].grads, np.float64).mean(axis=0) - look.batch_grad
    length = np.sqrt(np.sum(np.asarray(look.batch_grad, np.float64) ** 2))
    assert facts.difference == pytest.approx(np.sqrt(np.sum(off**2)) / length, rel=1e-2)
    assert (facts.noise_scale, facts.true_noise_scale) == run.noise_scale(4)
    assert facts.alone == pytest.approx((1e-4, 16e-5, 0.0))
    assert facts.quickest == 1  # 100 µs for each message are more than is saved
    assert facts.num_bytes == 4 * (6 * 128 + 128 + 128 * 3 + 3)
    assert facts.relative_error == pytest.approx(0, abs=1e-6)
    said = dict(words.details(facts))
    assert facts.difference < 1e-6
    assert number(facts.difference) in said["mean of their gradients"]
    assert said["in the plane of the picture"].startswith(f"{number(100 * facts.in_plane)} % of ")
    assert said["update on one device"].startswith("0.260 ms, ")  # a + 16 b
    assert said["on 4, each a machine like this one"] == "0.100 ms whatever the batch"
    assert said["and for the share of each"] == "0.0400 ms"
    exchange = f"{number(1e3 * facts.parts.exchange)} ms, "
    assert said[f"and for the exchange of {facts.num_bytes:,} bytes"].startswith(exchange)
    assert facts.noise_scale > 0
    assert said["noise scale from their spread"] == f"{number(facts.noise_scale)} examples, averaged over 1 update"
    assert said["true noise scale"] == f"{number(facts.true_noise_scale)} examples"


@pytest.mark.parametrize("scale", [50.0, 0.0, -3.0, np.inf])
def test_a_noise_scale_that_only_chance_has_made_is_not_in_the_sentence(scale):
    facts = words.facts(ManyDevicesRun(DATASET, SETTINGS), known_costs(), 4)._replace(noise_scale=scale)
    assert ("noise scale" in words.sentence(facts)) == (scale == 50)
    assert ("chance has made it" in listed(words.details(facts))) == (scale <= 0)


# The panel.


@pytest.fixture
def panel():
    made = ll.ManyDevices(DATASET, batch_size=16, num_devices=4)
    made._costs = known_costs()
    yield made
    made.close()


def test_another_number_of_devices_looks_at_the_same_batch(panel):
    panel.show()
    run = panel.experiment
    for num_devices in DEVICE_COUNTS:
        panel.set(num_devices=num_devices)
        panel.wait(60.0)
        assert panel.experiment is run
        facts = words.facts(run, panel._costs, num_devices)
        assert panel.words == words.sentence(facts)
        assert panel.details == listed(words.details(facts))
    panel.set(batch_size=8)
    panel.run()
    panel.wait(60.0)
    assert panel.experiment is not run
    assert panel.status == "Finished: epoch 1.0 of 1"


def test_it_steps_and_rewinds(panel):
    panel.show()
    end = panel.words
    panel.go_to(0)
    panel.wait(60.0)
    assert panel.experiment.num_looks == 1
    panel.step()
    panel.wait(60.0)
    assert panel.experiment.moment == 1
    panel.run()
    panel.wait(60.0)
    assert panel.words == end


def test_nothing_else_is_computed_while_the_time_of_an_update_is_measured(panel, monkeypatch):
    """After the first picture come the exchange and the timed updates; then the training, and what is prepared."""
    panel._costs = costs = DeviceCosts(DATASET, Slow)
    prepared = []
    monkeypatch.setattr(ManyDevicesRun, "to_compile", lambda run: [lambda: prepared.append(run.sgd.batch_size)])
    run = panel._start(panel.settings)
    panel._picture_of(run)
    pieces = panel._prepare()
    while not costs.finished:
        next(pieces)
        run.advance()
        assert (run.moment, run.num_looks, prepared) == (0, 1, [])
        assert run.done > 0
    for piece in pieces:
        piece()
    assert prepared == [16, 8, 32, 4, 48, 2, 1]
    assert run.run().moment == 3


def test_it_is_drawn_while_times_are_measured_and_where_the_noise_is_known():
    run = ManyDevicesRun(DATASET, ll.Settings(batch_size=8, epochs=2), DeviceCosts(DATASET, Slow))
    while not run.finished:
        run.advance()
        known = {at.num_updates for at in run.sgd.measurements if at.has_noise}
        assert run.is_worth_a_picture == (not run.costs.finished or run.moment in known)
        run.look()  # as a picture does where the learner pauses
        assert run.num_looks == len(known | {0})


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="num_devices must be one of"):
        ll.ManyDevices(DATASET, num_devices=3)
    with pytest.raises(ValueError, match="batch_size must be one of"):
        ll.ManyDevices(DATASET, batch_size=3)
    with pytest.raises(TypeError, match="colour"):
        ll.ManyDevices(DATASET, colour="red")


def test_closed_it_leaves_no_process(panel):
    panel.show()
    panel.close()
    assert panel._costs._measurement.closed
