"""Ports of the class's servers: nobody else comes between the choice and the server that listens."""

import secrets
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from traitlets.config import Config

from classroom import ports

CONFIG = Path(ports.__file__).with_name("jupyterhub_config.py")
HANDED_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.fixture
def draws(monkeypatch):
    """What is drawn one after the other, as distances from the first port."""
    drawn = []
    monkeypatch.setattr(secrets, "randbelow", lambda _: drawn.pop(0))
    monkeypatch.setattr(ports, "_given", type(ports._given)(maxlen=ports._given.maxlen))
    return drawn


def test_the_system_itself_hands_out_none_of_them():
    first = int(HANDED_OUT.read_text("utf-8").split()[0]) if HANDED_OUT.exists() else 32_768
    assert 1024 <= ports.FIRST < ports.LAST <= first
    assert all(ports.FIRST <= ports.free_port() < ports.LAST for _ in range(200))


def test_no_two_servers_get_one_though_none_listens_yet(draws):
    draws += [5, 5, 5, 6]
    first, second = ports.free_port(), ports.free_port()
    assert second == first + 1
    assert draws == []


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("listens", [True, False])
def test_one_that_somebody_has_is_left_out(draws, address, listens):
    with socket.socket() as somebody:
        somebody.bind((address, 0))
        if listens:
            somebody.listen()
        theirs = somebody.getsockname()[1] - ports.FIRST
        draws += [theirs, 7]
        assert ports.free_port() == ports.FIRST + 7


def test_the_hub_gives_each_server_its_own():
    config = Config()
    exec(compile(CONFIG.read_text("utf-8"), CONFIG.name, "exec"), {"get_config": lambda: config})
    spawners = [SimpleNamespace(port=0) for _ in range(30)]
    for spawner in spawners:
        config["Spawner"]["pre_spawn_hook"](spawner)
    assert len({spawner.port for spawner in spawners}) == 30
    assert all(ports.FIRST <= spawner.port < ports.LAST for spawner in spawners)
