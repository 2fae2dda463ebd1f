"""Where do GD and SGD go? Their paths over the loss landscape of the lessons' network, live."""

from dataclasses import dataclass
from typing import Any

from lesson_lib.chart.picture import Mark, Picture
from lesson_lib.data import Dataset
from lesson_lib.experiment.settings import Settings
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.network_landscape import words
from lesson_lib.panels.network_landscape.picture import draw_landscape, map_marks
from lesson_lib.panels.network_landscape.run import NetworkLandscapeRun


@dataclass(frozen=True)
class NetworkLandscapeSettings(Settings):
    """What the learner chooses for GD and SGD on the lessons' network."""

    batch_size: int = 64
    learning_rate: float = 0.1


class NetworkLandscape(DatasetPanel[NetworkLandscapeSettings, NetworkLandscapeRun]):
    """The loss of the lessons' network, on the plane through the start and through where GD and SGD stand."""

    settings_type = NetworkLandscapeSettings
    compiled_for = ("batch_size",)

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        super().__init__(dataset, **settings)
        self._drawn: tuple[tuple[object, int], tuple[Mark, ...]] | None = None

    def _make_controls(self) -> list[Control]:
        return controls.training_controls(self._dataset.num_examples)

    def _start(self, settings: NetworkLandscapeSettings) -> NetworkLandscapeRun:
        return NetworkLandscapeRun(self._dataset, settings)

    def _picture_of(self, run: NetworkLandscapeRun) -> Picture:
        return draw_landscape(run, self._map_of(run))

    def _map_of(self, run: NetworkLandscapeRun) -> tuple[Mark, ...]:
        """The marks of the map, which are sent to the page once: the same ones for as long as the map is the same."""
        loss_map = run.landscape.map
        if self._drawn is None or self._drawn[0] != (loss_map, loss_map.stride):
            self._drawn = (loss_map, loss_map.stride), map_marks(loss_map)
        return self._drawn[1]

    def _caption_of(self, run: NetworkLandscapeRun) -> Caption:
        return Caption(words.sentence(words.facts(run)))

    def _progress(self, run: NetworkLandscapeRun) -> str:
        if run.is_trained:
            return f"the map at {run.landscape.map.known.size:,} places"
        return numbers.progress(run.sgd.num_epochs, run.settings.epochs)

    def _lines(self, settings: NetworkLandscapeSettings) -> tuple[str, ...]:
        return (
            f"run = ll.NetworkLandscapeRun(dataset, ll.Settings({arguments(settings)})).run()",
            "print(run.shares, run.landscape.map.losses.min())",
        )
