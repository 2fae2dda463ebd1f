"""A kernel as the page sees it: cells are run, and widgets are read and told, over the page's own websocket."""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

PROTOCOL = "v1.kernel.websocket.jupyter.org"

State = Mapping[str, Any]
"""What the page knows of a widget, by the names of its traits."""


class CellError(Exception):
    """A cell has ended with an error."""


class Kernel:
    """One open notebook's kernel.

    Args:
        socket: to the kernel's channels.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.widgets: dict[str, State] = {}
        """Of each widget that the kernel has made, by its name: what the page knows now."""
        self._socket = socket
        self._session = uuid.uuid4().hex
        self._replies: dict[str, dict[str, Any]] = {}
        self._ended: set[str] = set()
        """Cells of which all has been heard: a reply comes another way than widgets, and may overtake them."""
        self._heard = asyncio.Condition()
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Hang up; the kernel goes on."""
        self._listening.cancel()
        await self._socket.close()

    async def run(self, source: str) -> None:
        """Run a cell, as JupyterLab does.

        Raises:
            CellError: it has ended with an error.
        """
        wish = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": True,
        }
        asked = await self._say("execute_request", wish, cellId=uuid.uuid4().hex)
        await self._until(lambda: asked in self._replies and asked in self._ended)
        reply = self._replies.pop(asked)
        if reply["status"] != "ok":
            raise CellError(f"{reply.get('ename')}: {reply.get('evalue')}")

    async def tell(self, widget: str, content: Mapping[str, Any]) -> None:
        """What the page's half of a widget says to the kernel's."""
        await self._say("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": content}})

    async def wait_for(self, widget: str, holds: Callable[[State], bool]) -> State:
        """Wait until the page knows of a widget what is asked for; returns what it knows then."""
        await self._until(lambda: holds(self.widgets[widget]))
        return self.widgets[widget]

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with self._heard:
            await self._heard.wait_for(lambda: self._listening.done() or holds())
        if self._listening.done():
            raise ConnectionError("the kernel's connection has ended")

    async def _say(self, kind: str, content: Mapping[str, Any], **metadata: str) -> str:
        name = uuid.uuid4().hex
        header = {
            "msg_id": name,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.4",
        }
        message = {"header": header, "parent_header": {}, "metadata": metadata, "content": content}
        await self._socket.send_bytes(
            serialize_msg_to_ws_v1(message, "shell", pack=lambda part: json.dumps(part).encode())
        )
        return name

    async def _listen(self) -> None:
        try:
            async for each in self._socket:
                if each.type is aiohttp.WSMsgType.BINARY:
                    self._hear(each.data)
                    async with self._heard:
                        self._heard.notify_all()
        finally:
            asyncio.get_running_loop().call_soon(asyncio.ensure_future, self._wake())

    async def _wake(self) -> None:
        async with self._heard:
            self._heard.notify_all()

    def _hear(self, message: bytes) -> None:
        _, (header, parent, _, content, *_) = deserialize_msg_from_ws_v1(message)
        kind = json.loads(header)["msg_type"]
        if kind == "execute_reply":
            self._replies[json.loads(parent)["msg_id"]] = json.loads(content)
        elif kind == "status" and json.loads(content)["execution_state"] == "idle":
            self._ended.add(json.loads(parent).get("msg_id", ""))
        elif kind in {"comm_open", "comm_msg"}:
            said = json.loads(content)
            state = said["data"].get("state", {})  # pictures travel beside it, in buffers that only a page must unpack
            self.widgets[said["comm_id"]] = {**self.widgets.get(said["comm_id"], {}), **state}
