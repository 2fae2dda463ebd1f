"""One process of a training on many: it joins the others, trains, reports, and saves.

What it prints is read by the process that watches over it (`supervisor`).
"""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

import jax

from lesson_lib import model
from lesson_lib.data import load_dataset
from lesson_lib.experiment.start import start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import hyperparameters
from lesson_lib.parallel.mesh import SharedLoss, make_mesh, place, place_dataset
from lesson_lib.parallel.options import Options, parse
from lesson_lib.parallel.supervisor import JOINED, LOST, SHOWN, end_with_the_supervisor

UPDATES_PER_PIECE = 100
SECONDS_PER_LINE = 1.0


def say(text: str) -> None:
    """A line of progress."""
    print(f"{SHOWN}{text}", flush=True)  # noqa: T201


def give_sign_of_life() -> None:
    """An empty line."""
    print(flush=True)  # noqa: T201


def join(options: Options) -> None:
    """Find the other processes; from here on, JAX sees the devices of all.

    Where one of them is missing, JAX ends this process after `patience` seconds.
    """
    jax.config.update("jax_num_cpu_devices", options.devices)
    if options.is_joint:
        jax.distributed.initialize(
            options.coordinator,
            options.num_processes,
            options.process_id,
            initialization_timeout=options.patience,
            heartbeat_timeout_seconds=options.patience,
        )
    here, everywhere = jax.local_device_count(), jax.device_count()
    say(f"{JOINED}: process {jax.process_index()} of {jax.process_count()}, with {here} of {everywhere} devices")


def make_trainer(options: Options) -> Trainer:
    """The training on all devices; each process makes the same data and parameters, and puts them on its own."""
    mesh, settings = make_mesh(), options.settings
    dataset = load_dataset(num_examples=options.examples)
    start = start_of(dataset, settings.seed)
    trainer = Trainer(
        place_dataset(dataset, mesh),
        start._replace(order_key=place(start.order_key, mesh)),
        hyperparameters(settings.learning_rate),
        batch_size=settings.batch_size,
        optimizer=options.optimizer,
        per_example_loss=SharedLoss(mesh),
    )
    trainer.state = place(trainer.state, mesh)
    return trainer


def train_to_the_end(options: Options) -> None:
    """Train to the end, from the last checkpoint where there is one."""
    trainer = make_trainer(options)
    give_sign_of_life()
    is_first = jax.process_index() == 0
    with ExitStack() as stack:
        checkpoints = None
        if options.checkpoints is not None:
            from lesson_lib.parallel.checkpoints import Checkpoints  # noqa: PLC0415  needs the extra `parallel`

            checkpoints = stack.enter_context(Checkpoints(options.checkpoints, _settings_that_count(options)))
            trainer.num_updates, trainer.state = checkpoints.newest(trainer.state)
            if trainer.num_updates and is_first:
                say(f"resumed after update {trainer.num_updates:,}, from {options.checkpoints}")
        total, spoke = options.settings.epochs * trainer.updates_per_epoch, 0.0
        while trainer.num_updates < total:
            made = trainer.make_updates(UPDATES_PER_PIECE)
            ends_epoch = trainer.num_updates % trainer.updates_per_epoch == 0
            if ends_epoch and checkpoints is not None:
                checkpoints.save(trainer.num_updates, trainer.state)
            if is_first and (ends_epoch or time.monotonic() - spoke > SECONDS_PER_LINE):
                spoke = time.monotonic()
                milliseconds = 1e3 * made.seconds / len(made.batch_losses)
                say(
                    f"update {trainer.num_updates:,} of {total:,}, epoch {trainer.num_epochs:.1f}: "
                    f"loss {made.batch_losses.mean():.4f}, {milliseconds:.2f} ms an update"
                )
            else:
                give_sign_of_life()
    data, loss = trainer.dataset, trainer.mean_loss()
    right = float(jax.jit(model.accuracy)(trainer.state.params, data.x_test, data.y_test))
    if is_first:
        say(f"trained: loss {loss:.4f} over all examples, {100 * right:.1f} % of the test images right")


def _settings_that_count(options: Options) -> dict[str, object]:
    """What the state after so many updates depends on; more epochs may be made of the same training."""
    settings = options.settings
    chosen = {"batch_size": settings.batch_size, "learning_rate": settings.learning_rate, "seed": settings.seed}
    return {"examples": options.examples, "optimizer": options.optimizer} | chosen


def main(arguments: Sequence[str]) -> None:
    """Join, train and leave; where the exchange fails, end at once instead of waiting for the others."""
    options = parse(arguments)
    end_with_the_supervisor()
    join(options)
    try:
        train_to_the_end(options)
    except jax.errors.JaxRuntimeError as error:
        if not options.is_joint:
            raise
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        os._exit(LOST)
    except (ImportError, OSError, TypeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201
        os._exit(1)  # an orderly end would wait for the other processes
    if options.is_joint:
        jax.distributed.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
