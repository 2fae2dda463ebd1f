"""The flagship panel: GD and SGD from the same start, their loss and their gradient noise, live."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lesson_lib import plots
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import Race, Settings, compile_ahead
from lesson_lib.panels import controls, words
from lesson_lib.panels.panel import Panel
from lesson_lib.picture import Picture


class GdVsSgd(Panel):
    """GD against SGD on one dataset.

    Args:
        dataset: what both learn.
        choose_sampling: let the learner also choose how the batches are drawn.
        **settings: what to start with, by the names of `experiment.Settings`.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    def __init__(self, dataset: Dataset, *, choose_sampling: bool = False, **settings: Any) -> None:
        require_dataset(dataset)
        start = Settings(**settings)
        self._dataset = dataset
        shown = [
            controls.batch_size_control(dataset.num_examples),
            controls.epochs_control(),
            controls.learning_rate_control(),
            controls.seed_control(),
        ]
        if choose_sampling:
            shown.append(controls.sampling_control())
        super().__init__(shown, vars(start))

    def check(self, values: Mapping[str, Any]) -> None:
        Settings(**values)

    def start(self, values: Mapping[str, Any]) -> Race:
        return Race(self._dataset, Settings(**values))

    def picture_of(self, race: Race) -> Picture:
        name = f"SGD, B = {race.settings.batch_size:,}"
        return plots.race(race.gd.history(), race.sgd.history(), epochs=race.settings.epochs, sgd_name=name)

    def describe(self, race: Race) -> str:
        return (
            f"Two plots against epochs, from 0 to {race.settings.epochs}. Left: the training loss of GD, a dashed "
            "blue line with round markers, and of SGD, a solid orange line with the loss of single batches as faint "
            "dots. Right: the measured gradient noise of SGD, orange squares, what theory predicts for it, "
            "a thin black line, and the measured noise of GD, blue."
        )

    def sentence(self, race: Race) -> str:
        return words.race_sentence(words.race_facts(race))

    def progress(self, race: Race) -> str:
        return words.progress(race.sgd.num_epochs, race.settings.epochs)

    def prepare(self) -> Iterable[Callable[[], object]]:
        return compile_ahead(self._dataset)
