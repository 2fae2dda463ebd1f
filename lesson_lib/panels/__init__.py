"""The interactive panels of the lessons, a file each."""

from lesson_lib.panels.cost_of_an_update import CostOfAnUpdate
from lesson_lib.panels.coverage import Coverage
from lesson_lib.panels.equal_time import EqualTime
from lesson_lib.panels.gd_vs_sgd import GdVsSgd
from lesson_lib.panels.gradient_cloud import GradientCloud
from lesson_lib.panels.loss_surface import LossSurface
from lesson_lib.panels.next_update import NextUpdate
from lesson_lib.panels.noise_floor import NoiseFloor
from lesson_lib.panels.noise_vs_batch_size import NoiseVsBatchSize
from lesson_lib.panels.optimizer_race import OptimizerRace
from lesson_lib.panels.time_to_target import TimeToTarget

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
