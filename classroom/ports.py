"""Ports for servers: where nothing that the system hands out by itself can come between.

A port is chosen before the server that will listen there has started, which takes a class some seconds, or a minute.
JupyterHub would take one that the system has just handed out, and from the same ones each kernel gets five. Of 300
simulated classes of 30, in which half of the servers had not started yet, 40 had two that met; there the second server
ends, and the hub waits for it in vain. Linux hands out ports from 32768 on.
"""

import secrets
import socket
from collections import deque
from typing import Protocol

FIRST, LAST = 20_000, 32_000

_given: deque[int] = deque(maxlen=1_000)
"""The last ones: those that they were given to may not listen there yet."""


class Spawner(Protocol):
    """What starts a server: JupyterHub's."""

    port: int


def give_port(spawner: Spawner) -> None:
    """Tell a spawner at which port its next server will listen."""
    spawner.port = free_port()


def free_port() -> int:
    """A port that nobody has, and that nobody else will be given for a while."""
    while True:
        port = secrets.randbelow(LAST - FIRST) + FIRST
        if port not in _given and _is_free(port):
            _given.append(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
