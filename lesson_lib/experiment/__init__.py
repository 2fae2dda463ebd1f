"""Runs that can be watched: they advance a little at a time, go back, and keep what was seen on the way.

Runs change as they go on; what they compute is in `training` and `noise`, where nothing changes.
"""

from lesson_lib.experiment.line_fit import LineFit, LinePath, make_line_fit
from lesson_lib.experiment.race import Race, Races
from lesson_lib.experiment.record import Measurement, Record
from lesson_lib.experiment.run import Inspection, Run
from lesson_lib.experiment.settings import Settings
from lesson_lib.experiment.start import layer_sizes, start_of

__all__ = [
    "Inspection",
    "LineFit",
    "LinePath",
    "Measurement",
    "Race",
    "Races",
    "Record",
    "Run",
    "Settings",
    "layer_sizes",
    "make_line_fit",
    "start_of",
]
