"""A student as the hub sees one: what their browser would send, without a browser."""

import json
import uuid
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from classroom.hub import Hub
from classroom.kernel import PROTOCOL, Kernel


class RefusedError(Exception):
    """The hub or a server has said no."""


class Student:
    """One student, and the cookies of their browser.

    Args:
        hub: where they log in.
        name: who they are.
    """

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub, self.name = hub, name
        self.server = f"{hub.address}/user/{name}"
        self.browser = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=None),
            # The proxy ends a connection that has been idle for five seconds, perhaps just when it is used again. A
            # browser would ask once more.
            connector=aiohttp.TCPConnector(force_close=True),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.browser.close()

    async def log_in(self) -> None:
        """Fill in the hub's form.

        Raises:
            RefusedError: the hub does not let the student in.
        """
        form = f"{self.hub.address}/hub/login"
        async with self.browser.get(form) as page:
            await page.read()
        said = {"username": self.name, "password": self.hub.password, "_xsrf": self._xsrf(form)}
        async with self.browser.post(form, data=said, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.FOUND:
                raise RefusedError(f"{self.name} cannot log in: {answer.status}")

    async def start_server(self) -> None:
        """Have the hub start the student's server, if it does not run, wait until it is ready, and open JupyterLab.

        Raises:
            RefusedError: the server does not start.
        """
        address = f"{self.hub.address}/hub/api/users/{self.name}"
        if not (await self.ask("GET", address))["server"]:
            await self.ask("POST", f"{address}/server", {})
            await self._wait_for_server(f"{address}/server/progress")
        async with self.browser.get(f"{self.server}/lab") as page:  # by way of the hub, which hands out a cookie
            if page.status != HTTPStatus.OK or "/user/" not in page.url.path:
                raise RefusedError(f"JupyterLab of {self.name} does not open: {page.status} {page.url.path}")

    async def _wait_for_server(self, progress: str) -> None:
        async with self.browser.get(progress) as events:
            async for line in events.content:
                told = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}
                if told.get("failed"):
                    raise RefusedError(f"the server of {self.name} has not started: {told.get('message')}")
                if told.get("ready"):
                    break

    async def ask(self, method: str, address: str, body: object = None) -> Any:
        """What the hub's or a server's interface answers.

        Raises:
            RefusedError: it answers with an error.
        """
        headers = {"X-XSRFToken": self._xsrf(address)}
        async with self.browser.request(method, address, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise RefusedError(f"{method} {address}: {answer.status} {text[:200]}")
            return json.loads(text) if text else None

    async def read(self, path: str) -> Any:
        """A file in the student's home, as their JupyterLab opens it."""
        return (await self.ask("GET", f"{self.server}/api/contents/{path}"))["content"]

    async def open_kernel(self, notebook: str) -> Kernel:
        """Open a notebook with a kernel of its own."""
        wish = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
        session = await self.ask("POST", f"{self.server}/api/sessions", wish)
        address = f"{self.server}/api/kernels/{session['kernel']['id']}/channels?session_id={uuid.uuid4().hex}"
        socket = await self.browser.ws_connect(address, protocols=(PROTOCOL,), max_msg_size=0)
        return Kernel(socket)

    def _xsrf(self, address: str) -> str:
        cookies = self.browser.cookie_jar.filter_cookies(URL(address))
        return cookies["_xsrf"].value if "_xsrf" in cookies else ""
