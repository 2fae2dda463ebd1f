"""How a neural network is trained with mini-batches: the library behind the lessons.

    import lesson_lib as ll

Each name below is loaded when it is first used; importing the library computes nothing and changes nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_MODULES = ("batching", "cost", "data", "model", "noise", "optimizers", "parallel", "sweep", "training")

_PLACES = {
    "data": ("Dataset", "load_dataset"),
    "optimizers": ("hyperparameters",),
    "experiment.settings": ("Settings",),
    "experiment.train": ("Trained", "train"),
    "experiment.race": ("Race", "Races"),
    "experiment.line_fit": ("LineFit", "LinePath", "make_line_fit"),
    "panels.cost_of_an_update.panel": ("CostOfAnUpdate",),
    "panels.cost_of_an_update.run": ("CostOfAnUpdateRun",),
    "panels.coverage.panel": ("Coverage",),
    "panels.coverage.run": ("CoverageRun",),
    "panels.equal_time.panel": ("EqualTime",),
    "panels.equal_time.run": ("EqualTimeRun",),
    "panels.gd_vs_sgd.panel": ("GdVsSgd",),
    "panels.gradient_cloud.panel": ("GradientCloud",),
    "panels.gradient_cloud.run": ("GradientCloudRun",),
    "panels.loss_surface.panel": ("LossSurface",),
    "panels.many_devices.panel": ("ManyDevices",),
    "panels.many_devices.run": ("ManyDevicesRun",),
    "panels.network_landscape.panel": ("NetworkLandscape",),
    "panels.network_landscape.run": ("NetworkLandscapeRun",),
    "panels.next_update.panel": ("NextUpdate",),
    "panels.next_update.run": ("NextUpdateRun",),
    "panels.noise_floor.panel": ("NoiseFloor",),
    "panels.noise_floor.run": ("NoiseFloorRun",),
    "panels.noise_vs_batch_size.panel": ("NoiseVsBatchSize",),
    "panels.noise_vs_batch_size.run": ("NoiseVsBatchSizeRun", "scale_of"),
    "panels.optimizer_race.panel": ("OptimizerRace",),
    "panels.optimizer_race.run": ("OptimizerRaceRun", "OptimizerSettings"),
    "panels.time_to_target.panel": ("TimeToTarget",),
    "panels.time_to_target.run": ("TimeToTargetRun", "first_below"),
    "lessons": ("ask", "check", "outcome", "predict", "recall", "show_progress", "vote"),
}
_NAMES = {name: place for place, names in _PLACES.items() for name in names}

__all__ = sorted((*_MODULES, *_NAMES))  # noqa: PLE0605  the names are those above


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _NAMES:
        raise AttributeError(f"lesson_lib has no {name!r}; it has {', '.join(__all__)}")
    found = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
