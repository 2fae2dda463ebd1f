"""What each room's picture says and shows, mark by mark, of numbers made by hand: the whole table beside each."""

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from helpers import tiny_dataset
from looks import looks, looks_of, tables

import lesson_lib as ll
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Cells, Chart, Curve, Picture
from lesson_lib.chart.surface import Path, Surface
from lesson_lib.cost import UpdateTimes
from lesson_lib.experiment import Inspection
from lesson_lib.experiment.history import History
from lesson_lib.panels.cost_of_an_update.picture import draw_cost
from lesson_lib.panels.cost_of_an_update.run import CostOfAnUpdateRun
from lesson_lib.panels.coverage.picture import draw_coverage
from lesson_lib.panels.equal_time.picture import draw_equal_time
from lesson_lib.panels.equal_time.run import EqualTimeRun, TimedLoss
from lesson_lib.panels.gd_vs_sgd import batch
from lesson_lib.panels.gd_vs_sgd.picture import Method, View, draw_race
from lesson_lib.panels.gd_vs_sgd.stage import Said, Stage
from lesson_lib.panels.gradient_cloud.picture import draw_cloud
from lesson_lib.panels.gradient_cloud.run import GradientCloudRun
from lesson_lib.panels.loss_surface.picture import draw_descent
from lesson_lib.panels.many_devices.costs import Parts
from lesson_lib.panels.many_devices.picture import draw_many_devices
from lesson_lib.panels.many_devices.run import GradientPlane, Shares
from lesson_lib.panels.network_landscape.picture import draw_landscape, map_marks
from lesson_lib.panels.network_landscape.plane import LossMap, Region
from lesson_lib.panels.network_landscape.run import NetworkLandscapeRun
from lesson_lib.panels.next_update import picture as next_update
from lesson_lib.panels.next_update.run import Anatomy, NextUpdateRun, Snapshot
from lesson_lib.panels.noise_floor.picture import draw_noise_floor
from lesson_lib.panels.noise_floor.run import FloorHistory, NoiseFloorRun
from lesson_lib.panels.noise_vs_batch_size import picture as batch_noise
from lesson_lib.panels.noise_vs_batch_size.run import Draws, Moment, NoiseVsBatchSizeRun
from lesson_lib.panels.optimizer_race import picture as optimizers
from lesson_lib.panels.optimizer_race.run import OptimizerRaceRun, OptimizerSettings
from lesson_lib.panels.optimizer_race.tuning import MATCHED, Tuning
from lesson_lib.panels.time_to_target.picture import draw_time_to_target
from lesson_lib.panels.time_to_target.run import TimeToTargetRun
from lesson_lib.panels.time_to_target.words import RowFacts
from lesson_lib.panels.time_to_target.words import facts as map_facts
from lesson_lib.sweep import Grid

DATASET = tiny_dataset(num_features=4)
NAN, NOTHING = math.nan, np.empty(0)


def array(*values: float | Sequence[float]) -> np.ndarray:
    return np.array(values, float)


# GD and SGD


def history(losses, *, tests=None, accuracies=None, noise=None, predicted=None) -> History:
    """A measurement each half of an epoch, and three updates; what is not told is unknown."""
    unknown = np.full(len(losses), NAN)
    others = [unknown if each is None else array(*each) for each in (tests, accuracies, noise, predicted)]
    return History(np.arange(len(losses)) / 2, array(*losses), *others, array(0, 0.25, 0.5), array(2, 4, 1))


# Of three seeds the median is not the mean.
GD = [
    history([2.0, 1.0, 0.5], tests=[2.5, 1.5, 1.0], accuracies=[0.1, 0.5, 0.7], noise=[0, NAN, 0]),
    history([2.2, 1.2, 0.7], tests=[2.7, 1.7, 1.4], noise=[0, NAN, 0]),
    history([2.1, 1.8, 0.6], noise=[0, NAN, 0]),
]
SGD = [
    history(
        [2.1, 0.8, 0.2],
        tests=[2.6, 1.3, 0.9],
        accuracies=[0.15, 0.6, 0.9],
        noise=[0.4, NAN, 1.2],
        predicted=[0.5, NAN, 1.0],
    ),
    history([2.3, 1.0, 0.4], tests=[2.8, 1.5, 1.1], noise=[0.6, NAN, 1.4], predicted=[0.7, NAN, 1.2]),
    history([2.2, 0.9, 1.4], noise=[0.9, NAN, 1.3], predicted=[1.0, NAN, 1.6]),
]
GD = [each._replace(time=each.time * 2) for each in GD]
KEPT = [Method(f"run {at}", [history([at, at + 0.5], noise=[at / 10, at / 5])]) for at in (1, 2, 3, 4)]


def raced(seeds: int, kept: Sequence[Method] = (), **view: str) -> Picture:
    return draw_race(Method("GD", GD[:seeds]), Method("SGD, B = 8", SGD[:seeds]), kept, view=View(**view), end=5.0)


def race_of_three_seeds_beside_four_kept_runs():
    return raced(3, KEPT)


def race_of_test_losses_on_a_logarithmic_axis():
    return raced(2, curve="test_loss", clock="updates", scale="log")


def race_of_accuracies():
    return raced(1, KEPT[:1], curve="test_accuracy", clock="examples")


def race_before_the_first_update():
    first = [history([2.0])._replace(batch_time=NOTHING, batch_losses=NOTHING)]
    return draw_race(Method("GD", first), Method("SGD, B = 8", first), [], view=View(clock="seconds"), end=0.5)


def stage_of_three_images():
    stage = Stage(ll.Dataset("tiny", DATASET.x_train, DATASET.y_train, np.eye(3, 4), np.arange(3), ("a", "b_c", "d")))
    sgd = Said(1234, np.array([0, 2, 2]), array(0.5, 0.25, 1.0))
    return stage.draw(sgd, Said(7, np.array([1, 1, 0]), array(1.0, 0.75, NAN)))


def next_batch_and_its_gradient():
    found = Inspection(np.arange(70), batch_grad_norm=2.0, full_grad_norm=4.0, cosine=0.0)
    images = np.zeros((9, 4))
    images[0, 0], images[7, 1], images[8, 2] = 1.0, 0.4, 0.8  # in corners of the sheet
    with patch.object(batch, "IMAGES_SHOWN", 9):
        return batch.draw_next_batch(images, found.examples % 9), batch.draw_gradients(found)


# Coverage


def coverage_with_replacement():
    """All of the first class have been seen once; of the second and of the third, of half a row, some often."""
    labels, times = np.repeat([2, 0, 1], [60, 120, 120]), np.repeat([2, 9, 1, 0, 3], [1, 59, 120, 119, 1])
    seen = np.array([[0, 1, 2], [0, 0.6, 0.9]])
    return draw_coverage(labels, ("a", "b_c", "d"), times, seen, epochs=2, with_replacement=True)


def coverage_of_each_example_once():
    start = np.zeros((2, 1))
    return draw_coverage(np.zeros(24, int), ("a",), np.zeros(24, int), start, epochs=3, with_replacement=False)


# Time


def timed(*devices: tuple[str, float, float, float]) -> CostOfAnUpdateRun:
    """Times on the line a + b·B, and twice as long once more, on devices that have also compiled for so long."""
    run, sizes = CostOfAnUpdateRun(tiny_dataset()), np.array([1, 2, 4, 8, 16, 24])
    run.devices = tuple(SimpleNamespace(platform=name) for name, *_ in devices)
    run.times = [
        UpdateTimes(sizes, np.outer([1, 2], fixed + each * sizes), np.full(6, compiling), name)
        for name, fixed, each, compiling in devices
    ]
    return run


def cost_on_one_device():
    return draw_cost(timed(("cpu", 6e-4, 1e-4, 0.05)), 8)


def cost_on_two_devices():
    """The knee of the second one, at B = 1,000, lies beyond the picture."""
    return draw_cost(timed(("cpu", 6e-4, 1e-4, 0.05), ("gpu", 1e-3, 1e-6, 0.2)), 24)


def cost_before_the_first_measurement():
    return draw_cost(timed(), 8)


def equal_times(chosen: int) -> Picture:
    run = EqualTimeRun(tiny_dataset(), seconds=2.0)
    for each, losses in zip(run.runs, ([1.0, 3.0, 0.5], [1.0, 0.4, 0.1], [1.0, 0.9]), strict=True):
        each.moments = [TimedLoss(0.5 * at, 10 * at, loss) for at, loss in enumerate(losses)]
    run.runs[0].moments[-1] = TimedLoss(2.5, 99, 0.5)  # an update that took long
    return draw_equal_time(run, chosen)


def equal_time_with_a_size_chosen():
    return equal_times(8)


def equal_time_with_gd_chosen():
    return equal_times(24)


def equal_time_before_it_begins():
    return draw_equal_time(EqualTimeRun(tiny_dataset(), seconds=0.25), 8)


MAP = array([400, 300, 200], [90, 70, math.inf], [50, NAN, 45])


class MadeUpTargets(TimeToTargetRun):
    """What three batch sizes took with three learning rates, whatever is counted."""

    def __init__(self, taken: np.ndarray) -> None:
        super().__init__(DATASET)
        self.grid, self.taken = Grid((2, 8, 32), (0.1, 0.2, 0.4)), taken

    def updates_to(self, target: float) -> np.ndarray:
        return self.taken

    def per_update(self, measure: str) -> np.ndarray:
        return np.ones(3)


def mapped(measure: str, chosen: int = 8, taken: np.ndarray = MAP, **known: object) -> Picture:
    """Each batch size has its best learning rate, if `known` does not say otherwise."""
    run = MadeUpTargets(taken)
    facts = map_facts(run, chosen, target=0.8, measure=measure, learning_rate=None)
    return draw_time_to_target(run, facts._replace(**known))


BENT = SimpleNamespace(min_updates=30.0, min_examples=array(360, 256, 0), critical_batch_size=12.0)
"""A line through 210, 62 and 30."""


def map_of_updates_with_both_scales():
    return mapped("updates", fit=BENT, noise_scales=(5.0, 30.0))


def map_of_epochs_along_one_learning_rate():
    taken = array([0.125, 1, 2.5], [10, 0.05, 9.75], [NAN, NAN, math.inf])
    way = ((2, None, math.inf), (8, 0.1, 10.0), (32, 0.2, NAN))
    rows = tuple(RowFacts(size, rate, needed, needed, needed) for size, rate, needed in way)
    return mapped("epochs", 32, taken, rows=rows, is_best=False)


def map_before_the_first_run():
    return mapped("updates", taken=np.full((3, 3), NAN))


def map_of_milliseconds_without_a_noise_scale():
    return mapped("milliseconds", fit=BENT)


# The line fit

SURFACE = Surface(
    (Cells(np.zeros((2, 2, 3), np.uint8), -1, 5, -3, 2), Curve(array(0, 1), array(1, 0), BLACK, width=1.0)),
    array(2.0, -0.5),
)
WAY_OF_SGD = Path("SGD, B = 8", array([0, 0], [1, 0.5], [5, 0], [2, 1]), array(2, 1, 3, 0.5), VERMILION)
WAY_OF_GD = Path("GD", array([0, 0], [1.5, -0.5]), array(2, 0.4), BLUE, "dashed")


class MadeUpCloud(GradientCloudRun):
    """With these gradients of single examples, wherever SGD stands."""

    def __init__(self, full_grad: np.ndarray, singles: np.ndarray, sgd: Path = WAY_OF_SGD, gd: Path = WAY_OF_GD):
        self.made, self.sgd, self.gd = full_grad, sgd, gd
        self.line = SimpleNamespace(per_example_grads=lambda _: singles)

    def full_grad(self) -> np.ndarray:
        return self.made


def cloud_of_four_batches():
    """One of them at a right angle to G, one the wrong way, and one far out."""
    run = MadeUpCloud(array(1, 2), array([1, 1], [-7, 1]))
    return draw_cloud(run, array([1, 1], [2, -1], [-1, 0.25], [40, 0]), SURFACE, "SGD, B = 8")


def cloud_of_which_much_is_seen():
    batches = array([20, 1], [-1, -25])
    return draw_cloud(MadeUpCloud(array(1, 0), batches), batches, SURFACE, "SGD, B = 8")


def cloud_where_the_gradient_is_zero():
    ways = [way._replace(params=array([0.5, 1]), losses=array(2)) for way in (WAY_OF_SGD, WAY_OF_GD)]
    batches = array([1, 1], [-1, -1])
    return draw_cloud(MadeUpCloud(array(0, 0), batches, *ways), batches, SURFACE, "SGD, B = 8")


class MadeUpLine(ll.LineFit):
    minimum, lowest_loss = SURFACE.minimum, 0.12


POINTS = MadeUpLine(array(0.25, 1.5, 2.25), array(-0.75, 2.5, 4.25))


def descent_beside_four_kept_ways():
    kept = [Path(f"kept {at}", array([at, 0]), array(at), BLUE) for at in (1, 2, 3, 4)]
    return draw_descent(POINTS, SURFACE, WAY_OF_SGD, kept, end=10)


def descent_before_the_first_update():
    return draw_descent(POINTS, SURFACE, Path("GD, 0.3 edge", array([0.5, 1]), array(2), BLUE), [], end=3)


# Many devices

PLANE = GradientPlane(array([1, 0.25], [0.5, -0.75], [NAN, NAN]), array(0.75, -0.25), 1.25, 0.5)


def shares_of(*sizes: int) -> Shares:
    return Shares(np.array(sizes), np.empty((0, 0)))


def devices_and_their_times():
    parts = {1: Parts(1e-3, 8e-3, 0.0), 2: Parts(1e-3, 4e-3, 2e-3), 4: Parts(1e-3, 2e-3, NAN)}
    return draw_many_devices(PLANE, shares_of(8, 8), parts, "Measuring")


def devices_with_unequal_shares_while_one_waits():
    return draw_many_devices(PLANE, shares_of(3, 3, 2, 0), {1: Parts(1e-3, 8e-3, 0.0), 2: None, 4: None}, "Measuring")


def one_device():
    plane = GradientPlane(array([6, 3]), array(6, 3), 0.0, NAN)
    return draw_many_devices(plane, shares_of(1), {1: None, 2: None}, "Measuring")


# The next update

LABELS = np.array([0, 1, 2, 0, 0, 0, 0, 0])
IMAGES = ll.Dataset("eight", np.eye(8, 4), LABELS, np.eye(8, 4), LABELS, ("a", "b_c", "d"))


def look_at(first_class: float, losses: Sequence[float]) -> Snapshot:
    probabilities = np.tile([first_class, 0.75 - first_class, 0.25], (8, 1))
    return Snapshot(probabilities, array(*losses, 0, 0, 0, 0, 0), np.zeros((4, 2)), array([1, 0, -1], [0, NAN, 0]))


BEFORE, AFTER = look_at(0.25, [1, 2, 3]), look_at(0.5, [1.5, 0, 0])


def charts_of(anatomy: Anatomy, limit: float) -> tuple[Chart, ...]:
    said = next_update.unit_names(BEFORE.onward, IMAGES.class_names)
    units = next_update.unit_images("Weights", BEFORE.weight, limit, said)
    return next_update.batch_chart(anatomy, IMAGES), next_update.before_and_after(anatomy), units


def update_that_has_been_made():
    return charts_of(Anatomy(1234, np.arange(3), 0.5, BEFORE, AFTER), 0.15)


def update_of_one_image_that_is_still_to_come():
    return charts_of(Anatomy(1, np.array([5]), 0.5, BEFORE, None), 0.0)


class MadeUpUpdates(NextUpdateRun):
    """The first unit has come from 0.5 to 0.25, and before the update it was at 1; of the other nothing is known."""

    def __init__(self, anatomy: Anatomy) -> None:
        self.made, self.dataset, self.start_weight = anatomy, IMAGES, weights(0.5)
        self.sgd = SimpleNamespace(total_updates=4)

    def anatomy(self) -> Anatomy:
        return self.made

    def losses(self) -> np.ndarray:
        return array([0, 1, 2], [2.0, 3.5, 1.0])


def weights(of_first_unit: float) -> np.ndarray:
    return np.tile([of_first_unit, 0.0], (4, 1))


def update_with_its_weights_and_all_losses():
    before, after = BEFORE._replace(weight=weights(1.0)), AFTER._replace(weight=weights(0.25))
    picture = next_update.draw_next_update(MadeUpUpdates(Anatomy(1, np.array([5]), 0.5, before, after)))
    return picture._replace(rows=picture.rows[1:], heights=picture.heights[1:])


# The noise floor


class MadeUpFloor(NoiseFloorRun):
    """Four runs of w that have been seen three times, at 0, 2 and 4 of 16 updates, with a floor of 0.04."""

    floor, updates_per_epoch, total_updates = 0.04, 8, 16

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def history(self) -> FloorHistory:
        w = self.scale * array([1, 1, 1, 1], [0.5, -2.5, 0.25, 9], [0, 0.5, -0.5, 9])
        return FloorHistory(np.array([0, 2, 4]), w, self.scale * array(1, 0.1, 0.0005))

    def predicted(self, num_updates: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + num_updates)


def noise_floor_against_epochs():
    return draw_noise_floor(MadeUpFloor(), [], "epochs")


def noise_floor_beside_four_kept_runs_against_updates():
    kept = [(f"kept {at}", MadeUpFloor(at)) for at in (2, 3, 4, 5)]
    kept[0][1].total_updates = 20
    return draw_noise_floor(MadeUpFloor(), kept, "updates")


# The landscape


class MadeUpLandscape(NetworkLandscapeRun):
    places = (array([0, 0], [2, 1], [4, 0.5]), array([0, 0], [-1, 0.5]))

    def __init__(self, *, has_paths: bool) -> None:
        self.mapped = has_paths
        self.settings = ll.Settings(batch_size=1024)
        seen = SimpleNamespace(region=Region(-2.0, 6.0, -1.0, 2.0), num_examples=2000)
        self.landscape = SimpleNamespace(directions=SimpleNamespace(names=("towards SGD", "towards GD")), map=seen)

    @property
    def has_paths(self) -> bool:
        return self.mapped


class MadeUpMap(LossMap):
    """The logarithm of the loss rises evenly from that of 0.1 to that of 5: three quarters of it to the right."""

    region = Region(-2.0, 6.0, -1.0, 2.0)

    def __init__(self) -> None:
        share = 0.75 * np.linspace(0, 1, 13)[None, :] + 0.25 * np.linspace(0, 1, 5)[:, None]
        self.made = 0.1 * 50.0**share

    @property
    def known(self) -> np.ndarray:
        return self.made


def landscape_with_both_paths():
    return draw_landscape(MadeUpLandscape(has_paths=True), map_marks(MadeUpMap()))


def landscape_before_there_are_paths():
    picture = draw_landscape(MadeUpLandscape(has_paths=False), ())
    return picture.rows[0][0]


# Noise against the batch size

DRAWS = {1: Draws(array(3, 4, 11), array(0.1, 0.3, 0.2)), 2: Draws(array(1, 300), array(0.5, 0.9))}
NOISE = batch_noise.Theory(array(1, 2, 3), array(6, 2, 0.7), array(6, 3, 2), 3.0, 4)


def noise_cosine_and_signal_to_noise_ratio():
    charts = batch_noise.noise_chart, batch_noise.cosine_chart, batch_noise.snr_chart
    return tuple(chart(DRAWS, NOISE, 2) for chart in charts)


class MadeUpNoise(NoiseVsBatchSizeRun):
    """B_simple of 40, 100, 160 and 20 examples, half an epoch apart, on 24 examples."""

    draws = DRAWS

    def __init__(self, scale: float = 1.0) -> None:
        self.dataset, self.settings = DATASET, ll.Settings(batch_size=8, epochs=2)
        signals, traces = (2, 2, 2, 4), (80, 200, 320, 80)
        self.moments = [
            Moment(0.5 * at, 1.0, float(signal), scale * trace, scale * trace / signal)
            for at, (signal, trace) in enumerate(zip(signals, traces, strict=True))
        ]

    def predicted(self, batch_size: int, *, replace: bool = False) -> float:
        return 20.0 / batch_size * (1.0 if replace else (24 - batch_size) / 23)


def noise_scale_over_the_training():
    """Shown beside the noise, with the theory at every number of examples."""
    return batch_noise.draw_batch_noise(MadeUpNoise(), 2, "b_simple")


def noise_scale_beyond_the_axis():
    return batch_noise.scale_chart(MadeUpNoise(10.0), 16)


def signal_to_noise_ratio_beside_the_noise():
    return batch_noise.draw_batch_noise(MadeUpNoise(), 1, "snr").rows[0][1]


def cosine_beside_the_noise():
    return batch_noise.draw_batch_noise(MadeUpNoise(), 1, "cosine").rows[0][1]


# Optimizers

TIMES = array(0, 1, 2)
LOSSES = {
    "sgd": array([3, 2, 1], [3, 2.5, 2], [3, 2, 1.2]),
    "momentum": array([3, 1, 0.5], [3, 1.5, 0.7], [3, NAN, NAN]),
    "nesterov": array([3, 1, 0.4]),
    "rmsprop": array([3, 9, 8], [3, 4, 2], [3, 4, 3]),
    "adam": array([3, 1, 0.2], [3, 2, 0.6], [3, 2, 0.3]),
}


class MadeUpRace(OptimizerRaceRun):
    """Optimizers, the seeds of each with times of their own; 16 updates of 8 of 24 examples."""

    finished, num_updates = True, 16

    def __init__(
        self, seconds: Mapping[str, Sequence[np.ndarray]], *,
        directions: object = None, tuning: Tuning | None = None, batch_size: int = 8,
    ) -> None:  # fmt: skip
        self.dataset, self.settings = DATASET, OptimizerSettings(batch_size=batch_size)
        self.optimizers, self.tuning, self.directions = tuple(seconds), tuning, directions
        self.trials = {
            name: [SimpleNamespace(times=lambda clock, own=own: own) for own in times]
            for name, times in seconds.items()
        }

    def losses(self, optimizer: str) -> np.ndarray:
        return LOSSES[optimizer]


ALL_AT_ONCE = dict.fromkeys(LOSSES, (TIMES,))
SGD_AND_NESTEROV = {"sgd": (array(0, 1, 2), array(0, 2, 7), array(0, 9, 3)), "nesterov": (array(0, 1.5, 2.5),)}
"""Three seeds of the one, and one of the other."""


def race_of_all_optimizers():
    race = MadeUpRace(ALL_AT_ONCE)
    race.num_updates = 2
    linear, log = (optimizers.losses_axis(race, scale) for scale in ("linear", "log"))
    return optimizers.race_chart(race, "updates", linear), optimizers.end_chart(race, log)


def directions_of_all_optimizers_and_of_none():
    shares = {"sgd": 1.0, "momentum": 0.05, "nesterov": 0.07, "rmsprop": 2.0, "adam": NAN}
    of_all = MadeUpRace(ALL_AT_ONCE, directions=SimpleNamespace(shares=shares))
    of_none = MadeUpRace({name: [TIMES] for name in MATCHED})
    of_none.finished = False
    return optimizers.direction_chart(of_all), optimizers.direction_chart(of_none)


def tuned() -> Tuning:
    tuning = Tuning(DATASET, batch_size=8, num_updates=4)
    for optimizer in LOSSES:
        tuning.losses[optimizer][2:6] = (NAN, 0.4, 2, 8) if optimizer == "adam" else (2, 1, 0.75, 8)
        tuning._tried[optimizer] = [2, 3, 4, 5]
    return tuning


def tuning_of_all_optimizers():
    return optimizers.tuning_chart(tuned())


def picture_of_tuned_optimizers():
    directions = SimpleNamespace(shares={"sgd": 1.0, "nesterov": 0.5})
    race = MadeUpRace(SGD_AND_NESTEROV, directions=directions, tuning=tuned())
    return optimizers.draw_optimizers(race, "seconds", "log")


def picture_of_optimizers_with_one_learning_rate():
    return optimizers.draw_optimizers(MadeUpRace(SGD_AND_NESTEROV), "examples", "linear")


def picture_of_optimizers_without_noise():
    return optimizers.draw_optimizers(MadeUpRace(SGD_AND_NESTEROV, batch_size=24), "epochs", "linear").rows[1][1]


def picture_of_optimizers_under_way():
    race = MadeUpRace(SGD_AND_NESTEROV)
    race.finished = False
    return optimizers.draw_optimizers(race, "updates", "linear").rows[1][1]


def picture_of_optimizers_that_are_lost_in_the_noise():
    race = MadeUpRace(SGD_AND_NESTEROV, directions=SimpleNamespace(shares={"sgd": NAN, "nesterov": NAN}))
    return optimizers.draw_optimizers(race, "updates", "linear").rows[1][1]


MADE = (
    race_of_three_seeds_beside_four_kept_runs,
    race_of_test_losses_on_a_logarithmic_axis,
    race_of_accuracies,
    race_before_the_first_update,
    stage_of_three_images,
    next_batch_and_its_gradient,
    coverage_with_replacement,
    coverage_of_each_example_once,
    cost_on_one_device,
    cost_on_two_devices,
    cost_before_the_first_measurement,
    equal_time_with_a_size_chosen,
    equal_time_with_gd_chosen,
    equal_time_before_it_begins,
    map_of_updates_with_both_scales,
    map_of_epochs_along_one_learning_rate,
    map_before_the_first_run,
    map_of_milliseconds_without_a_noise_scale,
    cloud_of_four_batches,
    cloud_of_which_much_is_seen,
    cloud_where_the_gradient_is_zero,
    descent_beside_four_kept_ways,
    descent_before_the_first_update,
    devices_and_their_times,
    devices_with_unequal_shares_while_one_waits,
    one_device,
    update_that_has_been_made,
    update_of_one_image_that_is_still_to_come,
    update_with_its_weights_and_all_losses,
    noise_floor_against_epochs,
    noise_floor_beside_four_kept_runs_against_updates,
    landscape_with_both_paths,
    landscape_before_there_are_paths,
    noise_cosine_and_signal_to_noise_ratio,
    noise_scale_over_the_training,
    noise_scale_beyond_the_axis,
    signal_to_noise_ratio_beside_the_noise,
    cosine_beside_the_noise,
    race_of_all_optimizers,
    directions_of_all_optimizers_and_of_none,
    tuning_of_all_optimizers,
    picture_of_tuned_optimizers,
    picture_of_optimizers_with_one_learning_rate,
    picture_of_optimizers_without_noise,
    picture_of_optimizers_under_way,
    picture_of_optimizers_that_are_lost_in_the_noise,
)
TABLES = tables("looks.txt")


def _text(drawn: Picture | Chart | tuple[Chart, ...]) -> str:
    if isinstance(drawn, Picture):
        return looks(drawn)
    return looks_of(drawn) if isinstance(drawn, Chart) else looks_of(*drawn)


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_a_picture_says_and_shows_what_is_written_down(make):
    assert _text(make()) == TABLES[make.__name__.replace("_", " ")]


def test_each_table_is_that_of_a_picture():
    assert list(TABLES) == [make.__name__.replace("_", " ") for make in MADE]


def test_a_part_that_a_line_through_times_puts_below_zero_has_a_minus_sign():
    picture = draw_many_devices(PLANE, shares_of(16), {1: Parts(-2e-5, 1e-3, 0.0)}, "")
    assert [chart.note for row in picture.rows for chart in row][-1] == "Bars in three parts: D = 1: −0.02 + 1 + 0 ms"
