"""How the lessons' JupyterLab server talks to the page, for kernels on this machine.

`start.py` lets Jupyter look here.
"""

import asyncio

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Between the page and a kernel: every message goes out at once.

    By default TCP holds a small message back until the page has acknowledged the one before, and a page takes its
    time for that: 40 ms on Linux. A panel would show each new run that much later.
    """

    def connect(self) -> asyncio.Future[None] | None:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c = get_config()  # noqa: F821  Jupyter puts it here when it reads this file
c.ServerApp.kernel_websocket_connection_class = PromptConnection
