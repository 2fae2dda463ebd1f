"""A training's state, saved after each epoch, so that it goes on after its processes have died."""

from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from lesson_lib.training import TrainState

KEPT = 2
"""So many are kept: should one be cut short, there is the one before."""


class Checkpoints:
    """The checkpoints of one training in one folder, which all its processes see.

    Each holds the state after so many updates, and the settings that lead there. Any number of devices and processes
    can go on from it.

    Args:
        folder: made where there is none.
        settings: of the training; a folder with checkpoints of others is refused.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._folder = folder
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT, enable_async_checkpointing=False)
        self._manager = ocp.CheckpointManager(folder, options=options)

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *_: object) -> None:
        self._manager.close()

    def save(self, num_updates: int, state: TrainState) -> None:
        """Keep the state after so many updates; a checkpoint is there whole or not at all."""
        parts = ocp.args.Composite(state=ocp.args.StandardSave(state), settings=ocp.args.JsonSave(self._settings))
        self._manager.save(num_updates, args=parts)

    def newest(self, like: TrainState) -> tuple[int, TrainState]:
        """The last checkpoint: after how many updates, and the state then; `like` itself where there is none.

        Args:
            like: a state of the same training, whose shapes, types and devices the saved one takes on.

        Raises:
            ValueError: the checkpoints are those of a training with other settings.
        """
        num_updates = self._manager.latest_step()
        if num_updates is None:
            return 0, like
        wanted = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        settings = self._manager.restore(num_updates, args=ocp.args.Composite(settings=ocp.args.JsonRestore()))
        if settings["settings"] != self._settings:
            raise ValueError(f"{self._folder} holds checkpoints of {settings['settings']}, got {self._settings}")
        parts = self._manager.restore(num_updates, args=ocp.args.Composite(state=ocp.args.StandardRestore(wanted)))
        state: TrainState = parts["state"]
        return num_updates, state
