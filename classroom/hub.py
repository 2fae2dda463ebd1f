"""A real hub for a trial: the class's own configuration, but with homes, ports and a password of its own."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import psutil

from classroom.ports import free_port
from start import HERE

PATIENCE = 120
"""Seconds that are waited for the hub's first answer, and for its end."""

MARK = "MINI_BATCH_LIVE_TRIAL"
"""All processes of a trial have this variable, and so none outlives it."""

CONFIG = """
load_subconfig({config!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = {folder!r} + "/proxy.pid"
c.JupyterHub.db_url = "sqlite:///" + {folder!r} + "/hub.sqlite"
c.JupyterHub.cookie_secret_file = {folder!r} + "/cookie_secret"
c.JupyterHub.log_level = "WARN"
c.JupyterHub.cleanup_servers = False  # the trial ends them itself, all at once
c.Spawner.environment = {environment!r}
for service in c.JupyterHub.services:  # the hub starts these with an environment of their own
    service["environment"] = {environment!r}
c.JupyterHub.services.append({{"name": "teacher", "api_token": {teacher!r}}})
c.JupyterHub.load_roles.append(
    {{"name": "teacher", "scopes": ["admin:users", "admin:servers"], "services": ["teacher"]}}
)

# One system user for all, and one password: for a trial alone.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {folder!r} + "/home/{{username}}"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {password!r}
c.SharedPasswordAuthenticator.allow_all = True
"""


class Hub(NamedTuple):
    """A running hub."""

    address: str
    password: str
    """Of every student."""
    teacher: str
    """A token with which servers of others can be started."""
    folder: Path
    """It holds `hub.log`, and each student's home in `home/`."""
    mark: str

    def processes(self) -> list[psutil.Process]:
        """All processes of the trial that are there now."""
        return processes_of(self.mark)


@contextmanager
def trial_hub(folder: Path, environment: Mapping[str, str]) -> Iterator[Hub]:
    """A hub that answers, until the block ends; then nothing of it is left running.

    Args:
        folder: where its files and the homes of its students go.
        environment: what each seat finds in its environment.

    Raises:
        RuntimeError: it does not answer.
    """
    port, hub_port, proxy_port = (free_port() for _ in range(3))
    mark, password, teacher = (secrets.token_hex(8) for _ in range(3))
    config = folder / "jupyterhub_config.py"
    text = CONFIG.format(
        config=str(Path(__file__).with_name("jupyterhub_config.py")),
        port=port,
        hub_port=hub_port,
        proxy_port=proxy_port,
        folder=str(folder),
        environment={**environment, MARK: mark},
        password=password,
        teacher=teacher,
    )
    config.write_text(text, encoding="utf-8")
    with (folder / "hub.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", f"--config={config}"],
            cwd=folder,
            env={**os.environ, MARK: mark, "PYTHONPATH": str(HERE)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            hub = Hub(f"http://127.0.0.1:{port}", password, teacher, folder, mark)
            _wait_until_it_answers(hub, process)
            yield hub
        finally:
            _end(process, mark)


def processes_of(mark: str) -> list[psutil.Process]:
    """All processes of a trial that are there now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process)
        except psutil.Error:  # it has ended, or belongs to somebody else
            continue
    return found


def _wait_until_it_answers(hub: Hub, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        # An error of HTTP is one of the system's, too: the proxy is there before the hub is.
        with suppress(OSError), urlopen(f"{hub.address}/hub/api/", timeout=PATIENCE):
            return
        time.sleep(0.05)
    words = (hub.folder / "hub.log").read_text(encoding="utf-8")
    raise RuntimeError(f"The hub does not answer. It says:\n{words}")


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End the hub and all that it has started, at once: nothing of a trial is kept, and it would wait for each."""
    process.kill()
    process.wait(PATIENCE)
    while left := processes_of(mark):
        for each in left:
            each.kill()
        psutil.wait_procs(left, timeout=PATIENCE)
