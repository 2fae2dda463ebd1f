"""A kernel as the trial's students see it: what they wait for, and what they know of widgets."""

import asyncio
import json
from types import SimpleNamespace

import aiohttp
import pytest
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from classroom.kernel import CellError, Kernel


class Socket:
    """A kernel's end of the connection: what it says is put in, and what it was told is kept."""

    def __init__(self):
        self._said = asyncio.Queue()
        self.heard = []

    def say(self, kind, content, parent=""):
        message = {
            "header": {"msg_type": kind},
            "parent_header": {"msg_id": parent} if parent else {},
            "metadata": {},
            "content": content,
        }
        data = serialize_msg_to_ws_v1(message, "iopub", pack=lambda part: json.dumps(part).encode())
        self._said.put_nowait(SimpleNamespace(type=aiohttp.WSMsgType.BINARY, data=data))

    def hang_up(self):
        self._said.put_nowait(None)

    async def send_bytes(self, message):
        _, parts = deserialize_msg_from_ws_v1(message)
        self.heard.append([json.loads(part) for part in parts[:4]])

    async def close(self):
        self.hang_up()

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await self._said.get()
        if message is None:
            raise StopAsyncIteration
        return message


def with_kernel(trial):
    """Do what `trial(kernel, socket)` says."""

    async def go():
        socket = Socket()
        kernel = Kernel(socket)
        try:
            await asyncio.wait_for(trial(kernel, socket), 30)
        finally:
            await kernel.close()

    asyncio.run(go())


async def begin(kernel, socket):
    """A cell that runs: its task, and the name by which the kernel speaks of it."""
    running = asyncio.create_task(kernel.run("1 + 1"))
    while not socket.heard:
        await asyncio.sleep(0)
    header, _, _, content = socket.heard[-1]
    assert (header["msg_type"], content["code"]) == ("execute_request", "1 + 1")
    return running, header["msg_id"]


async def settle():
    """Let all tasks go as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


OK = ("execute_reply", {"status": "ok"})
IDLE = ("status", {"execution_state": "idle"})


@pytest.mark.parametrize("heard", [(OK, IDLE), (IDLE, OK)])
def test_a_cell_has_run_when_its_reply_and_its_last_word_are_there(heard):
    async def trial(kernel, socket):
        running, name = await begin(kernel, socket)
        socket.say(*OK, parent="another cell's")
        socket.say(*IDLE, parent="another cell's")
        socket.say("status", {"execution_state": "busy"}, parent=name)
        socket.say(*heard[0], parent=name)
        await settle()
        assert not running.done()
        socket.say(*heard[1], parent=name)
        await running

    with_kernel(trial)


def test_a_cell_that_fails_says_how():
    async def trial(kernel, socket):
        running, name = await begin(kernel, socket)
        socket.say("execute_reply", {"status": "error", "ename": "ValueError", "evalue": "no"}, parent=name)
        socket.say(*IDLE, parent=name)
        with pytest.raises(CellError, match="ValueError: no"):
            await running

    with_kernel(trial)


def test_who_waits_hears_that_the_connection_has_ended():
    async def trial(kernel, socket):
        running, _ = await begin(kernel, socket)
        socket.hang_up()
        with pytest.raises(ConnectionError):
            await running

    with_kernel(trial)


def test_of_a_widget_the_newest_is_known_and_the_rest_stays():
    async def trial(kernel, socket):
        socket.say("comm_open", {"comm_id": "a", "data": {"state": {"done": 0, "code": "x"}}})
        socket.say("comm_msg", {"comm_id": "a", "data": {"method": "update", "state": {"done": 0.5}}})
        socket.say("comm_msg", {"comm_id": "a", "data": {"method": "custom", "content": {"copy": 1}}})
        await settle()
        assert await kernel.wait_for("a", lambda state: state["done"] > 0) == {"done": 0.5, "code": "x"}

    with_kernel(trial)


def test_what_a_widget_is_told_goes_to_its_comm():
    async def trial(kernel, socket):
        await kernel.tell("a", {"press": "pause"})
        header, _, _, content = socket.heard[-1]
        assert header["msg_type"] == "comm_msg"
        assert content == {"comm_id": "a", "data": {"method": "custom", "content": {"press": "pause"}}}

    with_kernel(trial)
