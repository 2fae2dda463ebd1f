"""The interactive panels of the lessons, a file each."""

from lesson_lib.panels.cost_of_an_update.panel import CostOfAnUpdate
from lesson_lib.panels.coverage.panel import Coverage
from lesson_lib.panels.equal_time.panel import EqualTime
from lesson_lib.panels.gd_vs_sgd.panel import GdVsSgd
from lesson_lib.panels.gradient_cloud.panel import GradientCloud
from lesson_lib.panels.loss_surface.panel import LossSurface
from lesson_lib.panels.next_update.panel import NextUpdate
from lesson_lib.panels.noise_floor.panel import NoiseFloor
from lesson_lib.panels.noise_vs_batch_size.panel import NoiseVsBatchSize
from lesson_lib.panels.optimizer_race.panel import OptimizerRace
from lesson_lib.panels.time_to_target.panel import TimeToTarget

__all__ = [
    "CostOfAnUpdate",
    "Coverage",
    "EqualTime",
    "GdVsSgd",
    "GradientCloud",
    "LossSurface",
    "NextUpdate",
    "NoiseFloor",
    "NoiseVsBatchSize",
    "OptimizerRace",
    "TimeToTarget",
]
