"""A class's hub, as it is configured: no student reaches what is another's, and seats are what they should be."""

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest

from classroom import ports, seat
from classroom.hub import Hub, trial_hub
from classroom.prepare import install_proxy
from classroom.student import Student

pytestmark = pytest.mark.slow

LESSON = "contents/my-lessons/04_batches_and_epochs.ipynb"
REFUSED = {403, 404}


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[Hub]:
    install_proxy()
    with trial_hub(tmp_path_factory.mktemp("hub"), {}) as hub:
        yield hub
        # The hub gives its services an environment of their own, and still none outlives the trial.
        assert any("jupyterhub_idle_culler" in process.cmdline() for process in hub.processes())


async def status(browser, method, address, **how) -> int:
    """How the hub or a server answers, in a number."""
    async with browser.request(method, address, allow_redirects=False, **how) as answer:
        return answer.status


async def bens_seat(ben):
    """Ben at work: the addresses of all that is his, with the ways to read and to change it."""
    await ben.log_in()
    await ben.start_server()
    kernel = await ben.ask("POST", f"{ben.server}/api/kernels", {})
    await ben.ask("POST", f"{ben.server}/api/terminals", {})
    own = [LESSON, "contents", "kernels", f"kernels/{kernel['id']}", "sessions", "terminals", "terminals/1"]
    read = [*(f"{ben.server}/api/{each}" for each in own), f"{ben.server}/lab"]
    change = [
        ("PUT", f"{ben.server}/api/{LESSON}", {"type": "file", "format": "text", "content": "Anna was here."}),
        ("DELETE", f"{ben.server}/api/{LESSON}", None),
        ("DELETE", f"{ben.server}/api/kernels/{kernel['id']}", None),
        ("POST", f"{ben.server}/api/kernels/{kernel['id']}/interrupt", {}),
        ("POST", f"{ben.server}/api/terminals", {}),
        ("POST", f"{ben.hub.address}/hub/api/users/ben/tokens", {}),
        ("DELETE", f"{ben.hub.address}/hub/api/users/ben/server", None),
    ]
    channels = [
        f"{ben.server}/api/kernels/{kernel['id']}/channels".replace("http", "ws", 1),
        f"{ben.server}/terminals/websocket/1".replace("http", "ws", 1),
    ]
    return read, change, channels


async def check_that_no_student_reaches_anothers(hub):
    async with Student(hub, "anna") as anna, Student(hub, "ben") as ben:
        await anna.log_in()
        read, change, channels = await bens_seat(ben)
        lesson = await ben.read(LESSON.removeprefix("contents/"))
        async with aiohttp.ClientSession() as nobody:
            token = (await anna.ask("POST", f"{hub.address}/hub/api/users/anna/tokens", {}))["token"]
            with_token = {"headers": {"Authorization": f"token {token}"}}
            async with nobody.get(f"{hub.address}/hub/api/user", **with_token) as answer:
                assert (await answer.json())["name"] == "anna"  # the token is good, for what is hers
            intruders = {
                "Anna's browser": (anna.browser, {}),
                "Anna's token": (nobody, with_token),
                "nobody": (nobody, {}),
            }
            for who, (browser, how) in intruders.items():
                for address in read:
                    assert await status(ben.browser, "GET", address) == 200, address
                    # A page sends strangers to the hub's form; from there Anna is sent back, and refused.
                    async with browser.get(address, **how) as answer:
                        is_form = answer.url.path == "/hub/login"
                        assert is_form or answer.status in REFUSED, (who, address, answer.status)
                for method, address, body in change:
                    assert await status(browser, method, address, json=body, **how) in REFUSED, (who, method, address)
                for address in channels:
                    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                        await browser.ws_connect(address, **how)
                    assert refused.value.status in REFUSED
        for address in channels:
            await (await ben.browser.ws_connect(address)).close()
        assert await ben.read(LESSON.removeprefix("contents/")) == lesson


def test_no_student_reaches_the_files_or_the_kernel_of_another(hub):
    asyncio.run(asyncio.wait_for(check_that_no_student_reaches_anothers(hub), 300))


async def check_a_seat(hub):
    async with Student(hub, "clara") as clara:
        await clara.log_in()
        await clara.start_server()
        await clara.ask("POST", f"{clara.server}/api/kernels", {})
        hers = [each for each in hub.processes() if each.environ().get("JUPYTERHUB_USER") == "clara"]
        (server,) = (each for each in hers if "classroom.server" in each.cmdline())
        (kernel,) = (each for each in hers if "ipykernel_launcher" in each.cmdline())
        assert (server.nice(), kernel.nice()) == (seat.SERVER, seat.KERNEL)
        listens = [each.laddr.port for each in server.net_connections() if each.status == "LISTEN"]
        assert len(listens) == 1
        assert ports.FIRST <= listens[0] < ports.LAST
        assert await status(clara.browser, "GET", f"{clara.server}/api/terminals") == 200
        assert await status(clara.browser, "GET", f"{clara.server}/lsp/status") == 404  # another extension's


def test_a_seat_gives_way_listens_at_its_own_port_and_loads_what_a_lesson_needs(hub):
    asyncio.run(asyncio.wait_for(check_a_seat(hub), 300))
