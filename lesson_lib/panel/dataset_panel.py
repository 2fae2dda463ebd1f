"""A panel whose run learns a dataset."""

from typing import Any

from lesson_lib.data import Dataset, require_dataset
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.session import RunType
from lesson_lib.panel.settings import SettingsType, run_in_code


class DatasetPanel(Panel[SettingsType, RunType]):
    """A panel of a dataset, which it is made with.

    Args:
        dataset: what is learned, or looked at.
        **settings: as for every `Panel`.

    Raises:
        TypeError, ValueError: as for every `Panel`; or `dataset` is none.
    """

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        super().__init__(**settings)

    def _lines(self, settings: SettingsType) -> tuple[str, ...]:  # noqa: ARG002  a panel of a lesson needs them
        """Python that makes the same run of `dataset` without a panel; nothing where there is none."""
        return ()

    def _code(self, settings: SettingsType) -> str:
        lines = self._lines(settings)
        return run_in_code("dataset", self._dataset.made_by, *lines) if lines else ""
