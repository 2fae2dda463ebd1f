"""What if one machine is not enough? One batch shared out among devices, and what an update costs them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset
from lesson_lib.experiment import Settings
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.many_devices import words
from lesson_lib.panels.many_devices.costs import DEVICE_COUNTS, POLL_SECONDS, DeviceCosts
from lesson_lib.panels.many_devices.picture import draw_many_devices
from lesson_lib.panels.many_devices.run import ManyDevicesRun


@dataclass(frozen=True)
class ManyDevicesSettings(Settings):
    """What the learner chooses for a run of SGD whose batches are shared out."""

    batch_size: int = 64
    epochs: int = 1
    num_devices: int = 8
    """D: 1, 2, 4, 8 or 16."""


class ManyDevices(DatasetPanel[ManyDevicesSettings, ManyDevicesRun]):
    """The gradients of D simulated devices and their mean; and the time of an update with D devices.

    The parts of that time are measured once, after the first picture and before the training: an update on this
    machine's device, and an exchange between two processes.
    """

    settings_type = ManyDevicesSettings
    compiled_for = ("batch_size",)
    step_name = "Next update"

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        super().__init__(dataset, **settings)
        self._costs = DeviceCosts(dataset)

    def _make_controls(self) -> list[Control]:
        return [
            controls.batch_size_control(self._dataset.num_examples),
            Control(
                "num_devices",
                "devices D",
                DEVICE_COUNTS,
                lambda num_devices: numbers.count(num_devices, "device"),
                restarts=False,
                main=True,
                marks={each: str(each) for each in DEVICE_COUNTS},
            ),
            replace(controls.epochs_control(), main=False),
            replace(controls.learning_rate_control(), main=False),
            controls.seed_control(),
        ]

    def _start(self, settings: ManyDevicesSettings) -> ManyDevicesRun:
        return ManyDevicesRun(self._dataset, settings, self._costs)

    def _picture_of(self, run: ManyDevicesRun) -> Picture:
        chosen, parts = self._looking.num_devices, self._costs.parts(run.sgd.batch_size)
        return draw_many_devices(run.plane(chosen), run.look().shares[chosen], parts, words.waiting(self._costs))

    def _caption_of(self, run: ManyDevicesRun) -> Caption:
        facts = words.facts(run, self._costs, self._looking.num_devices)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: ManyDevicesRun) -> str:
        return numbers.progress(run.sgd.num_epochs, run.sgd.settings.epochs)

    def _lines(self, settings: ManyDevicesSettings) -> tuple[str, ...]:
        return (
            f"run = ll.ManyDevicesRun(dataset, ll.Settings({arguments(settings, Settings)})).run()",
            f"run.look().shares[{settings.num_devices}].grads",
        )

    def _prepare(self) -> Iterator[Callable[[], object]]:
        # Compiling in the background would disturb what is being measured.
        while not self._costs.finished:
            yield partial(self._stop_preparing.wait, POLL_SECONDS)
        yield from super()._prepare()

    def close(self) -> None:
        """Stop whatever is running, the measuring processes too, and take the panel off the page."""
        super().close()
        self._costs.close()
