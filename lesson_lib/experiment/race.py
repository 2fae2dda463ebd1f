"""GD and SGD from the same parameters, side by side."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from lesson_lib.checks import require_int
from lesson_lib.data import Dataset
from lesson_lib.experiment.base import Rewindable
from lesson_lib.experiment.record import Measurement
from lesson_lib.experiment.run import Run
from lesson_lib.experiment.settings import Settings, require_settings
from lesson_lib.experiment.start import once_for_each_seed, start_of


@once_for_each_seed
def first_measurement(dataset: Dataset, seed: int) -> Measurement:
    """Made once: a learner who moves a slider sees the new run before anything has to be computed."""
    return Run(dataset, Settings(seed=seed, batch_size=1), start_of(dataset, seed)).measure_loss()


class Race(Rewindable):
    """GD and SGD from the same parameters, side by side.

    While both train, GD makes one update for each epoch of SGD. One that diverges stops; the other goes on.
    Its time is counted in updates of SGD.

    Raises:
        TypeError, ValueError: no `Dataset`, no `Settings`, or settings with which no run can be made on the dataset.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        require_settings(settings, dataset)
        start, first = start_of(dataset, settings.seed), first_measurement(dataset, settings.seed)
        self.settings = settings
        self.sgd = Run(dataset, settings, start, first_measurement=first)
        full_batch = replace(settings, batch_size=dataset.num_examples, sampling="reshuffle")
        self.gd = Run(dataset, full_batch, start, first_measurement=first)

    @property
    def finished(self) -> bool:
        return self.sgd.finished and self.gd.finished

    @property
    def done(self) -> float:
        return 1.0 if self.finished else min(1.0, self.moment / self.sgd.total_updates)

    @property
    def moment(self) -> int:
        """Where the race stands, in updates of SGD; or what these would be, where SGD has diverged and GD goes on."""
        return max(self.sgd.num_updates, self.gd.num_updates * self.sgd.updates_per_epoch)

    @property
    def recorded(self) -> int:
        """How far the race has ever come."""
        return max(self.sgd.recorded, self.gd.recorded * self.sgd.updates_per_epoch)

    @property
    def _gd_is_next(self) -> bool:
        if self.gd.finished:
            return False
        if self.sgd.num_updates == 0:  # the first picture of training is waited for
            return False
        behind = self.gd.num_updates < self.sgd.num_updates // self.sgd.updates_per_epoch
        return behind or self.gd.measurement_is_due or self.sgd.finished

    def to_compile(self) -> Iterable[Callable[[], object]]:
        """Those of SGD: GD's are the same as those of SGD with B = N."""
        return self.sgd.to_compile()

    def advance(self) -> None:
        """Let one of the two do a short piece of work: GD where it is an epoch behind or alone, else SGD."""
        (self.gd if self._gd_is_next else self.sgd).advance()

    def step(self) -> None:
        """Let SGD make exactly one update, and GD one where that ended an epoch, or alone because SGD has diverged."""
        alone = self.sgd.num_updates == self.sgd.last_update
        self.sgd.step()
        if alone or self.gd.num_updates < self.sgd.num_updates // self.sgd.updates_per_epoch:
            self.gd.step()
        while self.gd.measurement_is_due:
            self.gd.advance()

    def go_to(self, moment: int) -> None:
        """Go to where both stood at a moment; they go on from there as they did the first time."""
        moment = require_int("moment", moment, low=0, high=self.recorded)
        self.sgd.go_to(min(moment, self.sgd.recorded))
        self.gd.go_to(min(moment // self.sgd.updates_per_epoch, self.gd.recorded))


class Races(Rewindable):
    """The same race from several seeds: the one of the settings and those that follow it.

    Raises:
        TypeError, ValueError: `num_seeds` is not a whole number of at least 1, or as for `Race`.
    """

    def __init__(self, dataset: Dataset, settings: Settings, *, num_seeds: int = 1) -> None:
        require_settings(settings, dataset)
        num_seeds = require_int("num_seeds", num_seeds, low=1)
        self.settings = settings
        seeds = [(settings.seed + more) % 2**32 for more in range(num_seeds)]
        self.races = [Race(dataset, replace(settings, seed=seed)) for seed in seeds]

    @property
    def first(self) -> Race:
        """The race of the seed that was chosen."""
        return self.races[0]

    @property
    def gd(self) -> Sequence[Run]:
        return [race.gd for race in self.races]

    @property
    def sgd(self) -> Sequence[Run]:
        return [race.sgd for race in self.races]

    @property
    def finished(self) -> bool:
        return all(race.finished for race in self.races)

    @property
    def done(self) -> float:
        return sum(race.done for race in self.races) / len(self.races)

    @property
    def moment(self) -> int:
        return max(race.moment for race in self.races)

    @property
    def recorded(self) -> int:
        return max(race.recorded for race in self.races)

    def to_compile(self) -> Iterable[Callable[[], object]]:
        return self.first.to_compile()

    def advance(self) -> None:
        """Let the race that is furthest behind do a short piece of work."""
        going = [race for race in self.races if not race.finished]
        if going:
            min(going, key=lambda race: race.moment).advance()

    def step(self) -> None:
        """Let every race make one update."""
        for race in self.races:
            race.step()

    def go_to(self, moment: int) -> None:
        """Let every race go to where it stood at a moment (or to its end, if that came earlier)."""
        moment = require_int("moment", moment, low=0, high=self.recorded)
        for race in self.races:
            race.go_to(min(moment, race.recorded))
