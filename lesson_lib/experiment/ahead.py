"""Programs compiled before anyone waits for them."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from lesson_lib import batching, noise
from lesson_lib.data import Dataset
from lesson_lib.experiment.run import Run
from lesson_lib.experiment.settings import Settings
from lesson_lib.experiment.start import start_of


def compile_ahead(
    dataset: Dataset, samplings: Iterable[str] = tuple(batching.SAMPLINGS)
) -> Iterator[Callable[[], object]]:
    """The programs that runs of all batch sizes and these samplings need, one at a time: no choice waits for them.

    Each piece compiles what one choice needs: the order of the examples, many updates, made zero
    times, and the noise. All start at the same parameters, so that the true gradient is computed once.
    """

    @cache
    def full() -> noise.FullGradient:
        return _run(dataset, Settings(batch_size=dataset.num_examples)).full_gradient()

    for batch_size in reversed(batching.batch_size_menu(dataset.num_examples)):
        yield partial(_compile, dataset, Settings(batch_size=batch_size), full)
    # Each sampling has its own order; and N examples drawn with replacement are no full batch.
    for sampling in samplings:
        for batch_size in (1, dataset.num_examples):
            yield partial(_compile, dataset, Settings(batch_size=batch_size, sampling=sampling), full)


def _compile(dataset: Dataset, settings: Settings, full: Callable[[], noise.FullGradient]) -> None:
    _run(dataset, settings).compile(full())


def _run(dataset: Dataset, settings: Settings) -> Run:
    return Run(dataset, settings, start_of(dataset, settings.seed))
