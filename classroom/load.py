"""How does a class of so many students fare on this machine?

    python -m classroom.load [--students 30] [--servers-first]

A real hub with real servers and kernels is started, on this computer and for it alone. All students log in within a
minute, open lesson 04 and run its cells down to the panel. Each votes, waits for the first picture of training, and
then moves the slider of the batch size ten times, waiting for the picture that answers. In every third seat the panel
trains on after each move; in the others it has been paused. No browser is there: what its page would send is sent, and
what it would be sent is waited for. `python -m classroom.prepare` comes first. With `--servers-first` all servers run
before the first login, as after a teacher's *Start All*.

It ends by itself after 20 minutes, or when the machine has less than 1 GiB of memory left, or by Ctrl-C, and leaves
nothing running.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np
import psutil

from benchmarks import machine
from classroom.hub import Hub, trial_hub
from classroom.kernel import Kernel
from classroom.places import PROGRAMS
from classroom.prepare import install_proxy
from classroom.student import Student

NOTEBOOK = "my-lessons/04_batches_and_epochs.ipynb"
PANEL = "panel = ll.GdVsSgd("
"""What the cell with the panel begins with."""

VOTE = "04/grey"
"""The lesson's first one, as the progress file names it."""

MOVES = 10
SECONDS_BETWEEN_MOVES = (2.0, 4.0)
SECONDS_TO_ARRIVE = 60.0
TRAINS = 3
"""Each third student trains all the while."""

MOST_SECONDS = 20 * 60
LEAST_MEMORY = 2**30


@dataclass
class Seat:
    """One student's, and what they have seen; times in seconds."""

    student: Student
    trains: bool
    """Does the panel train on after each move, or has it been paused?"""
    kernel: Kernel | None = None
    panel: str = ""
    server: float = float("nan")
    """From the login to JupyterLab."""
    first_picture: float = float("nan")
    """From the login to the first picture of training."""
    delays: list[float] = field(default_factory=list)
    """From each move of the slider to the picture that answers it."""
    keeps_progress: bool = False
    failed: str = ""


async def start_servers(hub: Hub, students: Sequence[Student]) -> None:
    """Start all servers, as a teacher does before the class, and wait until they are ready, or have failed to start."""
    users = f"{hub.address}/hub/api/users"
    may_start = {"Authorization": f"token {hub.teacher}"}
    async with aiohttp.ClientSession(headers=may_start, raise_for_status=True) as teacher:
        await teacher.post(users, json={"usernames": [student.name for student in students]})
        await asyncio.gather(*(teacher.post(f"{users}/{student.name}/server") for student in students))
        while True:
            async with teacher.get(users) as answer:
                if not any(user["pending"] for user in await answer.json()):
                    return
            await asyncio.sleep(1)


async def attend(seats: Sequence[Seat]) -> None:
    """A lesson, from the first login to the last move of a slider; a seat that fails is left out from there on."""
    for phase in (_arrive, _use_the_panel, _look_at_the_progress):
        going = [seat for seat in seats if not seat.failed]
        for seat, failure in zip(going, await asyncio.gather(*map(phase, going), return_exceptions=True), strict=True):
            seat.failed = f"{type(failure).__name__}: {failure}" if failure is not None else ""


async def _arrive(seat: Seat) -> None:
    await asyncio.sleep(random.uniform(0, SECONDS_TO_ARRIVE))
    begun = time.monotonic()
    await seat.student.log_in()
    await seat.student.start_server()
    seat.server = time.monotonic() - begun
    seat.kernel = await seat.student.open_kernel(NOTEBOOK)
    seat.panel = await _run_down_to_the_panel(seat.student, seat.kernel)
    seat.first_picture = time.monotonic() - begun
    await _set_up(seat.kernel, seat.panel, trains=seat.trains)


async def _use_the_panel(seat: Seat) -> None:
    assert seat.kernel is not None
    for _ in range(MOVES):
        await asyncio.sleep(random.uniform(*SECONDS_BETWEEN_MOVES))
        seat.delays.append(await _move(seat.kernel, seat.panel))


async def _look_at_the_progress(seat: Seat) -> None:
    seat.keeps_progress = VOTE in json.loads(await seat.student.read("my-lessons/progress.json"))


async def _run_down_to_the_panel(student: Student, kernel: Kernel) -> str:
    """Run the lesson's cells, vote, look at the panel, and wait for the first picture of training; the panel's name."""
    for cell in (await student.read(NOTEBOOK))["cells"]:
        if cell["cell_type"] == "code":
            await kernel.run("".join(cell["source"]))
            if "".join(cell["source"]).startswith(PANEL):
                break
    vote = next(name for name, state in kernel.widgets.items() if "options" in state)
    await kernel.tell(vote, {"choose": 0})
    panel = [name for name, state in kernel.widgets.items() if state.get("keeps_runs")][-1]
    await kernel.tell(panel, {"views": 1})
    await kernel.tell(panel, {"seen": True})
    await kernel.wait_for(panel, lambda state: state["done"] > 0)
    return panel


async def _set_up(kernel: Kernel, panel: str, *, trains: bool) -> None:
    """Train for as many epochs as there are, or pause."""
    if trains:
        (epochs,) = (each for each in kernel.widgets[panel]["controls"] if each["name"] == "epochs")
        await _choose(kernel, panel, "epochs", len(epochs["texts"]) - 1)
        await kernel.wait_for(panel, lambda state: f"epochs={len(epochs['texts'])}," in state["code"])
    else:
        await kernel.tell(panel, {"press": "pause"})
        await kernel.wait_for(panel, lambda state: not state["running"])


async def _move(kernel: Kernel, panel: str) -> float:
    """Move the slider of the batch size to another place; seconds until its picture has come."""
    state = kernel.widgets[panel]
    (control,) = (each for each in state["controls"] if each["name"] == "batch_size")
    places = [place for place in range(len(control["texts"])) if place != state["chosen"]["batch_size"]]
    place = random.choice(places)
    batch_size = control["texts"][place].split()[0].replace(",", "")
    begun = time.monotonic()
    await _choose(kernel, panel, "batch_size", place)
    await kernel.wait_for(panel, lambda state: f"batch_size={batch_size}," in state["code"])
    return time.monotonic() - begun


async def _choose(kernel: Kernel, panel: str, name: str, place: int) -> None:
    chosen = {**kernel.widgets[panel]["chosen"], name: place}
    kernel.widgets[panel] = {**kernel.widgets[panel], "chosen": chosen}
    await kernel.tell(panel, {"choose": chosen, "tab": "load"})


async def _watch(class_: "asyncio.Task[None]") -> str:
    """Wait for the class's end, or end it where it takes too long or too much; why, or nothing."""
    deadline = time.monotonic() + MOST_SECONDS
    while not class_.done():
        why = (
            f"it took more than {MOST_SECONDS // 60} minutes"
            if time.monotonic() > deadline
            else "too little memory is left"
            if psutil.virtual_memory().available < LEAST_MEMORY
            else ""
        )
        if why:
            class_.cancel()
            return why
        await asyncio.wait({class_}, timeout=1)
    await class_  # where it has failed as a whole, it says so
    return ""


async def hold(hub: Hub, num_students: int, *, servers_first: bool) -> None:
    """Have so many students attend, and print how they fared."""
    async with AsyncExitStack() as doors:
        students = [await doors.enter_async_context(Student(hub, f"student-{n:02}")) for n in range(num_students)]
        seats = [Seat(student, trains=n % TRAINS == 0) for n, student in enumerate(students)]

        async def lesson() -> None:
            if servers_first:
                begun = time.monotonic()
                await start_servers(hub, students)
                print(f"all servers, before the class: {time.monotonic() - begun:6.2f} s")
            await attend(seats)

        stopped = await _watch(asyncio.create_task(lesson()))
        _report(hub, seats, stopped)


def _report(hub: Hub, seats: Sequence[Seat], stopped: str) -> None:
    if stopped:
        print(f"The trial was stopped: {stopped}.")
    for seat in seats:
        if seat.failed:
            print(f"{seat.student.name}: {seat.failed}")
    memory = [sum(each) / 2**20 for each in memory_of_seats(hub).values()]
    delays = [delay for seat in seats for delay in seat.delays]
    print(f"starts that failed:            {sum(np.isnan(seat.first_picture) for seat in seats)} of {len(seats)}")
    print(f"progress that was lost:        {sum(not seat.keeps_progress for seat in seats)} of {len(seats)}")
    print(f"login to JupyterLab:           {_quantiles([seat.server for seat in seats])}")
    print(f"login to the first picture:    {_quantiles([seat.first_picture for seat in seats])}")
    print(f"slider to its picture:         {_quantiles(delays)}, {len(delays)} moves")
    print(f"memory of a seat (PSS):        {np.mean(memory):.0f} MiB on average, {np.max(memory):.0f} MiB at most")


def _quantiles(seconds: Sequence[float]) -> str:
    known = [each for each in seconds if not np.isnan(each)]
    return f"{np.quantile(known, 0.5):6.2f} s (p50) {np.quantile(known, 0.95):6.2f} s (p95)" if known else "none"


def memory_of_seats(hub: Hub) -> dict[str, list[int]]:
    """For each student's home the bytes that each process there holds, its share of what several hold included."""
    found: dict[str, list[int]] = defaultdict(list)
    for process in hub.processes():
        with suppress(psutil.Error):
            home = process.environ().get("HOME", "")
            if Path(home).parent == hub.folder / "home":
                found[home].append(process.memory_full_info().pss)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Hold a class, and print how it fared."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip(), formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--students", type=int, default=30, metavar="N", help="how many seats")
    parser.add_argument("--servers-first", action="store_true", help="all servers run before the first login")
    options = parser.parse_args(arguments)
    num_students = options.students
    if num_students < 1:
        parser.error("--students must be at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The trial was ended."))
    install_proxy()
    memory = psutil.virtual_memory()
    print(f"{machine.describe(('jupyterhub', 'jupyterlab', 'ipykernel', 'jax'))}")
    print(f"{memory.total / 2**30:.0f} GiB of memory, load of the machine before: {os.getloadavg()[0]:.1f}")
    print(
        f"{num_students} students, every third trains; programs from the cache: {'yes' if PROGRAMS.is_dir() else 'no'}"
    )
    with tempfile.TemporaryDirectory(prefix="class-") as folder, trial_hub(Path(folder), {}) as hub:
        asyncio.run(hold(hub, num_students, servers_first=options.servers_first))


if __name__ == "__main__":
    main()
